/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scenario-run.h"

#include "ns3/nstime.h"
#include "ns3/simulator.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

using namespace ns3::offload;

namespace
{

void
DoNothing()
{
}

/** A scenario with one of everything. */
void
Demo(Scenario& scenario)
{
    const auto path =
        scenario.AddNameInput("path", "what answers", {"l1", "host"}, {"l1", "l2", "host"});
    const auto payload =
        scenario.AddIntegerInput("payload_bytes", "B", "payload", {64, 256}, {1, 1472});
    const auto gap = scenario.AddNumberInput("gap_ns", "ns", "time between", {0.5}, {0});
    const auto rate = scenario.AddNumber("link_rate_gbps", "Gbit/s", "rate", 400, {1, 1600});
    const auto isFast = scenario.AddSwitch("fast", "be fast");
    scenario.AddPreset("paper",
                       "Table 1",
                       {{"payload_bytes", "8,16"}, {"link_rate_gbps", "200"}, {"path", "l2"}});
    scenario.AddPreset("empty", "nothing", {});
    scenario.Parse();

    Results results = scenario.MakeResults();
    results.AddColumn("rtt_us", "us");
    scenario.ForEachPoint([&](const Point& point) {
        ns3::Simulator::Schedule(ns3::PicoSeconds(point[payload]), &DoNothing);
        ns3::Simulator::Run();
        const double time = ns3::Simulator::Now().GetPicoSeconds() / scenario[rate];
        scenario.AddRow(results, point)
            .Set("rtt_us", time + point[gap] + (scenario[isFast] ? 0 : 1) + point[path].size());
        if (auto* timeline = scenario.GetTimeline())
        {
            timeline->Complete(timeline->AddTrack("nic", "HPU 0"), "task", 0, point[payload]);
        }
    });
    scenario.Finish(results,
                    {Figure("rtt", "Round trip").AddSeries(results, "payload_bytes", "rtt_us")});
}

/** A body between Parse and Finish. */
ScenarioMain
WithBody(const std::function<void(Scenario&)>& body)
{
    return [body](Scenario& scenario) {
        scenario.AddIntegerInput("size_kib", "KiB", "size", {1, 2}, {1, 64});
        scenario.Parse();
        body(scenario);
        Results results = scenario.MakeResults();
        scenario.ForEachPoint([&](const Point& point) { scenario.AddRow(results, point); });
        scenario.Finish(results);
    };
}

} // namespace

class Scenarios : public ScenarioTest
{
  protected:
    /** An event that writes down its number and schedules a second one. */
    static void Note(uint32_t number)
    {
        order.push_back(number);
        if (number < SECOND)
        {
            ns3::Simulator::Schedule(ns3::PicoSeconds(number % 3), &Note, number + SECOND);
        }
    }

    static constexpr uint32_t SECOND = 10'000;   //!< added to an event's number for its second
    static inline std::vector<uint32_t> order{}; //!< of the events that have happened
};

TEST_F(Scenarios, WriteTheContractsFiles)
{
    const ScenarioRun run = Run({"--path=l1", "--payload-bytes=64"}, Demo);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(m_directory.Read("results.json"),
              "{\n\"scenario\": \"demo\",\n"
              "\"parameters\": {\"path\":[\"l1\"],\"payload_bytes\":[64],\"gap_ns\":[0.5],"
              "\"link_rate_gbps\":400.0,\"fast\":false,\"seed\":1,\"run\":1},\n"
              "\"columns\": {\"path\":\"\",\"payload_bytes\":\"B\",\"gap_ns\":\"ns\","
              "\"rtt_us\":\"us\"},\n"
              "\"rows\": [\n"
              "{\"path\":\"l1\",\"payload_bytes\":64,\"gap_ns\":0.5,\"rtt_us\":3.66}\n"
              "]\n}\n");
    EXPECT_EQ(m_directory.Read("results.csv"),
              "path,payload_bytes,gap_ns,rtt_us\nl1,64,0.5,3.66\n");
    EXPECT_EQ(m_directory.Read("rtt.png").substr(1, 3), "PNG");
    EXPECT_FALSE(std::filesystem::exists(m_directory / "timeline.json"));
    EXPECT_EQ(run.out,
              "path  payload_bytes  gap_ns  rtt_us\n"
              "                  B      ns      us\n"
              "l1               64  0.5000   3.660\n"
              "Wrote results.json, results.csv, rtt.png to " +
                  m_directory.GetPath() + "\n");
}

