/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// What an allreduce in the network costs to simulate: all hosts of a two-level network of FLARE
// switches, every value travels and is summed, every host's result is compared with the sum
// computed apart. The CPU time is that of the user mode for everything, building the network
// included.
#include "process-use.h"

#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-manager.h"
#include "ns3/flare-net-device.h"
#include "ns3/lookahead-queue.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/string.h"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint32_t VALUES = 256; //!< fp32, of a packet

using Values = std::array<float, VALUES>;

/** A value is a function of host, block and index: small integers, whose sums are exact. */
void
Fill(uint32_t host, uint32_t block, Values& values)
{
    const uint32_t offset = host * 7 + block * 13;
    for (uint32_t i = 0; i < VALUES; i++)
    {
        values[i] = static_cast<float>((offset + i * 3) & 15);
    }
}

/** The sums of all hosts, computed once a block. */
class Sums
{
  public:
    explicit Sums(uint32_t hosts)
        : m_hosts(hosts),
          m_sums(SLOTS),
          m_blocks(SLOTS, UINT32_MAX)
    {
    }

    const Values& Get(uint32_t block)
    {
        const uint32_t slot = block % SLOTS;
        if (m_blocks[slot] != block)
        {
            m_blocks[slot] = block;
            Values& sum = m_sums[slot];
            Values values;
            sum.fill(0);
            for (uint32_t host = 0; host < m_hosts; host++)
            {
                Fill(host, block, values);
                for (uint32_t i = 0; i < VALUES; i++)
                {
                    sum[i] += values[i];
                }
            }
        }
        return m_sums[slot];
    }

  private:
    static constexpr uint32_t SLOTS = 4096; //!< blocks whose sums are kept

    uint32_t m_hosts;
    std::vector<Values> m_sums;
    std::vector<uint32_t> m_blocks;
};

/** A host's part. */
class Part : public FlareVector
{
  public:
    Part(uint32_t host, Sums& sums)
        : m_host(host),
          m_sums(sums)
    {
    }

    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        Values values;
        Fill(m_host, block, values);
        packet.values = VALUES;
        packet.dataBytes = sizeof(values);
        std::memcpy(packet.data->bytes.data(), values.data(), sizeof(values));
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        const Values& sum = m_sums.Get(packet.block);
        ++blocks;
        good = good && packet.dataBytes == sizeof(sum) &&
               std::memcmp(packet.data->bytes.data(), sum.data(), sizeof(sum)) == 0;
    }

    uint32_t blocks{0}; //!< that have come
    bool good{true};    //!< all of them

  private:
    uint32_t m_host;
    Sums& m_sums;
};

/** What a run has cost and found. */
struct Outcome
{
    bool verified{true};
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
    FabricHelper helper;
    helper.SetHostDeviceType("ns3::offload::FlareNetDevice");
    helper.SetSwitchType("ns3::offload::FlareSwitch");
    helper.SetDeviceAttribute("DataRate", StringValue("100Gbps"));
    helper.SetHostDeviceAttribute("QueueSize", StringValue("100000p"));
    NodeContainer nodes;
    nodes.Create(hosts);
    const auto topology = FatTree::LeafSpine(leaves, perLeaf, perLeaf);
    Fabric fabric = helper.Install(*topology, nodes);
    FlareManager manager(*topology, fabric.switches);
    FlareReduction reduction;
    reduction.choice = choice;
    reduction.operation = FlareOperator::Make(FlareType::FP32, FlareOperation::SUM);
    std::vector<uint32_t> members(hosts);
    for (uint32_t host = 0; host < hosts; host++)
    {
        members[host] = host;
    }
    const auto group = manager.Create(members, reduction, window);
    Outcome outcome;
    if (!group)
    {
        outcome.verified = false;
        return outcome;
    }
    outcome.window = group->window;
    Sums sums(hosts);
    std::vector<std::unique_ptr<Part>> parts;
    for (uint32_t host = 0; host < hosts; host++)
    {
        parts.push_back(std::make_unique<Part>(host, sums));
        FlareJob job;
        job.id = group->id;
        job.child = group->childNumber[host];
        job.blocks = blocks;
        job.window = group->window;
        job.start = static_cast<uint32_t>(uint64_t{host} * group->window / hosts);
        job.address = 0x0a000001 + host;
        job.group = group->address;
        job.vector = parts.back().get();
        DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(host))->Start(job);
    }
    Simulator::Run();
    constexpr double PS_PER_MS = 1e9;
    for (uint32_t host = 0; host < hosts; host++)
    {
        outcome.verified = outcome.verified && parts[host]->good && parts[host]->blocks == blocks;
        const auto device = DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(host));
        outcome.timeMs =
            std::max(outcome.timeMs, static_cast<double>(device->GetDoneTime()) / PS_PER_MS);
    }
    for (uint32_t host = 0; host < hosts; host++)
    {
        outcome.repeated +=
            DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(host))->GetFlareCounters().repeated;
    }
    for (const auto& device : fabric.switches)
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
