/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/data-rate.h"
#include "ns3/double.h"
#include "ns3/error-model.h"
#include "ns3/fabric-helper.h"
#include "ns3/fat-tree.h"
#include "ns3/ipv4-address.h"
#include "ns3/mac48-address.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/pointer.h"
#include "ns3/queue-size.h"
#include "ns3/rdma-engine.h"
#include "ns3/rdma-helper.h"
#include "ns3/rdma-host.h"
#include "ns3/rdma-net-device.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/switch-port.h"
#include "ns3/uinteger.h"

#include <gtest/gtest.h>
#include <map>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/** Text of each attribute. */
using Attributes = std::map<std::string, std::string>;

/** Call a function with each attribute of an object that can be read and set, parents' included. */
template <typename Function>
void
ForEachAttribute(const Object& object, const Function& function)
{
    for (TypeId type = object.GetInstanceTypeId(); type != Object::GetTypeId();
         type = type.GetParent())
    {
        for (std::size_t i = 0; i < type.GetAttributeN(); ++i)
        {
            const TypeId::AttributeInformation info = type.GetAttribute(i);
            if ((info.flags & TypeId::ATTR_GET) != 0 && (info.flags & TypeId::ATTR_CONSTRUCT) != 0)
            {
                function(info);
            }
        }
    }
}

Attributes
Read(const Object& object)
{
    Attributes attributes;
    ForEachAttribute(object, [&](const TypeId::AttributeInformation& info) {
        StringValue text;
        object.GetAttribute(info.name, text);
        attributes[info.name] = text.Get();
    });
    return attributes;
}

/** @return whether an attribute is of a type */
template <typename Value>
bool
Is(const TypeId::AttributeInformation& info)
{
    return DynamicCast<const Value>(info.initialValue) != nullptr;
}

/** @return a value that is not an attribute's default; null for what is not copied */
Ptr<const AttributeValue>
MakeOther(const TypeId::AttributeInformation& info)
{
    using Value = Ptr<const AttributeValue>;
    const auto text = [](const char* value) -> Value { return Create<StringValue>(value); };
    const auto pointer = [](Ptr<Object> object) -> Value { return Create<PointerValue>(object); };
    // Some numbers are bounded.
    const bool small = info.name == "Burst" || info.name == "Preamble";
    return Is<BooleanValue>(info)             ? text("true")
           : Is<UintegerValue>(info)          ? text(small ? "7" : "77")
           : Is<DoubleValue>(info)            ? text("0.25")
           : Is<TimeValue>(info)              ? text("+77ns")
           : Is<DataRateValue>(info)          ? text("77Gbps")
           : Is<QueueSizeValue>(info)         ? text("77p")
           : Is<Mac48AddressValue>(info)      ? text("02:00:00:00:00:77")
           : Is<Ipv4AddressValue>(info)       ? text("10.0.0.77")
           : info.name == "ReceiveErrorModel" ? pointer(CreateObject<RateErrorModel>())
           : info.name == "Config"            ? pointer(CreateObject<QueuePairConfig>())
           : info.name == "Host"              ? pointer(CreateObject<RdmaHost>())
                                              : Value();
}

/** Give each attribute a value that is not its default. */
void
SetAll(Object& object)
{
    ForEachAttribute(object, [&](const TypeId::AttributeInformation& info) {
        const Ptr<const AttributeValue> value = MakeOther(info);
        EXPECT_TRUE(value || info.name == "Engine") << info.name << " is not known to this test";
        EXPECT_TRUE(!value || object.SetAttributeFailSafe(info.name, *value)) << info.name;
    });
}

Ptr<Object>
Copy(Ptr<LinkNetDevice> device)
{
    return device->Copy();
}

Ptr<Object>
Copy(Ptr<FabricSwitch> device)
{
    return device->Copy();
}

Ptr<Object>
Copy(Ptr<RdmaEngine> engine)
{
    return CopyObject(engine);
}

template <typename T>
class AttributeCopy : public testing::Test
{
  protected:
    void TearDown() override
    {
        Simulator::Destroy();
    }
};

using Copied = testing::Types<LinkNetDevice, SwitchPort, RdmaNetDevice, FabricSwitch, RdmaEngine>;
TYPED_TEST_SUITE(AttributeCopy, Copied);

TYPED_TEST(AttributeCopy, HasAllAttributesOfThePrototype)
{
    const Ptr<TypeParam> prototype = CreateObject<TypeParam>();
    Attributes defaults = Read(*prototype);
    SetAll(*prototype);
    const Attributes set = Read(*prototype);
    defaults.erase("Engine");
    for (const auto& value : defaults)
    {
        EXPECT_NE(set.at(value.first), value.second) << value.first << " is still the default";
    }
    const Ptr<Object> copy = Copy(prototype);
    EXPECT_EQ(copy->GetInstanceTypeId(), TypeParam::GetTypeId());
    EXPECT_EQ(Read(*copy), set);
}

/** A device of which LinkNetDevice::Copy does not know. */
class OtherDevice : public LinkNetDevice
{
};

TEST(AttributeCopyTest, ADeviceOfAnotherClassIsNotCopied)
{
    EXPECT_FALSE(CreateObject<OtherDevice>()->Copy());
    Simulator::Destroy();
}

TEST(AttributeCopyTest, ASeriesOfDevicesHasAddressesAndEnginesOfItsOwnAndTheHelpersAttributes)
{
    RdmaHelper nics;
    nics.SetDeviceAttribute("DataRate", StringValue("77Gbps"));
    nics.SetEngineAttribute("Burst", UintegerValue(7));
    NodeContainer nodes(2);
    const NetDeviceContainer devices = nics.CreateDevices(nodes);
    const auto a = DynamicCast<RdmaNetDevice>(devices.Get(0));
    const auto b = DynamicCast<RdmaNetDevice>(devices.Get(1));
    EXPECT_EQ(a->GetNode(), nodes.Get(0));
    EXPECT_EQ(b->GetNode(), nodes.Get(1));
    EXPECT_NE(a->GetAddress(), b->GetAddress());
    EXPECT_NE(a->GetEngine(), b->GetEngine());
    EXPECT_NE(a->GetEngine()->GetAddress(), b->GetEngine()->GetAddress());
    EXPECT_EQ(b->GetDataRate(), DataRate("77Gbps"));
    EXPECT_EQ(Read(*b->GetEngine())["Burst"], "7");
    Simulator::Destroy();
}

TEST(AttributeCopyTest, ADefaultThatChangesBetweenTwoSeriesHolds)
{
    FabricHelper helper;
    const FatTree tree({2}, {});
    const Fabric before = helper.Install(tree, NodeContainer(2));
    Config::SetDefault("ns3::offload::FabricSwitch::BufferSize", UintegerValue(7'000'000));
    Config::SetDefault("ns3::offload::LinkNetDevice::Mtu", UintegerValue(777));
    const Fabric after = helper.Install(tree, NodeContainer(2));
    Config::Reset();
    EXPECT_EQ(Read(*before.switches[0])["BufferSize"], "12000000");
    EXPECT_EQ(Read(*after.switches[0])["BufferSize"], "7000000");
    EXPECT_EQ(before.hostDevices.Get(0)->GetMtu(), 1500);
    EXPECT_EQ(after.hostDevices.Get(0)->GetMtu(), 777);
    EXPECT_EQ(after.switches[0]->GetPort(0)->GetMtu(), 777);
    Simulator::Destroy();
}

} // namespace
} // namespace offload
} // namespace ns3
