/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What the scenarios of the sPIN paper's use cases have in common: the same options and columns.
 */
#ifndef OFFLOAD_USE_CASE_SCENARIO_H
#define OFFLOAD_USE_CASE_SCENARIO_H

#include "nic-figures.h"

#include "ns3/core-module.h"
#include "ns3/offload-module.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** What differs from use case to use case. */
struct UseCaseOptions
{
    std::string title;              //!< of the figure
    std::string pathHelp;           //!< who does the work
    std::string processesHelp;      //!< who they are
    std::vector<int64_t> processes; //!< defaults
    std::vector<int64_t> payloads;  //!< defaults
    int64_t payloadUnit;            //!< messages have a multiple of so many bytes
    int64_t minimalPayload;         //!< for each process but one
    bool overProcesses;             //!< whether the figure's horizontal axis is that
};

/**
 * Run a use case's scenario.
 * @tparam UseCase a SpinUseCase
 * @param scenario options and results
 * @param about what differs
 */
template <typename UseCase>
void
RunUseCase(Scenario& scenario, const UseCaseOptions& about)
{
    constexpr double usPerPs = 1e-6;
    // Each host really has its bytes, some of them several times.
    constexpr int64_t maximalBytes = 1 << 30;
    const auto path =
        scenario.AddNameInput("path", about.pathHelp, UseCase::GetPaths(), UseCase::GetPaths());
    const auto nic = scenario.AddNameInput("nic",
                                           "how the NIC reaches host memory: over PCI Express "
                                           "(250 ns, 64 GB/s) or on the chip (50 ns, 150 GB/s)",
                                           {"discrete", "integrated"},
                                           {"discrete", "integrated"});
    const auto processes =
        scenario.AddIntegerInput("processes", "", about.processesHelp, about.processes, {2, 4096});
    const auto payload = scenario.AddIntegerInput("payload_bytes",
                                                  "B",
                                                  "bytes of the message",
                                                  about.payloads,
                                                  {1, 1 << 24});
    scenario.AddPreset("sc17",
                       "SC'17 sPIN simulation: both NICs (the defaults)",
                       {{"nic", "discrete,integrated"}});
    scenario.Sets(nic,
                  {"ns3::offload::PcieLink::Rate", "ns3::offload::PcieLink::RoundTripLatency"});
    scenario.Sets(path, {"ns3::offload::HostCpu::Polling"});
    scenario.Sets({"ns3::offload::LinkNetDevice::Mtu",
                   "ns3::offload::HostMemory::Size",
                   "ns3::offload::ExecutionContext::HostMemoryAddress",
                   "ns3::offload::ExecutionContext::HostMemoryBytes",
                   "ns3::offload::ExecutionContext::ScratchpadBytes"});
    scenario.Parse();
    for (const Point& point : scenario.GetPoints())
    {
        if (point[payload] % about.payloadUnit != 0)
        {
            scenario.Reject(payload,
                            "a message has a multiple of " + std::to_string(about.payloadUnit) +
                                " B");
        }
        if (point[payload] * point[processes] > maximalBytes)
        {
            scenario.Reject(payload,
                            "with " + std::to_string(point[processes]) +
                                " processes it takes at most " +
                                std::to_string(maximalBytes / point[processes] / about.payloadUnit *
                                               about.payloadUnit) +
                                ", 1 GiB together");
        }
        if (point[payload] < about.minimalPayload * (point[processes] - 1))
        {
            scenario.Reject(payload,
                            "with " + std::to_string(point[processes]) +
                                " processes it takes at least " +
                                std::to_string(about.minimalPayload * (point[processes] - 1)));
        }
    }
    Results results = scenario.MakeResults();
    results.AddColumn("time_us", "us").AddColumn("host_cpu_us", "us");
    const NicFigures::Axis x{about.overProcesses ? "processes" : "message",
                             about.overProcesses ? "" : "B",
                             Figure::Scale::LOG2};
    NicFigures times("time", about.title, x, {"time", "us", Figure::Scale::LOG10});
    NicFigures cores("host-cpu",
                     "Time of all hosts' cores",
                     x,
                     {"core time", "us", Figure::Scale::LOG10});
    scenario.ForEachPoint([&](const Point& point) {
        SpinUseCase::Config config;
        config.path = point[path];
        config.host = "sc17-" + point[nic];
        config.processes = static_cast<uint32_t>(point[processes]);
        config.payloadBytes = static_cast<uint32_t>(point[payload]);
        UseCase useCase(config);
        if (scenario.IsPcapEnabled())
        {
            useCase.GetCluster().EnablePcap(scenario.GetPcapPrefix());
        }
        if (Timeline* timeline = scenario.GetTimeline())
        {
            useCase.GetCluster().Draw(*timeline);
        }
        const SpinUseCase::Outcome outcome = useCase.Run();
        scenario.Check(outcome.done, "somebody waits for ever");
        scenario.Check(outcome.wrong == 0,
                       std::to_string(outcome.wrong) + " bytes are not what they should be");
        scenario.AddRow(results, point)
            .Set("time_us", static_cast<double>(outcome.time) * usPerPs)
            .Set("host_cpu_us", static_cast<double>(outcome.cpuTime) * usPerPs);
        const int64_t across = about.overProcesses ? point[payload] : point[processes];
        const std::string series = point[path] + ", " + std::to_string(across) +
                                   (about.overProcesses ? " B" : " processes");
        const auto at =
            static_cast<double>(about.overProcesses ? point[processes] : point[payload]);
        times.Add(point[nic], series, at, static_cast<double>(outcome.time) * usPerPs);
        cores.Add(point[nic], series, at, static_cast<double>(outcome.cpuTime) * usPerPs);
    });
    std::vector<Figure> figures;
    times.AppendTo(figures);
    cores.AppendTo(figures);
    scenario.Finish(results, figures);
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_USE_CASE_SCENARIO_H */
