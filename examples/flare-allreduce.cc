/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// An allreduce of all hosts of a two-level network, in the switches (FLARE, Canary) or by the hosts
// over RDMA (ring, recursive doubling). Every value travels and is summed, and every element of
// every host's result is compared with the sum computed apart. De Sensi et al., SC 2021, figure 15.
#include "ns3/canary-helper.h"
#include "ns3/data-rate.h"
#include "ns3/fat-tree.h"
#include "ns3/flare-helper.h"
#include "ns3/flare-model.h"
#include "ns3/host-allreduce.h"
#include "ns3/rdma-helper.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/spin-timeline.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr const char* RING = "ring";
constexpr const char* RECURSIVE = "recursive-doubling";
constexpr const char* CANARY = "canary";
constexpr double BYTES_PER_GIB = 1024.0 * 1024 * 1024;
constexpr double PS_PER_MS = 1e9;
constexpr uint32_t CODES = 16; //!< different values, so that all sums are exact in every type

/** The vectors: each value is a small whole number, a function of host, block and index. */
class Vectors
{
  public:
    Vectors(uint32_t hosts, FlareType type)
        : m_bytes(GetBytes(type)),
          m_elements(flare::MAX_DATA_BYTES / m_bytes)
    {
        // Half precision has 11 bits: ones and zeros.
        const uint32_t mask = type == FlareType::FP16 ? 1 : CODES - 1;
        for (uint32_t code = 0; code < CODES; ++code)
        {
            Encode(type, code & mask, m_values[code]);
            uint32_t sum = 0;
            for (uint32_t host = 0; host < hosts; ++host)
            {
                sum += (code + host * HOST_STEP) % CODES & mask;
            }
            Encode(type, sum, m_sums[code]);
        }
    }

    /** @return values of a packet */
    uint32_t GetElements() const
    {
        return m_elements;
    }

    /** Write what a host contributes to a block. */
    void Fill(uint32_t host, uint32_t block, uint8_t* bytes) const
    {
        Write(m_values, host * HOST_STEP + block * BLOCK_STEP, bytes);
    }

    /** Write the sum of a block. */
    void FillSum(uint32_t block, uint8_t* bytes) const
    {
        Write(m_sums, block * BLOCK_STEP, bytes);
    }

  private:
    using Code = std::array<uint8_t, sizeof(uint32_t)>; //!< bytes of a value
    using Codes = std::array<Code, CODES>;

    static constexpr uint32_t HOST_STEP = 7;   //!< from host to host
    static constexpr uint32_t BLOCK_STEP = 13; //!< from block to block
    static constexpr uint32_t INDEX_STEP = 3;  //!< from value to value: all codes in turn

    static void Encode(FlareType type, uint32_t number, Code& code)
    {
        if (type == FlareType::FP32)
        {
            const auto value = static_cast<float>(number);
            std::memcpy(code.data(), &value, sizeof(value));
            return;
        }
        const uint32_t bits =
            type == FlareType::FP16 ? FloatToHalf(static_cast<float>(number)) : number;
        // Little endian; integers wrap around as the switches' do.
        for (uint32_t i = 0; i < code.size(); ++i)
        {
            code[i] = static_cast<uint8_t>(bits >> 8 * i);
        }
    }

    void Write(const Codes& codes, uint32_t first, uint8_t* bytes) const
    {
        // The sequence repeats after CODES values.
        for (uint32_t i = 0; i < CODES; ++i)
        {
            std::memcpy(bytes + i * m_bytes,
                        codes[(first + i * INDEX_STEP) % CODES].data(),
                        m_bytes);
        }
        for (uint32_t done = CODES * m_bytes; done < flare::MAX_DATA_BYTES; done *= 2)
        {
            std::memcpy(bytes + done, bytes, done);
        }
    }

    uint32_t m_bytes;    //!< of a value
    uint32_t m_elements; //!< of a packet
    Codes m_values{};    //!< what hosts contribute
    Codes m_sums{};      //!< the result, by the code of host 0
};

/** A host's vector, generated and checked. */
class Part : public FlareVector
{
  public:
    Part(uint32_t host, const Vectors& vectors)
        : m_host(host),
          m_vectors(vectors)
    {
    }

    bool Read(uint32_t block, uint32_t, FlarePacket& packet) override
    {
        packet.values = static_cast<uint16_t>(m_vectors.GetElements());
        packet.dataBytes = flare::MAX_DATA_BYTES;
        m_vectors.Fill(m_host, block, packet.data->bytes.data());
        return false;
    }

    void Write(const FlarePacket& packet) override
    {
        std::array<uint8_t, flare::MAX_DATA_BYTES> sum;
        m_vectors.FillSum(packet.block, sum.data());
        ++m_blocks;
        m_right = m_right && packet.dataBytes == sum.size() &&
                  std::memcmp(packet.data->bytes.data(), sum.data(), sum.size()) == 0;
    }

