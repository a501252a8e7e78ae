/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * One FLARE switch under exponential arrivals: throughput and memory of its handlers, with the
 * closed-form model and the published points beside them (De Sensi et al., SC 2021, figures 7, 10,
 * 11 and 14).
 */
#include "ns3/flare-generator.h"
#include "ns3/flare-model.h"
#include "ns3/power-of-two.h"
#include "ns3/scenario.h"
#include "ns3/spin-unit.h"
#include "ns3/timeline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr double KIB = 1024;
constexpr double MIB = KIB * KIB;
constexpr double GBPS_PER_TBPS = 1000;
constexpr double PERCENT = 100;
constexpr uint32_t PAPER_CLUSTERS = 64; //!< to which results are scaled (SC 2021, section 3)
constexpr uint32_t PORT_GBPS = 100;     //!< of each of the switch's 64 ports
constexpr uint32_t PORTS = 64;          //!< of the switch
constexpr uint32_t DENSE_CHILDREN = 64;
constexpr uint32_t SPARSE_CHILDREN = 16; //!< of the evaluation's sparse runs

/** All options. */
struct Options
{
    Input<std::string> source;
    Input<std::string> algorithm;
    Input<int64_t> coresPerBlock;
    Input<int64_t> dataKib;
    Input<std::string> type;
    Input<double> density;
    Parameter<int64_t> buffers;
    Parameter<int64_t> children;
    Parameter<int64_t> clusters;
    Parameter<double> load;
    Parameter<int64_t> repetitions;
};

Options
AddOptions(Scenario& scenario)
{
    return {
        scenario.AddNameInput("source",
                              "closed-form model (dense only) or simulated handlers",
                              {"model", "simulation"},
                              {"model", "simulation"}),
        scenario.AddNameInput("algorithm",
                              "dense: single, multi (--buffers) or tree; sparse: hash or array",
                              {"single", "multi", "tree"},
                              {"single", "multi", "tree", "hash", "array"}),
        scenario.AddIntegerInput("cores_per_block",
                                 "",
                                 "cores among which a block's packets are spread: 1, 2, 4 or 8",
                                 {8},
                                 {1, 8}),
        scenario.AddIntegerInput("data_kib",
                                 "KiB",
                                 "data of each host",
                                 {1, 16, 64, 128, 256, 512, 1024},
                                 {1, 1 << 20}),
        scenario.AddNameInput("type", "type of the values", {"int32"}, GetFlareTypeNames()),
        scenario.AddNumberInput("density",
                                "",
                                "share of values that are not zero; dense algorithms take 1 only",
                                {1},
                                {0.002, 1}),
        scenario.AddInteger("buffers", "", "buffers of a block with --algorithm=multi", 2, {2, 32}),
        scenario.AddInteger("children",
                            "",
                            "hosts; 0: 64 for dense and 16 for sparse algorithms, as published",
                            0,
                            {0, 256}),
        scenario.AddInteger("clusters",
                            "",
                            "clusters of 8 cores to simulate; results are scaled to 64 in "
                            "proportion, as published with 4",
                            4,
                            {1, 64}),
        scenario.AddNumber("load",
                           "",
                           "offered load as a share of 64 ports of 100 Gbit/s",
                           1,
                           {0.01, 10}),
        scenario.AddInteger("repetitions", "", "runs of which each row is the mean", 5, {1, 1000})};
}

/** A row beside its table, for the figures. */
struct Line
{
    std::string label; //!< of its series
    double x;          //!< size or density
    double y;          //!< Tbit/s
};

/** Draws the runs of handlers. */
class RunLines : public FlareObserver
{
  public:
    /**
     * @param timeline the file
     * @param cores of the unit
     * @param perCluster of these
     * @param period of a cycle, ps
     */
    RunLines(Timeline& timeline, uint32_t cores, uint32_t perCluster, int64_t period)
        : m_timeline(timeline),
          m_period(period)
    {
        for (uint32_t core = 0; core < cores; core++)
        {
            m_tracks.push_back(timeline.AddTrack("FLARE switch",
                                                 "HPU " + std::to_string(core / perCluster) + "." +
                                                     std::to_string(core % perCluster)));
        }
    }

