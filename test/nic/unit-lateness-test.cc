/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// A unit that nobody watches may do its work late, or ahead of the simulator. Nobody may be able to
// tell: whatever happens beside it, frames leave at the same instants and the same things are
// counted as in a unit whose traces have sinks.
#include "nic-test.h"

#include "ns3/boolean.h"
#include "ns3/hpu.h"
#include "ns3/message-matchers.h"
#include "ns3/ping-pong-program.h"
#include "ns3/spin-unit.h"

#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using test::FrameSpec;

constexpr uint32_t PACKETS = 300;   //!< of a run
constexpr uint16_t PING = 9;        //!< UDP port that handlers serve
constexpr uint16_t TOLD = 8;        //!< UDP port of a context whose owner is told of its messages
constexpr uint16_t HOST = 10;       //!< UDP port of the host
constexpr int64_t RUN_PS = 8000000; //!< packets come until then

/** A frame at one of the ends: when, how long, its first payload bytes. */
using Arrival = std::tuple<int64_t, uint32_t, std::string>;
/** What the unit had counted at an instant. */
using Counts = std::vector<uint64_t>;

/** What has a sink. */
enum class Watch
{
    NOTHING,
    SENDS,    //!< the unit's Send
    ARRIVALS, //!< SpinRx as well: packets come at their instant and not with a cycle's beginning
};

/** Sends each packet and pieces of it, and waits in many ways between. */
class ChattyProgram : public HandlerProgram
{
  public:
    bool Has(HandlerKind kind) const override
    {
        return kind == HandlerKind::PAYLOAD;
    }

    HandlerStatus Run(HandlerKind, Hpu& hpu) override
    {
        constexpr uint32_t LEAST = 60; // bytes of a frame
        const MemoryWindow packet = hpu.GetPacket();
        const uint32_t kind = packet.GetSize() % 5;
        const CommandId whole = hpu.SendPacket(packet);
        if (kind == 1)
        {
            hpu.Wait(whole);
        }
        while (kind == 2 && !hpu.Test(whole))
        {
            hpu.Execute(3U);
        }
        for (uint32_t i = 0; i < 6 && kind != 3; i++) // more than an HPU may have in flight
        {
            const CommandId piece = hpu.SendPacket(packet.Slice(0, LEAST));
            if (i == kind)
            {
                hpu.Wait(piece);
            }
        }
        return HandlerStatus::SUCCESS;
    }
};

/** A port, a cable, and a NIC whose handlers answer; traffic that depends on a seed only. */
class Network
{
  public:
    Network(Watch watch, uint32_t seed, bool chatty)
        : m_random(seed)
    {
        links.SetChannelAttribute("Delay", StringValue("20ns"));
        links.SetDeviceAttribute("FlowControl", BooleanValue(true));
        nics.SetDeviceAttribute("FlowControl", BooleanValue(true));
        nodes.Create(2);
        port = links.CreateDevice(nodes.Get(0));
        nic = nics.CreateDevice(nodes.Get(1));
        links.Connect(port, nic);
        port->SetPromiscReceiveCallback(MakeCallback(&Network::AtPort, this));
        nic->SetReceiveCallback(MakeCallback(&Network::AtHost, this));
        auto program = CreateObject<PingPongProgram>();
        program->SetAttribute("Ethernet", BooleanValue(true));
        context = CreateObject<ExecutionContext>();
        context->SetProgram(program);
        if (chatty)
        {
            context->SetProgram(CreateObject<ChattyProgram>());
        }
        SpinHelper::InstallContext(nic,
                                   MatchRule().WithIpv4().WithUdp().WithDestinationPort(PING),
                                   context,
                                   CreateObject<PacketMatcher>());
        if (watch != Watch::NOTHING)
        {
            nic->GetUnit()->TraceConnectWithoutContext("Send",
                                                       MakeCallback(&Network::Ignore, this));
        }
        if (watch == Watch::ARRIVALS)
        {
            nic->TraceConnectWithoutContext("SpinRx", MakeCallback(&Network::Ignore, this));
        }
        Offer();
    }

    ~Network()
    {
        Simulator::Destroy();
    }

    void Run()
    {
        const uint64_t before = Simulator::GetEventCount();
        Simulator::Run();
        events = Simulator::GetEventCount() - before;
        Look();
    }

    /** Remember what the unit has counted. */
    void Look()
    {
        const SpinCounters& c = nic->GetUnit()->GetCounters();
        counts.push_back({c.packetsIn,
                          c.packetsDone,
                          c.packetsDropped,
                          c.packetsOut,
                          c.handlersRun,
                          c.messagesDone,
                          c.hpusBusyMax,
                          static_cast<uint64_t>(nic->GetTransmitFreeAt()),
                          nic->GetQueueLength()});
    }

