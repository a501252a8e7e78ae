/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "nic-test.h"

#include "ns3/empty-program.h"
#include "ns3/rdma-helper.h"
#include "ns3/spin-rdma-helper.h"

#include <functional>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/** @return what a refusal says; empty if there was none */
std::string
GetRefusal(const std::function<void()>& function)
{
    try
    {
        function();
    }
    catch (const std::invalid_argument& error)
    {
        return error.what();
    }
    return "";
}

class SpinHelperTest : public test::NicFixture
{
  public:
    void ExpectRefusal(const std::function<void()>& function, const std::string& attribute)
    {
        const std::string line = GetRefusal(function);
        EXPECT_NE(line.find(attribute), std::string::npos) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
};

TEST_F(SpinHelperTest, RefusesZeroClusters)
{
    ExpectRefusal([this] { nics.SetUnitAttribute("Clusters", UintegerValue(0)); }, "Clusters");
}

TEST_F(SpinHelperTest, RefusesUnknownAttributes)
{
    ExpectRefusal([this] { nics.SetPcieAttribute("Lames", UintegerValue(1)); }, "Lames");
}

TEST_F(SpinHelperTest, RefusesAnMtuAboveThePacketBufferAndLeavesTheNodeAlone)
{
    nics.SetUnitAttribute("L1PacketBytes", UintegerValue(4096)); // rings of 1024
    nodes.Create(1);
    ExpectRefusal([this] { nics.CreateDevice(nodes.Get(0)); }, "Mtu");
    nics.SetDeviceAttribute("Mtu", StringValue("1100"));
    ExpectRefusal([this] { nics.CreateDevice(nodes.Get(0)); }, "Mtu");
    EXPECT_EQ(nodes.Get(0)->GetNDevices(), 0u);
    EXPECT_EQ(nodes.Get(0)->GetObject<HostMemory>(), nullptr);
    nics.SetDeviceAttribute("Mtu", UintegerValue(1000));
    EXPECT_NE(nics.CreateDevice(nodes.Get(0)), nullptr);
}

TEST_F(SpinHelperTest, RefusesDevicesOfAnotherKind)
{
    ExpectRefusal([this] { nics.SetDeviceType("ns3::offload::LinkNetDevice"); },
                  "ns3::offload::SpinNetDevice");
    nics.SetDeviceType("ns3::offload::SpinRdmaNetDevice");
    nodes.Create(1);
    EXPECT_NE(nics.CreateDevice(nodes.Get(0)), nullptr);
    SpinRdmaHelper rdma;
    ExpectRefusal([&] { rdma.SetDeviceType("ns3::offload::SpinNetDevice"); },
                  "ns3::offload::SpinRdmaNetDevice");
    RdmaHelper plain;
    ExpectRefusal([&] { plain.SetDeviceType("ns3::offload::LinkNetDevice"); },
                  "ns3::offload::RdmaNetDevice");
    plain.SetDeviceType("ns3::offload::RdmaNetDevice");
}

TEST_F(SpinHelperTest, AnotherDeviceTypeForgetsTheMtuThatWasSet)
{
    nics.SetUnitAttribute("L1PacketBytes", UintegerValue(1 << 16));
    nics.SetDeviceAttribute("Mtu", UintegerValue(9'000));
    nics.SetUnitAttribute("L1PacketBytes", UintegerValue(8'192)); // rings of 2048
    nics.SetDeviceType("ns3::offload::SpinNetDevice");
    nodes.Create(1);
    EXPECT_EQ(nics.CreateDevice(nodes.Get(0))->GetMtu(), 1'500u);
}

TEST_F(SpinHelperTest, WhatRdmaRefusesLeavesTheNodeAlone)
{
    nodes.Create(1);
    const auto expectUntouched = [this] {
        EXPECT_EQ(nodes.Get(0)->GetNDevices(), 0u);
        EXPECT_EQ(nodes.Get(0)->GetObject<HostMemory>(), nullptr);
        EXPECT_EQ(nodes.Get(0)->GetObject<HostCpu>(), nullptr);
    };
    RdmaHelper plain;
    plain.EnableHost();
    plain.SetDeviceAttribute("Mtu", UintegerValue(1'500));
    ExpectRefusal([&] { plain.CreateDevice(nodes.Get(0)); }, "RdmaNetDevice::Mtu");
    expectUntouched();
    plain.SetDeviceAttribute("Mtu", UintegerValue(9'000));
    plain.SetHostAttribute("Core", UintegerValue(1'000));
    ExpectRefusal([&] { plain.CreateDevice(nodes.Get(0)); }, "RdmaHost::Core");
    expectUntouched();

    SpinRdmaHelper spin;
    spin.SetDeviceAttribute("Mtu", UintegerValue(1'500));
    ExpectRefusal([&] { spin.CreateDevice(nodes.Get(0)); }, "SpinRdmaNetDevice::Mtu");
    expectUntouched();
    SpinRdmaHelper other;
    other.SetRdmaHostAttribute("Core", UintegerValue(1'000));
    ExpectRefusal([&] { other.CreateDevice(nodes.Get(0)); }, "RdmaHost::Core");
    expectUntouched();
    SpinRdmaHelper good;
    EXPECT_NE(good.CreateDevice(nodes.Get(0)), nullptr);
}

TEST_F(SpinHelperTest, RefusesAHostWindowOutsideHostMemory)
{
    nics.SetMemoryAttribute("Size", UintegerValue(1 << 20));
    Build();
    Ptr<ExecutionContext> context = CreateObject<ExecutionContext>();
    context->SetProgram(CreateObject<EmptyProgram>());
    context->SetAttribute("HostMemoryAddress", UintegerValue(1 << 19));
    context->SetAttribute("HostMemoryBytes", UintegerValue((1 << 19) + 1));
    ExpectRefusal([&] { SpinHelper::InstallContext(nic, MatchRule(), context); },
                  "HostMemoryBytes");
    EXPECT_TRUE(nic->GetSteeringTable()->IsEmpty());
}

TEST_F(SpinHelperTest, RefusesACoreThatTheHostDoesNotHave)
{
    nics.SetCpuAttribute("Cores", UintegerValue(2));
    nics.SetHostPathAttribute("Core", UintegerValue(2));
    nodes.Create(1);
    ExpectRefusal([this] { nics.CreateDevice(nodes.Get(0)); }, "Core");
}

TEST_F(SpinHelperTest, RefusesAPcieLinkWithoutRate)
{
    nics.SetPcieAttribute("ReservedRate", StringValue("1000Gbps"));
    nodes.Create(1);
    ExpectRefusal([this] { nics.CreateDevice(nodes.Get(0)); }, "ReservedRate");
}

TEST_F(SpinHelperTest, NicsThatAreInstalledAsLinksAreWhole)
{
    nodes.Create(2);
    const auto install = [this](LinkHelper& helper) { return helper.Install(nodes).Get(1); };
    EXPECT_NE(DynamicCast<SpinNetDevice>(install(nics))->GetUnit(), nullptr);
    RdmaHelper plain;
    EXPECT_NE(DynamicCast<RdmaNetDevice>(install(plain))->GetEngine(), nullptr);
    SpinRdmaHelper both;
    const auto nic = DynamicCast<SpinRdmaNetDevice>(install(both));
    EXPECT_NE(nic->GetUnit(), nullptr);
    EXPECT_NE(nic->GetEngine(), nullptr);
}

TEST_F(SpinHelperTest, NicsOfANodeShareItsMemoryAndCores)
{
    nodes.Create(1);
    Ptr<SpinNetDevice> a = nics.CreateDevice(nodes.Get(0));
    Ptr<SpinNetDevice> b = nics.CreateDevice(nodes.Get(0));
    EXPECT_EQ(a->GetHostPath()->GetCpu(), b->GetHostPath()->GetCpu());
    EXPECT_EQ(a->GetHostPath()->GetPcie()->GetMemory(), b->GetHostPath()->GetPcie()->GetMemory());
    EXPECT_NE(a->GetHostPath()->GetPcie(), b->GetHostPath()->GetPcie());
}

} // namespace
} // namespace offload
} // namespace ns3
