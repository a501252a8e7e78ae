/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What a packet-hop costs over ns-3's PointToPointNetDevice and over LinkNetDevice: the same frames
// from the same generator, in one process, repetitions interleaved, CPU time of Simulator::Run with
// the generator, the packets and the receiver included.
#include "ns3/command-line.h"
#include "ns3/data-rate.h"
#include "ns3/link-helper.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/reusable-event.h"
#include "ns3/simulator.h"
#include "ns3/string.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint64_t RATE = 100'000'000'000;
constexpr const char* DELAY = "500ns";
constexpr uint32_t BURST = 32;
constexpr uint16_t IPV4 = 0x0800; // PointToPointNetDevice knows IPv4 and IPv6 only
/// Byte times a generator leaves beside a payload: 38 of framing on the wire and a little air
constexpr uint32_t OVERHEAD_BYTES = 40;

/** How frames are handed in. */
struct Pattern
{
    std::string name;
    uint32_t links;
    uint32_t burst; //!< frames handed in by one event of the generator
};

/** Sends bursts of frames, as far apart as the link needs to send them. */
class Generator
{
  public:
    Generator(Ptr<NetDevice> device,
              const Address& to,
              uint32_t payload,
              uint32_t n,
              uint32_t burst)
        : m_device(device),
          m_to(to),
          m_payload(payload),
          m_left(n),
          m_burst(burst),
          m_gap(static_cast<uint64_t>(payload + OVERHEAD_BYTES) * burst * 8'000'000'000'000 / RATE),
          m_event(Create<ReusableEvent<Generator, &Generator::SendBurst>>(this))
    {
    }

    ~Generator()
    {
        m_event->Detach();
    }

    void Start(uint64_t ps)
    {
        m_event->Schedule(TimeStep(ps));
    }

    uint32_t m_events{0};
    uint32_t m_refused{0};

  private:
    void SendBurst()
    {
        ++m_events;
        for (uint32_t i = 0; i < m_burst && m_left > 0; ++i, --m_left)
        {
            m_refused += !m_device->Send(Create<Packet>(m_payload), m_to, IPV4);
        }
        if (m_left > 0)
        {
            m_event->Schedule(TimeStep(m_gap));
        }
    }

    Ptr<NetDevice> m_device;
    Address m_to;
    uint32_t m_payload;
    uint32_t m_left;
    uint32_t m_burst;
    uint64_t m_gap;
    Ptr<ReusableEvent<Generator, &Generator::SendBurst>> m_event;
};

/** What arrived. */
struct Sink
{
    uint64_t frames{0};
    uint64_t bytes{0};

    bool Receive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address&)
    {
        ++frames;
        bytes += packet->GetSize();
        return true;
    }
};

/** Cost of one run. */
struct Cost
{
    double nsPerHop;
    double eventsPerHop;
};

double
CpuNanoseconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

NetDeviceContainer
InstallPointToPoint(Ptr<Node> a, Ptr<Node> b)
{
    PointToPointHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    helper.SetChannelAttribute("Delay", StringValue(DELAY));
    // Its cheaper variant: without the interface to queue discs, as LinkHelper's default.
    helper.DisableFlowControl();
    return helper.Install(a, b);
}

NetDeviceContainer
InstallLink(Ptr<Node> a, Ptr<Node> b)
{
    LinkHelper helper;
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(RATE)));
    helper.SetChannelAttribute("Delay", StringValue(DELAY));
    return helper.Install(a, b);
}

Cost
Measure(bool link, const Pattern& pattern, uint32_t frameBytes, uint32_t frames)
{
    const uint32_t payload = frameBytes - EthernetFrame::HEADER_BYTES - EthernetFrame::FCS_BYTES;
    const uint32_t framesPerLink = std::max(frames / pattern.links, pattern.burst);
    std::vector<std::unique_ptr<Generator>> generators;
    Sink sink;
    for (uint32_t i = 0; i < pattern.links; ++i)
    {
        Ptr<Node> a = CreateObject<Node>();
        Ptr<Node> b = CreateObject<Node>();
        NetDeviceContainer devices = link ? InstallLink(a, b) : InstallPointToPoint(a, b);
        devices.Get(1)->SetReceiveCallback(MakeCallback(&Sink::Receive, &sink));
        generators.push_back(std::make_unique<Generator>(devices.Get(0),
                                                         devices.Get(1)->GetAddress(),
                                                         payload,
                                                         framesPerLink,
                                                         pattern.burst));
        // Not all links at the same instant.
        generators.back()->Start(static_cast<uint64_t>(i + 1) * 97);
    }
    // ns-3 initialises nodes and devices by events at the start.
    Simulator::Stop(TimeStep(0));
    Simulator::Run();
    const uint64_t eventsBefore = Simulator::GetEventCount();
    const double before = CpuNanoseconds();
    Simulator::Run();
    const double spent = CpuNanoseconds() - before;
    uint64_t events = Simulator::GetEventCount() - eventsBefore;
    for (const auto& generator : generators)
    {
        events -= generator->m_events;
    }
    Simulator::Destroy();
    const uint64_t sent = static_cast<uint64_t>(framesPerLink) * pattern.links;
    if (sink.frames != sent || sink.bytes != sent * payload)
    {
        std::cerr << "benchmark-link: " << sent << " frames sent, " << sink.frames << " arrived\n";
        std::exit(1);
    }
    const auto hops = static_cast<double>(sent);
    return {spent / hops, static_cast<double>(events) / hops};
}

