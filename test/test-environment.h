/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What every test of the module may count on: picosecond time and packets that can be printed,
 * both set before the first test.
 */
#ifndef OFFLOAD_TEST_ENVIRONMENT_H
#define OFFLOAD_TEST_ENVIRONMENT_H

#include <gtest/gtest.h>

namespace ns3
{
namespace offload
{

/** Sets the time resolution of the whole test program, which ns-3 allows once per process. */
class TestEnvironment : public ::testing::Environment
{
  public:
    void SetUp() override;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TEST_ENVIRONMENT_H */
