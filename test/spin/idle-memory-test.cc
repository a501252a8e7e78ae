/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "benchmark/process-use.h"

#include "ns3/execution-context.h"
#include "ns3/object-factory.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

// A cluster of a thousand hosts has a thousand units, most of which do nothing most of the time.
TEST(IdleMemory, AUnitWithAContextTakesNoMoreThan16KiB)
{
    constexpr uint32_t UNITS = 1000;
    std::vector<Ptr<SpinUnit>> units;
    units.reserve(UNITS);
    const ObjectFactory factory("ns3::offload::PingPongProgram");
    const uint64_t before = ResidentBytes();
    for (uint32_t i = 0; i < UNITS; i++)
    {
        units.push_back(CreateObject<SpinUnit>());
        auto context = CreateObject<ExecutionContext>();
        context->SetProgram(factory.Create<HandlerProgram>());
        units.back()->Attach(context);
    }
    const uint64_t bytes = (ResidentBytes() - before) / UNITS;
    RecordProperty("bytes", std::to_string(bytes));
#ifndef OFFLOAD_SANITIZED
    EXPECT_LE(bytes, 16U * 1024);
#endif
    for (auto& unit : units)
    {
        unit->Dispose();
    }
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