    void HandlerRan(const FlareRun& run) override
    {
        m_timeline.Complete(m_tracks[run.core],
                            "reduce",
                            static_cast<int64_t>(run.start) * m_period,
                            static_cast<int64_t>(run.end) * m_period,
                            {{"bytes", int64_t{run.bytes}}});
    }

  private:
    Timeline& m_timeline;                  //!< the file
    std::vector<Timeline::Track> m_tracks; //!< by core
    int64_t m_period;                      //!< of a cycle, ps
};

bool
IsSparse(const std::string& algorithm)
{
    return algorithm == "hash" || algorithm == "array";
}

/** @return the reduction and its traffic */
FlareReduction
MakeReduction(const Scenario& scenario, const Options& options, const Point& point)
{
    const std::string& algorithm = point[options.algorithm];
    const FlareType type = ParseFlareType(point[options.type]);
    FlareReduction reduction;
    reduction.sparse = IsSparse(algorithm);
    reduction.children = static_cast<uint32_t>(scenario[options.children]);
    if (reduction.children == 0)
    {
        reduction.children = reduction.sparse ? SPARSE_CHILDREN : DENSE_CHILDREN;
    }
    reduction.coresPerBlock = static_cast<uint32_t>(point[options.coresPerBlock]);
    reduction.operation = FlareOperator::Make(type, FlareOperation::SUM);
    if (algorithm == "single")
    {
        reduction.choice = {FlareAlgorithm::SINGLE, 1};
    }
    else if (algorithm == "multi")
    {
        reduction.choice = {FlareAlgorithm::MULTI,
                            static_cast<uint32_t>(scenario[options.buffers])};
    }
    reduction.storage = algorithm == "hash" ? FlareStorage::HASH : FlareStorage::ARRAY;
    reduction.blockRange = FlareGenerator::GetBlockRange(point[options.density], GetBytes(type));
    constexpr uint32_t MOST_INDICES = UINT16_MAX; // as many bits as an index has in a packet
    if (reduction.sparse && reduction.blockRange > MOST_INDICES)
    {
        scenario.Reject(
            options.density,
            "a block that fills a packet has more than 65535 indices; at least " +
                std::to_string(point[options.density] * reduction.blockRange / MOST_INDICES) +
                " with this type");
    }
    reduction.hashSize = FlareGenerator::GetHashSize(GetBytes(type));
    return reduction;
}

/** @return the model's answer */
FlareModel::Result
Evaluate(const FlareReduction& reduction, double dataKib, double load)
{
    FlareModel::Parameters parameters;
    parameters.SetLoad(load);
    parameters.children = reduction.children;
    const uint32_t values = flare::MAX_DATA_BYTES / reduction.operation->GetElementBytes();
    // The model knows of load, add and store only.
    parameters.aggregation = static_cast<double>(reduction.operation->GetAccesses(values)) /
                             FlareOperator::WORD_ACCESSES * FlareOperator::WORD_CYCLES;
    return FlareModel(parameters).Evaluate(reduction.choice, reduction.coresPerBlock, dataKib);
}