    /** @return whether all of the result has come, and is right */
    bool IsRight(uint32_t blocks) const
    {
        return m_right && m_blocks == blocks;
    }

  private:
    uint32_t m_host;          //!< number
    const Vectors& m_vectors; //!< contents
    uint32_t m_blocks{0};     //!< that have come
    bool m_right{true};       //!< so far
};

/** What the user can choose. */
struct Options
{
    explicit Options(Scenario& scenario)
        : scheme(scenario.AddNameInput(
              "scheme",
              "ring and recursive-doubling: by the hosts over RDMA; flare-dense: in the switches, "
              "by the algorithm that suits the size, or by the one named; canary: in the switches, "
              "without a tree",
              {RING, RECURSIVE, "flare-dense"},
              {RING,
               RECURSIVE,
               "flare-single",
               "flare-multi",
               "flare-tree",
               "flare-dense",
               CANARY})),
          hosts(scenario.AddIntegerInput("hosts",
                                         "",
                                         "a square: as many leaves as hosts per leaf, and as many "
                                         "spines; a power of two for recursive-doubling",
                                         {16},
                                         {4, 4096})),
          vector(scenario.AddIntegerInput("vector_mib",
                                          "MiB",
                                          "vector of each host",
                                          {1, 4, 16},
                                          {1, 1024})),
          type(scenario.AddNameInput("type",
                                     "of the values; the hosts' schemes sum int32, whatever it is",
                                     {"fp32"},
                                     GetFlareTypeNames())),
          density(scenario.AddNumberInput("density",
                                          "",
                                          "share of values that are not zero; the dense schemes "
                                          "take 1 only",
                                          {1},
                                          {1, 1})),
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
                                     {1, 65536}))
    {
        scenario.AddPreset("flare-sc21",
                           "64 hosts, two-level fat tree of 100 Gbit/s, 100 MiB (De Sensi et al., "
                           "SC 2021, figure 15, dense)",
                           {{"scheme", "ring,flare-dense"},
                            {"hosts", "64"},
                            {"vector_mib", "100"},
                            {"type", "fp32"}});
    }

    Input<std::string> scheme; //!< who reduces
    Input<int64_t> hosts;      //!< how many
    Input<int64_t> vector;     //!< size
    Input<std::string> type;   //!< of the values
    Input<double> density;     //!< of the values
    Parameter<double> rate;    //!< of the links
    Parameter<int64_t> packet; //!< of RDMA
    Parameter<int64_t> window; //!< of FLARE
};

