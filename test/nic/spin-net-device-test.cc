/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-test.h"

#include "ns3/boolean.h"
#include "ns3/handler-program.h"
#include "ns3/hpu.h"
#include "ns3/message-matchers.h"
#include "ns3/ping-pong-program.h"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using test::FrameSpec;

/** Takes a number of cycles for each packet and then returns a status. */
class BusyProgram : public HandlerProgram
{
  public:
    BusyProgram(uint32_t cycles, HandlerStatus status)
        : m_cycles(cycles),
          m_status(status)
    {
    }

    bool Has(HandlerKind kind) const override
    {
        return kind == HandlerKind::PAYLOAD;
    }

    HandlerStatus Run(HandlerKind, Hpu& hpu) override
    {
        hpu.Execute(m_cycles);
        return m_status;
    }

  private:
    uint32_t m_cycles;
    HandlerStatus m_status;
};

/** Leaves every message to the host. */
class ProceedProgram : public HandlerProgram
{
  public:
    bool Has(HandlerKind kind) const override
    {
        return kind == HandlerKind::HEADER;
    }

    HandlerStatus Run(HandlerKind, Hpu&) override
    {
        return HandlerStatus::PROCEED;
    }
};

class SpinNetDeviceTest : public test::NicFixture
{
  public:
    void BuildAndWatch()
    {
        Build();
        nic->SetReceiveCallback(MakeCallback(&SpinNetDeviceTest::Deliver, this));
        nic->TraceConnectWithoutContext("Drop", MakeCallback(&SpinNetDeviceTest::NicDrop, this));
        nic->TraceConnectWithoutContext("SpinRx", MakeCallback(&SpinNetDeviceTest::SpinRx, this));
        nic->TraceConnectWithoutContext("HostRx", MakeCallback(&SpinNetDeviceTest::HostRx, this));
        nic->GetUnit()->TraceConnectWithoutContext(
            "Drop",
            MakeCallback(&SpinNetDeviceTest::UnitDrop, this));
        port->SetPromiscReceiveCallback(MakeCallback(&SpinNetDeviceTest::Return, this));
    }

    /** A context for UDP port 9. */
    Ptr<ExecutionContext> AddContext(Ptr<HandlerProgram> program, Ptr<Matcher> matcher = nullptr)
    {
        Ptr<ExecutionContext> context = CreateObject<ExecutionContext>();
        context->SetProgram(program);
        SpinHelper::InstallContext(nic,
                                   MatchRule().WithIpv4().WithUdp().WithDestinationPort(9),
                                   context,
                                   matcher);
        return context;
    }

    void Flood(uint32_t frames, uint32_t bytes, Time start = Seconds(0))
    {
        FrameSpec spec;
        spec.payload = std::string(bytes, 'x');
        for (uint32_t i = 0; i < frames; ++i)
        {
            SendAt(start, spec);
        }
    }

    void Remove(Ptr<ExecutionContext> context)
    {
        nic->RemoveContext(context);
    }

    bool Deliver(Ptr<NetDevice>, Ptr<const Packet>, uint16_t, const Address&)
    {
        ++delivered;
        return true;
    }

    bool Return(Ptr<NetDevice>,
                Ptr<const Packet> packet,
                uint16_t,
                const Address& from,
                const Address& to,
                NetDevice::PacketType)
    {
        std::string bytes(packet->GetSize(), ' ');
        packet->CopyData(reinterpret_cast<uint8_t*>(&bytes[0]), packet->GetSize());
        returned.push_back(bytes);
        returnedFrom = Mac48Address::ConvertFrom(from);
        returnedTo = Mac48Address::ConvertFrom(to);
        return true;
    }

    void NicDrop(Ptr<const Packet>, NicDropReason reason)
    {
        ++nicDrops;
        lastReason = reason;
    }

    void UnitDrop(Ptr<const Packet>, SpinDropReason)
    {
        ++unitDrops;
    }

    void SpinRx(Ptr<const Packet>)
    {
        ++spinRx;
    }

    void HostRx(Ptr<const Packet>)
    {
        ++hostRx;
    }

