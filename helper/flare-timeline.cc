/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-timeline.h"

#include "ns3/flare-switch.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <optional>

namespace ns3
{
namespace offload
{

/** A port's line. */
class FlareTimeline::Port
{
  public:
    Port(Timeline& timeline, Timeline::Track track)
        : m_timeline(timeline),
          m_track(track)
    {
    }

    void Transmitted(Ptr<const Packet> packet, Time start, Time end)
    {
        m_timeline.Complete(m_track,
                            "frame",
                            start.GetTimeStep(),
                            end.GetTimeStep(),
                            {{"payload (B)", int64_t{packet->GetSize()}}});
    }

  private:
    Timeline& m_timeline;    //!< where to draw
    Timeline::Track m_track; //!< the line
};

/** The lines of a switch's cores. */
class FlareTimeline::Cores : public FlareObserver
{
  public:
    Cores(Timeline& timeline, const std::string& process, FlareSwitch& device)
        : m_timeline(timeline),
          m_process(process),
          m_tracks(device.GetUnit().GetCores())
    {
        UintegerValue perCluster;
        device.GetAttribute("CoresPerCluster", perCluster);
        m_perCluster = static_cast<uint32_t>(perCluster.Get());
        TimeValue period;
        device.GetAttribute("ClockPeriod", period);
        m_period = period.Get().GetTimeStep();
        device.GetUnit().SetObserver(this);
    }

    void HandlerRan(const FlareRun& run) override
    {
        std::optional<Timeline::Track>& track = m_tracks[run.core];
        if (!track)
        {
            track = m_timeline.AddTrack(m_process,
                                        "HPU " + std::to_string(run.core / m_perCluster) + "." +
                                            std::to_string(run.core % m_perCluster));
        }
        m_timeline.Complete(*track,
                            "reduce",
                            ToPs(run.start),
                            ToPs(run.end),
                            {{"bytes (B)", int64_t{run.bytes}},
                             {"values", int64_t{run.values}},
                             {"waited (cycles)", static_cast<int64_t>(run.pickup - run.arrival)}});
    }

  private:
    int64_t ToPs(uint64_t cycle) const
    {
        return static_cast<int64_t>(cycle) * m_period;
    }

    Timeline& m_timeline;                                 //!< where to draw
    std::string m_process;                                //!< group of lines
    std::vector<std::optional<Timeline::Track>> m_tracks; //!< by core, once it has run something
    uint32_t m_perCluster;                                //!< cores
    int64_t m_period;                                     //!< of a cycle, ps
};

FlareTimeline::FlareTimeline(Timeline& timeline)
    : m_timeline(timeline)
{
}

FlareTimeline::~FlareTimeline() = default;

void
FlareTimeline::Connect(const Fabric& fabric, const std::vector<uint32_t>& levels)
{
    for (uint32_t i = 0; i < std::min(fabric.hostDevices.GetN(), SHOWN_HOSTS); ++i)
    {
        ConnectHost(i, DynamicCast<LinkNetDevice>(fabric.hostDevices.Get(i)));
    }
    const auto switches = static_cast<uint32_t>(fabric.switches.size());
    for (size_t level = 0; level < levels.size(); ++level)
    {
        const uint32_t end = level + 1 < levels.size() ? levels[level + 1] : switches;
        for (uint32_t i = levels[level]; i < std::min(end, levels[level] + SHOWN_SWITCHES); ++i)
        {
            ConnectSwitch(i, fabric.switches[i]);
        }
    }
}

void
FlareTimeline::ConnectPort(const std::string& process,
                           const std::string& name,
                           Ptr<LinkNetDevice> port)
{
    m_ports.push_back(std::make_unique<Port>(m_timeline, m_timeline.AddTrack(process, name)));
    port->TraceConnectWithoutContext("Transmit",
                                     MakeCallback(&Port::Transmitted, m_ports.back().get()));
}

void
FlareTimeline::ConnectHost(uint32_t number, Ptr<LinkNetDevice> device)
{
    ConnectPort("host " + std::to_string(number), "port out", device);
}

void
FlareTimeline::ConnectSwitch(uint32_t number, Ptr<FabricSwitch> device)
{
    const std::string process = "switch " + std::to_string(number);
    for (uint32_t port = 0; port < device->GetPorts(); ++port)
    {
        ConnectPort(process, "port " + std::to_string(port) + " out", device->GetPort(port));
    }
    if (const Ptr<FlareSwitch> flareSwitch = DynamicCast<FlareSwitch>(device))
    {
        m_cores.push_back(std::make_unique<Cores>(m_timeline, process, *flareSwitch));
    }
}

} // namespace offload
} // namespace ns3
