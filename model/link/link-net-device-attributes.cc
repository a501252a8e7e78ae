/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "data-rate-range.h"
#include "link-net-device.h"

#include "ns3/boolean.h"
#include "ns3/pointer.h"
#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(LinkNetDevice);

TypeId
LinkNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::LinkNetDevice")
            .SetParent<NetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<LinkNetDevice>()
            .AddAttribute("Address",
                          "MAC address of the device.",
                          Mac48AddressValue(Mac48Address("ff:ff:ff:ff:ff:ff")),
                          MakeMac48AddressAccessor(&LinkNetDevice::m_address),
                          MakeMac48AddressChecker())
            .AddAttribute("Mtu",
                          "Greatest payload of a frame in bytes, 68 (RFC 791) to 9216. Default: "
                          "maxBasicDataSize of IEEE 802.3-2018, 3.2.7.",
                          UintegerValue(1500),
                          MakeUintegerAccessor(&LinkNetDevice::SetMtu, &LinkNetDevice::GetMtu),
                          MakeUintegerChecker<uint16_t>(MIN_MTU, MAX_MTU))
            .AddAttribute(
                "DataRate",
                "Bit rate of the MAC, 1 Gbit/s to 1.6 Tbit/s; frames already accepted "
                "keep their times. Default: 400GBASE-R (IEEE 802.3-2018, 116).",
                DataRateValue(DataRate("400Gbps")),
                MakeDataRateAccessor(&LinkNetDevice::SetDataRate, &LinkNetDevice::GetDataRate),
                MakeDataRateRangeChecker(DataRate("1Gbps"), DataRate("1600Gbps")))
            .AddAttribute(
                "Preamble",
                "Bytes of preamble and start frame delimiter before each frame (IEEE "
                "802.3-2018, 3.2.1 and 3.2.2).",
                UintegerValue(8),
                MakeUintegerAccessor(&LinkNetDevice::SetPreamble, &LinkNetDevice::GetPreamble),
                MakeUintegerChecker<uint32_t>(0, 64))
            .AddAttribute("InterframeGap",
                          "Least gap between frames in byte times (interPacketGap, IEEE "
                          "802.3-2018, 4.4.2).",
                          UintegerValue(12),
                          MakeUintegerAccessor(&LinkNetDevice::SetInterframeGap,
                                               &LinkNetDevice::GetInterframeGap),
                          MakeUintegerChecker<uint32_t>(0, 1024))
            .AddAttribute(
                "QueueSize",
                "Bound of the frames that wait for the port, in packets (p) or in bytes "
                "(B) of frames without FCS. Default: Linux's txqueuelen of an Ethernet "
                "interface, DEFAULT_TX_QUEUE_LEN.",
                QueueSizeValue(QueueSize("1000p")),
                MakeQueueSizeAccessor(&LinkNetDevice::SetQueueSize, &LinkNetDevice::GetQueueSize),
                MakeQueueSizeChecker())
            .AddAttribute("FlowControl",
                          "Honour PAUSE frames, and send them when the device's receiver asks for "
                          "it (IEEE 802.3-2018, Annex 31B).",
                          BooleanValue(false),
                          MakeBooleanAccessor(&LinkNetDevice::m_flowControl),
                          MakeBooleanChecker())
            .AddAttribute("PriorityFlowControl",
                          "Honour PAUSE frames of single classes, and send them when the device's "
                          "receiver asks for it (IEEE 802.1Qbb, now 802.1Q-2018, clause 36).",
                          BooleanValue(false),
                          MakeBooleanAccessor(&LinkNetDevice::SetPriorityFlowControl,
                                              &LinkNetDevice::HasPriorityFlowControl),
                          MakeBooleanChecker())
            .AddAttribute("ReceiveErrorModel",
                          "Decides which received frames fail the FCS; it sees frames with header "
                          "and FCS. Default: none does.",
                          PointerValue(),
                          MakePointerAccessor(&LinkNetDevice::SetReceiveErrorModel,
                                              &LinkNetDevice::GetReceiveErrorModel),
                          MakePointerChecker<ErrorModel>())
            .AddTraceSource(
                "MacTx",
                "A frame was handed in for transmission.",
                MakeLightTraceAccessor(&LinkNetDevice::m_macTxTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("MacTxDrop",
                            "A frame was refused, or dropped from the queue as the link went down.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_macTxDropTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("MacPromiscRx",
                            "A good frame has arrived, whoever it is for.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_macPromiscRxTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "MacRx",
                "A good frame for this host, or for many, has arrived.",
                MakeLightTraceAccessor(&LinkNetDevice::m_macRxTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyTxBegin",
                            "The first bit of a frame leaves. Costs an event per frame that had "
                            "to wait.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_phyTxBeginTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "PhyTxEnd",
                "The last bit of a frame has left. Costs an event per frame.",
                MakeLightTraceAccessor(&LinkNetDevice::m_phyTxEndTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyTxDrop",
                            "A frame on the wire was lost as the link went down.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_phyTxDropTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "PhyRxEnd",
                "The last bit of a good frame has arrived.",
                MakeLightTraceAccessor(&LinkNetDevice::m_phyRxEndTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PhyRxDrop",
                            "A frame has arrived corrupt.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_phyRxDropTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "Sniffer",
                "Frames sent, as they begin, and frames received for this host. Costs "
                "an event per frame that had to wait.",
                MakeLightTraceAccessor(&LinkNetDevice::m_snifferTrace, &LinkNetDevice::Reconsider),
                "ns3::Packet::TracedCallback")
            .AddTraceSource("PromiscSniffer",
                            "Frames sent, as they begin, and all good frames received. Costs an "
                            "event per frame that had to wait.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_promiscSnifferTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource(
                "Transmit",
                "A frame has crossed the link: its payload, and when its first and "
                "last bit left here. Fired as it arrives, in the order of departure; "
                "costs no event.",
                MakeLightTraceAccessor(&LinkNetDevice::m_transmitTrace, &LinkNetDevice::Reconsider),
                "ns3::offload::LinkNetDevice::TransmitCallback")
            .AddTraceSource(
                "PauseTx",
                "A PAUSE frame is sent; the argument is its duration in quanta of 512 "
                "bit times.",
                MakeLightTraceAccessor(&LinkNetDevice::m_pauseTxTrace, &LinkNetDevice::Reconsider),
                "ns3::TracedValueCallback::Uint16")
            .AddTraceSource(
                "PauseRx",
                "A PAUSE frame is honoured; the argument is its duration in quanta of "
                "512 bit times.",
                MakeLightTraceAccessor(&LinkNetDevice::m_pauseRxTrace, &LinkNetDevice::Reconsider),
                "ns3::TracedValueCallback::Uint16")
            .AddTraceSource("PriorityPauseTx",
                            "A priority PAUSE frame is sent; bit i of the argument says that class "
                            "i shall be silent.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_priorityPauseTxTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::TracedValueCallback::Uint8")
            .AddTraceSource("PriorityPauseRx",
                            "A priority PAUSE frame is honoured: bit i of the first argument says "
                            "that it is about class i, of the second that this shall be silent.",
                            MakeLightTraceAccessor(&LinkNetDevice::m_priorityPauseRxTrace,
                                                   &LinkNetDevice::Reconsider),
                            "ns3::offload::LinkNetDevice::PriorityPauseCallback");
    return tid;
}

} // namespace offload
} // namespace ns3
