/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What an allreduce in the network costs to simulate: all hosts of a two-level network of FLARE
// switches, every value travels and is summed, every host's result is compared with the sum
// computed apart. The CPU time is that of the user mode for everything, building the network
// included.
#include "process-use.h"

#include "ns3/fat-tree.h"
#include "ns3/flare-dense-vector.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-parts.h"
#include "ns3/lookahead-queue.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/string.h"

using namespace ns3;
using namespace ns3::offload;

namespace
{

/** What a run has cost and found. */
struct Outcome
{
    bool verified{false};
    double timeMs{0};
    uint64_t events{0};
    uint32_t window{0};
    uint64_t repeated{0}; //!< contributions
    uint64_t drops{0};    //!< at switches
};

Outcome
Run(uint32_t leaves, uint32_t perLeaf, uint32_t blocks, uint32_t window, FlareChoice choice)
{
    const uint32_t hosts = leaves * perLeaf;
    FlareHelper helper;
    helper.SetDeviceAttribute("DataRate", StringValue("100Gbps"));
    const auto topology = FatTree::LeafSpine(leaves, perLeaf, perLeaf);
    FlareNetwork network = helper.Install(*topology, NodeContainer(hosts));
    const DenseVectors vectors(hosts, FlareType::FP32);
    FlareParts<FlareDenseVector> parts(hosts, vectors);
    FlareReduction reduction;
    reduction.choice = choice;
    reduction.operation = FlareOperator::Make(FlareType::FP32, FlareOperation::SUM);
    const auto group =
        FlareHelper::StartAllreduce(network, reduction, parts.GetPointers(), blocks, window);
    Outcome outcome;
    if (!group)
    {
        return outcome;
    }
    outcome.window = group->window;
    Simulator::Run();
    outcome.verified = parts.AreRight(blocks);
    constexpr double PS_PER_MS = 1e9;
    outcome.timeMs = static_cast<double>(FlareHelper::GetEnd(network)) / PS_PER_MS;
    for (uint32_t host = 0; host < hosts; host++)
    {
        const auto device = DynamicCast<FlareNetDevice>(network.fabric.hostDevices.Get(host));
        outcome.repeated += device->GetFlareCounters().repeated;
    }
    for (const auto& device : network.fabric.switches)
    {
        outcome.drops += device->GetDrops();
    }
    outcome.events = LookaheadQueue::Get().GetEventCount();
    return outcome;
}

void
FlareBenchmark(Scenario& scenario)
{
    const auto algorithm = scenario.AddNameInput("algorithm",
                                                 "how switches sum",
                                                 {"single"},
                                                 {"single", "multi", "tree"});
    const auto hosts = scenario.AddIntegerInput("hosts",
                                                "",
                                                "a square: as many leaves as hosts per leaf",
                                                {64},
                                                {4, 4096});
    const auto mebibytes =
        scenario.AddIntegerInput("vector_mib", "MiB", "of each host", {100}, {1, 1024});
    const auto window =
        scenario.AddInteger("window", "", "blocks in flight at most", 512, {1, 65536});
    scenario.Parse();
    Results results = scenario.MakeResults();
    results.AddColumn("time_ms", "ms")
        .AddColumn("window_blocks", "")
        .AddColumn("contributions", "")
        .AddColumn("repeated", "")
        .AddColumn("drops", "")
        .AddColumn("events", "")
        .AddColumn("user_seconds", "s")
        .AddColumn("user_us_per_contribution", "us")
        .AddColumn("peak_rss_mib", "MiB");
    scenario.ForEachPoint([&](const Point& point) {
        uint32_t side = 1;
        while (int64_t{side} * side < point[hosts])
        {
            ++side;
        }
        if (int64_t{side} * side != point[hosts])
        {
            scenario.Reject(hosts, "it must be a square: 4, 9, 16, 64, 256, 1024");
        }
        FlareChoice choice{FlareAlgorithm::SINGLE, 1};
        if (point[algorithm] == "multi")
        {
            choice = {FlareAlgorithm::MULTI, 2};
        }
        else if (point[algorithm] == "tree")
        {
            choice = {FlareAlgorithm::TREE, 1};
        }
        ResetPeakMemory();
        const double before = UserSeconds();
        constexpr uint32_t BLOCKS_PER_MIB = 1024;
        const auto blocks = static_cast<uint32_t>(point[mebibytes]) * BLOCKS_PER_MIB;
        const Outcome outcome =
            Run(side, side, blocks, static_cast<uint32_t>(scenario[window]), choice);
        Simulator::Destroy();
        const double spent = UserSeconds() - before;
        scenario.Check(outcome.verified, "a host's result is wrong or missing");
        const double contributions = static_cast<double>(blocks) * (side * side + side);
        scenario.AddRow(results, point)
            .Set("time_ms", outcome.timeMs)
            .Set("window_blocks", outcome.window)
            .Set("contributions", static_cast<int64_t>(contributions))
            .Set("repeated", static_cast<int64_t>(outcome.repeated))
            .Set("drops", static_cast<int64_t>(outcome.drops))
            .Set("events", static_cast<int64_t>(outcome.events))
            .Set("user_seconds", spent)
            .Set("user_us_per_contribution", spent * 1e6 / contributions)
            .Set("peak_rss_mib", PeakMemoryMebibytes());
    });
    scenario.Finish(results);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(
        argc,
        argv,
        {"benchmark-flare",
         "CPU time of an allreduce in the network; the goal is 60 s and 1 GiB for 64 "
         "hosts and 100 MiB"},
        FlareBenchmark);
}
