/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/host-cpu.h"
#include "ns3/host-preset.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/spin-rdma-helper.h"
#include "ns3/uinteger.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/** A NIC with a preset's host. */
class HostPresetTest : public ::testing::Test
{
  public:
    void TearDown() override
    {
        Simulator::Destroy();
    }

    static Ptr<PcieLink> Make(const std::string& name)
    {
        SpinRdmaHelper helper;
        helper.UseHost(HostPreset::Get(name));
        return helper.CreateDevice(CreateObject<Node>())->GetHostPath()->GetPcie();
    }

    /** @return a host of which nothing is as by default */
    static HostPreset MakeOther()
    {
        return {"other",
                "not as by default",
                {{"PcieLink", "Rate", "8Gbps", "test"},
                 {"PcieLink", "RoundTripLatency", "300ns", "test"},
                 {"PcieLink", "RequestHeader", "0", "test"},
                 {"PcieLink", "MaxPayload", "4096", "test"},
                 {"HostMemory", "Size", "12288", "test"},
                 {"HostCpu", "Cores", "3", "test"}}};
    }

    static void ExpectOther(PcieLink& pcie, const HostCpu& cpu)
    {
        // A byte a nanosecond.
        EXPECT_EQ(pcie.ReserveWrite(1000, 0), 150'000 + 1'000'000);
        EXPECT_EQ(pcie.GetMemory()->GetSize(), 12'288u);
        EXPECT_EQ(cpu.GetCores(), 3u);
    }
};

TEST_F(HostPresetTest, NicsWithoutRdmaTakeAHost)
{
    SpinHelper helper;
    helper.UseHost(MakeOther());
    const Ptr<HostPath> path = helper.CreateDevice(CreateObject<Node>())->GetHostPath();
    ExpectOther(*path->GetPcie(), *path->GetCpu());
}

TEST_F(HostPresetTest, RdmaNicsWithoutHandlersTakeAHostAndAreBehindPcie)
{
    RdmaHelper helper;
    const auto make = [&] {
        return helper.CreateDevice(CreateObject<Node>())->GetEngine()->GetHost();
    };
    EXPECT_EQ(make(), nullptr);
    helper.UseHost(MakeOther());
    const Ptr<RdmaHost> host = make();
    ASSERT_NE(host, nullptr);
    ExpectOther(*host->GetPcie(), *host->GetCpu());
}

TEST_F(HostPresetTest, HandlersAndRdmaOfANicShareAHost)
{
    SpinRdmaHelper helper;
    helper.UseHost(MakeOther());
    const auto nic = helper.CreateDevice(CreateObject<Node>());
    const Ptr<HostPath> path = nic->GetHostPath();
    ExpectOther(*path->GetPcie(), *path->GetCpu());
    EXPECT_EQ(nic->GetEngine()->GetHost()->GetPcie(), path->GetPcie());
    EXPECT_EQ(nic->GetEngine()->GetHost()->GetCpu(), path->GetCpu());
}

TEST_F(HostPresetTest, AHostOfOtherPartsIsRefused)
{
    HostPreset preset = MakeOther();
    preset.settings.push_back({"HostGpu", "Cores", "3", "test"});
    EXPECT_THROW(RdmaHelper().UseHost(preset), std::invalid_argument);
}

TEST_F(HostPresetTest, TheDiscreteNicOfSc17HasItsLogGpParameters)
{
    const Ptr<PcieLink> pcie = Make("sc17-discrete");
    // L, and 15.6 ps a byte; the paper's G is rounded.
    EXPECT_EQ(pcie->ReserveWrite(4096, 0), 250'000 + 64'000);
    EXPECT_NEAR((pcie->ReserveWrite(4096, 1'000'000) - 1'250'000) / 4096.0, 15.6, 0.05);
    // Two traversals, the memory's latency, the data.
    EXPECT_EQ(pcie->ReserveRead(4096, 2'000'000), 2'000'000 + 500'000 + 51'000 + 64'000);
}

TEST_F(HostPresetTest, TheIntegratedNicOfSc17HasItsLogGpParameters)
{
    const Ptr<PcieLink> pcie = Make("sc17-integrated");
    EXPECT_NEAR((pcie->ReserveWrite(4096, 0) - 50'000) / 4096.0, 6.7, 0.05);
    EXPECT_NEAR(pcie->ReserveRead(8, 1'000'000) - 1'000'000.0, 100'000 + 51'000, 100);
}

TEST_F(HostPresetTest, FlexDriversLinkHasTheRateOfItsModel)
{
    EXPECT_EQ(Make("flexdriver")->GetRate().GetBitRate(), 59'800'000'000);
}

TEST_F(HostPresetTest, EachValueHasASourceAndIsAccepted)
{
    for (const HostPreset& preset : HostPreset::GetAll())
    {
        EXPECT_FALSE(preset.description.empty());
        for (const HostPreset::Setting& setting : preset.settings)
        {
            EXPECT_FALSE(setting.source.empty()) << preset.name << " " << setting.attribute;
        }
        SpinRdmaHelper helper;
        EXPECT_NO_THROW(helper.UseHost(preset)) << preset.name;
    }
    EXPECT_EQ(HostPreset::GetNames().size(), HostPreset::GetAll().size());
}

TEST_F(HostPresetTest, AnUnknownPresetIsRefusedWithThoseThatThereAre)
{
    try
    {
        HostPreset::Get("sc18");
        FAIL();
    }
    catch (const std::invalid_argument& error)
    {
        EXPECT_EQ(std::string(error.what()),
                  "there is no host preset \"sc18\", but sc17-discrete, sc17-integrated, "
                  "flexdriver");
    }
}

TEST_F(HostPresetTest, ALoopOverMemoryTakesWhatIsSlowest)
{
    Ptr<HostMemory> memory = CreateObject<HostMemory>(); // 51 ns, 150 GB/s
    Ptr<HostCpu> cpu = CreateObject<HostCpu>();
    // 64 lines of each array, 16 at a time, 51 ns each time, after the first one.
    EXPECT_EQ(cpu->GetLoopTime(*memory, 4096, 2, 1), 51'000 + 2 * 64 / 16 * 51'000);
    cpu->SetAttribute("OutstandingLines", UintegerValue(1000));
    EXPECT_NEAR(static_cast<double>(cpu->GetLoopTime(*memory, 4096, 2, 1)),
                51'000 + 3 * 4096 / 0.15,
                10);
    cpu->SetAttribute("VectorBytes", UintegerValue(4));
    EXPECT_EQ(cpu->GetLoopTime(*memory, 4096, 2, 1), 51'000 + 1024 * 400);
}

} // namespace
} // namespace offload
} // namespace ns3
