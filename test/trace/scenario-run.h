/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TEST_SCENARIO_RUN_H
#define OFFLOAD_TEST_SCENARIO_RUN_H

#include "temporary-directory.h"

#include "ns3/global-value.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/scenario.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

/** What a scenario has said and how it has ended. */
struct ScenarioRun
{
    int status;      //!< exit status
    std::string out; //!< standard output
    std::string err; //!< standard error

    /** @return the number of lines on the standard error */
    std::size_t CountErrorLines() const
    {
        return std::count(err.begin(), err.end(), '\n');
    }
};

/** Runs scenarios with a directory of their own; leaves ns-3's global values as they were. */
class ScenarioTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ns3::GlobalValue::GetValueByName("SchedulerType", m_scheduler);
        m_seed = ns3::RngSeedManager::GetSeed();
        m_run = ns3::RngSeedManager::GetRun();
    }

    void TearDown() override
    {
        ns3::GlobalValue::Bind("SchedulerType", m_scheduler);
        ns3::RngSeedManager::SetSeed(m_seed);
        ns3::RngSeedManager::SetRun(m_run);
    }

    /** Run a program; its output goes to the test's directory unless it says otherwise. */
    ScenarioRun Run(std::vector<std::string> arguments, const ns3::offload::ScenarioMain& program)
    {
        const bool hasOut = std::any_of(arguments.begin(), arguments.end(), [](const auto& text) {
            return text.rfind("--out", 0) == 0;
        });
        if (!hasOut)
        {
            arguments.push_back("--out=" + m_directory.GetPath());
        }
        std::ostringstream out;
        std::ostringstream err;
        const int status =
            ns3::offload::RunScenario(arguments, {"demo", "A demonstration."}, program, out, err);
        return {status, out.str(), err.str()};
    }

    TemporaryDirectory m_directory; //!< for the output

  private:
    ns3::TypeIdValue m_scheduler; //!< before the test
    uint32_t m_seed{0};           //!< before the test
    uint64_t m_run{0};            //!< before the test
};

#endif /* OFFLOAD_TEST_SCENARIO_RUN_H */