    uint32_t delivered{0};
    uint32_t nicDrops{0};
    uint32_t unitDrops{0};
    uint32_t spinRx{0};
    uint32_t hostRx{0};
    NicDropReason lastReason{NicDropReason::BAD_FRAME};
    std::vector<std::string> returned;
    Mac48Address returnedFrom;
    Mac48Address returnedTo;
};

TEST_F(SpinNetDeviceTest, PingPongReturnsTheFrameWithAddressesAndPortsSwapped)
{
    for (bool fromL2 : {false, true})
    {
        BuildAndWatch();
        AddContext(CreateObjectWithAttributes<PingPongProgram>("Ethernet",
                                                               BooleanValue(true),
                                                               "FromL2",
                                                               BooleanValue(fromL2)));
        FrameSpec spec;
        spec.payload = std::string(1000, 'p') + "recognisable";
        SendAt(Seconds(0), spec);
        Simulator::Run();
        ASSERT_EQ(returned.size(), 1u);
        FrameSpec swapped = spec;
        std::swap(swapped.source, swapped.destination);
        std::swap(swapped.sourcePort, swapped.destinationPort);
        const Ptr<Packet> expected = test::MakeFrame(swapped).payload;
        std::string bytes(expected->GetSize(), ' ');
        expected->CopyData(reinterpret_cast<uint8_t*>(&bytes[0]), expected->GetSize());
        EXPECT_EQ(returned[0], bytes);
        EXPECT_EQ(returnedFrom, Mac48Address::ConvertFrom(nic->GetAddress()));
        EXPECT_EQ(returnedTo, Mac48Address("00:00:00:00:00:01"));
        EXPECT_EQ(hostRx, 0u);
        returned.clear();
        nodes = NodeContainer();
        Simulator::Destroy();
    }
}

TEST_F(SpinNetDeviceTest, OnlyMatchingPacketsRunHandlers)
{
    BuildAndWatch();
    AddContext(CreateObject<BusyProgram>(1, HandlerStatus::SUCCESS));
    FrameSpec other;
    other.destinationPort = 10;
    SendAt(Seconds(0), {});
    SendAt(Seconds(0), other);
    SendAt(Seconds(0), {});
    Simulator::Run();
    EXPECT_EQ(spinRx, 2u);
    EXPECT_EQ(nic->GetUnit()->GetCounters().handlersRun, 2u);
    EXPECT_EQ(delivered, 1u);
    EXPECT_EQ(nicDrops + unitDrops, 0u);
}

TEST_F(SpinNetDeviceTest, OverloadedUnitDropsWithATraceAndRecovers)
{
    nics.SetUnitAttribute("Clusters", UintegerValue(1));
    nics.SetUnitAttribute("HpusPerCluster", UintegerValue(1));
    nics.SetInputBufferAttribute("Size", UintegerValue(10000));
    BuildAndWatch();
    AddContext(CreateObject<BusyProgram>(5000, HandlerStatus::SUCCESS));
    Flood(900, 1000);
    Simulator::Run();
    const uint32_t before = nicDrops;
    EXPECT_GT(before, 0u);
    EXPECT_EQ(lastReason, NicDropReason::INPUT_BUFFER_FULL);
    EXPECT_EQ(nic->GetUnit()->GetCounters().handlersRun + nicDrops, 900u);
    EXPECT_EQ(nic->GetInputBuffer()->GetBytes(), 0u);
    Flood(10, 1000);
    Simulator::Run();
    EXPECT_EQ(nicDrops, before);
    EXPECT_EQ(nic->GetUnit()->GetCounters().handlersRun + nicDrops, 910u);
}

TEST_F(SpinNetDeviceTest, OverloadedUnitPausesTheWireAndLosesNothing)
{
    links.SetDeviceAttribute("FlowControl", BooleanValue(true));
    nics.SetDeviceAttribute("FlowControl", BooleanValue(true));
    nics.SetUnitAttribute("Clusters", UintegerValue(1));
    nics.SetUnitAttribute("HpusPerCluster", UintegerValue(1));
    BuildAndWatch();
    AddContext(CreateObject<BusyProgram>(5000, HandlerStatus::SUCCESS));
    Flood(900, 1000);
    Simulator::Run();
    EXPECT_EQ(nicDrops + unitDrops, 0u);
    EXPECT_EQ(nic->GetUnit()->GetCounters().handlersRun, 900u);
}

