/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a packet-hop costs over ns-3's PointToPointNetDevice and over LinkNetDevice: the same frames
// from the same generator over the same chains of links, in one process, repetitions interleaved.
// The CPU time of Simulator::Run is divided by the number of hops; the generator, making and
// freeing the packets, and handing them from link to link are included.
#include "ns3/command-line.h"
#include "ns3/data-rate.h"
#include "ns3/link-helper.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/reusable-event.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
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
};

/** What carries the frames. */
enum Device
{
    POINT_TO_POINT,
    LINK,
    DEVICES
};

constexpr const char* DEVICE_NAMES[DEVICES] = {"PointToPointNetDevice", "LinkNetDevice"};

double
CpuNanoseconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

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
Measure(Device device, const Pattern& pattern, uint32_t frameBytes, uint32_t frames, Time delay)
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
                device == LINK ? InstallLink(nodes.Get(hop), nodes.Get(hop + 1), delay)
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
    if (arrived != sent || bytes != sent * payload)
    {
        std::cerr << "benchmark-link: " << sent << " frames sent, " << arrived << " arrived\n";
        std::exit(1);
    }
    const auto hops = static_cast<double>(sent * HOPS);
    return {spent / hops, static_cast<double>(events) / hops};
}

double
Median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

bool
WriteResults(const std::filesystem::path& folder,
             const nlohmann::ordered_json& rows,
             uint32_t frames,
             uint32_t repetitions,
             uint32_t delayNs)
{
    const nlohmann::ordered_json results = {
        {"scenario", "benchmark-link"},
        {"parameters", {{"frames", frames}, {"repetitions", repetitions}, {"delay_ns", delayNs}}},
        {"columns",
         {{"benchmark", ""},
          {"device", ""},
          {"frame_bytes", "B"},
          {"ns_per_hop", "ns"},
          {"events_per_hop", "1"}}},
        {"rows", rows}};
    std::error_code ignored; // the file tells
    std::filesystem::create_directories(folder, ignored);
    std::ofstream file(folder / "results.json");
    file << results.dump(2) << "\n";
    return static_cast<bool>(file.flush());
}

} // namespace

int
main(int argc, char* argv[])
{
    Time::SetResolution(Time::PS);
    uint32_t frames = 50'000;
    uint32_t repetitions = 5;
    uint32_t delayNs = 500;
    std::string only;
    std::string onlyDevice;
    std::string out;
    CommandLine command(__FILE__);
    command.AddValue("frames", "frames per run; each makes 8 hops", frames);
    command.AddValue("delay-ns", "propagation delay of the links in ns", delayNs);
    command.AddValue("repetitions", "runs of each device, interleaved", repetitions);
    command.AddValue("only", "name of the one benchmark to run; default: all", only);
    command.AddValue("device", "name of the one device to run; default: both", onlyDevice);
    command.AddValue("out", "folder for results.json", out);
    command.Parse(argc, argv);

    const std::vector<Pattern> patterns = {
        {"paced", 1, 1},
        {"burst", 1, BURST},
        {"paced-1024-links", 1024 / HOPS, 1},
        {"burst-1024-links", 1024 / HOPS, BURST},
    };
    const auto known = [](const auto& names, const std::string& name) {
        return name.empty() ||
               std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    std::vector<std::string> names;
    for (const auto& pattern : patterns)
    {
        names.push_back(pattern.name);
    }
    if (!known(names, only))
    {
        std::cerr << "benchmark-link: --only=" << only
                  << ": accepted are paced, burst, paced-1024-links and burst-1024-links\n";
        return 2;
    }
    if (!known(DEVICE_NAMES, onlyDevice))
    {
        std::cerr << "benchmark-link: --device=" << onlyDevice
                  << ": accepted are PointToPointNetDevice and LinkNetDevice\n";
        return 2;
    }
    if (frames == 0 || repetitions == 0)
    {
        std::cerr << "benchmark-link: --frames and --repetitions must be at least 1\n";
        return 2;
    }
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    bool met = true;
    std::cout << std::left << std::setw(18) << "benchmark" << std::right << std::setw(6) << "bytes";
    for (const auto* name : DEVICE_NAMES)
    {
        std::cout << std::setw(24) << name;
    }
    std::cout << "   ratio\n" << std::fixed;
    for (const auto& pattern : patterns)
    {
        for (const uint32_t bytes : {64U, 1500U})
        {
            if (!only.empty() && only != pattern.name)
            {
                continue;
            }
            std::vector<double> ns[DEVICES];
            double events[DEVICES] = {};
            for (uint32_t i = 0; i < repetitions; ++i)
            {
                for (const auto device : {POINT_TO_POINT, LINK})
                {
                    if (onlyDevice.empty() || onlyDevice == DEVICE_NAMES[device])
                    {
                        const Cost cost =
                            Measure(device, pattern, bytes, frames, NanoSeconds(delayNs));
                        ns[device].push_back(cost.nsPerHop);
                        events[device] = cost.eventsPerHop;
                    }
                }
            }
            double median[DEVICES] = {};
            std::cout << std::left << std::setw(18) << pattern.name << std::right << std::setw(6)
                      << bytes;
            for (const auto device : {POINT_TO_POINT, LINK})
            {
                if (ns[device].empty())
                {
                    continue;
                }
                median[device] = Median(ns[device]);
                std::cout << std::setw(9) << std::setprecision(1) << median[device] << " ns"
                          << std::setw(5) << std::setprecision(2) << events[device] << " events";
                rows.push_back({{"benchmark", pattern.name},
                                {"device", DEVICE_NAMES[device]},
                                {"frame_bytes", bytes},
                                {"ns_per_hop", median[device]},
                                {"events_per_hop", events[device]}});
            }
            if (onlyDevice.empty())
            {
                const double ratio = median[LINK] / median[POINT_TO_POINT];
                met = met && 3 * ratio <= 1 && events[LINK] <= 1.05;
                std::cout << std::setprecision(3) << std::setw(8) << ratio;
            }
            std::cout << std::endl;
        }
    }
    if (onlyDevice.empty())
    {
        std::cout << (met ? "met" : "MISSED")
                  << ": at most a third of PointToPointNetDevice, at most 1.05 events per hop\n";
    }
    if (!out.empty() && !WriteResults(out, rows, frames, repetitions, delayNs))
    {
        std::cerr << "benchmark-link: cannot write to --out=" << out << "\n";
        return 2;
    }
    return 0;
}
