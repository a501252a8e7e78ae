/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Traffic over a switched network: each flow is an RDMA WRITE over a queue pair of its own, and the
// receiver checks every byte. Permutation (each host sends to another one), incast (all send to
// host 0) or all-to-all, over several topologies, lossless by priority flow control or with drops
// and retransmission.
#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/dcqcn.h"
#include "ns3/fabric-helper.h"
#include "ns3/make-topology.h"
#include "ns3/nstime.h"
#include "ns3/pointer.h"
#include "ns3/rdma-helper.h"
#include "ns3/rdma-net-device.h"
#include "ns3/rdma-traffic.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/spin-timeline.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iomanip>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr const char* PERMUTATION = "permutation";
constexpr const char* INCAST = "incast";
constexpr const char* ALL_TO_ALL = "all-to-all";
constexpr uint64_t BYTES_PER_KB = 1000;                      //!< unit of options
constexpr int64_t MAX_BUFFER_KB = UINT32_MAX / BYTES_PER_KB; //!< of FabricSwitch's BufferSize
/// What a port may still send after a pause besides what is on the link, and its reserve, at most
constexpr double PORT_ALLOWANCE = 65536;
constexpr double US_PER_PS = 1e-6;            //!< results are in us
constexpr uint8_t RDMA_CLASS = 3;             //!< of QueuePairConfig's CodePoint
constexpr std::size_t MAX_DISTRIBUTIONS = 12; //!< lines that a figure can hold

/** What the user can choose. */
struct Options
{
    explicit Options(Scenario& scenario)
        : pattern(scenario.AddNameInput(
              "pattern",
              "who sends to whom: each host to another one, all hosts to host 0, each to each",
              {PERMUTATION, INCAST, ALL_TO_ALL},
              {PERMUTATION, INCAST, ALL_TO_ALL})),
          topology(scenario.AddNameInput("topology",
                                         "the network, of the usual shape for the number of hosts",
                                         {"single-switch", "leaf-spine", "fat-tree"},
                                         {"single-switch", "leaf-spine", "fat-tree", "dragonfly"})),
          hosts(scenario.AddIntegerInput("hosts",
                                         "",
                                         "hosts; a fat tree (three levels) has k^3/4 for an even "
                                         "k: 16, 54, 128, ..., 1024; a dragonfly 72, 342, 1056",
                                         {16},
                                         {2, 65536})),
          packet(scenario.AddIntegerInput("packet_bytes",
                                          "B",
                                          "payload of a packet: 256, 512, 1024, 2048 or 4096",
                                          {4096},
                                          {256, 4096})),
          shape(scenario.AddText("shape",
                                 "instead of --topology and --hosts, the network in detail: " +
                                     GetTopologyHelp())),
          kilobytes(scenario.AddInteger("kilobytes",
                                        "kB",
                                        "bytes that each host sends, to all its peers together",
                                        1000,
                                        {1, 100'000'000})),
          rate(scenario.AddNumber("rate_gbps", "Gbit/s", "rate of all links", 100, {1, 1600})),
          delay(scenario.AddNumber("link_delay_ns",
                                   "ns",
                                   "propagation delay of all links; 33.4 ns are 10 m (Hoefler et "
                                   "al., SC 2017)",
                                   33.4,
                                   {0, 1e9})),
          buffer(scenario.AddInteger("buffer_kb",
                                     "kB",
                                     "packet buffer of a switch, shared by its ports",
                                     12000,
                                     {1, MAX_BUFFER_KB})),
          lossless(scenario.AddSwitch("lossless",
                                      "priority flow control; without it full switches drop, and "
                                      "the NICs send again",
                                      true)),
          dcqcn(scenario.AddSwitch("dcqcn", "switches mark and NICs slow down (DCQCN)")),
          spraying(scenario.AddSwitch("packet_spraying",
                                      "each packet takes another path, instead of each flow; RDMA "
                                      "takes overtaking for loss")),
          cutThrough(scenario.AddSwitch("cut_through",
                                        "switches pass packets on before they have all of them"))
    {
    }

    Input<std::string> pattern;   //!< who sends to whom
    Input<std::string> topology;  //!< kind
    Input<int64_t> hosts;         //!< how many
    Input<int64_t> packet;        //!< payload
    Parameter<std::string> shape; //!< in detail
    Parameter<int64_t> kilobytes; //!< per host
    Parameter<double> rate;       //!< of the links
    Parameter<double> delay;      //!< of the links
    Parameter<int64_t> buffer;    //!< of a switch
    Parameter<bool> lossless;     //!< PFC
    Parameter<bool> dcqcn;        //!< ECN and DCQCN
    Parameter<bool> spraying;     //!< per packet
    Parameter<bool> cutThrough;   //!< instead of store and forward
};