TEST_F(SpinNetDeviceTest, AnswersGoOnAsSoonAsThePauseOfTheirClassEnds)
{
    links.SetDeviceAttribute("PriorityFlowControl", BooleanValue(true));
    nics.SetDeviceAttribute("PriorityFlowControl", BooleanValue(true));
    BuildAndWatch();
    AddContext(CreateObjectWithAttributes<PingPongProgram>("Ethernet", BooleanValue(true)),
               CreateObject<PacketMatcher>());
    Simulator::ScheduleNow(&LinkNetDevice::SetReceivePausedClasses, port, uint8_t{1});
    Flood(20, 100, NanoSeconds(500));
    Simulator::Schedule(MicroSeconds(20),
                        &LinkNetDevice::SetReceivePausedClasses,
                        port,
                        uint8_t{0});
    // The pause would last for 84 us.
    Simulator::Stop(MicroSeconds(25));
    Simulator::Run();
    EXPECT_EQ(returned.size(), 20u);
}

TEST_F(SpinNetDeviceTest, FailedContextLeavesItsPacketsToTheHost)
{
    BuildAndWatch();
    Ptr<ExecutionContext> context = AddContext(CreateObject<BusyProgram>(100, HandlerStatus::FAIL));
    Flood(20, 100);
    Flood(5, 100, MilliSeconds(1));
    Simulator::Run();
    EXPECT_FALSE(context->IsEnabled());
    EXPECT_GE(spinRx, 1u);
    EXPECT_GE(hostRx, 5u);
    EXPECT_EQ(delivered, hostRx);
    EXPECT_EQ(spinRx + hostRx, 25u) << "every packet went one way";
    EXPECT_EQ(nicDrops, 0u);
}

TEST_F(SpinNetDeviceTest, FailedContextLeavesOthersAlone)
{
    BuildAndWatch();
    AddContext(CreateObject<BusyProgram>(10, HandlerStatus::FAIL));
    Ptr<ExecutionContext> good = CreateObject<ExecutionContext>();
    good->SetProgram(CreateObject<BusyProgram>(10, HandlerStatus::SUCCESS));
    SpinHelper::InstallContext(nic, MatchRule().WithIpv4().WithUdp().WithDestinationPort(10), good);
    FrameSpec other;
    other.destinationPort = 10;
    for (int i = 0; i < 10; ++i)
    {
        SendAt(MicroSeconds(i), {});
        SendAt(MicroSeconds(i), other);
    }
    Simulator::Run();
    EXPECT_TRUE(good->IsEnabled());
    EXPECT_EQ(spinRx, 11u);
    EXPECT_EQ(delivered, 9u);
}

TEST_F(SpinNetDeviceTest, RemovedContextLeavesItsPacketsToTheHostAndLosesNone)
{
    BuildAndWatch();
    Ptr<ExecutionContext> context =
        AddContext(CreateObject<BusyProgram>(100, HandlerStatus::SUCCESS));
    for (int i = 0; i < 100; ++i)
    {
        SendAt(NanoSeconds(20 * i), {});
    }
    Simulator::Schedule(NanoSeconds(1000), &SpinNetDeviceTest::Remove, this, context);
    Simulator::Run();
    EXPECT_GT(spinRx, 0u);
    EXPECT_GT(hostRx, 0u);
    EXPECT_EQ(nic->GetUnit()->GetCounters().handlersRun, spinRx);
    EXPECT_EQ(delivered, hostRx);
    EXPECT_EQ(spinRx + hostRx, 100u);
    EXPECT_EQ(nicDrops + unitDrops, 0u);
    EXPECT_FALSE(context->IsAttached());
    EXPECT_TRUE(nic->GetSteeringTable()->IsEmpty());
}

