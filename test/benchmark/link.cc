/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a packet-hop costs over ns-3's PointToPointNetDevice and over LinkNetDevice: the same frames
// from the same generator over the same chains of links, in one process, repetitions interleaved.
// The CPU time of Simulator::Run is divided by the number of hops; the generator, making and
// freeing the packets, and handing them from link to link are included.
#include "process-use.h"

#include "ns3/data-rate.h"
#include "ns3/ethernet-frame.h"
#include "ns3/link-helper.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/reusable-event.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint64_t RATE = 100'000'000'000;
constexpr uint32_t BURST = 32;
constexpr uint16_t IPV4 = 0x0800; // PointToPointNetDevice knows IPv4 and IPv6 only
/// Byte times a generator leaves beside a payload: 38 of framing on the wire and a little air
constexpr uint32_t OVERHEAD_BYTES = 40;

/// Links that each frame crosses
constexpr uint32_t HOPS = 8;

/** How frames are handed in. */
struct Pattern
{
    std::string name;
    uint32_t chains; //!< of HOPS links each
    uint32_t burst;  //!< frames handed in by one event of the generator
};

const std::vector<Pattern> PATTERNS = {
    {"paced", 1, 1},
    {"burst", 1, BURST},
    {"paced-1024-links", 1024 / HOPS, 1},
    {"burst-1024-links", 1024 / HOPS, BURST},
};

std::vector<std::string>
NamesOf(const std::vector<Pattern>& patterns)
{
    std::vector<std::string> names;
    for (const auto& pattern : patterns)
    {
        names.push_back(pattern.name);
    }
    return names;
}

std::vector<Pattern>::const_iterator
FindPattern(const std::string& name)
{
    return std::find_if(PATTERNS.begin(), PATTERNS.end(), [&name](const Pattern& pattern) {
        return pattern.name == name;
    });
}

/** The end of a link: passes the frames on to the next one, or counts them. */
class LinkEnd
{
  public:
    LinkEnd(Ptr<NetDevice> next, const Address& to)
        : m_next(next),
          m_to(to)
    {
    }

    bool Receive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t protocol, const Address&)
    {
        if (m_next)
        {
            // Both devices give the receiver a packet that nobody else uses any more.
            return m_next->Send(ConstCast<Packet>(packet), m_to, protocol);
        }
        ++m_frames;
        m_bytes += packet->GetSize();
        return true;
    }

    uint64_t m_frames{0};
    uint64_t m_bytes{0};

  private:
    Ptr<NetDevice> m_next;
    Address m_to;
};

/** Serves all chains in turn with bursts of frames, as far apart as the links need to send them. */
class Generator
{
  public:
    Generator(uint32_t payload, uint32_t bursts, const Pattern& pattern)
        : m_payload(payload),
          m_left(bursts),
          m_burst(pattern.burst),
          m_event(Create<ReusableEvent<Generator, &Generator::SendBurst>>(this))
    {
        const uint64_t perChain = (payload + OVERHEAD_BYTES) * pattern.burst * BIT_PS_PER_S / RATE;
        m_gap = (perChain + pattern.chains - 1) / pattern.chains;
    }

    ~Generator()
    {
        m_event->Detach();
    }

    void Add(Ptr<NetDevice> device, const Address& to)
    {
        m_chains.push_back({device, to});
    }

    void Start()
    {
        m_event->Schedule(TimeStep(m_gap));
    }

    uint32_t m_events{0};

  private:
    /// Picoseconds per second times the bits of a byte
    static constexpr uint64_t BIT_PS_PER_S = 8'000'000'000'000;

    void SendBurst()
    {
        ++m_events;
        const Chain& chain = m_chains[m_next];
        for (uint32_t i = 0; i < m_burst; ++i)
        {
            chain.device->Send(Create<Packet>(m_payload), chain.to, IPV4);
        }
        m_next = m_next + 1 < m_chains.size() ? m_next + 1 : 0;
        if (--m_left > 0)
        {
            m_event->Schedule(TimeStep(m_gap));
        }
    }

    struct Chain
    {
        Ptr<NetDevice> device;
        Address to;
    };

    std::vector<Chain> m_chains;
    std::size_t m_next{0};
    uint32_t m_payload;
    uint32_t m_left;
    uint32_t m_burst;
    uint64_t m_gap;
    Ptr<ReusableEvent<Generator, &Generator::SendBurst>> m_event;
};

/** Cost of one run. */
struct Cost
{
    double nsPerHop;
    double eventsPerHop;
    bool complete; //!< all frames arrived whole
};

// What carries the frames
constexpr const char* POINT_TO_POINT = "PointToPointNetDevice";
constexpr const char* LINK = "LinkNetDevice";

NetDeviceContainer
InstallPointToPoint(Ptr<Node> a, Ptr<Node> b, Time delay)
{
    PointToPointHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    helper.SetChannelAttribute("Delay", TimeValue(delay));
    // Its cheaper variant: without the interface to queue discs, as LinkHelper's default.
    helper.DisableFlowControl();
    return helper.Install(a, b);
}

NetDeviceContainer
InstallLink(Ptr<Node> a, Ptr<Node> b, Time delay)
{
    LinkHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    helper.SetChannelAttribute("Delay", TimeValue(delay));
    return helper.Install(a, b);
}

