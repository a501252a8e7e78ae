/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-engine.h"

#include "ns3/pointer.h"
#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(RdmaEngine);

const char*
ToString(RdmaDropReason reason)
{
    switch (reason)
    {
    case RdmaDropReason::BAD_PACKET:
        return "bad packet";
    case RdmaDropReason::BAD_ICRC:
        return "bad invariant CRC";
    case RdmaDropReason::UNKNOWN_OPCODE:
        return "unknown opcode";
    case RdmaDropReason::UNKNOWN_QUEUE_PAIR:
        return "unknown queue pair";
    case RdmaDropReason::WRONG_STATE:
        return "queue pair takes no such packet now";
    case RdmaDropReason::WRONG_PEER:
        return "queue pair is connected with another host";
    case RdmaDropReason::OUT_OF_SEQUENCE:
        return "out of sequence";
    case RdmaDropReason::UNEXPECTED:
        return "unexpected";
    }
    return "";
}

const char*
ToString(WorkStatus status)
{
    switch (status)
    {
    case WorkStatus::SUCCESS:
        return "success";
    case WorkStatus::LOCAL_LENGTH_ERROR:
        return "local length error";
    case WorkStatus::LOCAL_PROTECTION_ERROR:
        return "local protection error";
    case WorkStatus::WORK_REQUEST_FLUSHED:
        return "work request flushed";
    case WorkStatus::REMOTE_INVALID_REQUEST:
        return "remote invalid request";
    case WorkStatus::REMOTE_ACCESS_ERROR:
        return "remote access error";
    case WorkStatus::REMOTE_OPERATION_ERROR:
        return "remote operation error";
    case WorkStatus::RETRY_EXCEEDED:
        return "retry exceeded";
    case WorkStatus::RNR_RETRY_EXCEEDED:
        return "receiver-not-ready retry exceeded";
    case WorkStatus::BAD_RESPONSE:
        return "bad response";
    }
    return "";
}

const char*
ToString(PostResult result)
{
    switch (result)
    {
    case PostResult::POSTED:
        return "posted";
    case PostResult::QUEUE_FULL:
        return "too many requests are waiting";
    case PostResult::WRONG_STATE:
        return "the queue pair cannot take requests in its state";
    case PostResult::INVALID_REQUEST:
        return "the request's length or opcode makes no sense";
    }
    return "";
}

void
RdmaEngine::Notice()
{
    m_traced = !m_dropTrace.IsEmpty() || !m_retransmitTrace.IsEmpty() ||
               !m_mismatchTrace.IsEmpty() || !m_notificationTrace.IsEmpty() ||
               !m_stateTrace.IsEmpty() || !m_overflowTrace.IsEmpty() ||
               !m_completionTrace.IsEmpty() || !m_rateTrace.IsEmpty() || !m_txTrace.IsEmpty() ||
               !m_rxTrace.IsEmpty();
}