/** Simulates a point: the mean of its repetitions, scaled to the whole switch. */
FlareMeasurement
Simulate(Scenario& scenario,
         const Options& options,
         const Point& point,
         const FlareReduction& reduction)
{
    FlareUnitConfig config;
    config.spin = CreateObject<SpinUnit>()->GetConfig();
    config.spin.clusters = static_cast<uint32_t>(scenario[options.clusters]);
    const double scale = static_cast<double>(PAPER_CLUSTERS) / config.spin.clusters;
    FlareTraffic traffic;
    traffic.type = ParseFlareType(point[options.type]);
    traffic.density = point[options.density];
    traffic.gbps = scenario[options.load] * PORTS * PORT_GBPS / scale;
    // The simulated clusters get their part of the blocks; small reductions are many at a time, so
    // that all cores have work.
    const double blocks =
        static_cast<double>(point[options.dataKib]) * KIB / flare::MAX_DATA_BYTES / scale;
    traffic.blocks =
        std::max(static_cast<uint32_t>(std::ceil(blocks)),
                 config.spin.clusters * config.spin.hpusPerCluster / reduction.coresPerBlock);
    constexpr int64_t STREAM = 1;
    std::unique_ptr<FlareGenerator> made;
    try
    {
        made = std::make_unique<FlareGenerator>(config, reduction, traffic, STREAM);
    }
    catch (const std::invalid_argument& error)
    {
        // Sizes of sparse blocks are all that can be impossible.
        scenario.Reject(options.density, error.what());
    }
    FlareGenerator& generator = *made;
    std::unique_ptr<RunLines> lines;
    if (Timeline* timeline = scenario.GetTimeline())
    {
        lines = std::make_unique<RunLines>(*timeline,
                                           config.spin.clusters * config.spin.hpusPerCluster,
                                           config.spin.hpusPerCluster,
                                           config.spin.clockPeriod.GetTimeStep());
        generator.SetObserver(lines.get());
    }
    const int64_t repetitions = scenario[options.repetitions];
    FlareMeasurement mean;
    for (int64_t i = 0; i < repetitions; i++)
    {
        const FlareMeasurement run = generator.Run();
        generator.SetObserver(nullptr); // the timeline has the first run
        scenario.Check(run.verified, "a block's sum is wrong or missing: " + point.GetLabel());
        const double share = 1.0 / static_cast<double>(repetitions);
        mean.gbps += run.gbps * scale * share;
        mean.elementsPerSecond += run.elementsPerSecond * scale * share;
        mean.inputBytes = std::max(mean.inputBytes, run.inputBytes);
        mean.workingBytes += run.workingBytes * scale * share;
        mean.blockBytes += run.blockBytes * share;
        mean.extraTraffic += run.extraTraffic * share;
        scenario.ReportProgress(static_cast<double>(i + 1) * share);
    }
    mean.inputBytes = static_cast<uint64_t>(static_cast<double>(mean.inputBytes) * scale);
    return mean;
}

/** Leaves out what makes no sense; at least one point must be left. */
bool
IsPossible(const Options& options, const Point& point)
{
    const bool sparse = IsSparse(point[options.algorithm]);
    return sparse ? point[options.source] == "simulation" : point[options.density] == 1;
}

void
CheckOptions(const Scenario& scenario, const Options& options)
{
    for (const Point& point : scenario.GetPoints())
    {
        if (!IsPowerOfTwo(static_cast<uint64_t>(point[options.coresPerBlock])))
        {
            scenario.Reject(options.coresPerBlock, "it must be 1, 2, 4 or 8");
        }
    }
    const auto& points = scenario.GetPoints();
    if (std::none_of(points.begin(), points.end(), [&](const Point& point) {
            return IsPossible(options, point);
        }))
    {
        if (std::all_of(points.begin(), points.end(), [&](const Point& point) {
                return IsSparse(point[options.algorithm]);
            }))
        {
            scenario.Reject(options.source,
                            "the model is of dense algorithms; hash and array take simulation");
        }
        scenario.Reject(options.density, "single, multi and tree take density 1 only");
    }
    if (scenario.IsPcapEnabled())
    {
        throw ScenarioError("--pcap=true; the generator feeds the unit without a wire");
    }
}

/** @return one figure of lines, with published points of the same labels */
Figure
Draw(const std::string& name,
     const std::string& title,
     const std::vector<Line>& lines,
     const std::map<std::string, std::vector<FigurePoint>>& published)
{
    Figure figure(name, title);
    figure.SetY("Bandwidth", "Tbit/s");
    std::map<std::string, std::vector<FigurePoint>> series;
    for (const Line& line : lines)
    {
        series[line.label].push_back({line.x, line.y});
    }
    for (const auto& [label, points] : series)
    {
        figure.AddSeries(label, points);
    }
    for (const auto& [label, points] : published)
    {
        if (series.count(label) != 0)
        {
            figure.AddPublished(label, points);
        }
    }
    return figure;
}

