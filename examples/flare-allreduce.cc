/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// An allreduce of all hosts of a two-level network: in the switches, dense or sparse along a tree
// (FLARE) or without one (Canary), or by the hosts over RDMA, dense (ring, recursive doubling) or
// sparse (SparCML). Every value travels and is summed, and every element of every host's result is
// compared with the sum computed apart. De Sensi et al., SC 2021, figure 15.
#include "ns3/canary-helper.h"
#include "ns3/data-rate.h"
#include "ns3/fabric-helper.h"
#include "ns3/fabric-switch.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-dense-vector.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-model.h"
#include "ns3/flare-parts.h"
#include "ns3/flare-sparse-vector.h"
#include "ns3/flare-timeline.h"
#include "ns3/host-allreduce.h"
#include "ns3/nstime.h"
#include "ns3/rdma-helper.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/sparse-allreduce.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr const char* RING = "ring";
constexpr const char* RECURSIVE = "recursive-doubling";
constexpr const char* SPARCML = "sparcml";
constexpr const char* FLARE_SPARSE = "flare-sparse";
constexpr const char* CANARY = "canary";
constexpr const char* D_MOD_K = "d-mod-k"; //!< one path to each destination
constexpr double BYTES_PER_GIB = 1024.0 * 1024 * 1024;
constexpr double PS_PER_MS = 1e9;
constexpr uint32_t BLOCKS_PER_MIB = 1024; //!< of FLARE
constexpr double LEAST_DENSITY = 1e-6;    //!< a value of each host in a vector of 4 MiB

/** What the user can choose. */
struct Options
{
    explicit Options(Scenario& scenario)
        : scheme(scenario.AddNameInput(
              "scheme",
              "ring and recursive-doubling: by the hosts over RDMA; flare-dense: in the switches, "
              "by the algorithm that suits the size, or by the one named; canary: in the switches, "
              "without a tree; sparcml and flare-sparse: by the hosts and in the switches, values "
              "that are not zero with their indices",
              {RING, RECURSIVE, "flare-dense"},
              {RING,
               RECURSIVE,
               "flare-single",
               "flare-multi",
               "flare-tree",
               "flare-dense",
               SPARCML,
               FLARE_SPARSE,
               CANARY})),
          hosts(scenario.AddIntegerInput("hosts",
                                         "",
                                         "a square: as many leaves as hosts per leaf, and as many "
                                         "spines; a power of two for recursive-doubling",
                                         {16},
                                         {4, 4096})),
          vector(scenario.AddNumberInput("vector_mib",
                                         "MiB",
                                         "vector of each host; a multiple of 1/1024, a block of "
                                         "FLARE",
                                         {1, 4, 16},
                                         {1.0 / BLOCKS_PER_MIB, 1024})),
          type(scenario.AddNameInput("type",
                                     "of the values; the hosts' schemes sum int32, whatever it is",
                                     {"fp32"},
                                     GetFlareTypeNames())),
          density(scenario.AddNumberInput("density",
                                          "",
                                          "share of values that are not zero with the sparse "
                                          "schemes: one in each bucket of 1 / density, where each "
                                          "host chooses; default 1/512 (SC 2021, figure 15). The "
                                          "dense schemes send all: their rows say 1",
                                          {1.0 / 512},
                                          {LEAST_DENSITY, 1})),
          rate(scenario.AddNumber("rate_gbps", "Gbit/s", "rate of all links", 100, {1, 1600})),
          packet(scenario.AddInteger("packet_bytes",
                                     "B",
                                     "payload of the hosts' RDMA packets: 256 to 4096; FLARE's "
                                     "have 1024",
                                     1024,
                                     {256, 4096})),
          window(scenario.AddInteger("window_blocks",
                                     "",
                                     "blocks of FLARE in flight at most",
                                     FlareHelper::DEFAULT_WINDOW,
                                     {1, 65536})),
          routing(scenario.AddName("routing",
                                   "which of several ways a frame takes: d-mod-k: one for each "
                                   "destination, as in InfiniBand's fat trees; ecmp: a hash of "
                                   "the flow says",
                                   D_MOD_K,
                                   {D_MOD_K, "ecmp"})),
          sparcml(scenario.AddName("sparcml_algorithm",
                                   "of SparCML (SC 2019): the result is sent dense (DSAR) or "
                                   "sparse (SSAR)",
                                   SparseAllreduce::GetNames().front(),
                                   SparseAllreduce::GetNames())),
          partitions(scenario.AddInteger("partitions",
                                         "",
                                         "reductions for which the switches' memory has room: "
                                         "FlareSwitch::MaxReductions",
                                         8,
                                         {1, 4096}))
    {
        scenario.AddPreset("flare-sc21",
                           "64 hosts, two-level fat tree of 100 Gbit/s, 100 MiB (De Sensi et al., "
                           "SC 2021, figure 15)",
                           {{"scheme", "ring,flare-dense,sparcml,flare-sparse"},
                            {"hosts", "64"},
                            {"vector_mib", "100"},
                            {"type", "fp32"},
                            {"density", "0.001953125"}});
    }

