/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "queue-pair-config.h"

#include "roce-headers.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/pointer.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(QueuePairConfig);

namespace
{

constexpr uint32_t MAX_CODE_POINT = 63;      //!< RFC 2474
constexpr uint32_t MAX_RETRY_COUNT = 7;      //!< three bits (IBTA 11.2.5.1)
constexpr uint32_t MAX_RNR_TIMER = 31;       //!< five bits (IBTA 9.7.5.2.8)
constexpr uint32_t MAX_DEPTH = 1U << 20;     //!< requests
constexpr int64_t PS_PER_10_US = 10'000'000; //!< unit of the table of RNR timers

/// IBTA 9.7.5.2.8, table 45, in units of 10 us
constexpr std::array<uint32_t, MAX_RNR_TIMER + 1> RNR_TIMERS{
    65536, 1,    2,    3,    4,    6,     8,     12,    16,    24,   32,
    48,    64,   96,   128,  192,  256,   384,   512,   768,   1024, 1536,
    2048,  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152};

} // namespace

TypeId
QueuePairConfig::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::QueuePairConfig")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<QueuePairConfig>()
            .AddAttribute("Mtu",
                          "Payload of a packet in bytes, rounded down to 256, 512, 1024, 2048 or "
                          "4096 (IBTA 9.2, PMTU). Default: the greatest.",
                          UintegerValue(roce::MAX_MTU),
                          MakeUintegerAccessor(&QueuePairConfig::SetMtu, &QueuePairConfig::GetMtu),
                          MakeUintegerChecker<uint32_t>(roce::MIN_MTU, roce::MAX_MTU))
            .AddAttribute(
                "Window",
                "Packets that may be sent and not acknowledged. Default: 256 KiB of 4 KiB packets, "
                "20 us at 100 Gbit/s (assumption: several round trips of a data centre).",
                UintegerValue(64),
                MakeUintegerAccessor(&QueuePairConfig::SetWindow, &QueuePairConfig::GetWindow),
                MakeUintegerChecker<uint32_t>(1, QueuePairConfig::MAX_PACKETS))
            .AddAttribute("AckInterval",
                          "Packets after which the requester asks for an acknowledgement, which "
                          "stands for all of them; not more than half a window counts (assumption: "
                          "16, four per window).",
                          UintegerValue(16),
                          MakeUintegerAccessor(&QueuePairConfig::SetAckInterval,
                                               &QueuePairConfig::GetAckIntervalAttribute),
                          MakeUintegerChecker<uint32_t>(1, QueuePairConfig::MAX_PACKETS))
            .AddAttribute("AckEachMessage",
                          "Ask for an acknowledgement with the last packet of each message; "
                          "otherwise only if no other message is waiting behind it.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&QueuePairConfig::m_ackEachMessage),
                          MakeBooleanChecker())
            .AddAttribute("Timeout",
                          "How long the requester waits at least for an acknowledgement before it "
                          "sends again, see TimeoutSpread. Default: 4.096 us * 2^12 (IBTA "
                          "9.7.6.1.3; mlx5's users choose 12 "
                          "to 18).",
                          TimeValue(NanoSeconds(4096 * 4096)),
                          MakeTimeAccessor(&QueuePairConfig::m_timeout),
                          MakeTimeChecker(MicroSeconds(1)))
            .AddAttribute("TimeoutSpread",
                          "How much longer than Timeout the requester may wait, as a share of it: "
                          "each queue pair, each time, by a number of its own, so that those that "
                          "lost packets together do not start again together (IBTA 9.7.6.1.3 "
                          "allows up to 3: four times the timeout; default: assumption)",
                          DoubleValue(1),
                          MakeDoubleAccessor(&QueuePairConfig::m_timeoutSpread),
                          MakeDoubleChecker<double>(0, 3))
            .AddAttribute("RetryCount",
                          "How often the requester sends again without progress before it gives "
                          "up. Default: the most that verbs accept.",
                          UintegerValue(MAX_RETRY_COUNT),
                          MakeUintegerAccessor(&QueuePairConfig::m_retryCount),
                          MakeUintegerChecker<uint32_t>(0, MAX_RETRY_COUNT))
            .AddAttribute("RnrRetryCount",
                          "How often the requester sends again to a peer that has no receive "
                          "posted; 7: for ever (IBTA 9.7.5.2.8).",
                          UintegerValue(FOR_EVER),
                          MakeUintegerAccessor(&QueuePairConfig::m_rnrRetryCount),
                          MakeUintegerChecker<uint32_t>(0, FOR_EVER))
            .AddAttribute("RnrTimer",
                          "Code of the time that a peer shall wait when no receive is posted (IBTA "
                          "9.7.5.2.8, table 45). Default: 0.64 ms, ibv_rc_pingpong's.",
                          UintegerValue(12),
                          MakeUintegerAccessor(&QueuePairConfig::m_rnrTimer),
                          MakeUintegerChecker<uint8_t>(0, MAX_RNR_TIMER))
            .AddAttribute("MaxReads",
                          "READ and atomic operations under way, as requester and as responder. "
                          "Default: mlx5's max_qp_rd_atom.",
                          UintegerValue(16),
                          MakeUintegerAccessor(&QueuePairConfig::m_maxReads),
                          MakeUintegerChecker<uint32_t>(1, 255))
            .AddAttribute("SendDepth",
                          "Send requests that may be posted and not completed (assumption: 1024).",
                          UintegerValue(1024),
                          MakeUintegerAccessor(&QueuePairConfig::m_sendDepth),
                          MakeUintegerChecker<uint32_t>(1, MAX_DEPTH))
            .AddAttribute("ReceiveDepth",
                          "Receive requests that may be posted and not completed (assumption: "
                          "1024).",
                          UintegerValue(1024),
                          MakeUintegerAccessor(&QueuePairConfig::m_receiveDepth),
                          MakeUintegerChecker<uint32_t>(1, MAX_DEPTH))
            .AddAttribute("MaxInline",
                          "Bytes that a send request may carry itself (assumption: 220, what fits "
                          "beside the request in four 64-byte blocks of mlx5).",
                          UintegerValue(220),
                          MakeUintegerAccessor(&QueuePairConfig::m_maxInline),
                          MakeUintegerChecker<uint32_t>(0, roce::MIN_MTU))
            .AddAttribute("CodePoint",
                          "DSCP of data and acknowledgements; its upper three bits are the class "
                          "of service. Default: 26, class 3, as NVIDIA recommends for RoCE.",
                          UintegerValue(26),
                          MakeUintegerAccessor(&QueuePairConfig::m_codePoint),
                          MakeUintegerChecker<uint8_t>(0, MAX_CODE_POINT))
            .AddAttribute("NotificationCodePoint",
                          "DSCP of congestion notifications. Default: 48, class 6, as NVIDIA "
                          "recommends.",
                          UintegerValue(48),
                          MakeUintegerAccessor(&QueuePairConfig::m_notificationCodePoint),
                          MakeUintegerChecker<uint8_t>(0, MAX_CODE_POINT))
            .AddAttribute("TimeToLive",
                          "Hops that packets may take (RFC 1700: 64)",
                          UintegerValue(64),
                          MakeUintegerAccessor(&QueuePairConfig::m_timeToLive),
                          MakeUintegerChecker<uint8_t>(1))
            .AddAttribute(
                "Dcqcn",
                "Parameters of congestion control. Default: none, packets leave as fast "
                "as the port takes them and cannot be marked.",
                PointerValue(),
                MakePointerAccessor(&QueuePairConfig::SetDcqcn, &QueuePairConfig::GetDcqcn),
                MakePointerChecker<DcqcnConfig>());
    return tid;
}

QueuePairConfig::QueuePairConfig() = default;

QueuePairConfig::~QueuePairConfig() = default;

void
QueuePairConfig::SetMtu(uint32_t mtu)
{
    m_mtuShift = 0;
    while (mtu >> (m_mtuShift + 1) != 0)
    {
        ++m_mtuShift;
    }
    m_mtu = 1U << m_mtuShift;
}

void
QueuePairConfig::SetWindow(uint32_t packets)
{
    m_window = packets;
    SetAckInterval(m_askedAckInterval);
}

void
QueuePairConfig::SetAckInterval(uint32_t packets)
{
    m_askedAckInterval = packets;
    m_ackInterval = std::min(packets, std::max(1U, m_window / 2));
}

uint32_t
QueuePairConfig::GetAckIntervalAttribute() const
{
    return m_askedAckInterval;
}

void
QueuePairConfig::SetDcqcn(Ptr<DcqcnConfig> dcqcn)
{
    m_dcqcn = dcqcn;
}

int64_t
QueuePairConfig::DecodeRnrTimer(uint8_t code)
{
    return RNR_TIMERS[code & MAX_RNR_TIMER] * PS_PER_10_US;
}

} // namespace offload
} // namespace ns3
