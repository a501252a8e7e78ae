/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a packet-hop costs in a fabric under load: a permutation of RDMA WRITEs with
// acknowledgements over a three-level fat tree, every byte generated and checked; and, in the same
// process, chains of ns-3's PointToPointNetDevice that carry as many bytes per packet. A hop is a
// packet's way over one link. The CPU time is that of the user mode for everything: building the
// network, the simulation, taking it down.
#include "process-use.h"

#include "ns3/data-rate.h"
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/lookahead-queue.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/rdma-engine.h"
#include "ns3/rdma-helper.h"
#include "ns3/rdma-net-device.h"
#include "ns3/rdma-traffic.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <string>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr const char* PERMUTATION = "permutation";
constexpr const char* POINT_TO_POINT = "point-to-point";

/** Cost of one run. */
struct Cost
{
    uint64_t hops{0};
    uint64_t events{0};
    bool complete{false}; //!< all that was sent arrived
};

/** @return ports of the switches of a three-level fat tree, 0 if there is none of that size */
uint32_t
GetSwitchPorts(int64_t hosts)
{
    for (uint32_t k = 2; k <= 64; k += 2)
    {
        if (k * k * k / 4 == hosts)
        {
            return k;
        }
    }
    return 0;
}

Cost
RunPermutation(uint32_t hosts, uint32_t packet, uint64_t bytes, const DataRate& rate)
{
    RdmaHelper rdma;
    rdma.SetDeviceAttribute("DataRate", DataRateValue(rate));
    rdma.SetQueuePairAttribute("Mtu", UintegerValue(packet));
    FabricHelper helper;
    helper.SetPortAttribute("DataRate", DataRateValue(rate));
    helper.SetPortAttribute("Mtu", UintegerValue(LinkNetDevice::MAX_MTU));
    NodeContainer nodes;
    nodes.Create(hosts);
    const NetDeviceContainer devices = rdma.CreateDevices(nodes);
    const Fabric fabric = helper.Install(*FatTree::KAry(GetSwitchPorts(hosts), 3), devices);
    RdmaTraffic traffic(devices);
    traffic.Start(MakePermutation(hosts, bytes, 1));
    Simulator::Run();
    Cost cost;
    cost.events = LookaheadQueue::Get().GetEventCount() + Simulator::GetEventCount();
    cost.complete = traffic.IsComplete();
    for (const auto& device : fabric.switches)
    {
        cost.hops += device->GetReceived();
    }
    for (uint32_t i = 0; i < hosts; ++i)
    {
        cost.hops += DynamicCast<RdmaNetDevice>(devices.Get(i))->GetEngine()->GetReceived();
    }
    return cost;
}

/** Counts what arrives. */
class Sink
{
  public:
    bool Receive(Ptr<NetDevice>, Ptr<const Packet>, uint16_t, const Address&)
    {
        ++m_packets;
        return true;
    }

    uint64_t m_packets{0};
};

/** Sends packets one after the other. */
void
SendNext(Ptr<NetDevice> device, uint32_t packet, uint64_t left, Time gap)
{
    constexpr uint16_t IPV4 = 0x0800; // PointToPointNetDevice knows IPv4 and IPv6 only
    device->Send(Create<Packet>(packet), device->GetBroadcast(), IPV4);
    if (left > 1)
    {
        Simulator::Schedule(gap, &SendNext, device, packet, left - 1, gap);
    }
}

Cost
RunPointToPoint(uint32_t hosts, uint32_t packet, uint64_t bytes, const DataRate& rate)
{
    // As many links as hosts, one hop for each packet.
    Sink sink;
    const uint64_t packets = (bytes + packet - 1) / packet;
    for (uint32_t i = 0; i < hosts; ++i)
    {
        PointToPointHelper helper;
        helper.SetDeviceAttribute("DataRate", DataRateValue(rate));
        helper.DisableFlowControl();
        NodeContainer nodes;
        nodes.Create(2);
        NetDeviceContainer devices = helper.Install(nodes);
        devices.Get(1)->SetReceiveCallback(MakeCallback(&Sink::Receive, &sink));
        constexpr uint32_t OVERHEAD = 40; // framing and a little air
        Simulator::ScheduleNow(&SendNext,
                               devices.Get(0),
                               packet,
                               packets,
                               rate.CalculateBytesTxTime(packet + OVERHEAD));
    }
    Simulator::Run();
    return {sink.m_packets, Simulator::GetEventCount(), sink.m_packets == packets * hosts};
}

void
FabricBenchmark(Scenario& scenario)
{
    const auto benchmark = scenario.AddNameInput(
        "benchmark",
        "what is measured: RDMA over a fat tree, or ns-3's PointToPointNetDevice",
        {POINT_TO_POINT, PERMUTATION},
        {POINT_TO_POINT, PERMUTATION});
    const auto hosts = scenario.AddIntegerInput("hosts",
                                                "",
                                                "hosts of the fat tree, k^3/4 for an even k",
                                                {128, 1024},
                                                {2, 65536});
    const auto packet = scenario.AddIntegerInput("packet_bytes",
                                                 "B",
                                                 "payload of a packet: 256, 512, 1024, 2048, 4096",
                                                 {4096},
                                                 {256, 4096});
    const auto kilobytes =
        scenario.AddInteger("kilobytes", "kB", "bytes that each host sends", 2000, {1, 100000000});
    const auto rate = scenario.AddNumber("rate_gbps", "Gbit/s", "of all links", 100, {1, 1600});
    scenario.Parse();
    for (const Point& point : scenario.GetPoints())
    {
        if (GetSwitchPorts(point[hosts]) == 0)
        {
            throw ScenarioError("--hosts=" + std::to_string(point[hosts]) +
                                ": a fat tree of three levels has k^3/4 hosts: 16, 54, 128, 250, "
                                "432, 686, 1024, 2000, ...");
        }
    }
    Results results = scenario.MakeResults();
    results.AddColumn("packet_hops", "")
        .AddColumn("events", "")
        .AddColumn("user_seconds", "s")
        .AddColumn("packet_hops_per_second", "1/s")
        .AddColumn("peak_rss_mib", "MiB");
    scenario.ForEachPoint([&](const Point& point) {
        ResetPeakMemory();
        const double before = UserSeconds();
        const auto run = point[benchmark] == PERMUTATION ? &RunPermutation : &RunPointToPoint;
        const Cost cost = run(static_cast<uint32_t>(point[hosts]),
                              static_cast<uint32_t>(point[packet]),
                              static_cast<uint64_t>(scenario[kilobytes]) * 1000,
                              DataRate(static_cast<uint64_t>(scenario[rate] * 1e9)));
        Simulator::Destroy();
        const double spent = UserSeconds() - before;
        scenario.Check(cost.complete, "bytes were lost or wrong");
        scenario.AddRow(results, point)
            .Set("packet_hops", static_cast<int64_t>(cost.hops))
            .Set("events", static_cast<int64_t>(cost.events))
            .Set("user_seconds", spent)
            .Set("packet_hops_per_second", static_cast<double>(cost.hops) / spent)
            .Set("peak_rss_mib", PeakMemoryMebibytes());
    });
    scenario.Finish(results);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"benchmark-fabric",
                        "packet-hops per second of CPU in a fabric under load; the goal is 5 M at "
                        "128 hosts and 2 M at 1024"},
                       FabricBenchmark);
}