/** The scenario. */
void
FlareSwitchScenario(Scenario& scenario)
{
    const Options options = AddOptions(scenario);
    scenario.AddPreset("figure-7",
                       "SC 2021, figure 7: the model with one buffer, on 1 and on 8 cores",
                       {{"source", "model"},
                        {"algorithm", "single"},
                        {"cores_per_block", "1,8"},
                        {"data_kib", "8,64,512"}});
    scenario.AddPreset("figure-10",
                       "SC 2021, figure 10: the model; give --buffers=4 for the third algorithm",
                       {{"source", "model"}, {"data_kib", "64,128,256,512"}});
    scenario.AddPreset("figure-11",
                       "SC 2021, figure 11: simulated dense reductions",
                       {{"source", "simulation"}, {"data_kib", "1,1024"}});
    scenario.AddPreset("figure-14",
                       "SC 2021, figure 14: simulated sparse reductions of 1 MiB",
                       {{"source", "simulation"},
                        {"algorithm", "hash,array"},
                        {"data_kib", "1024"},
                        {"density", "0.2,0.1"}});
    scenario.Sets(options.clusters, {"ns3::offload::SpinUnit::Clusters"});
    scenario.Parse();
    CheckOptions(scenario, options);

    Results results = scenario.MakeResults();
    results.AddColumn("bandwidth_tbps", "Tbit/s")
        .AddColumn("elements_per_second", "1/s")
        .AddColumn("input_buffer_mib", "MiB")
        .AddColumn("working_memory_mib", "MiB")
        .AddColumn("block_memory_kib", "KiB")
        .AddColumn("extra_traffic_percent", "%");
    std::vector<Line> dense;
    std::vector<Line> sparse;
    scenario.ForEachPoint([&](const Point& point) {
        if (!IsPossible(options, point))
        {
            return;
        }
        const FlareReduction reduction = MakeReduction(scenario, options, point);
        const auto dataKib = static_cast<double>(point[options.dataKib]);
        const bool isModel = point[options.source] == "model";
        const std::string label = point[options.algorithm] + ", " + point[options.source];
        double tbps = 0;
        if (isModel)
        {
            const FlareModel::Result model = Evaluate(reduction, dataKib, scenario[options.load]);
            constexpr double BITS_PER_TBIT = 1e12;
            tbps = model.bandwidthTbps;
            scenario.AddRow(results, point)
                .Set("bandwidth_tbps", tbps)
                .Set("elements_per_second",
                     tbps * BITS_PER_TBIT / 8 / reduction.operation->GetElementBytes())
                .Set("input_buffer_mib", model.inputBufferMib)
                .Set("working_memory_mib", model.workingMemoryMib)
                .Set("block_memory_kib", model.blockMemoryKib)
                .Set("extra_traffic_percent", 0.0);
        }
        else
        {
            const FlareMeasurement run = Simulate(scenario, options, point, reduction);
            tbps = run.gbps / GBPS_PER_TBPS;
            scenario.AddRow(results, point)
                .Set("bandwidth_tbps", tbps)
                .Set("elements_per_second", run.elementsPerSecond)
                .Set("input_buffer_mib", static_cast<double>(run.inputBytes) / MIB)
                .Set("working_memory_mib", run.workingBytes / MIB)
                .Set("block_memory_kib", run.blockBytes / KIB)
                .Set("extra_traffic_percent", run.extraTraffic * PERCENT);
        }
        (reduction.sparse ? sparse : dense)
            .push_back(
                {label, reduction.sparse ? point[options.density] * PERCENT : dataKib, tbps});
    });

    std::vector<Figure> figures;
    if (!dense.empty())
    {
        Figure figure = Draw("bandwidth",
                             "Dense reduction in a switch of 512 cores",
                             dense,
                             {{"single, simulation", {{1, 0.578}, {1024, 3.52}}},
                              {"multi, simulation", {{1, 0.941}, {1024, 3.39}}},
                              {"tree, simulation", {{1, 2.02}, {1024, 2.91}}}});
        figure.SetX("Data of a host", "KiB", Figure::Scale::LOG2);
        figures.push_back(figure);
    }
    if (!sparse.empty())
    {
        Figure figure =
            Draw("sparse",
                 "Sparse reduction in a switch of 512 cores",
                 sparse,
                 {{"hash, simulation", {{20, 0.984}}}, {"array, simulation", {{20, 2.28}}}});
        figure.SetX("Density", "%");
        figures.push_back(figure);
    }
    scenario.Finish(results, figures);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"flare-switch",
                        "One FLARE switch under exponential arrivals: throughput and memory of "
                        "dense and sparse reductions, with the closed-form model beside them"},
                       FlareSwitchScenario);
}