    void SendFromHost(uint32_t bytes)
    {
        nic->Send(Create<Packet>(bytes), port->GetAddress(), 0x88b5);
    }

    void Detach()
    {
        nic->RemoveContext(context);
    }

    /** From now on the packets of a port are a second context's, and somebody is told of each. */
    void AddToldContext()
    {
        auto program = CreateObject<PingPongProgram>();
        program->SetAttribute("Ethernet", BooleanValue(true));
        auto told = CreateObject<ExecutionContext>();
        told->SetProgram(program);
        told->SetEventCallback(MakeCallback(&Network::AtContext, this));
        SpinHelper::InstallContext(nic,
                                   MatchRule().WithIpv4().WithUdp().WithDestinationPort(TOLD),
                                   told,
                                   CreateObject<PacketMatcher>());
    }

    void PausePort(bool paused)
    {
        port->SetReceivePaused(paused);
    }

    void SetLinkUp(bool up)
    {
        DynamicCast<LinkChannel>(nic->GetChannel())->SetLinkUp(up);
    }

    /** @return a number between two, the same in each run of a seed */
    int64_t Random(int64_t from, int64_t to)
    {
        return from + static_cast<int64_t>(m_random() % static_cast<uint64_t>(to - from + 1));
    }

    std::vector<Arrival> atPort;   //!< frames that the NIC sent
    std::vector<Arrival> atHost;   //!< frames of the host path
    std::vector<int64_t> told;     //!< when messages were complete
    std::vector<Counts> counts;    //!< each Look
    uint64_t events{0};            //!< of the simulator
    LinkHelper links;              //!< for the port
    SpinHelper nics;               //!< for the NIC
    NodeContainer nodes;           //!< two
    Ptr<LinkNetDevice> port;       //!< on node 0
    Ptr<SpinNetDevice> nic;        //!< on node 1
    Ptr<ExecutionContext> context; //!< answers

  private:
    /** Bursts of frames of any size, some of them for the host. */
    void Offer()
    {
        int64_t time = 1000;
        for (uint32_t i = 0; i < PACKETS; i++)
        {
            FrameSpec spec;
            spec.mac = Mac48Address::ConvertFrom(nic->GetAddress());
            spec.id = static_cast<uint16_t>(i);
            spec.destinationPort = Random(0, 9) == 0 ? HOST : Random(0, 9) == 0 ? TOLD : PING;
            spec.payload = std::string(Random(0, 3) == 0 ? Random(1, 1400) : 18, 'a' + i % 26);
            time += Random(0, 7) == 0 ? Random(0, 2 * RUN_PS / PACKETS * 8) : 0;
            Simulator::Schedule(TimeStep(time), &Network::Send, this, spec);
        }
    }

    void Send(FrameSpec spec)
    {
        port->SendFrame(test::MakeFrame(spec));
    }

    void Ignore(Ptr<const Packet>)
    {
    }

    static Arrival ArrivalOf(const Ptr<const Packet>& packet)
    {
        std::string bytes(packet->GetSize(), ' ');
        packet->CopyData(reinterpret_cast<uint8_t*>(&bytes[0]), packet->GetSize());
        return {Simulator::Now().GetTimeStep(), packet->GetSize(), bytes};
    }

    bool AtPort(Ptr<NetDevice>,
                Ptr<const Packet> packet,
                uint16_t,
                const Address&,
                const Address&,
                NetDevice::PacketType)
    {
        atPort.push_back(ArrivalOf(packet));
        return true;
    }

    void AtContext(const ContextEvent&)
    {
        told.push_back(Simulator::Now().GetTimeStep());
    }

    bool AtHost(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address&)
    {
        atHost.push_back(ArrivalOf(packet));
        return true;
    }

    std::mt19937 m_random; //!< its numbers are the same everywhere
};

