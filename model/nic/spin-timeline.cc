/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-timeline.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"

namespace ns3
{
namespace offload
{

SpinTimeline::SpinTimeline(Timeline& timeline, const std::string& process)
    : m_timeline(timeline),
      m_process(process)
{
}

void
SpinTimeline::Connect(Ptr<SpinNetDevice> device)
{
    ConnectPort(device);
    m_steering = m_timeline.AddTrack(m_process, "steering");
    m_buffer = m_timeline.AddCounter(m_process, "input buffer (B)");
    device->TraceConnectWithoutContext("SteeringMatch", MakeCallback(&SpinTimeline::Match, this));
    device->TraceConnectWithoutContext("Drop", MakeCallback(&SpinTimeline::NicDrop, this));
    device->GetInputBuffer()->TraceConnectWithoutContext(
        "Bytes",
        MakeCallback(&SpinTimeline::Buffered, this));
    if (device->GetUnit())
    {
        ConnectUnit(device->GetUnit());
    }
    if (device->GetHostPath())
    {
        ConnectPcie(device->GetHostPath()->GetPcie());
        ConnectCpu(device->GetHostPath()->GetCpu());
    }
}

void
SpinTimeline::ConnectPort(Ptr<LinkNetDevice> device)
{
    m_port = m_timeline.AddTrack(m_process, "port out");
    device->TraceConnectWithoutContext("Transmit", MakeCallback(&SpinTimeline::Transmitted, this));
}

void
SpinTimeline::ConnectUnit(Ptr<SpinUnit> unit)
{
    const SpinConfig& config = unit->GetConfig();
    m_hpusPerCluster = config.hpusPerCluster;
    m_packets.name = "packets";
    for (const char* name : {"host-direct", "NIC outbound", "host DMA"})
    {
        m_commands.push_back({name, {m_timeline.AddTrack(m_process, name)}, {0}});
    }
    for (uint32_t cluster = 0; cluster < config.clusters; ++cluster)
    {
        for (uint32_t hpu = 0; hpu < config.hpusPerCluster; ++hpu)
        {
            m_hpus.push_back(
                m_timeline.AddTrack(m_process,
                                    "HPU " + std::to_string(cluster) + "." + std::to_string(hpu)));
        }
    }
    m_dma.resize(config.clusters);
    for (uint32_t cluster = 0; cluster < config.clusters; ++cluster)
    {
        m_dma[cluster].name = "DMA " + std::to_string(cluster);
    }
    unit->TraceConnectWithoutContext("Dma", MakeCallback(&SpinTimeline::Dma, this));
    unit->TraceConnectWithoutContext("Handler", MakeCallback(&SpinTimeline::Handler, this));
    unit->TraceConnectWithoutContext("Packet", MakeCallback(&SpinTimeline::PacketDone, this));
    unit->TraceConnectWithoutContext("Command", MakeCallback(&SpinTimeline::Command, this));
    unit->TraceConnectWithoutContext("Drop", MakeCallback(&SpinTimeline::UnitDrop, this));
}

void
SpinTimeline::ConnectPcie(Ptr<PcieLink> pcie)
{
    for (const char* name : {"PCIe to NIC", "PCIe to host"})
    {
        m_pcie.push_back(m_timeline.AddTrack(m_process, name));
    }
    pcie->TraceConnectWithoutContext("Transfer", MakeCallback(&SpinTimeline::Transfer, this));
}

void
SpinTimeline::ConnectCpu(Ptr<HostCpu> cpu)
{
    for (uint32_t core = 0; core < cpu->GetCores(); ++core)
    {
        m_cores.push_back(m_timeline.AddTrack(m_process, "core " + std::to_string(core)));
    }
    cpu->TraceConnectWithoutContext("Work", MakeCallback(&SpinTimeline::Work, this));
}

Timeline::Track
SpinTimeline::Choose(Lanes& lanes, int64_t begin, int64_t end)
{
    std::size_t lane = 0;
    while (lane < lanes.tracks.size() && lanes.freeAt[lane] > begin)
    {
        ++lane;
    }
    if (lane == lanes.tracks.size())
    {
        const std::string number = lane > 0 ? " +" + std::to_string(lane) : "";
        lanes.tracks.push_back(m_timeline.AddTrack(m_process, lanes.name + number));
        lanes.freeAt.push_back(0);
    }
    lanes.freeAt[lane] = end;
    return lanes.tracks[lane];
}

void
SpinTimeline::Dma(const DmaRun& run)
{
    m_timeline.Complete(Choose(m_dma[run.cluster], run.begin, run.end),
                        run.packet ? "packet" : "copy",
                        run.begin,
                        run.end,
                        {{"bytes (B)", int64_t{run.bytes}}});
}

void
SpinTimeline::Handler(const HandlerRun& run)
{
    m_timeline.Complete(m_hpus[run.cluster * m_hpusPerCluster + run.hpu],
                        ToString(run.kind),
                        run.pickup,
                        run.doorbell,
                        {{"message", int64_t{run.message}},
                         {"packet (B)", int64_t{run.packetBytes}},
                         {"cycles", static_cast<int64_t>(run.cycles)},
                         {"instructions", static_cast<int64_t>(run.instructions)},
                         {"status", ToString(run.status)}});
}

void
SpinTimeline::PacketDone(const PacketRun& run)
{
    m_timeline.Complete(Choose(m_packets, run.arrival, run.feedback),
                        "packet",
                        run.arrival,
                        run.feedback,
                        {{"message", int64_t{run.message}}, {"size (B)", int64_t{run.bytes}}});
}

void
SpinTimeline::Command(const CommandRun& run)
{
    Lanes& lanes = m_commands.at(run.interface);
    m_timeline.Complete(Choose(lanes, run.accepted, run.response),
                        lanes.name,
                        run.accepted,
                        run.response,
                        {{"HPU", int64_t{run.cluster * m_hpusPerCluster + run.hpu}},
                         {"size (B)", int64_t{run.bytes}},
                         {"waited (ns)", static_cast<double>(run.accepted - run.issue) / 1000}});
}

void
SpinTimeline::UnitDrop(Ptr<const Packet> frame, SpinDropReason reason)
{
    m_timeline.Instant(m_steering,
                       "drop in the unit",
                       Simulator::Now().GetTimeStep(),
                       {{"reason", ToString(reason)}, {"size (B)", int64_t{frame->GetSize()}}});
}

void
SpinTimeline::NicDrop(Ptr<const Packet> frame, NicDropReason reason)
{
    m_timeline.Instant(m_steering,
                       "drop",
                       Simulator::Now().GetTimeStep(),
                       {{"reason", ToString(reason)}, {"size (B)", int64_t{frame->GetSize()}}});
}

void
SpinTimeline::Match(Ptr<const Packet> frame, const SteeringTable::Result& result)
{
    m_timeline.Instant(m_steering,
                       result.position.first ? "match" : "look-up",
                       Simulator::Now().GetTimeStep(),
                       {{"rule", int64_t{result.rule}}, {"size (B)", int64_t{frame->GetSize()}}});
}

void
SpinTimeline::Buffered(uint32_t bytes)
{
    m_timeline.Count(m_buffer, Simulator::Now().GetTimeStep(), bytes);
}

void
SpinTimeline::Transfer(const PcieTransfer& transfer)
{
    m_timeline.Complete(m_pcie[transfer.toHost ? 1 : 0],
                        ToString(transfer.kind),
                        transfer.begin,
                        transfer.end,
                        {{"payload (B)", int64_t{transfer.bytes}},
                         {"on the link (B)", int64_t{transfer.wireBytes}}});
}

void
SpinTimeline::Work(const CpuWork& work)
{
    m_timeline.Complete(m_cores.at(work.core),
                        work.what,
                        work.begin,
                        work.end,
                        {{"packet (B)", int64_t{work.bytes}}});
}

void
SpinTimeline::Transmitted(Ptr<const Packet> packet, Time start, Time end)
{
    m_timeline.Complete(m_port,
                        "frame",
                        start.GetTimeStep(),
                        end.GetTimeStep(),
                        {{"payload (B)", int64_t{packet->GetSize()}}});
}

} // namespace offload
} // namespace ns3