/** @return the network of a row */
std::unique_ptr<FabricTopology>
MakeNetwork(const Scenario& scenario, const Options& options, const Point& point)
{
    const std::string& shape = scenario[options.shape];
    return shape.empty() ? MakeTopologyFor(point[options.topology],
                                           static_cast<uint32_t>(point[options.hosts]))
                         : MakeTopology(shape);
}

/** @return the messages of a row */
std::vector<RdmaFlow>
MakeFlows(const Scenario& scenario, const Options& options, const Point& point)
{
    const auto hosts = static_cast<uint32_t>(point[options.hosts]);
    const uint64_t bytes = scenario[options.kilobytes] * BYTES_PER_KB;
    if (point[options.pattern] == PERMUTATION)
    {
        return MakePermutation(hosts, bytes, Scenario::GetRandomStart());
    }
    if (point[options.pattern] == INCAST)
    {
        return MakeIncast(hosts - 1, bytes);
    }
    return MakeAllToAll(hosts, std::max<uint64_t>(1, bytes / (hosts - 1)));
}

/** Draws all ports of a network into the timeline. */
std::vector<Ptr<SpinTimeline>>
DrawPorts(Timeline& timeline, const Fabric& fabric)
{
    std::vector<Ptr<SpinTimeline>> groups;
    for (uint32_t i = 0; i < fabric.hostDevices.GetN(); ++i)
    {
        groups.push_back(Create<SpinTimeline>(timeline, "host " + std::to_string(i)));
        groups.back()->ConnectPort(DynamicCast<LinkNetDevice>(fabric.hostDevices.Get(i)));
    }
    for (std::size_t i = 0; i < fabric.switches.size(); ++i)
    {
        groups.push_back(Create<SpinTimeline>(timeline, "switch " + std::to_string(i)));
        for (uint32_t port = 0; port < fabric.switches[i]->GetPorts(); ++port)
        {
            groups.back()->ConnectPort(fabric.switches[i]->GetPort(port));
        }
    }
    return groups;
}

/** What the flows that have ended well say. */
struct Completion
{
    Completion(const RdmaTraffic& traffic, const std::vector<RdmaFlow>& flows)
    {
        for (std::size_t i = 0; i < flows.size(); ++i)
        {
            const RdmaTraffic::Outcome& outcome = traffic.GetOutcomes()[i];
            if (outcome.IsGood())
            {
                times.push_back(static_cast<double>(outcome.end) * US_PER_PS);
                bits += static_cast<double>(flows[i].bytes) * 8;
            }
            else if (failure.empty())
            {
                failure = "the flow from host " + std::to_string(flows[i].source) + " to host " +
                          std::to_string(flows[i].destination) + " " + outcome.Describe();
            }
        }
        std::sort(times.begin(), times.end());
    }

    std::vector<double> times; //!< when they ended, in order, us
    double bits{0};            //!< that they brought
    std::string failure;       //!< what became of the first other one; empty if there is none
};

/** @return the share of flows that has ended, over time */
std::vector<FigurePoint>
MakeDistribution(const std::vector<double>& times)
{
    std::vector<FigurePoint> points;
    for (std::size_t i = 0; i < times.size(); ++i)
    {
        points.push_back(
            {times[i], static_cast<double>(i + 1) / static_cast<double>(times.size())});
    }
    return points;
}

/** @return what a host needs to send all it has, if nothing is in its way */
Time
GetIdealTime(const Scenario& scenario, const Options& options)
{
    const double bits = static_cast<double>(scenario[options.kilobytes] * BYTES_PER_KB) * 8;
    return PicoSeconds(static_cast<int64_t>(bits / scenario[options.rate] * 1e3));
}

/** Fill in a row. */
void
Report(const Fabric& fabric, const Completion& completion, Results::Row row)
{
    uint64_t drops = 0;
    uint64_t pauses = 0;
    for (const auto& device : fabric.switches)
    {
        drops += device->GetDrops();
        pauses += device->GetPauses();
    }
    row.Set("drops", static_cast<int64_t>(drops)).Set("pauses", static_cast<int64_t>(pauses));
    const std::vector<double>& times = completion.times;
    if (times.empty())
    {
        return;
    }
    // The least time within which 99 % of the flows have ended.
    constexpr double SHARE = 0.99;
    const auto count = static_cast<double>(times.size());
    const auto place = static_cast<std::size_t>(std::ceil(SHARE * count)) - 1;
    constexpr double BITS_PER_US_AND_GBPS = 1000;
    row.Set("flow_completion_mean_us", std::accumulate(times.begin(), times.end(), 0.0) / count)
        .Set("flow_completion_p99_us", times[place])
        .Set("goodput_gbps", completion.bits / times.back() / BITS_PER_US_AND_GBPS);
}

