/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "scenario-run.h"

#include "ns3/config.h"
#include "ns3/data-rate.h"
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/node-container.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/uinteger.h"

#include <set>

using namespace ns3::offload;

namespace
{

/** A type with attributes to set wrongly from the command line. */
class Gadget : public ns3::Object
{
  public:
    static ns3::TypeId GetTypeId()
    {
        static ns3::TypeId tid = ns3::TypeId("ns3::offload::test::Gadget")
                                     .SetParent<ns3::Object>()
                                     .SetGroupName("OffloadTest")
                                     .AddConstructor<Gadget>()
                                     .AddAttribute("Clusters",
                                                   "Number of clusters",
                                                   ns3::UintegerValue(4),
                                                   ns3::MakeUintegerAccessor(&Gadget::m_clusters),
                                                   ns3::MakeUintegerChecker<uint32_t>(1, 64))
                                     .AddAttribute("Gap",
                                                   "What an option says",
                                                   ns3::UintegerValue(4),
                                                   ns3::MakeUintegerAccessor(&Gadget::m_gap),
                                                   ns3::MakeUintegerChecker<uint32_t>())
                                     .AddAttribute("Size",
                                                   "What the scenario says",
                                                   ns3::UintegerValue(4),
                                                   ns3::MakeUintegerAccessor(&Gadget::m_size),
                                                   ns3::MakeUintegerChecker<uint32_t>())
                                     .AddAttribute("Delay",
                                                   "A delay",
                                                   ns3::TimeValue(ns3::PicoSeconds(1)),
                                                   ns3::MakeTimeAccessor(&Gadget::m_delay),
                                                   ns3::MakeTimeChecker())
                                     .AddAttribute("Rate",
                                                   "A rate",
                                                   ns3::DataRateValue(ns3::DataRate("1Gbps")),
                                                   ns3::MakeDataRateAccessor(&Gadget::m_rate),
                                                   ns3::MakeDataRateChecker());
        return tid;
    }