TypeId
RdmaEngine::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::RdmaEngine")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<RdmaEngine>()
            .AddAttribute("Address",
                          "IPv4 address of the NIC's RoCEv2 packets, which need no IP stack.",
                          Ipv4AddressValue(Ipv4Address::GetAny()),
                          MakeIpv4AddressAccessor(&RdmaEngine::SetAddress, &RdmaEngine::GetAddress),
                          MakeIpv4AddressChecker())
            .AddAttribute("Burst",
                          "Packets handed to the port at a time: the most that wait for it. More "
                          "cost fewer events, but decide earlier whose turn it is (assumption: 2, "
                          "one on the wire and one behind it).",
                          UintegerValue(2),
                          MakeUintegerAccessor(&RdmaEngine::m_burst),
                          MakeUintegerChecker<uint32_t>(1, 64))
            .AddAttribute("TriggerTime",
                          "From a message that is counted to the requests that it triggers being "
                          "posted (assumption: 30 ns, what a search for a message's entry takes in "
                          "the SC'17 sPIN simulation)",
                          TimeValue(NanoSeconds(30)),
                          MakeTimeAccessor(&RdmaEngine::m_triggerTime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("Config",
                          "Settings of queue pairs that are made without any. Default: the "
                          "defaults of QueuePairConfig.",
                          PointerValue(),
                          MakePointerAccessor(&RdmaEngine::SetConfig, &RdmaEngine::GetConfig),
                          MakePointerChecker<QueuePairConfig>())
            .AddAttribute("Host",
                          "The way to the host's memory and cores. Default: it takes no time.",
                          PointerValue(),
                          MakePointerAccessor(&RdmaEngine::SetHost, &RdmaEngine::GetHost),
                          MakePointerChecker<RdmaHost>())
            .AddTraceSource("Drop",
                            "A packet from the network was of no use, and why; the packet begins "
                            "with its IPv4 header.",
                            MakeLightTraceAccessor(&RdmaEngine::m_dropTrace, &RdmaEngine::Notice),
                            "ns3::offload::RdmaEngine::DropCallback")
            .AddTraceSource(
                "Retransmit",
                "A queue pair goes back to a sequence number and sends again.",
                MakeLightTraceAccessor(&RdmaEngine::m_retransmitTrace, &RdmaEngine::Notice),
                "ns3::offload::RdmaEngine::RetransmitCallback")
            .AddTraceSource(
                "Mismatch",
                "A packet brought other bytes than a memory region's pattern; how many.",
                MakeLightTraceAccessor(&RdmaEngine::m_mismatchTrace, &RdmaEngine::Notice),
                "ns3::offload::RdmaEngine::MismatchCallback")
            .AddTraceSource(
                "Notification",
                "A queue pair was told of congestion; its new rate in bit/s.",
                MakeLightTraceAccessor(&RdmaEngine::m_notificationTrace, &RdmaEngine::Notice),
                "ns3::offload::RdmaEngine::NotificationCallback")
            .AddTraceSource(
                "CompletionOverflow",
                "A completion is lost, since its queue was full; the queue pair and "
                "the request's id. Unless it was a memory's monitor, the queue pair is "
                "in error then.",
                MakeLightTraceAccessor(&RdmaEngine::m_overflowTrace, &RdmaEngine::Notice),
                "ns3::offload::RdmaEngine::CompletionOverflowCallback")
            .AddTraceSource(
                "Completion",
                "The NIC writes a completion; the program sees it when it has crossed "
                "PCIe.",
                MakeLightTraceAccessor(&RdmaEngine::m_completionTrace, &RdmaEngine::Notice),
                "ns3::offload::RdmaEngine::CompletionCallback")
            .AddTraceSource("Rate",
                            "Congestion control allows a queue pair another rate, in bit/s, lower "
                            "or higher; told of an increase when it sends the next packet.",
                            MakeLightTraceAccessor(&RdmaEngine::m_rateTrace, &RdmaEngine::Notice),
                            "ns3::offload::RdmaEngine::RateCallback")
            .AddTraceSource("Tx",
                            "A queue pair hands a packet to the port: its number; the packet "
                            "begins with its IPv4 header.",
                            MakeLightTraceAccessor(&RdmaEngine::m_txTrace, &RdmaEngine::Notice),
                            "ns3::offload::RdmaEngine::PacketCallback")
            .AddTraceSource("Rx",
                            "A packet for a queue pair has come, whatever becomes of it: the queue "
                            "pair's number; the packet begins with its IPv4 header.",
                            MakeLightTraceAccessor(&RdmaEngine::m_rxTrace, &RdmaEngine::Notice),
                            "ns3::offload::RdmaEngine::PacketCallback")
            .AddTraceSource("State",
                            "A queue pair has changed its state.",
                            MakeLightTraceAccessor(&RdmaEngine::m_stateTrace, &RdmaEngine::Notice),
                            "ns3::offload::RdmaEngine::StateCallback");
    return tid;
}

} // namespace offload
} // namespace ns3