TEST_F(SpinNetDeviceTest, ContextCanBeAddedAgainAfterItsRemoval)
{
    BuildAndWatch();
    const MatchRule rule = MatchRule().WithIpv4().WithUdp().WithDestinationPort(9);
    Ptr<ExecutionContext> context =
        AddContext(CreateObject<BusyProgram>(100, HandlerStatus::SUCCESS));
    for (int round = 0; round < 3; ++round)
    {
        SendAt(Seconds(0), {});
        Simulator::Run();
        EXPECT_EQ(spinRx, static_cast<uint32_t>(round + 1));
        nic->RemoveContext(context);
        EXPECT_TRUE(nic->GetSteeringTable()->IsEmpty());
        SpinHelper::InstallContext(nic, rule, context);
    }
}

TEST_F(SpinNetDeviceTest, MessageUnderWayEndsInTheUnitAfterItsContextWasRemoved)
{
    BuildAndWatch();
    Ptr<ExecutionContext> context =
        AddContext(CreateObject<BusyProgram>(100, HandlerStatus::SUCCESS),
                   CreateObject<DatagramMatcher>());
    FrameSpec first;
    first.moreFragments = true;
    FrameSpec last;
    last.fragmentOffset = 1480;
    FrameSpec fresh;
    fresh.id = 1;
    SendAt(Seconds(0), first);
    Simulator::Schedule(MicroSeconds(1), &SpinNetDeviceTest::Remove, this, context);
    SendAt(MicroSeconds(2), fresh);
    SendAt(MicroSeconds(3), last);
    Simulator::Run();
    EXPECT_EQ(spinRx, 2u);
    EXPECT_EQ(delivered, 1u);
    EXPECT_FALSE(context->IsAttached());
}

TEST_F(SpinNetDeviceTest, MessageThatProceedsReachesTheHostWithItsBytes)
{
    BuildAndWatch();
    AddContext(CreateObject<ProceedProgram>());
    SendAt(Seconds(0), {});
    Simulator::Run();
    EXPECT_EQ(spinRx, 1u);
    EXPECT_EQ(hostRx, 1u);
    EXPECT_EQ(delivered, 1u);
}

TEST_F(SpinNetDeviceTest, FollowingPacketDoesNotOvertakeItsMessagesFirst)
{
    BuildAndWatch();
    AddContext(CreateObject<BusyProgram>(10, HandlerStatus::SUCCESS),
               CreateObjectWithAttributes<CountMatcher>("Packets", UintegerValue(2)));
    Flood(2, 100);
    Simulator::Run();
    EXPECT_EQ(spinRx, 2u);
    EXPECT_EQ(unitDrops, 0u) << "the first packet came first";
    EXPECT_EQ(nic->GetUnit()->GetCounters().messagesDone, 1u);
}

TEST_F(SpinNetDeviceTest, HostAndHandlersTakeTurnsAtThePort)
{
    nics.SetDeviceAttribute("DataRate", StringValue("1Gbps"));
    links.SetDeviceAttribute("DataRate", StringValue("1Gbps"));
    BuildAndWatch();
    AddContext(CreateObjectWithAttributes<PingPongProgram>("Ethernet", BooleanValue(true)));
    // Both have 20 frames to send as soon as the port lets them.
    port->SetAttribute("DataRate", StringValue("400Gbps"));
    FrameSpec spec;
    spec.payload = std::string(1000, 'h');
    for (int i = 0; i < 20; ++i)
    {
        SendAt(MicroSeconds(100), spec);
        nic->Send(Create<Packet>(1028), port->GetAddress(), 0x0800);
    }
    nic->GetHostPath()->GetCpu()->SetAttribute("SendCost", TimeValue(Seconds(0)));
    Simulator::Run();
    ASSERT_EQ(returned.size(), 40u);
    // From the unit's first frame on, until one side has none left, they alternate.
    const auto isUnits = [this](std::size_t i) { return returned[i].back() == 'h'; };
    std::size_t first = 0;
    while (!isUnits(first))
    {
        ++first;
    }
    for (std::size_t i = first; i < first + 2 * (20 - first); ++i)
    {
        EXPECT_EQ(isUnits(i), (i - first) % 2 == 0) << "frame " << i;
    }
}

} // namespace
} // namespace offload
} // namespace ns3