TEST_F(Scenarios, RowsAreTheProductWithTheFirstInputSlowest)
{
    // Numbers that binary fractions hold, so that the sums are exact.
    Run({"--path=host,l1", "--payload-bytes=96,32,64", "--gap-ns=0,7.5", "--link-rate-gbps=64"},
        Demo);
    EXPECT_EQ(m_directory.Read("results.csv"),
              "path,payload_bytes,gap_ns,rtt_us\n"
              "host,96,0.0,6.5\n"
              "host,96,7.5,14.0\n"
              "host,32,0.0,5.5\n"
              "host,32,7.5,13.0\n"
              "host,64,0.0,6.0\n"
              "host,64,7.5,13.5\n"
              "l1,96,0.0,4.5\n"
              "l1,96,7.5,12.0\n"
              "l1,32,0.0,3.5\n"
              "l1,32,7.5,11.0\n"
              "l1,64,0.0,4.0\n"
              "l1,64,7.5,11.5\n");
}

TEST_F(Scenarios, SameRunGivesTheSameBytes)
{
    const TemporaryDirectory other;
    Run({}, Demo);
    Run({"--out=" + other.GetPath()}, Demo);
    ASSERT_FALSE(other.Read("results.json").empty());
    for (const char* file : {"results.json", "results.csv", "rtt.png"})
    {
        EXPECT_EQ(m_directory.Read(file), other.Read(file)) << file;
    }
}

TEST_F(Scenarios, PresetSetsAndGivenOptionsOverrideIt)
{
    EXPECT_EQ(Run({"--payload-bytes=4", "--preset=paper"}, Demo).status, 0);
    EXPECT_EQ(m_directory.Read("results.csv"), "path,payload_bytes,gap_ns,rtt_us\nl2,4,0.5,3.52\n");
    EXPECT_NE(m_directory.Read("results.json").find("\"preset\":\"paper\""), std::string::npos);
}

TEST_F(Scenarios, TimelineHasEachPointUnderItsLabel)
{
    EXPECT_EQ(Run({"--timeline", "--path=l1"}, Demo).status, 0);
    const auto json = nlohmann::json::parse(m_directory.Read("timeline.json"));
    std::vector<std::string> processes;
    for (const auto& event : json.at("traceEvents"))
    {
        if (event.at("name") == "process_name")
        {
            processes.push_back(event.at("args").at("name"));
        }
    }
    EXPECT_EQ(processes, (std::vector<std::string>{"payload 64 B: nic", "payload 256 B: nic"}));
}

TEST_F(Scenarios, PicosecondsAreSet)
{
    Run({}, WithBody([](Scenario&) { EXPECT_EQ(ns3::Time::GetResolution(), ns3::Time::PS); }));
}

TEST_F(Scenarios, SchedulerKeepsNs3sOrderOfEvents)
{
    // Bursts of events at the same few times, each of which schedules another.
    const auto runWith = [this](const std::string& scheduler) {
        order.clear();
        Run({"--SchedulerType=" + scheduler}, [](Scenario& scenario) {
            scenario.Parse();
            scenario.ForEachPoint([](const Point&) {
                for (uint32_t i = 0; i < 2000; ++i)
                {
                    ns3::Simulator::Schedule(ns3::PicoSeconds(i * 7919 % 13), &Note, i);
                }
                ns3::Simulator::Run();
            });
        });
        return order;
    };
    const auto usual = runWith("ns3::MapScheduler");
    ASSERT_EQ(usual.size(), 4000u);
    EXPECT_EQ(usual, runWith("ns3::offload::LookaheadScheduler"));
}

TEST_F(Scenarios, Ns3sOwnOptionsPassThrough)
{
    const ScenarioRun run = Run({"--SchedulerType=ns3::MapScheduler", "--RngRun=7", "--seed=5"},
                                WithBody([](Scenario&) {
                                    ns3::TypeIdValue scheduler;
                                    ns3::GlobalValue::GetValueByName("SchedulerType", scheduler);
                                    EXPECT_EQ(scheduler.Get().GetName(), "ns3::MapScheduler");
                                    EXPECT_EQ(ns3::RngSeedManager::GetRun(), 7u);
                                    EXPECT_EQ(ns3::RngSeedManager::GetSeed(), 5u);
                                }));
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_NE(m_directory.Read("results.json")
                  .find("\"seed\":5,\"run\":7,\"SchedulerType\":\"ns3::MapScheduler\"}"),
              std::string::npos);
}

