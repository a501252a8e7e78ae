/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "temporary-directory.h"

#include "ns3/results.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>

using namespace ns3::offload;

namespace
{

Results
MakePing()
{
    Results results("ping");
    results.SetParameter("path", std::vector<ResultValue>{std::string("l1"), std::string("l2")});
    results.SetParameter("link_rate_gbps", MakeResultValue(400.0));
    results.SetParameter("seed", MakeResultValue(1));
    results.AddInputColumn("path", "")
        .AddInputColumn("payload_bytes", "B")
        .AddColumn("rtt_us", "us")
        .AddColumn("checked", "");
    results.AddRow()
        .Set("path", "l1")
        .Set("payload_bytes", 64)
        .Set("rtt_us", 0.1)
        .Set("checked", true);
    results.AddRow().Set("path", "l2").Set("payload_bytes", 1024u).Set("rtt_us", 12.5);
    return results;
}

std::string
GetJson(const Results& results)
{
    std::ostringstream os;
    results.WriteJson(os);
    return os.str();
}

std::string
GetCsv(const Results& results)
{
    std::ostringstream os;
    results.WriteCsv(os);
    return os.str();
}

std::string
GetTable(const Results& results)
{
    std::ostringstream os;
    results.PrintTable(os);
    return os.str();
}

} // namespace

TEST(Results, JsonKeepsOrderAndIsPinnedToTheByte)
{
    EXPECT_EQ(GetJson(MakePing()),
              "{\n"
              "\"scenario\": \"ping\",\n"
              "\"parameters\": {\"path\":[\"l1\",\"l2\"],\"link_rate_gbps\":400.0,\"seed\":1},\n"
              "\"columns\": {\"path\":\"\",\"payload_bytes\":\"B\",\"rtt_us\":\"us\","
              "\"checked\":\"\"},\n"
              "\"rows\": [\n"
              "{\"path\":\"l1\",\"payload_bytes\":64,\"rtt_us\":0.1,\"checked\":true},\n"
              "{\"path\":\"l2\",\"payload_bytes\":1024,\"rtt_us\":12.5,\"checked\":null}\n"
              "]\n}\n");
}

TEST(Results, CsvHasTheSameRows)
{
    EXPECT_EQ(GetCsv(MakePing()),
              "path,payload_bytes,rtt_us,checked\n"
              "l1,64,0.1,true\n"
              "l2,1024,12.5,\n");
}

TEST(Results, CsvQuotesWhatWouldBreakARow)
{
    Results results("quotes");
    results.AddColumn("text", "");
    results.AddRow().Set("text", "a,b");
    results.AddRow().Set("text", "say \"x\"\nplease");
    EXPECT_EQ(GetCsv(results), "text\n\"a,b\"\n\"say \"\"x\"\"\nplease\"\n");
}

TEST(Results, DoublesReadBackAsTheSameNumberFromTheShortestText)
{
    for (const double value : {1.0 / 3, 0.1 + 0.2, 1e-300, 5e-324, 1.7976931348623157e308, 2.5e17})
    {
        const std::string text = ToString(MakeResultValue(value));
        EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    }
    EXPECT_EQ(ToString(MakeResultValue(0.1 + 0.2)), "0.30000000000000004");
    EXPECT_EQ(ToString(MakeResultValue(0.3)), "0.3");
}

TEST(Results, NumbersThatAreNotFiniteBecomeNull)
{
    Results results("none");
    results.AddColumn("a", "").AddColumn("b", "");
    results.AddRow()
        .Set("a", std::numeric_limits<double>::quiet_NaN())
        .Set("b", std::numeric_limits<double>::infinity());
    EXPECT_NE(GetJson(results).find("{\"a\":null,\"b\":null}"), std::string::npos);
    EXPECT_EQ(GetCsv(results), "a,b\n,\n");
    EXPECT_TRUE(std::isnan(results.GetNumber(0, "a")));
}

TEST(Results, TableIsAlignedWithUnitsUnderTheNames)
{
    EXPECT_EQ(GetTable(MakePing()),
              "path  payload_bytes  rtt_us  checked\n"
              "                  B      us\n"
              "l1               64   0.100     true\n"
              "l2             1024  12.500        -\n");
}

TEST(Results, TableShowsFourDigitsAndAnExponentWhereNeeded)
{
    Results results("digits");
    results.AddColumn("x", "").AddColumn("y", "").AddColumn("z", "");
    results.AddRow().Set("x", 123456.789).Set("y", 3e12).Set("z", 0.0);
    results.AddRow().Set("x", 99999.1).Set("y", 2e-9).Set("z", 100.0);
    EXPECT_EQ(GetTable(results),
              "     x          y    z\n"
              "123457  3.000e+12    0\n"
              " 99999  2.000e-09  100\n");
}

TEST(Results, TableOfManyRowsSaysWhereTheRestIs)
{
    Results results("many");
    results.AddColumn("i", "");
    for (int i = 0; i < 100; ++i)
    {
        results.AddRow().Set("i", i);
    }
    EXPECT_NE(GetTable(results).find("... and 52 more rows in results.csv\n"), std::string::npos);
}

TEST(Results, UnitsInUtf8AlignByCharacters)
{
    Results results("utf8");
    results.AddColumn("t", "µs");
    results.AddRow().Set("t", 1234);
    EXPECT_EQ(GetTable(results), "   t\n  µs\n1234\n");
}

TEST(Results, MistakesOfAProgramAreTold)
{
    Results results("wrong");
    results.AddColumn("a", "");
    EXPECT_THROW(results.AddColumn("a", ""), std::logic_error);
    Results::Row row = results.AddRow();
    EXPECT_THROW(row.Set("b", 1), std::logic_error);
    EXPECT_THROW(results.AddColumn("b", ""), std::logic_error);
}

TEST(Results, ParameterSetAgainKeepsItsPlace)
{
    Results results("again");
    results.SetParameter("a", MakeResultValue(1));
    results.SetParameter("b", MakeResultValue("x"));
    results.SetParameter("a", MakeResultValue(2));
    EXPECT_NE(GetJson(results).find("{\"a\":2,\"b\":\"x\"}"), std::string::npos);
}

TEST(Results, WriteReplacesBothFilesAndLeavesNothingElse)
{
    const TemporaryDirectory directory;
    MakePing().Write(directory.GetPath());
    MakePing().Write(directory.GetPath());
    EXPECT_EQ(directory.Read("results.json"), GetJson(MakePing()));
    EXPECT_EQ(directory.Read("results.csv"), GetCsv(MakePing()));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.GetPath()),
                            std::filesystem::directory_iterator()),
              2);
}

TEST(Results, WriteToAMissingDirectoryIsAnError)
{
    const TemporaryDirectory directory;
    EXPECT_THROW(MakePing().Write(directory / "missing"), std::runtime_error);
}

TEST(Results, ValuesAreDescribedWithNameAndUnit)
{
    const ResultValue number = MakeResultValue(400.0);
    EXPECT_EQ(DescribeValue({"link_rate_gbps", "Gbit/s", true}, number), "link rate 400 Gbit/s");
    EXPECT_EQ(DescribeValue({"packets", "", true}, MakeResultValue(10)), "packets 10");
    EXPECT_EQ(DescribeValue({"path", "", true}, MakeResultValue("spin-l1")), "spin-l1");
}
