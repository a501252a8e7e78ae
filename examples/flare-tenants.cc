/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Several tenants allreduce in the same switches, the first of them with a larger vector. Who finds
// no room in the switches' memory reduces by its hosts (scheme ring), and a switch may die on the
// way (--fail-switch): another tree takes over, or the hosts do, or there is an error. Every
// element of every host's result is compared with the sum computed apart.
#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-model.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint32_t LEAVES = 4;
constexpr uint32_t SPINES = 2;
constexpr uint32_t HOSTS_PER_LEAF = 2; //!< of a tenant
constexpr uint32_t MEMBERS = LEAVES * HOSTS_PER_LEAF;
constexpr double PS_PER_MS = 1e9;
constexpr uint64_t BYTES_PER_KIB = 1024;

/** A host's vector of int32: a function of tenant, rank, block and index; and its check. */
class Part : public FlareVector
{
  public:
    static constexpr uint32_t VALUES = flare::MAX_DATA_BYTES / sizeof(uint32_t);

    Part(uint32_t tenant, uint32_t rank, uint32_t blocks)
        : m_tenant(tenant),
          m_rank(rank),
          m_right(blocks)
    {
    }

    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        packet.values = VALUES;
        packet.dataBytes = flare::MAX_DATA_BYTES;
        for (uint32_t i = 0; i < VALUES; ++i)
        {
            const uint32_t value = (m_rank + 1) * GetBase(block, i);
            std::memcpy(&packet.data->bytes[i * sizeof(value)], &value, sizeof(value));
        }
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        constexpr uint32_t RANKS = MEMBERS * (MEMBERS + 1) / 2; // the sum of all rank + 1
        bool right = packet.dataBytes == flare::MAX_DATA_BYTES;
        for (uint32_t i = 0; i < VALUES && right; ++i)
        {
            uint32_t sum = 0;
            std::memcpy(&sum, &packet.data->bytes[i * sizeof(sum)], sizeof(sum));
            right = sum == RANKS * GetBase(packet.block, i);
        }
        m_right[packet.block] = right;
    }

    /** @return whether all of the result has come, and is right */
    bool IsRight() const
    {
        return std::find(m_right.begin(), m_right.end(), false) == m_right.end();
    }

  private:
    uint32_t GetBase(uint32_t block, uint32_t i) const
    {
        return m_tenant * 40503 + block * 31 + i;
    }

    uint32_t m_tenant;         //!< number
    uint32_t m_rank;           //!< in the tenant
    std::vector<bool> m_right; //!< by block
};

/** What the user can choose. */
struct Options
{
    explicit Options(Scenario& scenario)
        : tenants(scenario.AddIntegerInput("tenants",
                                           "",
                                           "communicators of 8 hosts, 2 at each of 4 leaves",
                                           {1, 2, 4},
                                           {1, 32})),
          vector(
              scenario.AddInteger("vector_kib", "KiB", "vector of each host", 1024, {1, 1 << 20})),
          heavy(scenario.AddInteger("heavy",
                                    "",
                                    "the first tenant's vector is so many times as long",
                                    4,
                                    {1, 1024})),
          partitions(scenario.AddInteger("partitions",
                                         "",
                                         "reductions for which a switch has room "
                                         "(FlareSwitch::MaxReductions)",
                                         3,
                                         {1, 64})),
          clusters(scenario.AddInteger("clusters",
                                       "",
                                       "of 8 cores in each switch (FlareSwitch::Clusters); with "
                                       "few of them the cores are shared, not only the links",
                                       64,
                                       {1, 4096})),
          window(scenario.AddInteger("window_blocks",
                                     "",
                                     "blocks in flight at most",
                                     FlareHelper::DEFAULT_WINDOW,
                                     {1, 65536})),
          rate(scenario.AddNumber("rate_gbps", "Gbit/s", "rate of all links", 100, {1, 1600})),
          fallback(scenario.AddSwitch("fallback",
                                      "let hosts reduce by themselves if the switches cannot; "
                                      "otherwise that is an error",
                                      true)),
          failSwitch(scenario.AddName(
              "fail_switch",
              "switch that dies",
              "none",
              {"none", "leaf-0", "leaf-1", "leaf-2", "leaf-3", "spine-0", "spine-1"})),
          failAt(scenario.AddNumber("fail_at_us", "us", "when it dies", 50, {0, 1e9}))
    {
    }

    Input<int64_t> tenants;            //!< how many
    Parameter<int64_t> vector;         //!< size
    Parameter<int64_t> heavy;          //!< the first one's factor
    Parameter<int64_t> partitions;     //!< of switch memory
    Parameter<int64_t> clusters;       //!< of a switch
    Parameter<int64_t> window;         //!< of FLARE
    Parameter<double> rate;            //!< of the links
    Parameter<bool> fallback;          //!< to the hosts
    Parameter<std::string> failSwitch; //!< name or none
    Parameter<double> failAt;          //!< time
};

/** Hosts that reduce together. */
struct Tenant
{
    Ptr<FlareCommunicator> communicator;      //!< theirs
    std::vector<std::unique_ptr<Part>> parts; //!< by rank
    uint32_t blocks;                          //!< of each vector
};

/** @return the switch of that name */
Ptr<FabricSwitch>
FindSwitch(const Fabric& fabric, const std::string& name)
{
    const auto dash = name.find('-');
    const auto number = static_cast<uint32_t>(std::stoul(name.substr(dash + 1)));
    return fabric.switches[name.substr(0, dash) == "leaf" ? number : LEAVES + number];
}