// [network]
/** RDMA NICs and switches as the options say. */
Fabric
BuildNetwork(const Scenario& scenario, const Options& options, const Point& point, RdmaHelper& nics)
{
    const DataRateValue rate(DataRate(static_cast<uint64_t>(scenario[options.rate] * 1e9)));
    nics.SetDeviceAttribute("DataRate", rate);
    nics.SetQueuePairAttribute("Mtu", UintegerValue(point[options.packet]));
    FabricHelper switches;
    switches.SetPortAttribute("DataRate", rate);
    switches.SetPortAttribute("Mtu", UintegerValue(LinkNetDevice::MAX_MTU));
    switches.SetChannelAttribute(
        "Delay",
        TimeValue(PicoSeconds(static_cast<int64_t>(scenario[options.delay] * 1e3))));
    switches.SetSwitchAttribute("BufferSize",
                                UintegerValue(scenario[options.buffer] * BYTES_PER_KB));
    switches.SetSwitchAttribute("PacketSpraying", BooleanValue(scenario[options.spraying]));
    switches.SetSwitchAttribute("CutThrough", BooleanValue(scenario[options.cutThrough]));
    if (scenario[options.lossless])
    {
        switches.SetLosslessClasses(1U << RDMA_CLASS);
        nics.SetDeviceAttribute("PriorityFlowControl", BooleanValue(true));
    }
    if (scenario[options.dcqcn])
    {
        switches.SetSwitchAttribute("Ecn", BooleanValue(true));
        nics.SetQueuePairAttribute("Dcqcn", PointerValue(CreateObject<DcqcnConfig>()));
    }
    NodeContainer hosts(static_cast<uint32_t>(point[options.hosts]));
    const NetDeviceContainer devices = nics.CreateDevices(hosts);
    const std::unique_ptr<FabricTopology> network = MakeNetwork(scenario, options, point);
    try
    {
        return switches.Install(*network, devices);
    }
    catch (const std::invalid_argument& error)
    {
        scenario.Reject(options.buffer, error.what());
    }
}

// [network]

/** Let --shape say what the network is, in the place of --topology and --hosts. */
void
TakeShape(Scenario& scenario, const Options& options)
{
    const std::string& shape = scenario[options.shape];
    if (shape.empty())
    {
        return;
    }
    if (scenario.IsGiven(options.topology) || scenario.IsGiven(options.hosts))
    {
        scenario.Reject(options.shape, "says what --topology and --hosts say, too; leave them out");
    }
    try
    {
        scenario.SetIntegers(options.hosts, {MakeTopology(shape)->GetHosts()});
    }
    catch (const std::invalid_argument& error)
    {
        scenario.Reject(options.shape, error.what());
    }
    scenario.SetNames(options.topology, {shape.substr(0, shape.find(':'))});
    if (scenario.GetPoints().front()[options.hosts] < 2)
    {
        scenario.Reject(options.shape, "must have two hosts at least");
    }
}

/** Refuse a switch with too many ports. */
void
CheckPorts(const Scenario& scenario, const Options& options, uint32_t ports)
{
    if (ports <= FabricSwitch::MAX_PORTS)
    {
        return;
    }
    const std::string reason = "makes a switch of " + std::to_string(ports) +
                               " ports; accepts at most " + std::to_string(FabricSwitch::MAX_PORTS);
    if (!scenario[options.shape].empty())
    {
        scenario.Reject(options.shape, reason);
    }
    scenario.Reject(options.hosts, reason);
}

/** Refuse links that hold more, when a pause is asked for, than any buffer. */
void
CheckDelay(const Scenario& scenario, const Options& options, uint32_t ports)
{
    constexpr double MOST_BYTES = static_cast<double>(MAX_BUFFER_KB) * BYTES_PER_KB;
    // Both ways: until the pause is there, and until what was sent by then is here.
    const double bytesPerNs = 2 * scenario[options.rate] / 8;
    const double longest = std::floor((MOST_BYTES / ports - PORT_ALLOWANCE) / bytesPerNs);
    if (scenario[options.lossless] && scenario[options.delay] > longest)
    {
        std::ostringstream most;
        most << std::fixed << std::setprecision(0) << longest;
        scenario.Reject(options.delay,
                        "is more than a lossless switch of " + std::to_string(ports) +
                            " ports has a buffer for; accepts at most " + most.str() +
                            " at this rate, more with --lossless=false");
    }
}