    Input<std::string> scheme;      //!< who reduces
    Input<int64_t> hosts;           //!< how many
    Input<double> vector;           //!< size
    Input<std::string> type;        //!< of the values
    Input<double> density;          //!< of the values
    Parameter<double> rate;         //!< of the links
    Parameter<int64_t> packet;      //!< of RDMA
    Parameter<int64_t> window;      //!< of FLARE
    Parameter<std::string> routing; //!< of all frames
    Parameter<std::string> sparcml; //!< algorithm
    Parameter<int64_t> partitions;  //!< of FLARE
};

/** @return bytes of a vector; 0 if it is no whole number of blocks */
uint64_t
GetVectorBytes(double mebibytes)
{
    const double blocks = mebibytes * BLOCKS_PER_MIB;
    return blocks == std::floor(blocks) ? static_cast<uint64_t>(blocks) * flare::MAX_DATA_BYTES : 0;
}

/** What came of a run. */
struct Outcome
{
    int64_t end{0};       //!< the last host has all of the result, ps
    uint64_t traffic{0};  //!< bytes on all links
    bool verified{false}; //!< everything has come, and is right
};

/** One row. */
class Allreduce
{
  public:
    Allreduce(Scenario& scenario, const Options& options, const Point& point)
        : m_scenario(scenario),
          m_options(options),
          m_hosts(static_cast<uint32_t>(point[options.hosts])),
          m_bytes(GetVectorBytes(point[options.vector])),
          m_scheme(point[options.scheme]),
          m_type(ParseFlareType(point[options.type])),
          m_density(point[options.density]),
          m_topology(FatTree::LeafSpine(GetSide(m_hosts), GetSide(m_hosts), GetSide(m_hosts)))
    {
        m_topology->SetSinglePath(scenario[options.routing] == D_MOD_K);
    }

    /** @return leaves, spines and hosts per leaf; 0 if there are none for so many hosts */
    static uint32_t GetSide(int64_t hosts)
    {
        const auto side = static_cast<uint32_t>(std::lround(std::sqrt(hosts)));
        return int64_t{side} * side == hosts ? side : 0;
    }

    Outcome Run()
    {
        return IsByHosts(m_scheme) ? RunHosts() : m_scheme == CANARY ? RunCanary() : RunSwitches();
    }

    /** @return whether hosts do it by themselves */
    static bool IsByHosts(const std::string& scheme)
    {
        return scheme == RING || scheme == RECURSIVE || scheme == SPARCML;
    }

    /** @return for how many reductions the switches' memory can have room */
    uint32_t GetMaxPartitions() const
    {
        const uint32_t side = GetSide(m_hosts);
        FlareReduction reduction;
        reduction.operation = FlareOperator::Make(m_type, FlareOperation::SUM);
        reduction.choice = Choose();
        reduction.sparse = m_scheme == FLARE_SPARSE;
        return FlareHelper::GetMaxPartitions(reduction, side, 2 * side);
    }

    /** @return whether only values that are not zero are sent */
    static bool IsSparse(const std::string& scheme)
    {
        return scheme == SPARCML || scheme == FLARE_SPARSE;
    }

  private:
    DataRateValue GetRate() const
    {
        return DataRateValue(DataRate(static_cast<uint64_t>(m_scenario[m_options.rate] * 1e9)));
    }