Cost
Measure(bool link, const Pattern& pattern, uint32_t frameBytes, uint32_t frames, Time delay)
{
    const uint32_t payload = frameBytes - EthernetFrame::HEADER_BYTES - EthernetFrame::FCS_BYTES;
    const uint32_t bursts = std::max(frames / pattern.burst, pattern.chains);
    Generator generator(payload, bursts, pattern);
    std::vector<std::unique_ptr<LinkEnd>> ends;
    std::vector<LinkEnd*> lastEnds;
    for (uint32_t i = 0; i < pattern.chains; ++i)
    {
        NodeContainer nodes;
        nodes.Create(HOPS + 1);
        Ptr<NetDevice> next; // backwards: each end knows where it passes frames on
        Address to;
        for (uint32_t hop = HOPS; hop-- > 0;)
        {
            NetDeviceContainer devices =
                link ? InstallLink(nodes.Get(hop), nodes.Get(hop + 1), delay)
                     : InstallPointToPoint(nodes.Get(hop), nodes.Get(hop + 1), delay);
            ends.push_back(std::make_unique<LinkEnd>(next, to));
            if (!next)
            {
                lastEnds.push_back(ends.back().get());
            }
            devices.Get(1)->SetReceiveCallback(MakeCallback(&LinkEnd::Receive, ends.back().get()));
            next = devices.Get(0);
            to = devices.Get(1)->GetAddress();
        }
        generator.Add(next, to);
    }
    generator.Start();
    // ns-3 initialises nodes and devices by events at the start.
    Simulator::Stop(TimeStep(0));
    Simulator::Run();
    const uint64_t eventsBefore = Simulator::GetEventCount();
    const double before = CpuNanoseconds();
    Simulator::Run();
    const double spent = CpuNanoseconds() - before;
    const uint64_t events = Simulator::GetEventCount() - eventsBefore - generator.m_events;
    uint64_t arrived = 0;
    uint64_t bytes = 0;
    for (const auto* end : lastEnds)
    {
        arrived += end->m_frames;
        bytes += end->m_bytes;
    }
    ends.clear();
    Simulator::Destroy();
    const uint64_t sent = static_cast<uint64_t>(bursts) * pattern.burst;
    const auto hops = static_cast<double>(sent * HOPS);
    return {spent / hops,
            static_cast<double>(events) / hops,
            arrived == sent && bytes == sent * payload};
}

/** What was measured at a point. */
struct Costs
{
    std::vector<double> ns; //!< per hop, of each run
    double events{0};       //!< per hop

    double Median() const
    {
        std::vector<double> values = ns;
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    }
};

/** The benchmark. */
void
LinkBenchmark(Scenario& scenario)
{
    const auto benchmark = scenario.AddNameInput("benchmark",
                                                 "how frames are handed in",
                                                 NamesOf(PATTERNS),
                                                 NamesOf(PATTERNS));
    const auto bytes = scenario.AddIntegerInput("frame_bytes",
                                                "B",
                                                "frame with FCS",
                                                {64, 1500},
                                                {EthernetFrame::MIN_FRAME_BYTES, 1518});
    const auto devices = scenario.AddNameInput("device",
                                               "what carries the frames",
                                               {POINT_TO_POINT, LINK},
                                               {POINT_TO_POINT, LINK});
    const auto frames = scenario.AddInteger("frames",
                                            "",
                                            "frames per run; each makes 8 hops",
                                            50000,
                                            {1, 1000000000});
    const auto repetitions =
        scenario.AddInteger("repetitions", "", "runs of each device, interleaved", 5, {1, 99});
    const auto delay =
        scenario.AddInteger("delay_ns", "ns", "propagation delay of the links", 500, {0, 1000000});
    scenario.Parse();
    // The rows in the order of the points; their runs are interleaved, so that what else the
    // machine does hits all devices alike.
    std::vector<Costs> costs(scenario.GetPoints().size());
    for (int64_t i = 0; i < scenario[repetitions]; ++i)
    {
        scenario.ForEachPoint([&](const Point& point) {
            const Cost cost = Measure(point[devices] == LINK,
                                      *FindPattern(point[benchmark]),
                                      static_cast<uint32_t>(point[bytes]),
                                      static_cast<uint32_t>(scenario[frames]),
                                      NanoSeconds(scenario[delay]));
            scenario.Check(cost.complete, "frames were lost");
            costs[point.GetIndex()].ns.push_back(cost.nsPerHop);
            costs[point.GetIndex()].events = cost.eventsPerHop;
        });
    }
    Results results = scenario.MakeResults();
    results.AddColumn("ns_per_hop", "ns").AddColumn("events_per_hop", "").AddColumn("ratio", "");
    for (const Point& point : scenario.GetPoints())
    {
        const std::size_t index = point.GetIndex();
        auto row = scenario.AddRow(results, point);
        row.Set("ns_per_hop", costs[index].Median()).Set("events_per_hop", costs[index].events);
        // The devices vary fastest.
        if (point[devices] == LINK && index > 0 &&
            scenario.GetPoints()[index - 1][devices] == POINT_TO_POINT)
        {
            row.Set("ratio", costs[index].Median() / costs[index - 1].Median());
        }
    }
    scenario.Finish(results);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"benchmark-link",
                        "CPU time and events per packet-hop; the goal is at most a third of "
                        "PointToPointNetDevice's time and 1.05 events"},
                       LinkBenchmark);
}
