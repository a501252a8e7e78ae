/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-net-device.h"

#include "ns3/pointer.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(SpinNetDevice);

const char*
ToString(NicDropReason reason)
{
    switch (reason)
    {
    case NicDropReason::WRONG_ADDRESS:
        return "not for this host";
    case NicDropReason::INPUT_BUFFER_FULL:
        return "the NIC's input buffer is full";
    case NicDropReason::RECEIVE_RING_FULL:
        return "the host's receive ring is full";
    case NicDropReason::TRANSMIT_RING_FULL:
        return "the host's transmit ring is full";
    case NicDropReason::BAD_FRAME:
        return "not an Ethernet frame";
    case NicDropReason::BAD_QUEUE_PAIR:
        return "no queue pair that handlers may send on";
    case NicDropReason::CONNECTION_ENDED:
        return "its connection has ended";
    case NicDropReason::CONTEXT_FAILED:
        return "its context has failed";
    }
    return "";
}

TypeId
SpinNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::SpinNetDevice")
            .SetParent<LinkNetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<SpinNetDevice>()
            .AddAttribute("Unit",
                          "The sPIN unit that runs the handlers",
                          PointerValue(),
                          MakePointerAccessor(&SpinNetDevice::SetUnit, &SpinNetDevice::GetUnit),
                          MakePointerChecker<SpinUnit>())
            .AddAttribute(
                "HostPath",
                "The ordinary way to the stack; without one it takes no time",
                PointerValue(),
                MakePointerAccessor(&SpinNetDevice::SetHostPath, &SpinNetDevice::GetHostPath),
                MakePointerChecker<HostPath>())
            .AddAttribute("SteeringTable",
                          "The rules that find packets of execution contexts",
                          PointerValue(),
                          MakePointerAccessor(&SpinNetDevice::SetSteeringTable,
                                              &SpinNetDevice::GetSteeringTable),
                          MakePointerChecker<SteeringTable>())
            .AddAttribute(
                "InputBuffer",
                "Where matched packets wait for the unit",
                PointerValue(),
                MakePointerAccessor(&SpinNetDevice::SetInputBuffer, &SpinNetDevice::GetInputBuffer),
                MakePointerChecker<InputBuffer>())
            .AddTraceSource("SteeringMatch",
                            "A frame matched a rule: the frame, and what the table says of it",
                            MakeTraceSourceAccessor(&SpinNetDevice::m_matchTrace),
                            "ns3::offload::SpinNetDevice::MatchCallback")
            .AddTraceSource("SpinRx",
                            "The unit has taken a frame",
                            MakeTraceSourceAccessor(&SpinNetDevice::m_spinRxTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("HostRx",
                            "A frame takes the host path",
                            MakeTraceSourceAccessor(&SpinNetDevice::m_hostRxTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("HostTx",
                            "The stack sends a frame",
                            MakeTraceSourceAccessor(&SpinNetDevice::m_hostTxTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("Drop",
                            "A frame was dropped, and why",
                            MakeTraceSourceAccessor(&SpinNetDevice::m_dropTrace),
                            "ns3::offload::SpinNetDevice::DropCallback");
    return tid;
}

} // namespace offload
} // namespace ns3