    void Observe(const Fabric& fabric, LinkHelper& helper)
    {
        Follow(fabric);
        if (Timeline* timeline = m_scenario.GetTimeline())
        {
            m_lines = std::make_unique<FlareTimeline>(*timeline);
            m_lines->Connect(fabric, {0, GetSide(m_hosts)}); // leaves, spines
        }
        if (m_scenario.IsPcapEnabled())
        {
            helper.EnablePcap(m_scenario.GetPcapPrefix(), fabric.hostDevices, true);
        }
    }

    /** Show how far the run is, by what host 0 has sent: about a vector, or two in rounds. */
    void Follow(const Fabric& fabric)
    {
        const bool twice = m_scheme == RING || m_scheme == RECURSIVE;
        const double bytes = static_cast<double>(m_bytes) * (twice ? 2 : 1);
        const double ps = bytes * 8 / m_scenario[m_options.rate] * 1e3;
        // Host 0 is at port 0 of leaf 0.
        const Ptr<FabricSwitch> leaf = fabric.switches.front();
        m_scenario.FollowProgress(PicoSeconds(static_cast<int64_t>(ps)), [=] {
            return std::min(1.0, static_cast<double>(leaf->GetBuffer().GetReceived(0)) / bytes);
        });
    }

    Outcome RunHosts()
    {
        RdmaHelper nics;
        nics.SetDeviceAttribute("DataRate", GetRate());
        nics.SetQueuePairAttribute("Mtu", UintegerValue(m_scenario[m_options.packet]));
        FabricHelper switches;
        switches.SetPortAttribute("DataRate", GetRate());
        switches.SetPortAttribute("Mtu", UintegerValue(LinkNetDevice::MAX_MTU));
        NodeContainer nodes(m_hosts);
        const NetDeviceContainer devices = nics.CreateDevices(nodes);
        const Fabric fabric = switches.Install(*m_topology, devices);
        Observe(fabric, nics);
        if (m_scheme == SPARCML)
        {
            SparseAllreduce allreduce(devices,
                                      Create<SparseVectors>(GetShape()),
                                      SparseAllreduce::Parse(m_scenario[m_options.sparcml]));
            return Finish(allreduce, fabric);
        }
        HostAllreduce allreduce(devices, AllreduceSchedule::Make(m_scheme, m_hosts, m_bytes));
        return Finish(allreduce, fabric);
    }

    /** Run an allreduce of the hosts. */
    template <typename Hosts>
    static Outcome Finish(Hosts& allreduce, const Fabric& fabric)
    {
        allreduce.Start();
        Simulator::Run();
        return {allreduce.GetEnd(), FabricHelper::GetTraffic(fabric), allreduce.IsComplete()};
    }

    Outcome RunSwitches()
    {
        // [flare]
        FlareHelper flare;
        flare.SetDeviceAttribute("DataRate", GetRate());
        flare.SetSwitchAttribute("MaxReductions", UintegerValue(m_scenario[m_options.partitions]));
        FlareNetwork network = flare.Install(*m_topology, NodeContainer(m_hosts));
        // [flare]
        Observe(network.fabric, m_links);
        return m_scheme == FLARE_SPARSE ? RunSparse(network) : RunDense(network);
    }

    Outcome RunCanary()
    {
        CanaryHelper canary;
        canary.SetDeviceAttribute("DataRate", GetRate());
        const Fabric fabric = canary.Install(*m_topology, NodeContainer(m_hosts));
        Observe(fabric, m_links);
        const DenseVectors vectors(m_hosts, m_type);
        FlareParts<FlareDenseVector> parts(m_hosts, vectors);
        CanaryJob job;
        job.blocks = static_cast<uint32_t>(m_bytes / flare::MAX_DATA_BYTES);
        job.window = static_cast<uint32_t>(m_scenario[m_options.window]);
        job.type = m_type;
        CanaryHelper::StartAllreduce(fabric, job, parts.GetPointers());
        Simulator::Run();
        return {CanaryHelper::GetEnd(fabric),
                FabricHelper::GetTraffic(fabric),
                parts.AreRight(job.blocks)};
    }

    Outcome RunDense(FlareNetwork& network)
    {
        // [dense]
        const DenseVectors vectors(m_hosts, m_type);
        FlareParts<FlareDenseVector> parts(m_hosts, vectors);
        FlareReduction reduction;
        reduction.choice = Choose();
        reduction.operation = FlareOperator::Make(m_type, FlareOperation::SUM);
        const auto blocks = static_cast<uint32_t>(m_bytes / flare::MAX_DATA_BYTES);
        Outcome outcome = Reduce(network, reduction, parts.GetPointers(), blocks);
        outcome.verified = parts.AreRight(blocks);
        // [dense]
        return outcome;
    }