void
RunPoint(Scenario& scenario, const Options& options, const Point& point, Results& results)
{
    const auto count = static_cast<uint32_t>(point[options.tenants]);
    const auto topology = FatTree::LeafSpine(LEAVES, HOSTS_PER_LEAF * count, SPINES);
    FlareHelper flare;
    flare.SetDeviceAttribute(
        "DataRate",
        DataRateValue(DataRate(static_cast<uint64_t>(scenario[options.rate] * 1e9))));
    flare.SetSwitchAttribute("MaxReductions", UintegerValue(scenario[options.partitions]));
    flare.SetSwitchAttribute("Clusters", UintegerValue(scenario[options.clusters]));
    FlareNetwork network = flare.Install(*topology, NodeContainer(topology->GetHosts()));

    // [tenants]
    std::vector<Tenant> tenants(count);
    for (uint32_t i = 0; i < count; ++i)
    {
        Tenant& tenant = tenants[i];
        std::vector<uint32_t> members;
        for (uint32_t leaf = 0; leaf < LEAVES; ++leaf)
        {
            members.push_back((leaf * count + i) * HOSTS_PER_LEAF);
            members.push_back((leaf * count + i) * HOSTS_PER_LEAF + 1);
        }
        tenant.communicator = FlareHelper::CreateCommunicator(network, members);
        tenant.communicator->SetAttribute("Fallback", BooleanValue(scenario[options.fallback]));
        const uint64_t bytes =
            scenario[options.vector] * BYTES_PER_KIB * (i == 0 ? scenario[options.heavy] : 1);
        tenant.blocks = static_cast<uint32_t>(bytes / flare::MAX_DATA_BYTES);
        std::vector<FlareVector*> vectors;
        for (uint32_t rank = 0; rank < MEMBERS; ++rank)
        {
            tenant.parts.push_back(std::make_unique<Part>(i, rank, tenant.blocks));
            vectors.push_back(tenant.parts.back().get());
        }
        FlareReduction reduction;
        const auto window = static_cast<uint32_t>(scenario[options.window]);
        reduction.choice =
            ChooseFlareAlgorithm(bytes, false, uint64_t{window} * flare::MAX_DATA_BYTES);
        reduction.operation = FlareOperator::Make(FlareType::INT32, FlareOperation::SUM);
        // In the switches if they have room, otherwise by the hosts: both end up in GetOutcome.
        tenant.communicator->Start(reduction, vectors, tenant.blocks, window);
    }
    // [tenants]
    if (scenario[options.failSwitch] != "none")
    {
        Simulator::Schedule(NanoSeconds(static_cast<uint64_t>(scenario[options.failAt] * 1e3)),
                            &FabricSwitch::Fail,
                            FindSwitch(network.fabric, scenario[options.failSwitch]));
    }
    Simulator::Run();
    for (uint32_t i = 0; i < count; ++i)
    {
        const FlareOutcome& outcome = tenants[i].communicator->GetOutcome();
        bool right = outcome.complete;
        for (const auto& part : tenants[i].parts)
        {
            right = right && part->IsRight();
        }
        const std::string name = "tenant " + std::to_string(i);
        scenario.Check(outcome.complete, name + " has no result: " + outcome.reason);
        scenario.Check(right || !outcome.complete, name + " has a wrong result");
        const bool hosts = outcome.executor == FlareExecutor::HOSTS;
        const bool switches = outcome.executor == FlareExecutor::SWITCHES;
        const double bits = tenants[i].blocks * flare::MAX_DATA_BYTES * 8.0;
        constexpr double BITS_PER_PS_AND_GBPS = 1000;
        const auto end = static_cast<double>(outcome.end);
        scenario.AddRow(results, point)
            .Set("tenant", static_cast<int64_t>(i))
            .Set("scheme",
                 std::string(hosts      ? "ring"
                             : switches ? "flare-dense"
                                        : "none"))
            .Set("vector_kib", static_cast<int64_t>(tenants[i].blocks))
            .Set("time_ms", end / PS_PER_MS)
            .Set("goodput_gbps", right ? bits / end * BITS_PER_PS_AND_GBPS : 0)
            .Set("repairs", static_cast<int64_t>(outcome.repairs))
            .Set("verified", static_cast<int64_t>(right ? 1 : 0))
            .Set("reason", outcome.reason);
    }
}

void
FlareTenants(Scenario& scenario)
{
    const Options options(scenario);
    scenario.Sets(options.rate, {"ns3::offload::LinkNetDevice::DataRate"});
    scenario.Sets(options.partitions, {"ns3::offload::FlareSwitch::MaxReductions"});
    scenario.Sets(options.clusters, {"ns3::offload::FlareSwitch::Clusters"});
    scenario.Sets(options.fallback, {"ns3::offload::FlareCommunicator::Fallback"});
    scenario.Sets({"ns3::offload::QueuePairConfig::Mtu"});
    scenario.Parse();
    Results results = scenario.MakeResults();
    results.AddColumn("tenant", "")
        .AddColumn("scheme", "")
        .AddColumn("vector_kib", "KiB")
        .AddColumn("time_ms", "ms")
        .AddColumn("goodput_gbps", "Gbit/s")
        .AddColumn("repairs", "")
        .AddColumn("verified", "")
        .AddColumn("reason", "");
    scenario.ForEachPoint([&](const Point& point) { RunPoint(scenario, options, point, results); });
    Figure time("time", "Allreduces of several tenants");
    time.AddSeries(results, "tenant", "time_ms")
        .SetX("tenant", "")
        .SetY("time", "ms", Figure::Scale::LOG10);
    scenario.Finish(results, {time});
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"flare-tenants",
                        "Allreduces of several tenants in the same switches, the first with a "
                        "larger vector: who reduces, and what becomes of it when a switch dies"},
                       FlareTenants);
}
