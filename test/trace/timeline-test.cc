/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "temporary-directory.h"

#include "ns3/timeline.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

using namespace ns3::offload;
using Json = nlohmann::json;

namespace
{

/** Write a timeline and read its events back. */
template <typename Writer>
Json
WriteAndRead(Writer&& write)
{
    const TemporaryDirectory directory;
    Timeline timeline(directory / "timeline.json");
    write(timeline);
    timeline.Close();
    const Json json = Json::parse(directory.Read("timeline.json"));
    EXPECT_EQ(json.at("displayTimeUnit"), "ns");
    return json.at("traceEvents");
}

} // namespace

TEST(Timeline, BytesArePinned)
{
    const TemporaryDirectory directory;
    Timeline timeline(directory / "timeline.json");
    const Timeline::Track hpu = timeline.AddTrack("nic", "HPU 0");
    timeline.Complete(hpu, "payload", 1'280, 1'001'281, {{"bytes", int64_t{64}}, {"ipc", 0.5}});
    timeline.Instant(hpu, "drop", 2'000'000, {{"reason", std::string_view("full")}});
    timeline.Close();
    EXPECT_EQ(directory.Read("timeline.json"),
              "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
              "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"nic\"}},\n"
              "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_sort_index\","
              "\"args\":{\"sort_index\":1}},\n"
              "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\","
              "\"args\":{\"name\":\"HPU 0\"}},\n"
              "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_sort_index\","
              "\"args\":{\"sort_index\":1}},\n"
              "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"payload\",\"ts\":0.001280,"
              "\"dur\":1.000001,\"args\":{\"bytes\":64,\"ipc\":0.5}},\n"
              "{\"ph\":\"i\",\"pid\":1,\"tid\":1,\"name\":\"drop\",\"ts\":2,\"s\":\"t\","
              "\"args\":{\"reason\":\"full\"}}\n"
              "]}\n");
    EXPECT_EQ(timeline.GetEventCount(), 2u);
}

TEST(Timeline, EmptyTimelineParses)
{
    EXPECT_TRUE(WriteAndRead([](Timeline&) {}).empty());
}

TEST(Timeline, ManyEventsAreWellFormedAndMonotoneOnEachTrack)
{
    constexpr int EVENTS = 20'000;
    const Json events = WriteAndRead([](Timeline& timeline) {
        for (int i = 0; i < EVENTS; ++i)
        {
            const auto track = timeline.AddTrack("unit", "HPU " + std::to_string(i % 4));
            timeline.Complete(track, "task", i * 1'001, i * 1'001 + 3'999);
        }
    });
    std::map<int, double> ends;
    int found = 0;
    for (const auto& event : events)
    {
        ASSERT_TRUE(event.at("pid").is_number_integer());
        if (event.at("ph") == "X")
        {
            double& end = ends[event.at("tid").get<int>()];
            const double begin = event.at("ts").get<double>();
            EXPECT_GE(begin, end);
            EXPECT_NEAR(event.at("dur").get<double>(), 0.003999, 1e-12);
            end = begin + event.at("dur").get<double>() - 1e-9;
            ++found;
        }
    }
    EXPECT_EQ(found, EVENTS);
    EXPECT_EQ(ends.size(), 4u);
}

TEST(Timeline, TimesKeepPicosecondsOverDays)
{
    constexpr int64_t DAY_PS = 86'400LL * 1'000'000'000'000LL;
    const TemporaryDirectory directory;
    Timeline timeline(directory / "timeline.json");
    timeline.Instant(timeline.AddTrack("p", "t"), "late", DAY_PS + 1);
    timeline.Close();
    EXPECT_NE(directory.Read("timeline.json").find("\"ts\":86400000000.000001"), std::string::npos);
}

TEST(Timeline, NamesAreEscaped)
{
    const std::string nasty = "a\"b\\c\nd\te\x01 µ";
    const Json events = WriteAndRead([&](Timeline& timeline) {
        timeline.Instant(timeline.AddTrack(nasty, ""),
                         nasty,
                         0,
                         {{nasty, std::string_view(nasty)}});
    });
    EXPECT_EQ(events.front().at("args").at("name"), nasty);
    EXPECT_EQ(events.back().at("name"), nasty);
    EXPECT_EQ(events.back().at("args").at(nasty), nasty);
}

TEST(Timeline, CountersCarryTheirValues)
{
    const Json events = WriteAndRead([](Timeline& timeline) {
        const auto queue = timeline.AddCounter("port", "queue (frames)");
        timeline.Count(queue, 0, 3);
        timeline.Count(queue, 500'000, std::numeric_limits<double>::quiet_NaN());
    });
    const Json& first = events.at(events.size() - 2);
    EXPECT_EQ(first.at("ph"), "C");
    EXPECT_EQ(first.at("name"), "queue (frames)");
    EXPECT_EQ(first.at("args").at("value"), 3);
    EXPECT_EQ(events.back().at("ts"), 0.5);
    EXPECT_TRUE(events.back().at("args").at("value").is_null());
}

TEST(Timeline, TracksAreMadeOncePerRunAndRunsAreKeptApart)
{
    const Json events = WriteAndRead([](Timeline& timeline) {
        for (const char* run : {"64 B", "128 B"})
        {
            timeline.BeginRun(run);
            const auto first = timeline.AddTrack("nic", "HPU 0");
            const auto again = timeline.AddTrack("nic", "HPU 0");
            EXPECT_EQ(first.thread, again.thread);
            EXPECT_EQ(first.process, again.process);
            timeline.Instant(first, "x", 0);
        }
    });
    std::set<std::string> processes;
    std::set<int> threads;
    for (const auto& event : events)
    {
        if (event.at("name") == "process_name")
        {
            EXPECT_TRUE(processes.insert(event.at("args").at("name")).second);
        }
        if (event.at("ph") == "i")
        {
            EXPECT_TRUE(threads.insert(event.at("tid").get<int>()).second);
        }
    }
    EXPECT_EQ(processes, (std::set<std::string>{"64 B: nic", "128 B: nic"}));
}

TEST(Timeline, DestructionCompletesTheFile)
{
    const TemporaryDirectory directory;
    {
        Timeline timeline(directory / "timeline.json");
        timeline.AddTrack("p", "t");
    }
    EXPECT_TRUE(Json::accept(directory.Read("timeline.json")));
}

TEST(Timeline, FileThatCannotBeWrittenIsAnError)
{
    const TemporaryDirectory directory;
    EXPECT_THROW(Timeline(directory / "missing/timeline.json"), std::runtime_error);
    std::filesystem::create_symlink("/dev/full", directory / "full.json.part");
    Timeline full(directory / "full.json");
    EXPECT_THROW(full.Close(), std::runtime_error);
    EXPECT_FALSE(std::filesystem::exists(directory / "full.json"));
}
