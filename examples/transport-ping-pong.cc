/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Two hosts send a message to and fro: TCP sockets, RDMA SEND, RDMA WRITE, triggered operations,
 * sPIN handlers that store it and sPIN handlers that stream it (SC'17, section 4.4.1).
 *
 * What differs is who touches the data: both hosts' cores, copying; the answering core, without
 * copying; the NIC by way of host memory; or handlers on the NIC, while the message still arrives.
 */
#include "nic-figures.h"

#include "ns3/core-module.h"
#include "ns3/offload-module.h"

#include <cstdint>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr double US_PER_PS = 1e-6;         //!< results are in us
constexpr int64_t MAX_PAYLOAD = 1 << 22;   //!< a completion queue entry for each byte, at most
const std::string PRESET_PREFIX = "sc17-"; //!< --nic=discrete is the host preset sc17-discrete

/** The scenario. */
void
RunTransportPingPong(Scenario& scenario)
{
    const auto path = scenario.AddNameInput(
        "path",
        "who answers: a core over TCP sockets, over RDMA SEND or WRITE (polling); the NIC by a "
        "triggered operation from host memory; sPIN handlers that store the message in host "
        "memory, or stream it packet by packet",
        TransportPingPong::GetPaths(),
        TransportPingPong::GetPaths());
    const auto nic = scenario.AddNameInput("nic",
                                           "how the NIC reaches host memory: over PCI Express "
                                           "(250 ns, 64 GB/s) or on the chip (50 ns, 150 GB/s)",
                                           {"discrete", "integrated"},
                                           {"discrete", "integrated"});
    const auto payload = scenario.AddIntegerInput("payload_bytes",
                                                  "B",
                                                  "bytes of the message",
                                                  {8, 64, 512, 4096, 16384, 65536, 262144},
                                                  {1, MAX_PAYLOAD});
    const auto rounds = scenario.AddInteger("rounds",
                                            "",
                                            "messages to and fro, one after the other",
                                            10,
                                            {1, 1'000'000});
    scenario.AddPreset(
        "sc17",
        "SC'17 sPIN simulation: both NICs, 8 B to 256 KiB (the defaults)",
        {{"nic", "discrete,integrated"}, {"payload_bytes", "8,64,512,4096,16384,65536,262144"}});
    scenario.Sets(nic,
                  {"ns3::offload::PcieLink::Rate", "ns3::offload::PcieLink::RoundTripLatency"});
    scenario.Sets(path, {"ns3::offload::HostCpu::Polling", "ns3::offload::PutBackProgram::Store"});
    scenario.Sets({"ns3::offload::LinkNetDevice::Mtu",
                   "ns3::offload::HostMemory::Size",
                   "ns3::offload::ExecutionContext::HostMemoryAddress",
                   "ns3::offload::ExecutionContext::HostMemoryBytes",
                   "ns3::offload::ExecutionContext::ScratchpadBytes",
                   "ns3::TcpSocket::SegmentSize",
                   "ns3::TcpSocket::SndBufSize",
                   "ns3::TcpSocket::RcvBufSize",
                   "ns3::TcpSocket::InitialCwnd",
                   "ns3::TcpSocket::TcpNoDelay"});
    scenario.Parse();
    Results results = scenario.MakeResults();
    results.AddColumn("latency_us", "us")
        .AddColumn("host_cpu_us", "us")
        .AddColumn("cpu_copied_bytes", "B")
        .AddColumn("pcie_bytes", "B");
    const NicFigures::Axis x{"message", "B", Figure::Scale::LOG2};
    NicFigures latency("latency",
                       "Ping-pong: half a round trip",
                       x,
                       {"latency", "us", Figure::Scale::LOG10});
    NicFigures cores("host-cpu",
                     "Core time of the answering host (triggered, sPIN: none)",
                     x,
                     {"core time", "us", Figure::Scale::LOG10});
    NicFigures touched("moved",
                       "Who touches the data: bytes over PCIe and copied by cores (streamed: none)",
                       x,
                       {"moved at the answering host", "B", Figure::Scale::LOG10});
    scenario.ForEachPoint([&](const Point& point) {
        TransportPingPong::Config config;
        config.path = point[path];
        config.host = PRESET_PREFIX + point[nic];
        config.payloadBytes = static_cast<uint32_t>(point[payload]);
        config.rounds = static_cast<uint32_t>(scenario[rounds]);
        TransportPingPong pingPong(config);
        if (scenario.IsPcapEnabled())
        {
            pingPong.GetCluster().EnablePcap(scenario.GetPcapPrefix());
        }
        if (Timeline* timeline = scenario.GetTimeline())
        {
            pingPong.GetCluster().Draw(*timeline);
        }
        const TransportPingPong::Outcome outcome = pingPong.Run();
        scenario.Check(outcome.rounds == config.rounds, "a message was not answered");
        scenario.Check(outcome.wrong == 0, "an answer differs from what was sent");
        // As usual for a ping-pong, one way is half of there and back.
        const double latencyUs = static_cast<double>(outcome.roundTrip) * US_PER_PS / 2;
        const double cpuUs = static_cast<double>(outcome.cpuTime) * US_PER_PS;
        const double pcieBytes = static_cast<double>(outcome.hostBytes) / config.rounds;
        const double copiedBytes = static_cast<double>(outcome.cpuBytes) / config.rounds;
        scenario.AddRow(results, point)
            .Set("latency_us", latencyUs)
            .Set("host_cpu_us", cpuUs)
            .Set("cpu_copied_bytes", copiedBytes)
            .Set("pcie_bytes", pcieBytes);
        const auto bytes = static_cast<double>(point[payload]);
        latency.Add(point[nic], point[path], bytes, latencyUs);
        cores.Add(point[nic], point[path], bytes, cpuUs);
        touched.Add(point[nic], point[path], bytes, copiedBytes + pcieBytes);
    });
    std::vector<Figure> figures;
    latency.AppendTo(figures);
    cores.AppendTo(figures);
    touched.AppendTo(figures);
    scenario.Finish(results, figures);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"transport-ping-pong",
                        "A message to and fro: TCP sockets, RDMA, triggered operations and sPIN "
                        "handlers, with the NICs of the SC'17 sPIN simulation. Every byte is "
                        "checked."},
                       RunTransportPingPong);
}
