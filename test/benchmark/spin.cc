/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a packet costs that a sPIN NIC answers with a native ping-pong handler, arrival to departure
// with unit and links included, beside the same packet over one hop of ns-3's
// PointToPointNetDevice, in one process; and what an idle unit occupies.
#include "process-use.h"

#include "ns3/boolean.h"
#include "ns3/execution-context.h"
#include "ns3/ipv4-address.h"
#include "ns3/link-helper.h"
#include "ns3/link-net-device.h"
#include "ns3/message-matchers.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/reusable-event.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/spin-helper.h"
#include "ns3/spin-net-device.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint16_t IPV4 = 0x0800;       //!< EtherType
constexpr uint32_t HEADERS = 28;        //!< bytes of IPv4 and UDP
constexpr uint32_t ETHERNET = 14;       //!< bytes of the Ethernet header
constexpr uint64_t RATE = 400000000000; //!< bit/s
constexpr uint32_t OVERHEAD = 38;       //!< bytes on the wire beside the payload
constexpr uint32_t BURST = 16;          //!< packets sent by one event of the generator
constexpr uint32_t IDLE_UNITS = 1000;   //!< for the memory of one

/** A UDP packet in IPv4, its size as the network layer sees it. */
Ptr<Packet>
MakePacket(uint32_t bytes)
{
    std::vector<uint8_t> data(bytes);
    data[0] = 0x45; // IPv4, no options
    data[2] = static_cast<uint8_t>(bytes >> 8);
    data[3] = static_cast<uint8_t>(bytes);
    data[8] = 64; // time to live
    data[9] = 17; // UDP
    const uint8_t addresses[] = {10, 0, 0, 1, 10, 0, 0, 2};
    std::copy(std::begin(addresses), std::end(addresses), &data[12]);
    data[23] = 9;
    data[21] = 7;
    for (uint32_t i = HEADERS; i < bytes; i++)
    {
        data[i] = static_cast<uint8_t>(i);
    }
    return Create<Packet>(data.data(), bytes);
}

/** Sends copies of a packet in bursts, at a share of the link's rate, and counts what comes. */
class Traffic
{
  public:
    Traffic(Ptr<NetDevice> source,
            Ptr<NetDevice> sink,
            uint32_t bytes,
            uint64_t packets,
            double load)
        : m_source(source),
          m_packet(MakePacket(bytes)),
          m_left(packets),
          m_gap(static_cast<int64_t>((bytes + OVERHEAD) * 8e12 / RATE * BURST / load)),
          m_event(Create<SendEvent>(this))
    {
        sink->SetReceiveCallback(MakeCallback(&Traffic::Receive, this));
        m_event->Schedule(TimeStep(0));
    }

    ~Traffic()
    {
        m_event->Detach();
    }

    uint64_t received{0}; //!< packets of the right size

  private:
    void Send()
    {
        for (uint32_t i = 0; i < BURST && m_left > 0; i++, m_left--)
        {
            m_source->Send(m_packet->Copy(), m_destination, IPV4);
        }
        if (m_left > 0)
        {
            m_event->Schedule(TimeStep(m_gap));
        }
    }

    bool Receive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address&)
    {
        received += packet->GetSize() >= m_packet->GetSize();
        return true;
    }

    using SendEvent = ReusableEvent<Traffic, &Traffic::Send>;
    Ptr<NetDevice> m_source;                             //!< sends
    Address m_destination{Mac48Address::GetBroadcast()}; //!< any host
    Ptr<Packet> m_packet;                                //!< what is sent
    uint64_t m_left;                                     //!< packets to send
    int64_t m_gap;                                       //!< between bursts, ps
    Ptr<SendEvent> m_event;                              //!< next burst
};

/** CPU time and events of one run. */
struct Cost
{
    double nanoseconds; //!< of CPU per packet
    double events;      //!< of ns-3 per packet
    bool complete;      //!< all packets came
};

Cost
Measure(Traffic& traffic, uint64_t packets)
{
    const uint64_t events = Simulator::GetEventCount();
    const double begin = CpuNanoseconds();
    Simulator::Run();
    return {(CpuNanoseconds() - begin) / static_cast<double>(packets),
            static_cast<double>(Simulator::GetEventCount() - events) / static_cast<double>(packets),
            traffic.received == packets};
}

