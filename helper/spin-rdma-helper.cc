/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-rdma-helper.h"

#include "ns3/boolean.h"
#include "ns3/roce-headers.h"
#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{
namespace
{

/// Longer than the transport takes to give a message up, also with the most TimeoutSpread:
/// (7 retries + 1) * up to 67.1 ms
constexpr int64_t MESSAGE_TIMEOUT_MS = 600;

// SC'17 sPIN simulation
constexpr uint32_t SC17_HPUS = 4;               //!< of one NIC
constexpr int64_t SC17_CLOCK_PS = 400;          //!< 2.5 GHz
constexpr int64_t SC17_MATCH_NS = 30;           //!< a message's first packet
constexpr int64_t SC17_LOOKUP_NS = 2;           //!< each other packet
constexpr int64_t SC17_OVERHEAD_NS = 65;        //!< o
constexpr uint8_t SC17_RNR_TIMER = 1;           //!< 10 us, the shortest (IBTA 9.7.5.2.8)
constexpr uint64_t SC17_RATE = 400'000'000'000; //!< bit/s; G = 20 ps/B

} // namespace

SpinRdmaHelper::SpinRdmaHelper()
    : SpinHelper(SpinRdmaNetDevice::GetTypeId()),
      RdmaNicHelper(static_cast<LinkHelper&>(*this))
{
    SetUnitAttribute("MessageTimeout", TimeValue(MilliSeconds(MESSAGE_TIMEOUT_MS)));
}

void
SpinRdmaHelper::UseSc17Nic()
{
    SetUnitAttribute("Clusters", UintegerValue(1));
    SetUnitAttribute("HpusPerCluster", UintegerValue(SC17_HPUS));
    SetUnitAttribute("PostedHostWrites", BooleanValue(true));
    SetUnitAttribute("ClockPeriod", TimeValue(PicoSeconds(SC17_CLOCK_PS)));
    SetSteeringAttribute("MatchTime", TimeValue(NanoSeconds(SC17_MATCH_NS)));
    SetSteeringAttribute("LookupTime", TimeValue(NanoSeconds(SC17_LOOKUP_NS)));
    SetRdmaHostAttribute("PostTime", TimeValue(NanoSeconds(SC17_OVERHEAD_NS)));
    SetQueuePairAttribute("Mtu", UintegerValue(roce::MAX_MTU));
    // A full NIC has room again after a few packets; there, packets wait before the NIC. To pause
    // the wire instead would hold back the acknowledgements that handlers' own packets wait for.
    SetQueuePairAttribute("RnrTimer", UintegerValue(SC17_RNR_TIMER));
    SetDeviceAttribute("DataRate", DataRateValue(DataRate(SC17_RATE)));
    SetChannelAttribute("Delay", TimeValue(PicoSeconds(SC17_CABLE_PS)));
}

Ptr<LinkNetDevice>
SpinRdmaHelper::DoCreateDevice(Ptr<Node> node)
{
    const auto device = DynamicCast<SpinRdmaNetDevice>(MakeDevice());
    const Ptr<RdmaHost> host = MakeRdmaHost();
    CheckPackets(*device, *GetConfig());
    CheckCore(*host, GetCores(node));
    Assemble(node, device);
    host->SetHost(device->GetHostPath()->GetPcie(), GetCpu(node));
    device->SetEngine(MakeEngine(host));
    return device;
}

RdmaHelper::Connection
SpinRdmaHelper::ConnectQueuePairs(Ptr<SpinRdmaNetDevice> a, Ptr<SpinRdmaNetDevice> b)
{
    const auto make = [](Ptr<RdmaEngine> engine) {
        QueuePair::Parameters parameters;
        parameters.sendCompletions = engine->CreateCompletionQueue();
        parameters.receiveCompletions = engine->CreateCompletionQueue();
        return engine->CreateQueuePair(parameters);
    };
    RdmaHelper::Connection connection(make(a->GetEngine()), make(b->GetEngine()));
    RdmaHelper::ConnectQueuePairs(connection.first, connection.second);
    return connection;
}

} // namespace offload
} // namespace ns3