    Outcome RunSparse(FlareNetwork& network)
    {
        // [sparse]
        const SparseVectors vectors(GetShape());
        const FlareReduction reduction =
            FlareHelper::MakeSparse(network, m_type, m_density, vectors.GetShape().elements);
        FlareParts<FlareSparseVector> parts(m_hosts, vectors, reduction.blockRange);
        const uint32_t blocks = parts[0].GetBlocks();
        Outcome outcome = Reduce(network, reduction, parts.GetPointers(), blocks);
        outcome.verified = parts.AreRight();
        // [sparse]
        return outcome;
    }

    /** Run an allreduce of the hosts' parts in the switches. */
    Outcome Reduce(FlareNetwork& network,
                   const FlareReduction& reduction,
                   const std::vector<FlareVector*>& parts,
                   uint32_t blocks)
    {
        const auto window = static_cast<uint32_t>(m_scenario[m_options.window]);
        const auto group = FlareHelper::StartAllreduce(network, reduction, parts, blocks, window);
        if (!m_scenario.Check(group.has_value(), "the switches have no room for the reduction"))
        {
            return {};
        }
        Simulator::Run();
        return {FlareHelper::GetEnd(network), FabricHelper::GetTraffic(network.fabric), false};
    }

    /** @return what sparse vectors are like */
    SparseVectors::Shape GetShape() const
    {
        return {m_hosts,
                static_cast<uint32_t>(m_bytes / GetBytes(m_type)),
                m_type,
                m_density,
                Scenario::GetRandomStart()};
    }

    FlareChoice Choose() const
    {
        if (m_scheme == "flare-single")
        {
            return {FlareAlgorithm::SINGLE, 1};
        }
        if (m_scheme == "flare-multi")
        {
            return {FlareAlgorithm::MULTI, 2};
        }
        const auto window = static_cast<uint64_t>(m_scenario[m_options.window]);
        return m_scheme == "flare-tree"
                   ? FlareChoice{FlareAlgorithm::TREE, 1}
                   : ChooseFlareAlgorithm(m_bytes, false, window * flare::MAX_DATA_BYTES);
    }

    Scenario& m_scenario;                   //!< options
    const Options& m_options;               //!< how to ask for them
    uint32_t m_hosts;                       //!< how many
    uint64_t m_bytes;                       //!< of a vector
    std::string m_scheme;                   //!< who reduces
    FlareType m_type;                       //!< of the values
    double m_density;                       //!< of sparse vectors
    LinkHelper m_links;                     //!< captures frames
    std::unique_ptr<FatTree> m_topology;    //!< two levels
    std::unique_ptr<FlareTimeline> m_lines; //!< draws ports and cores
};

/** Reject switches whose memory is divided among too many. */
void
CheckMemory(Scenario& scenario, const Options& options, const Point& point)
{
    if (point[options.scheme] == CANARY)
    {
        return; // its descriptors are no partitions
    }
    const uint32_t most = Allreduce(scenario, options, point).GetMaxPartitions();
    if (scenario[options.partitions] > most)
    {
        scenario.Reject(options.partitions,
                        "a partition must have room for a block of each cluster: 1 to " +
                            std::to_string(most) + " for " + point[options.scheme] + " with " +
                            std::to_string(point[options.hosts]) + " hosts");
    }
}