constexpr uint64_t BYTES_PER_MIB = 1 << 20; //!< unit of an option

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
          m_bytes(point[options.vector] * BYTES_PER_MIB),
          m_scheme(point[options.scheme]),
          m_type(ParseFlareType(point[options.type])),
          m_vectors(m_hosts, m_type),
          m_topology(FatTree::LeafSpine(GetSide(m_hosts), GetSide(m_hosts), GetSide(m_hosts)))
    {
    }

    /** @return leaves, spines and hosts per leaf; 0 if there are none for so many hosts */
    static uint32_t GetSide(int64_t hosts)
    {
        const auto side = static_cast<uint32_t>(std::lround(std::sqrt(hosts)));
        return int64_t{side} * side == hosts ? side : 0;
    }

    Outcome Run()
    {
        const bool hosts = m_scheme == RING || m_scheme == RECURSIVE;
        return hosts ? RunHosts() : m_scheme == CANARY ? RunCanary() : RunSwitches();
    }

  private:
    DataRateValue GetRate() const
    {
        return DataRateValue(DataRate(static_cast<uint64_t>(m_scenario[m_options.rate] * 1e9)));
    }

    void Observe(const Fabric& fabric, LinkHelper& helper)
    {
        if (Timeline* timeline = m_scenario.GetTimeline())
        {
            for (uint32_t i = 0; i < fabric.hostDevices.GetN(); ++i)
            {
                m_lines.push_back(Create<SpinTimeline>(*timeline, "host " + std::to_string(i)));
                m_lines.back()->ConnectPort(DynamicCast<LinkNetDevice>(fabric.hostDevices.Get(i)));
            }
        }
        if (m_scenario.IsPcapEnabled())
        {
            helper.EnablePcap(m_scenario.GetPcapPrefix(), fabric.hostDevices, true);
        }
    }

    /** @return the hosts' vectors */
    std::vector<FlareVector*> MakeParts()
    {
        std::vector<FlareVector*> pointers;
        for (uint32_t host = 0; host < m_hosts; ++host)
        {
            m_parts.push_back(std::make_unique<Part>(host, m_vectors));
            pointers.push_back(m_parts.back().get());
        }
        return pointers;
    }

    bool AreRight(uint32_t blocks) const
    {
        return std::all_of(m_parts.begin(), m_parts.end(), [blocks](const auto& part) {
            return part->IsRight(blocks);
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
        NetDeviceContainer devices;
        for (auto node = nodes.Begin(); node != nodes.End(); ++node)
        {
            devices.Add(nics.CreateDevice(*node));
        }
        const Fabric fabric = switches.Install(*m_topology, devices);
        Observe(fabric, nics);
        HostAllreduce allreduce(devices, AllreduceSchedule::Make(m_scheme, m_hosts, m_bytes));
        allreduce.Start();
        Simulator::Run();
        return {allreduce.GetEnd(), FabricHelper::GetTraffic(fabric), allreduce.IsComplete()};
    }

    Outcome RunSwitches()
    {
        // [flare]
        FlareHelper flare;
        flare.SetDeviceAttribute("DataRate", GetRate());
        FlareNetwork network = flare.Install(*m_topology, NodeContainer(m_hosts));
        LinkHelper links;
        Observe(network.fabric, links);

        FlareReduction reduction;
        reduction.choice = Choose();
        reduction.operation = FlareOperator::Make(m_type, FlareOperation::SUM);
        const auto blocks = static_cast<uint32_t>(m_bytes / flare::MAX_DATA_BYTES);
        const auto group =
            FlareHelper::StartAllreduce(network,
                                        reduction,
                                        MakeParts(),
                                        blocks,
                                        static_cast<uint32_t>(m_scenario[m_options.window]));
        // [flare]
        if (!m_scenario.Check(group.has_value(), "the switches have no room for the reduction"))
        {
            return {};
        }
        Simulator::Run();
        return {FlareHelper::GetEnd(network),
                FabricHelper::GetTraffic(network.fabric),
                AreRight(blocks)};
    }

    Outcome RunCanary()
    {
        CanaryHelper canary;
        canary.SetDeviceAttribute("DataRate", GetRate());
        const Fabric fabric = canary.Install(*m_topology, NodeContainer(m_hosts));
        LinkHelper links;
        Observe(fabric, links);
        CanaryJob job;
        job.blocks = static_cast<uint32_t>(m_bytes / flare::MAX_DATA_BYTES);
        job.window = static_cast<uint32_t>(m_scenario[m_options.window]);
        job.type = m_type;
        CanaryHelper::StartAllreduce(fabric, job, MakeParts());
        Simulator::Run();
        return {CanaryHelper::GetEnd(fabric),
                FabricHelper::GetTraffic(fabric),
                AreRight(job.blocks)};
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
        return m_scheme == "flare-tree" ? FlareChoice{FlareAlgorithm::TREE, 1}
                                        : ChooseFlareAlgorithm(m_bytes, false);
    }

    Scenario& m_scenario;                       //!< options
    const Options& m_options;                   //!< how to ask for them
    uint32_t m_hosts;                           //!< how many
    uint64_t m_bytes;                           //!< of a vector
    std::string m_scheme;                       //!< who reduces
    FlareType m_type;                           //!< of the values
    Vectors m_vectors;                          //!< contents
    std::vector<std::unique_ptr<Part>> m_parts; //!< the hosts'
    std::unique_ptr<FatTree> m_topology;        //!< two levels
    std::vector<Ptr<SpinTimeline>> m_lines;     //!< draws ports
};

/** Reject what cannot be, before anything runs. */
void
CheckPoints(const Scenario& scenario, const Options& options)
{
    for (const Point& point : scenario.GetPoints())
    {
        const int64_t hosts = point[options.hosts];
        if (Allreduce::GetSide(hosts) == 0)
        {
            scenario.Reject(options.hosts, "it must be a square: 4, 9, 16, 64, 256, 1024");
        }
        if (point[options.scheme] != RING && point[options.scheme] != RECURSIVE)
        {
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
            AllreduceSchedule::Make(point[options.scheme],
                                    static_cast<uint32_t>(hosts),
                                    point[options.vector] * BYTES_PER_MIB);
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
    scenario.Parse();
    CheckPoints(scenario, options);
    Results results = scenario.MakeResults();
    results.AddColumn("time_ms", "ms")
        .AddColumn("traffic_gib", "GiB")
        .AddColumn("goodput_gbps", "Gbit/s")
        .AddColumn("verified", "");
    scenario.ForEachPoint([&](const Point& point) {
        const Outcome outcome = Allreduce(scenario, options, point).Run();
        scenario.Check(outcome.verified, "a host's result is wrong or missing");
        const double bits = static_cast<double>(point[options.vector] * BYTES_PER_MIB) * 8;
        constexpr double BITS_PER_PS_AND_GBPS = 1000;
        scenario.AddRow(results, point)
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
        time.AddPublished(RING, {{100, 18.57}}).AddPublished("flare-dense", {{100, 9.36}});
        traffic.AddPublished(RING, {{100, 29.0}}).AddPublished("flare-dense", {{100, 15.7}});
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