TEST_F(Scenarios, HelpNamesUnitsRangesDefaultsAndPresets)
{
    const ScenarioRun run = Run({"--help", "--nonsense"}, Demo);
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(run.err, "");
    for (const char* text : {"A demonstration.",
                             "payload: a list of integers from 1 to 1472 (B) [64,256]",
                             "a list of l1, l2, host [l1,host]",
                             "a list of numbers of at least 0 (ns) [0.5]",
                             "a number from 1 to 1600 (Gbit/s) [400]",
                             "paper (Table 1), empty (nothing)",
                             "[out/demo]",
                             "--PrintAttributes"})
    {
        EXPECT_NE(run.out.find(text), std::string::npos) << text << " in\n" << run.out;
    }
}

TEST_F(Scenarios, FailedCheckIsTheProgramsFaultButTheRunGoesOn)
{
    const ScenarioRun run = Run({}, WithBody([](Scenario& scenario) {
                                    EXPECT_TRUE(scenario.Check(true, "fine"));
                                    EXPECT_FALSE(scenario.Check(false, "reply differs"));
                                }));
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.err, "demo: check failed: reply differs\n");
    EXPECT_FALSE(m_directory.Read("results.json").empty());
}

TEST_F(Scenarios, ManyFailedChecksAreCounted)
{
    const ScenarioRun run = Run({}, WithBody([](Scenario& scenario) {
                                    for (int i = 0; i < 1000; ++i)
                                    {
                                        scenario.Check(i < 500, std::string("reply differs"));
                                    }
                                }));
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.CountErrorLines(), 11u);
    EXPECT_NE(run.err.find("demo: 500 checks failed\n"), std::string::npos);
}

TEST_F(Scenarios, ChecksAndErrorsNameThePoint)
{
    const ScenarioRun run = Run({}, [](Scenario& scenario) {
        const auto size = scenario.AddIntegerInput("size_kib", "KiB", "size", {1, 2}, {1, 64});
        scenario.Parse();
        scenario.ForEachPoint([&](const Point& point) {
            scenario.Check(point[size] == 2, "too small");
            if (point[size] == 2)
            {
                throw std::invalid_argument("--size-kib=2: more than\nthe memory of 1 KiB");
            }
        });
    });
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.err,
              "demo: check failed: too small (size 1 KiB)\n"
              "demo: --size-kib=2: more than the memory of 1 KiB (size 2 KiB)\n");
}

TEST_F(Scenarios, ImpossibleConfigurationIsRefusedWithItsOption)
{
    const ScenarioRun run =
        Run({"--clusters=3", "--timeline", "--out=" + m_directory / "a/b"}, [](Scenario& scenario) {
            const auto clusters = scenario.AddInteger("clusters", "", "clusters", 4, {1, 64});
            scenario.Parse();
            scenario.Reject(clusters, "must be a power of two");
        });
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.err, "demo: --clusters=3: must be a power of two\n");
    EXPECT_FALSE(std::filesystem::exists(m_directory / "a")) << "half-built output";
}

TEST_F(Scenarios, RefusalKeepsWhatWasThereBefore)
{
    std::filesystem::create_directory(m_directory / "mine");
    const ScenarioRun run = Run({"--out=" + m_directory / "mine"},
                                WithBody([](Scenario&) { throw ScenarioError("no"); }));
    EXPECT_EQ(run.status, 2);
    EXPECT_TRUE(std::filesystem::exists(m_directory / "mine"));
}

TEST_F(Scenarios, RefusalKeepsTheTimelineOfTheRunBefore)
{
    EXPECT_EQ(Run({"--timeline", "--path=l1"}, Demo).status, 0);
    const std::string before = m_directory.Read("timeline.json");
    const ScenarioRun run =
        Run({"--timeline"}, WithBody([](Scenario&) { throw ScenarioError("no"); }));
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(m_directory.Read("timeline.json"), before);
    EXPECT_FALSE(std::filesystem::exists(m_directory / "timeline.json.part"));
}

