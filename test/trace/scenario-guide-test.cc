/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scenario-run.h"

#include "ns3/nstime.h"
#include "ns3/simulator.h"

using namespace ns3;
using namespace ns3::offload;

namespace
{

// doc/scenarios.rst quotes what is between the markers.
// guide begins
void
WireTime(Scenario& scenario)
{
    const auto rate =
        scenario.AddNumberInput("rate_gbps", "Gbit/s", "rate of the link", {100, 400}, {1, 1600});
    const auto size =
        scenario.AddIntegerInput("frame_bytes", "B", "frame on the wire", {64, 1024}, {64, 9216});
    scenario.Parse();

    Results results = scenario.MakeResults();
    results.AddColumn("time_ns", "ns");
    scenario.ForEachPoint([&](const Point& point) {
        const double timePs = point[size] * 8000 / point[rate];
        Simulator::Stop(PicoSeconds(static_cast<int64_t>(timePs)));
        Simulator::Run();
        scenario.Check(!Simulator::Now().IsZero(), "a frame took no time");
        scenario.AddRow(results, point).Set("time_ns", Simulator::Now().GetPicoSeconds() / 1000.0);
    });

    Figure figure("wire-time", "Time of a frame on the wire");
    figure.SetX("Frame", "B", Figure::Scale::LOG2);
    figure.AddSeries(results, "frame_bytes", "time_ns");
    scenario.Finish(results, {figure});
}

// guide ends

} // namespace

class ScenarioGuide : public ScenarioTest
{
};

TEST_F(ScenarioGuide, ExampleOfTheDocumentationRuns)
{
    const ScenarioRun run = Run({"--rate-gbps=8,400"}, WireTime);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(m_directory.Read("results.csv"),
              "rate_gbps,frame_bytes,time_ns\n"
              "8.0,64,64.0\n8.0,1024,1024.0\n400.0,64,1.28\n400.0,1024,20.48\n");
}