    uint32_t m_clusters;  //!< an integer with a range
    uint32_t m_gap;       //!< that an option sets
    uint32_t m_size;      //!< that the scenario sets
    ns3::Time m_delay;    //!< whose text ns-3 aborts on
    ns3::DataRate m_rate; //!< whose text ns-3 aborts on
};

NS_OBJECT_ENSURE_REGISTERED(Gadget);

/** Options of every kind. */
void
Program(Scenario& scenario)
{
    scenario.AddNameInput("path", "what answers", {"l1"}, {"l1", "l2"});
    scenario.AddIntegerInput("payload_bytes", "B", "payload", {64}, {1, 1472});
    const auto gap = scenario.AddNumberInput("gap_ns", "ns", "gap", {0}, {0});
    scenario.Sets(gap, {"ns3::offload::test::Gadget::Gap"});
    scenario.Sets({"ns3::offload::test::Gadget::Size"});
    scenario.AddNumber("link_rate_gbps", "Gbit/s", "rate", 400, {1, 1600});
    scenario.AddName("mode", "mode", "a", {"a", "b"});
    scenario.AddFile("trace", "a trace");
    scenario.AddPreset("paper", "Table 1", {{"payload_bytes", "8,16"}});
    scenario.AddPreset("other", "Table 2", {{"gap_ns", "1"}});
    scenario.Parse();
    Results results = scenario.MakeResults();
    scenario.ForEachPoint([&](const Point& point) { scenario.AddRow(results, point); });
    scenario.Finish(results);
}

/** A wrong command line and what its one line must say. */
struct WrongCase
{
    std::vector<std::string> arguments; //!< the command line
    std::string message;                //!< the line, without the scenario's name
};

const std::string SIZES = "; accepts a list of integers from 1 to 1472 (B)";

const WrongCase WRONG[] = {
    {{"--payload-bytes=0"}, "--payload-bytes=0" + SIZES},
    {{"--payload-bytes=1473"}, "--payload-bytes=1473" + SIZES},
    {{"--payload-bytes=-64"}, "--payload-bytes=-64" + SIZES},
    {{"--payload-bytes=64.5"}, "--payload-bytes=64.5" + SIZES},
    {{"--payload-bytes=0x40"}, "--payload-bytes=0x40" + SIZES},
    {{"--payload-bytes= 64"}, "--payload-bytes= 64" + SIZES},
    {{"--payload-bytes=99999999999999999999"}, "--payload-bytes=99999999999999999999" + SIZES},
    {{"--payload-bytes="}, "--payload-bytes=" + SIZES},
    {{"--payload-bytes=64,"}, "--payload-bytes=64,: an empty element is wrong" + SIZES},
    {{"--payload-bytes=64,x,1"}, "--payload-bytes=64,x,1: x is wrong" + SIZES},
    {{"--payload-bytes"},
     "--payload-bytes needs a value: --payload-bytes=..., a list of integers from 1 to 1472 (B)"},
    {{"--payload-bytes", "64"},
     "--payload-bytes needs a value: --payload-bytes=..., a list of integers from 1 to 1472 (B)"},
    {{"--gap-ns=-0.5"}, "--gap-ns=-0.5; accepts a list of numbers of at least 0 (ns)"},
    {{"--gap-ns=1,nan"},
     "--gap-ns=1,nan: nan is wrong; accepts a list of numbers of at least 0 (ns)"},
    {{"--gap-ns=inf"}, "--gap-ns=inf; accepts a list of numbers of at least 0 (ns)"},
    {{"--link-rate-gbps=0.5"}, "--link-rate-gbps=0.5; accepts a number from 1 to 1600 (Gbit/s)"},
    {{"--link-rate-gbps=1,2"}, "--link-rate-gbps=1,2; accepts a number from 1 to 1600 (Gbit/s)"},
    {{"--path=l3"}, "--path=l3; accepts a list of l1, l2"},
    {{"--path=l1,L2"}, "--path=l1,L2: L2 is wrong; accepts a list of l1, l2"},
    {{"--mode=c"}, "--mode=c; accepts one of a, b"},
    {{"--trace=/no/such/file"}, "--trace=/no/such/file; accepts a readable file"},
    {{"--trace=/"}, "--trace=/; accepts a readable file"},
    {{"--preset=thesis"}, "--preset=thesis is unknown; there is paper, other"},
    {{"--timeline=perhaps"}, "--timeline=perhaps; accepts true or false"},
    {{"--seed=0"}, "--seed=0; accepts an integer from 1 to 4294944442"},
    {{"--seed=1", "--RngSeed=1"}, "--seed and --RngSeed are the same; give one"},
    {{"--RngSeed=0"}, "--RngSeed=0; accepts an integer from 1 to 4294944442"},
    {{"--RngRun=x"}, "--RngRun=x; accepts uint64_t 0:18446744073709551615"},
    {{"--RngRun=-1"}, "--RngRun=-1; accepts uint64_t 0:18446744073709551615"},
    {{"--path=l1", "--path=l2"}, "--path is given twice"},
    {{"--payload=64"},
     "unknown option --payload; there is --path, --payload-bytes, --gap-ns, --link-rate-gbps, "
     "--mode, --trace, --preset, --out, --timeline, --pcap, --seed"},
    {{"--payload_bytes=64"},
     "unknown option --payload_bytes; there is --path, --payload-bytes, --gap-ns, "
     "--link-rate-gbps, --mode, --trace, --preset, --out, --timeline, --pcap, --seed"},
    {{"64"}, "unexpected argument \"64\"; options are --name=value"},
    {{""}, "unexpected argument \"\"; options are --name=value"},
    {{"--"}, "unexpected argument \"--\"; options are --name=value"},
    {{"--out=/dev/null/x"},
     "--out=/dev/null/x; accepts a directory that can be made and written to"},
    {{"--out=/dev/null"}, "--out=/dev/null; accepts a directory that can be made and written to"},
    {{"--out="}, "--out=; accepts a text that is not empty"},
    {{"--ns3::NoSuch::Attribute=1"},
     "--ns3::NoSuch::Attribute: there is no type ns3::NoSuch (--PrintTypeIds lists them)"},
    {{"--ns3::offload::test::Gadget::Wheels=1"},
     "--ns3::offload::test::Gadget::Wheels: ns3::offload::test::Gadget has no attribute Wheels "
     "(--PrintAttributes=ns3::offload::test::Gadget lists them)"},
    {{"--ns3::offload::test::Gadget::Clusters=0"},
     "--ns3::offload::test::Gadget::Clusters=0; accepts uint32_t 1:64"},
    {{"--ns3::offload::test::Gadget::Gap=1"},
     "--ns3::offload::test::Gadget::Gap=1: demo sets this itself; give --gap-ns instead"},
    {{"--ns3::offload::test::Gadget::Size=1"},
     "--ns3::offload::test::Gadget::Size=1: demo sets this itself"},
    {{"--ns3::offload::test::Gadget::Clusters=-1"},
     "--ns3::offload::test::Gadget::Clusters=-1; accepts uint32_t 1:64"},
    {{"--ns3::offload::test::Gadget::Clusters"},
     "--ns3::offload::test::Gadget::Clusters; accepts uint32_t 1:64"},
    {{"--ns3::offload::test::Gadget::Rate=fast"},
     "--ns3::offload::test::Gadget::Rate=fast; accepts DataRate"},
    {{"--SchedulerType=ns3::NoSuch"}, "--SchedulerType=ns3::NoSuch; accepts TypeId"},
    {{"--PrintAttributes=ns3::NoSuch"},
     "--PrintAttributes=ns3::NoSuch: there is no such type (--PrintTypeIds lists them)"},
    {{"--PrintGroup=NoSuch"},
     "--PrintGroup=NoSuch: there is no such group (--PrintGroups lists them)"},
};

} // namespace