TEST_F(Scenarios, APresetGivesItsOptionsButForThoseOnTheCommandLine)
{
    const auto isGiven = [this](const std::vector<std::string>& arguments) {
        std::vector<bool> given;
        Run(arguments, [&given](Scenario& scenario) {
            const auto clusters = scenario.AddInteger("clusters", "", "clusters", 4, {1, 64});
            const auto cores = scenario.AddInteger("cores", "", "cores", 8, {1, 64});
            scenario.AddPreset("small", "one cluster", {{"clusters", "1"}});
            scenario.Parse();
            given = {scenario.IsGiven(clusters), scenario.IsGiven(cores)};
        });
        return given;
    };
    EXPECT_EQ(isGiven({}), (std::vector<bool>{false, false}));
    EXPECT_EQ(isGiven({"--preset=small"}), (std::vector<bool>{true, false}));
    EXPECT_EQ(isGiven({"--preset=small", "--clusters=2", "--cores=1"}),
              (std::vector<bool>{true, true}));
}

TEST_F(Scenarios, OtherExceptionsAreARunThatDidNotComplete)
{
    const ScenarioRun run =
        Run({}, WithBody([](Scenario&) { throw std::runtime_error("deadlock"); }));
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.err, "demo: deadlock\n");
}

TEST_F(Scenarios, EndWithoutResultsIsNoSuccess)
{
    const ScenarioRun silent = Run({}, [](Scenario& scenario) { scenario.Parse(); });
    EXPECT_EQ(silent.status, 1);
    EXPECT_EQ(silent.err, "demo: ended without results\n");
    const ScenarioRun empty = Run({}, [](Scenario& scenario) {
        scenario.Parse();
        scenario.Finish(scenario.MakeResults());
    });
    EXPECT_EQ(empty.status, 1);
    EXPECT_EQ(empty.err, "demo: the run has no rows\n");
}

TEST_F(Scenarios, FigureThatCannotBeDrawnFailsAfterTheResultsAreWritten)
{
    const ScenarioRun run = Run({}, [](Scenario& scenario) {
        scenario.AddIntegerInput("size_kib", "KiB", "size", {1}, {1, 64});
        scenario.Parse();
        Results results = scenario.MakeResults();
        scenario.ForEachPoint([&](const Point& point) { scenario.AddRow(results, point); });
        scenario.Finish(results, {Figure("none", "no points")});
    });
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.err, "demo: figure none has no points to show\n");
    EXPECT_FALSE(m_directory.Read("results.json").empty());
}

TEST_F(Scenarios, PcapPrefixesTellThePointsApart)
{
    std::vector<std::string> prefixes;
    const auto program = [&](Scenario& scenario) {
        scenario.AddNameInput("path", "path", {"a/b", "c"}, {"a/b", "c"});
        scenario.AddNumberInput("gap_ns", "ns", "gap", {0.5}, {0, 10});
        scenario.Parse();
        EXPECT_TRUE(scenario.IsPcapEnabled());
        scenario.ForEachPoint([&](const Point&) { prefixes.push_back(scenario.GetPcapPrefix()); });
    };
    Run({"--pcap", "--gap-ns=1,2.5"}, program);
    Run({"--pcap=true", "--path=c"}, program);
    EXPECT_EQ(prefixes,
              (std::vector<std::string>{m_directory / "a_b-1",
                                        m_directory / "a_b-2.5",
                                        m_directory / "c-1",
                                        m_directory / "c-2.5",
                                        m_directory / "demo"}));
}

TEST_F(Scenarios, SimulatorIsCleanAtEachPointAndAfterwards)
{
    Run({}, Demo);
    EXPECT_EQ(ns3::Simulator::Now().GetTimeStep(), 0);
    ns3::Simulator::Destroy();
}

TEST_F(Scenarios, ArgvIsTheCommandLineWithoutTheProgram)
{
    std::string name = "program";
    std::string out = "--out=" + m_directory.GetPath();
    std::string wrong = "--wrong";
    char* argv[] = {name.data(), out.data(), wrong.data(), nullptr};
    ::testing::internal::CaptureStderr();
    const int status = RunScenario(3, argv, {"demo", ""}, Demo);
    const std::string err = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(status, 2);
    EXPECT_EQ(err.rfind("demo: unknown option --wrong; there is --path,", 0), 0u) << err;
}