/** Run traffic with and without sinks and compare. */
void
ExpectNoDifference(const std::function<void(Network&)>& beside,
                   bool answers = true,
                   Watch watch = Watch::SENDS,
                   bool chatty = false)
{
    for (uint32_t seed = 1; seed <= 6; seed++)
    {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::vector<Arrival> atPort;
        std::vector<Arrival> atHost;
        std::vector<int64_t> told;
        std::vector<Counts> counts;
        uint64_t events = 0;
        {
            Network watched(watch, seed, chatty);
            beside(watched);
            watched.Run();
            atPort = watched.atPort;
            atHost = watched.atHost;
            told = watched.told;
            counts = watched.counts;
            events = watched.events;
        }
        Network unwatched(Watch::NOTHING, seed, chatty);
        beside(unwatched);
        unwatched.Run();
        EXPECT_TRUE(unwatched.atPort == atPort);
        EXPECT_TRUE(unwatched.atHost == atHost);
        EXPECT_EQ(unwatched.told, told);
        EXPECT_EQ(unwatched.counts, counts);
        EXPECT_LT(unwatched.events, events) << "nothing was late: the test tests nothing";
        EXPECT_GT(counts.back()[3], answers ? PACKETS / 2 : 10U);
    }
}

TEST(UnitLateness, CannotBeToldFromDepartures)
{
    ExpectNoDifference([](Network&) {});
}

TEST(UnitLateness, CannotBeToldByWhoIsToldOfAnotherContextsMessages)
{
    ExpectNoDifference([](Network& network) { network.AddToldContext(); });
}

TEST(UnitLateness, TakesFramesAheadOfTheSimulator)
{
    Network network(Watch::NOTHING, 1, false);
    network.Run();
    // A frame that the port sends and one that it gets are events of ns-3's, the way through the
    // NIC is not, but for frames of the host.
    const uint64_t others = 4 * network.atHost.size();
    EXPECT_LT(network.events, PACKETS + network.atPort.size() + others);
}

TEST(UnitLateness, CannotBeToldFromDeparturesOfPacketsThatComeBetweenCycles)
{
    ExpectNoDifference([](Network&) {}, true, Watch::ARRIVALS);
}

TEST(UnitLateness, CannotBeToldFromDeparturesOfHandlersThatWaitForTheirCommands)
{
    ExpectNoDifference([](Network&) {}, true, Watch::SENDS, true);
}

TEST(UnitLateness, CannotBeToldByAHostBesideHandlersThatWaitForTheirCommands)
{
    ExpectNoDifference(
        [](Network& network) {
            for (int i = 0; i < 100; i++)
            {
                Simulator::Schedule(TimeStep(network.Random(0, RUN_PS)),
                                    &Network::SendFromHost,
                                    &network,
                                    static_cast<uint32_t>(network.Random(46, 1500)));
                Simulator::Schedule(TimeStep(network.Random(0, RUN_PS)), &Network::Look, &network);
            }
        },
        true,
        Watch::SENDS,
        true);
}

TEST(UnitLateness, CannotBeToldFromCountersAndThePort)
{
    ExpectNoDifference([](Network& network) {
        for (int i = 0; i < 40; i++)
        {
            Simulator::Schedule(TimeStep(network.Random(0, RUN_PS)), &Network::Look, &network);
        }
    });
}

TEST(UnitLateness, CannotBeToldByAHostThatSendsToo)
{
    ExpectNoDifference([](Network& network) {
        for (int i = 0; i < 200; i++)
        {
            Simulator::Schedule(TimeStep(network.Random(0, RUN_PS)),
                                &Network::SendFromHost,
                                &network,
                                static_cast<uint32_t>(network.Random(46, 1500)));
        }
    });
}

TEST(UnitLateness, CannotBeToldByAPeerThatPauses)
{
    ExpectNoDifference([](Network& network) {
        for (int64_t time = 0; time < RUN_PS; time += 400000)
        {
            const int64_t begin = time + network.Random(0, 150000);
            const int64_t end = begin + network.Random(1, 150000);
            Simulator::Schedule(TimeStep(begin), &Network::PausePort, &network, true);
            Simulator::Schedule(TimeStep(end), &Network::PausePort, &network, false);
        }
    });
}

TEST(UnitLateness, CannotBeToldWhenTheLinkGoesDown)
{
    ExpectNoDifference(
        [](Network& network) {
            for (int64_t time = 0; time < RUN_PS; time += 1000000)
            {
                const int64_t begin = time + network.Random(0, 600000);
                const int64_t end = begin + network.Random(1, 200000);
                Simulator::Schedule(TimeStep(begin), &Network::SetLinkUp, &network, false);
                Simulator::Schedule(TimeStep(end), &Network::SetLinkUp, &network, true);
            }
        },
        false);
}

TEST(UnitLateness, CannotBeToldWhenAContextLeavesInTheMiddleOfItsTraffic)
{
    ExpectNoDifference(
        [](Network& network) {
            Simulator::Schedule(TimeStep(network.Random(RUN_PS / 4, RUN_PS / 2)),
                                &Network::Detach,
                                &network);
        },
        false);
}

} // namespace
} // namespace offload
} // namespace ns3