/** Refuse what cannot be simulated before anything is. */
void
CheckPoints(Scenario& scenario, const Options& options)
{
    for (const Point& point : scenario.GetPoints())
    {
        std::unique_ptr<FabricTopology> network;
        try
        {
            network = MakeNetwork(scenario, options, point);
        }
        catch (const std::invalid_argument& error)
        {
            scenario.Reject(options.hosts, error.what());
        }
        if (scenario[options.lossless] && !network->IsDeadlockFree())
        {
            scenario.Reject(options.lossless,
                            "must be false in a " + network->GetName() +
                                ", where packets that wait for each other could deadlock");
        }
        for (uint32_t i = 0; i < network->GetSwitches(); ++i)
        {
            CheckPorts(scenario, options, network->GetPorts(i));
            CheckDelay(scenario, options, network->GetPorts(i));
        }
        try
        {
            RdmaHelper::CheckMtu(point[options.packet]);
        }
        catch (const std::invalid_argument& error)
        {
            scenario.Reject(options.packet, error.what());
        }
    }
}

void
FabricTraffic(Scenario& scenario)
{
    const Options options(scenario);
    scenario.Sets(options.packet, {"ns3::offload::QueuePairConfig::Mtu"});
    scenario.Sets(options.rate, {"ns3::offload::LinkNetDevice::DataRate"});
    scenario.Sets(options.delay, {"ns3::offload::LinkChannel::Delay"});
    scenario.Sets(options.buffer, {"ns3::offload::FabricSwitch::BufferSize"});
    scenario.Sets(options.lossless,
                  {"ns3::offload::FabricSwitch::LosslessClasses",
                   "ns3::offload::LinkNetDevice::PriorityFlowControl"});
    scenario.Sets(options.dcqcn, {"ns3::offload::FabricSwitch::Ecn"});
    scenario.Sets(options.spraying, {"ns3::offload::FabricSwitch::PacketSpraying"});
    scenario.Sets(options.cutThrough, {"ns3::offload::FabricSwitch::CutThrough"});
    scenario.Sets({"ns3::offload::LinkNetDevice::Mtu"});
    scenario.Parse();
    TakeShape(scenario, options);
    CheckPoints(scenario, options);
    Results results = scenario.MakeResults();
    results.AddColumn("flow_completion_mean_us", "us")
        .AddColumn("flow_completion_p99_us", "us")
        .AddColumn("goodput_gbps", "Gbit/s")
        .AddColumn("drops", "")
        .AddColumn("pauses", "");
    Figure completion("completion", "Flows that have ended");
    completion.SetX("time", "us").SetY("share of flows", "");
    scenario.ForEachPoint([&](const Point& point) {
        RdmaHelper nics;
        const Fabric fabric = BuildNetwork(scenario, options, point, nics);
        const std::vector<RdmaFlow> flows = MakeFlows(scenario, options, point);
        RdmaTraffic traffic(fabric.hostDevices);
        traffic.Start(flows);
        std::vector<Ptr<SpinTimeline>> lines;
        if (Timeline* timeline = scenario.GetTimeline())
        {
            lines = DrawPorts(*timeline, fabric);
        }
        if (scenario.IsPcapEnabled())
        {
            nics.EnablePcap(scenario.GetPcapPrefix(), fabric.hostDevices, true);
        }
        scenario.FollowProgress(GetIdealTime(scenario, options),
                                [&traffic] { return traffic.GetFraction(); });
        Simulator::Run();
        const Completion ended(traffic, flows);
        scenario.Check(traffic.GetMismatches() == 0, "bytes that arrived are wrong");
        scenario.Check(ended.failure.empty(), ended.failure);
        scenario.Check(traffic.IsComplete(), "not all bytes have arrived");
        Report(fabric, ended, scenario.AddRow(results, point));
        if (scenario.GetPoints().size() <= MAX_DISTRIBUTIONS)
        {
            completion.AddSeries(point.GetLabel().empty() ? "flows" : point.GetLabel(),
                                 MakeDistribution(ended.times));
        }
    });
    Figure goodput("goodput", "What the receivers got");
    const bool sizes =
        scenario.GetPoints().front()[options.packet] != scenario.GetPoints().back()[options.packet];
    goodput.AddSeries(results, sizes ? "packet_bytes" : "hosts", "goodput_gbps");
    std::vector<Figure> figures{goodput};
    if (completion.GetSeriesCount() > 0)
    {
        figures.push_back(completion);
    }
    scenario.Finish(results, figures);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"fabric-traffic",
                        "RDMA WRITEs over a switched network: how long flows take, and what "
                        "switches drop or pause"},
                       FabricTraffic);
}
