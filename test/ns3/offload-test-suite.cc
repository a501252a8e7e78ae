/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The module's GoogleTest tests as one ns-3 test suite: inside an ns-3 tree, ./test.py -s offload
 * runs each of them as a test case.
 */
#include "ns3/test.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/** One GoogleTest test, run by its full name. */
class GoogleTestCase : public TestCase
{
  public:
    explicit GoogleTestCase(const std::string& name)
        : TestCase(MakeLegal(name)),
          m_filter(name)
    {
    }

  private:
    /** @return a name without what newer versions of ns-3 refuse: parameters follow a slash */
    static std::string MakeLegal(std::string name)
    {
        std::replace(name.begin(), name.end(), '/', '.');
        return name;
    }

    /** Reports what fails in the running test as a failure of the test case. */
    class Listener : public ::testing::EmptyTestEventListener
    {
      public:
        explicit Listener(GoogleTestCase* testCase)
            : m_testCase(testCase)
        {
        }

        void OnTestPartResult(const ::testing::TestPartResult& result) override
        {
            if (result.failed())
            {
                m_testCase->ReportTestFailure(m_testCase->m_filter,
                                              "failed",
                                              "passed",
                                              result.message(),
                                              result.file_name() ? result.file_name() : __FILE__,
                                              result.line_number());
            }
        }

      private:
        GoogleTestCase* m_testCase;
    };

    void DoRun() override
    {
        Listener listener(this);
        ::testing::UnitTest& unitTest = *::testing::UnitTest::GetInstance();
        ::testing::GTEST_FLAG(filter) = m_filter;
        unitTest.listeners().Append(&listener);
        const int status = RUN_ALL_TESTS();
        unitTest.listeners().Release(&listener);
        NS_TEST_ASSERT_MSG_EQ(status, 0, "GoogleTest failed");
        NS_TEST_ASSERT_MSG_EQ(unitTest.test_to_run_count(), 1, "exactly one test has this name");
    }

    std::string m_filter; //!< the full name of the test
};

/** All GoogleTest tests that are linked in. */
class OffloadTestSuite : public TestSuite
{
  public:
    OffloadTestSuite()
        : TestSuite("offload", TestSuite::Type::UNIT)
    {
    }

  private:
    // The tests of other files need not be registered yet when this file's statics are constructed.
    void DoSetup() override
    {
        int argc = 1;
        char name[] = "offload";
        char* argv[] = {name, nullptr};
        ::testing::InitGoogleTest(&argc, argv);
        ::testing::UnitTest& unitTest = *::testing::UnitTest::GetInstance();
        delete unitTest.listeners().Release(unitTest.listeners().default_result_printer());
        for (int i = 0; i < unitTest.total_test_suite_count(); ++i)
        {
            const ::testing::TestSuite& suite = *unitTest.GetTestSuite(i);
            for (int j = 0; j < suite.total_test_count(); ++j)
            {
                AddTestCase(new GoogleTestCase(std::string(suite.name()) + "." +
                                               suite.GetTestInfo(j)->name()));
            }
        }
    }
};

OffloadTestSuite g_offloadTestSuite;

} // namespace
} // namespace offload
} // namespace ns3