double
Median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int
main(int argc, char* argv[])
{
    Time::SetResolution(Time::PS);
    uint32_t frames = 200'000;
    uint32_t repetitions = 7;
    std::string only;
    std::string device;
    std::string out;
    CommandLine command(__FILE__);
    command.AddValue("frames", "frames per run", frames);
    command.AddValue("repetitions", "runs of each device, interleaved", repetitions);
    command.AddValue("only", "name of the one benchmark to run; default: all", only);
    command.AddValue("device", "the one device to run, link or point-to-point", device);
    command.AddValue("out", "folder for results.json", out);
    command.Parse(argc, argv);

    const std::vector<Pattern> patterns = {
        {"paced", 1, 1},
        {"burst", 1, BURST},
        {"paced-1024-links", 1024, 1},
        {"burst-1024-links", 1024, BURST},
    };
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    bool met = true;
    std::cout << std::left << std::setw(18) << "benchmark" << std::right << std::setw(8) << "bytes"
              << std::setw(22) << "point-to-point" << std::setw(22) << "link" << std::setw(8)
              << "ratio\n";
    for (const auto& pattern : patterns)
    {
        for (const uint32_t bytes : {64U, 1500U})
        {
            if (!only.empty() && only != pattern.name)
            {
                continue;
            }
            std::vector<double> ns[2];
            double events[2] = {0, 0};
            for (uint32_t i = 0; i < repetitions; ++i)
            {
                for (const bool link : {false, true})
                {
                    if (device.empty() || (device == "link") == link)
                    {
                        const Cost cost = Measure(link, pattern, bytes, frames);
                        ns[link].push_back(cost.nsPerHop);
                        events[link] = cost.eventsPerHop;
                    }
                }
            }
            double median[2] = {0, 0};
            std::cout << std::left << std::setw(18) << pattern.name << std::right << std::setw(8)
                      << bytes << std::fixed;
            for (const bool link : {false, true})
            {
                if (ns[link].empty())
                {
                    continue;
                }
                median[link] = Median(ns[link]);
                std::cout << std::setw(8) << std::setprecision(1) << median[link] << " ns"
                          << std::setw(5) << std::setprecision(2) << events[link] << " events";
                rows.push_back({{"benchmark", pattern.name},
                                {"device", link ? "LinkNetDevice" : "PointToPointNetDevice"},
                                {"frame_bytes", bytes},
                                {"ns_per_hop", median[link]},
                                {"events_per_hop", events[link]}});
            }
            if (device.empty())
            {
                const double ratio = median[1] / median[0];
                met = met && ratio * 3 <= 1 && events[1] <= 1.05;
                std::cout << std::setw(7) << std::setprecision(3) << ratio;
            }
            std::cout << std::endl;
        }
    }
    std::cout << (met ? "met" : "MISSED")
              << ": at most a third of PointToPointNetDevice, at most 1.05 events per hop\n";
    if (!out.empty())
    {
        std::filesystem::create_directories(out);
        const nlohmann::ordered_json results = {
            {"scenario", "benchmark-link"},
            {"parameters", {{"frames", frames}, {"repetitions", repetitions}}},
            {"columns",
             {{"benchmark", ""},
              {"device", ""},
              {"frame_bytes", "B"},
              {"ns_per_hop", "ns"},
              {"events_per_hop", "1"}}},
            {"rows", rows}};
        std::ofstream file(std::filesystem::path(out) / "results.json");
        file << results.dump(2) << "\n";
        if (!file.flush())
        {
            std::cerr << "benchmark-link: cannot write to --out=" << out << "\n";
            return 2;
        }
    }
    return 0;
}