/** Reject what cannot be, before anything runs. */
void
CheckPoints(Scenario& scenario, const Options& options)
{
    for (const Point& point : scenario.GetPoints())
    {
        const int64_t hosts = point[options.hosts];
        if (Allreduce::GetSide(hosts) == 0)
        {
            scenario.Reject(options.hosts, "it must be a square: 4, 9, 16, 64, 256, 1024");
        }
        const uint64_t bytes = GetVectorBytes(point[options.vector]);
        if (bytes == 0)
        {
            scenario.Reject(options.vector, "it must be a multiple of 1/1024");
        }
        if (!Allreduce::IsByHosts(point[options.scheme]))
        {
            CheckMemory(scenario, options, point);
            continue;
        }
        try
        {
            RdmaHelper::CheckMtu(scenario[options.packet]);
        }
        catch (const std::invalid_argument& error)
        {
            scenario.Reject(options.packet, error.what());
        }
        try
        {
            if (point[options.scheme] == SPARCML)
            {
                const uint32_t valueBytes = GetBytes(ParseFlareType(point[options.type]));
                SparseAllreduce::Check(static_cast<uint64_t>(hosts),
                                       bytes / valueBytes,
                                       valueBytes);
                continue;
            }
            AllreduceSchedule::Make(point[options.scheme], static_cast<uint32_t>(hosts), bytes);
        }
        catch (const std::invalid_argument& error)
        {
            scenario.Reject(options.hosts, error.what());
        }
    }
}

void
FlareAllreduce(Scenario& scenario)
{
    const Options options(scenario);
    scenario.Sets(options.rate, {"ns3::offload::LinkNetDevice::DataRate"});
    scenario.Sets(options.packet, {"ns3::offload::QueuePairConfig::Mtu"});
    scenario.Sets(options.partitions, {"ns3::offload::FlareSwitch::MaxReductions"});
    scenario.Sets({"ns3::offload::LinkNetDevice::Mtu", "ns3::offload::HostMemory::Size"});
    scenario.Parse();
    CheckPoints(scenario, options);
    Results results = scenario.MakeResults();
    results.AddColumn("time_ms", "ms")
        .AddColumn("traffic_gib", "GiB")
        .AddColumn("goodput_gbps", "Gbit/s")
        .AddColumn("verified", "");
    const double first = scenario.GetPoints().front()[options.density];
    scenario.ForEachPoint([&](const Point& point) {
        const bool sparse = Allreduce::IsSparse(point[options.scheme]);
        if (!sparse && point[options.density] != first)
        {
            return; // the same again
        }
        const Outcome outcome = Allreduce(scenario, options, point).Run();
        scenario.Check(outcome.verified, "a host's result is wrong or missing");
        const double bits = static_cast<double>(GetVectorBytes(point[options.vector])) * 8;
        constexpr double BITS_PER_PS_AND_GBPS = 1000;
        scenario.AddRow(results, point)
            .Set("density", sparse ? point[options.density] : 1.0)
            .Set("time_ms", static_cast<double>(outcome.end) / PS_PER_MS)
            .Set("traffic_gib", static_cast<double>(outcome.traffic) / BYTES_PER_GIB)
            .Set("goodput_gbps", bits / static_cast<double>(outcome.end) * BITS_PER_PS_AND_GBPS)
            .Set("verified", static_cast<int64_t>(outcome.verified ? 1 : 0));
    });
    Figure time("time", "Allreduce of all hosts");
    time.AddSeries(results, "vector_mib", "time_ms")
        .SetX("vector of each host", "MiB", Figure::Scale::LOG2)
        .SetY("time", "ms", Figure::Scale::LOG10);
    Figure traffic("traffic", "Bytes on all links");
    traffic.AddSeries(results, "vector_mib", "traffic_gib")
        .SetX("vector of each host", "MiB", Figure::Scale::LOG2)
        .SetY("traffic", "GiB", Figure::Scale::LOG10);
    // De Sensi et al., SC 2021, figure 15: 64 hosts, 100 MiB
    const std::vector<Point>& points = scenario.GetPoints();
    if (points.front()[options.hosts] == 64 && points.front()[options.vector] == 100)
    {
        time.AddPublished(RING, {{100, 18.57}})
            .AddPublished("flare-dense", {{100, 9.36}})
            .AddPublished(SPARCML, {{100, 8.24}})
            .AddPublished(FLARE_SPARSE, {{100, 5.31}});
        traffic.AddPublished(RING, {{100, 29.0}})
            .AddPublished("flare-dense", {{100, 15.7}})
            .AddPublished(SPARCML, {{100, 25.0}})
            .AddPublished(FLARE_SPARSE, {{100, 1.24}});
    }
    scenario.Finish(results, {time, traffic});
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(
        argc,
        argv,
        {"flare-allreduce",
         "An allreduce of all hosts, in the switches and by the hosts: time, traffic, "
         "and every element of every result checked"},
        FlareAllreduce);
}