Cost
RunSpin(uint32_t bytes, uint64_t packets, double load)
{
    NodeContainer nodes(2);
    LinkHelper links;
    links.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    links.SetDeviceAttribute("QueueSize", QueueSizeValue(QueueSize("1000p")));
    SpinHelper nics;
    nics.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    Ptr<LinkNetDevice> port = links.CreateDevice(nodes.Get(0));
    Ptr<SpinNetDevice> nic = nics.CreateDevice(nodes.Get(1));
    links.Connect(port, nic);
    ObjectFactory factory("ns3::offload::PingPongProgram");
    factory.Set("Ethernet", BooleanValue(true));
    auto context = CreateObject<ExecutionContext>();
    context->SetProgram(factory.Create<HandlerProgram>());
    SpinHelper::InstallContext(nic,
                               MatchRule().WithIpv4Destination(Ipv4Address("10.0.0.2")).WithUdp(),
                               context,
                               CreateObject<PacketMatcher>());
    // The handler swaps the MAC addresses, so the answers come from the broadcast address to us.
    Traffic traffic(port, port, bytes, packets, load);
    const Cost cost = Measure(traffic, packets);
    Simulator::Destroy();
    return cost;
}

Cost
RunPointToPoint(uint32_t bytes, uint64_t packets, double load)
{
    NodeContainer nodes(2);
    PointToPointHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    helper.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("1000p"));
    NetDeviceContainer devices = helper.Install(nodes);
    Traffic traffic(devices.Get(0), devices.Get(1), bytes, packets, load);
    const Cost cost = Measure(traffic, packets);
    Simulator::Destroy();
    return cost;
}

/** @return bytes that an idle unit with a context occupies */
double
MeasureIdle()
{
    std::vector<Ptr<SpinUnit>> units;
    units.reserve(IDLE_UNITS);
    ObjectFactory factory("ns3::offload::PingPongProgram");
    const uint64_t before = ResidentBytes();
    for (uint32_t i = 0; i < IDLE_UNITS; i++)
    {
        auto unit = CreateObject<SpinUnit>();
        auto context = CreateObject<ExecutionContext>();
        context->SetProgram(factory.Create<HandlerProgram>());
        unit->Attach(context);
        units.push_back(unit);
    }
    const auto bytes = static_cast<double>(ResidentBytes() - before);
    for (auto& unit : units)
    {
        unit->Dispose();
    }
    Simulator::Destroy();
    return bytes / IDLE_UNITS;
}

/** The benchmark. */
void
SpinBenchmark(Scenario& scenario)
{
    const auto bytes = scenario.AddIntegerInput("packet_bytes",
                                                "B",
                                                "IPv4 packet",
                                                {50, 1010},
                                                {HEADERS + 22, 1500});
    const auto packets =
        scenario.AddInteger("packets", "", "packets of a run", 200000, {1, 1000000000});
    const auto load = scenario.AddNumberInput("load",
                                              "",
                                              "share of the link's rate that is offered",
                                              {0.1, 0.4},
                                              {0.001, 1});
    const auto unitOnly =
        scenario.AddSwitch("spin_only", "leave out PointToPointNetDevice, for profiling");
    const auto repetitions =
        scenario.AddInteger("repetitions", "", "runs, the median counts", 3, {1, 99});
    scenario.Parse();
    Results results("benchmark-spin");
    results.AddColumn("benchmark", "")
        .AddColumn("device", "")
        .AddColumn("frame_bytes", "B")
        .AddColumn("load", "")
        .AddColumn("ns_per_packet", "ns")
        .AddColumn("events_per_packet", "")
        .AddColumn("idle_unit_kib", "KiB");
    scenario.ForEachPoint([&](const Point& point) {
        const auto size = static_cast<uint32_t>(point[bytes]);
        const auto count = static_cast<uint64_t>(scenario[packets]);
        for (const bool spin : {true, false})
        {
            if (!spin && scenario[unitOnly])
            {
                continue;
            }
            std::vector<Cost> costs;
            for (int64_t i = 0; i < scenario[repetitions]; i++)
            {
                costs.push_back(spin ? RunSpin(size, count, point[load])
                                     : RunPointToPoint(size, count, point[load]));
                scenario.Check(costs.back().complete, "packets were lost");
            }
            std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) {
                return a.nanoseconds < b.nanoseconds;
            });
            const Cost& median = costs[costs.size() / 2];
            results.AddRow()
                .Set("benchmark", spin ? "ping-pong round trip" : "one hop")
                .Set("device", spin ? "SpinNetDevice" : "PointToPointNetDevice")
                .Set("frame_bytes", size + ETHERNET)
                .Set("load", point[load])
                .Set("ns_per_packet", median.nanoseconds)
                .Set("events_per_packet", median.events);
        }
    });
    results.AddRow()
        .Set("benchmark", "idle unit, 4 x 8 HPUs")
        .Set("device", "SpinUnit")
        .Set("idle_unit_kib", MeasureIdle() / 1024);
    scenario.Finish(results);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"benchmark-spin",
                        "CPU time per packet that a sPIN NIC answers, and memory of an idle unit"},
                       SpinBenchmark);
}
