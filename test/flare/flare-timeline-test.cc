/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a timeline shows of a network that reduces.
 */
#include "../trace/temporary-directory.h"
#include "flare-communicator-test.h"

#include "ns3/flare-timeline.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace ns3
{
namespace offload
{
namespace
{

using Json = nlohmann::json;

/** A slice's begin and end, us. */
using Slice = std::pair<double, double>;

/** @return slices by "group, line" */
std::map<std::string, std::vector<Slice>>
ReadSlices(const Json& events)
{
    std::map<int, std::string> processes;
    std::map<std::pair<int, int>, std::string> lines;
    std::map<std::string, std::vector<Slice>> slices;
    for (const Json& event : events)
    {
        const int process = event.at("pid");
        if (event.at("name") == "process_name")
        {
            processes[process] = event.at("args").at("name");
        }
        else if (event.at("name") == "thread_name")
        {
            const std::string name = event.at("args").at("name");
            lines[{process, event.at("tid")}] = processes.at(process) + ", " + name;
            slices[lines.at({process, event.at("tid")})]; // also without slices
        }
        else if (event.at("ph") == "X")
        {
            const double begin = event.at("ts");
            const double length = event.at("dur");
            slices[lines.at({process, event.at("tid")})].push_back({begin, begin + length});
        }
    }
    return slices;
}

TEST_F(FlareCommunicatorTest, ATimelineHasALineForEachPortAndEachCoreThatRuns)
{
    constexpr uint32_t BLOCKS = 100;
    constexpr uint32_t HOSTS = 4;
    Build(FatTree::LeafSpine(2, 2, 1));
    const TemporaryDirectory directory;
    Timeline timeline(directory / "timeline.json");
    FlareTimeline lines(timeline);
    lines.ConnectHost(0, DynamicCast<LinkNetDevice>(m_network.fabric.hostDevices.Get(0)));
    lines.ConnectSwitch(0, m_network.fabric.switches[0]);
    std::vector<std::unique_ptr<Values<int32_t>>> parts;
    std::vector<FlareVector*> vectors;
    for (uint32_t host = 0; host < HOSTS; ++host)
    {
        parts.push_back(std::make_unique<Values<int32_t>>(host, BLOCKS));
        vectors.push_back(parts.back().get());
    }
    ASSERT_TRUE(FlareHelper::Start(m_network, Integers(), vectors, BLOCKS));
    Simulator::Run();
    timeline.Close();
    auto slices = ReadSlices(Json::parse(directory.Read("timeline.json")).at("traceEvents"));
    EXPECT_EQ(slices.at("host 0, port out").size(), BLOCKS);
    size_t handlers = 0;
    for (auto& [name, line] : slices)
    {
        handlers += name.find("switch 0, HPU ") == 0 ? line.size() : 0;
        std::sort(line.begin(), line.end());
        for (size_t i = 1; i < line.size(); ++i)
        {
            EXPECT_LE(line[i - 1].second, line[i].first + 1e-6) << name;
        }
    }
    EXPECT_EQ(handlers, 2U * BLOCKS);
    // Two ports to hosts, with results, and one to the spine, with sums
    for (const char* port :
         {"switch 0, port 0 out", "switch 0, port 1 out", "switch 0, port 2 out"})
    {
        EXPECT_EQ(slices.at(port).size(), BLOCKS) << port;
    }
}

TEST_F(FlareCommunicatorTest, ATimelineShowsSomeOfALargeNetwork)
{
    Build(FatTree::LeafSpine(5, 4, 5));
    const TemporaryDirectory directory;
    Timeline timeline(directory / "timeline.json");
    FlareTimeline lines(timeline);
    lines.Connect(m_network.fabric, {0, 5});
    timeline.Close();
    const auto slices = ReadSlices(Json::parse(directory.Read("timeline.json")).at("traceEvents"));
    // Leaves have nine ports, spines five.
    EXPECT_EQ(slices.size(), 16U + 4 * 9 + 4 * 5);
    EXPECT_EQ(slices.count("host 16, port out"), 0U);
    EXPECT_EQ(slices.count("switch 4, port 0 out"), 0U);
    EXPECT_EQ(slices.count("switch 5, port 4 out"), 1U);
}

} // namespace
} // namespace offload
} // namespace ns3