class ScenarioErrors : public ScenarioTest
{
};

TEST_F(ScenarioErrors, EachWrongCommandLineIsOneClearLineAndStatusTwo)
{
    for (const auto& wrong : WRONG)
    {
        const ScenarioRun run = Run(wrong.arguments, Program);
        EXPECT_EQ(run.status, 2) << wrong.message;
        EXPECT_EQ(run.err, "demo: " + wrong.message + "\n");
        EXPECT_EQ(run.out, "");
    }
    EXPECT_TRUE(std::filesystem::is_empty(m_directory.GetPath())) << "nothing half-built";
}

TEST_F(ScenarioErrors, TextThatNs3AbortsOnIsOneLineToo)
{
    const ScenarioRun run = Run({"--ns3::offload::test::Gadget::Delay=1 fortnight"}, Program);
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.CountErrorLines(), 1u);
    EXPECT_EQ(run.err.rfind("demo: --ns3::offload::test::Gadget::Delay=1 fortnight; accepts", 0),
              0u)
        << run.err;
}

TEST_F(ScenarioErrors, InheritedAttributeIsNamedWhereItIsDeclared)
{
    const ScenarioRun run = Run({"--ns3::UniformRandomVariable::Stream=1"}, Program);
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.err,
              "demo: --ns3::UniformRandomVariable::Stream: ns3::UniformRandomVariable inherits it; "
              "write --ns3::RandomVariableStream::Stream\n");
}

TEST_F(ScenarioErrors, RightCommandLinesOfEveryKindAreAccepted)
{
    const std::vector<std::vector<std::string>> right = {
        {},
        {"--payload-bytes=1,1472", "--gap-ns=1e-3,0", "--path=l2,l1", "--mode=b"},
        {"-mode=a", "--timeline=false", "--pcap=0", "--preset=other"},
        {"--trace=/proc/self/status"},
        {"--ns3::offload::test::Gadget::Clusters=8"},
        {"--ns3::offload::test::Gadget::Delay=2ns", "--ns3::offload::test::Gadget::Rate=3Gbps"},
        {"--RngRun=18446744073709551615"}};
    for (const auto& arguments : right)
    {
        const ScenarioRun run = Run(arguments, Program);
        EXPECT_EQ(run.status, 0) << run.err;
        EXPECT_EQ(run.err, "");
    }
    ns3::Config::Reset();
}

TEST_F(ScenarioErrors, AttributesOfTheCommandLineTakeEffect)
{
    const ScenarioRun run =
        Run({"--ns3::offload::test::Gadget::Clusters=8"}, [](Scenario& scenario) {
            Program(scenario);
            EXPECT_EQ(ns3::CreateObject<Gadget>()->m_clusters, 8u);
        });
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_NE(
        m_directory.Read("results.json").find("\"ns3::offload::test::Gadget::Clusters\":\"8\""),
        std::string::npos);
    ns3::Config::Reset();
}

TEST_F(ScenarioErrors, AttributesOfTheCommandLineWinOverWhatHelpersSet)
{
    uint64_t bufferSize = 0;
    uint16_t mtu = 0;
    const ScenarioMain program = [&](Scenario& scenario) {
        Program(scenario);
        FabricHelper helper;
        helper.SetHostDeviceType("ns3::offload::SpinNetDevice");
        helper.SetSwitchAttribute("BufferSize", ns3::UintegerValue(7'000'000));
        helper.SetDeviceAttribute("Mtu", ns3::UintegerValue(2000));
        const Fabric fabric = helper.Install(*FatTree::SingleSwitch(2), ns3::NodeContainer(2));
        ns3::UintegerValue value;
        fabric.switches[0]->GetAttribute("BufferSize", value);
        bufferSize = value.Get();
        mtu = fabric.hostDevices.Get(0)->GetMtu();
    };
    ScenarioRun run = Run({"--ns3::offload::FabricSwitch::BufferSize=2500000"}, program);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(bufferSize, 2'500'000u);
    EXPECT_EQ(mtu, 2000u);
    // By the class that declares it.
    run = Run({"--ns3::offload::LinkNetDevice::Mtu=3000"}, program);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(bufferSize, 7'000'000u) << "that was another run";
    EXPECT_EQ(mtu, 3000u);
    ns3::Config::Reset();
}

TEST_F(ScenarioErrors, AScenarioWithoutPresetsDoesNotTellOfAnOptionForThem)
{
    const ScenarioRun run = Run({"--nothing"}, [](Scenario& scenario) { scenario.Parse(); });
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.err,
              "demo: unknown option --nothing; there is --out, --timeline, --pcap, --seed\n");
}

TEST_F(ScenarioErrors, MistakesOfAScenarioAreTheProgramsNotTheUsers)
{
    const std::vector<ScenarioMain> mistakes = {
        [](Scenario& s) {
            s.AddIntegerInput("a", "", "", {0}, {1, 2});
        },
        [](Scenario& s) {
            s.AddIntegerInput("a", "", "", {}, {1, 2});
        },
        [](Scenario& s) { s.AddName("a", "", "x", {"y"}); },
        [](Scenario& s) {
            s.AddSwitch("a", "");
            s.AddSwitch("a", "");
        },
        [](Scenario& s) {
            s.AddSwitch("seed", "");
            s.Parse();
        },
        [](Scenario& s) {
            s.AddPreset("p", "", {{"nothing", "1"}});
            s.Parse();
        },
        [](Scenario& s) {
            s.AddInteger("a", "", "", 1, {1, 2});
            s.AddPreset("p", "", {{"a", "3"}});
            s.Parse();
        },
        [](Scenario& s) { s.Sets({"ns3::offload::FabricSwitch::Size"}); },
        [](Scenario& s) {
            s.Parse();
            s.Parse();
        }};
    for (const auto& mistake : mistakes)
    {
        const ScenarioRun run = Run({}, mistake);
        EXPECT_EQ(run.status, 1);
        EXPECT_EQ(run.CountErrorLines(), 1u) << run.err;
    }
}
