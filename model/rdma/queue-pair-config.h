/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_QUEUE_PAIR_CONFIG_H
#define OFFLOAD_QUEUE_PAIR_CONFIG_H

#include "dcqcn.h"

#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/ptr.h"

#include <algorithm>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * What queue pairs of the reliable connected service are set to. Usually thousands of them share
 * one; it must not be changed once one of them is connected.
 */
class QueuePairConfig : public Object
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    QueuePairConfig();
    ~QueuePairConfig() override;

    /** Retry count that means: for ever (IBTA 9.7.5.2.8, for RNR) */
    static constexpr uint32_t FOR_EVER = 7;

    /** @return payload of a packet, bytes */
    uint32_t GetMtu() const
    {
        return m_mtu;
    }

    /** @return bytes of a message that fill the packets before its last, as a power of two */
    uint32_t GetMtuShift() const
    {
        return m_mtuShift;
    }

    /**
     * @return bytes of a message, at most: as many as RDMA allows (IBTA 9.7.7), in no more packets
     *         than have sequence numbers that can be told apart
     */
    uint32_t GetMaxMessage() const
    {
        constexpr uint64_t LONGEST = uint64_t{1} << 31;
        return static_cast<uint32_t>(std::min(LONGEST, uint64_t{MAX_PACKETS} << m_mtuShift));
    }

    /// Packets of a message or a window, at most: half of what sequence numbers could tell apart
    static constexpr uint32_t MAX_PACKETS = 1U << 22;

    /** @return packets sent and not acknowledged, at most */
    uint32_t GetWindow() const
    {
        return m_window;
    }

    /** @return packets after which an acknowledgement is asked for; never more than half a window
     */
    uint32_t GetAckInterval() const
    {
        return m_ackInterval;
    }

    /** @return whether the last packet of each message asks for an acknowledgement */
    bool AcksEachMessage() const
    {
        return m_ackEachMessage;
    }

    /** @return how long to wait at least for an acknowledgement, ps */
    int64_t GetTimeout() const
    {
        return m_timeout.GetTimeStep();
    }

    /**
     * @param random any bits
     * @return how long a requester waits this time, ps: from GetTimeout on, see TimeoutSpread
     */
    int64_t DrawTimeout(uint64_t random) const
    {
        constexpr double SHARE_PER_BIT = 1.0 / (uint64_t{1} << 32);
        const double share = static_cast<double>(random >> 32) * SHARE_PER_BIT * m_timeoutSpread;
        return GetTimeout() + static_cast<int64_t>(static_cast<double>(GetTimeout()) * share);
    }

    /** @return retries without progress */
    uint32_t GetRetryCount() const
    {
        return m_retryCount;
    }

    /** @return retries when the peer has no receive posted */
    uint32_t GetRnrRetryCount() const
    {
        return m_rnrRetryCount;
    }

    /** @return code of the time to wait that the responder tells then */
    uint8_t GetRnrTimer() const
    {
        return m_rnrTimer;
    }

    /** @return READ and atomic operations under way, at most */
    uint32_t GetMaxReads() const
    {
        return m_maxReads;
    }

    /** @return send requests posted and not completed, at most */
    uint32_t GetSendDepth() const
    {
        return m_sendDepth;
    }

    /** @return receive requests posted and not completed, at most */
    uint32_t GetReceiveDepth() const
    {
        return m_receiveDepth;
    }

    /** @return bytes that a request may carry itself, at most */
    uint32_t GetMaxInline() const
    {
        return m_maxInline;
    }

    /** @return code point of data and acknowledgements */
    uint8_t GetCodePoint() const
    {
        return m_codePoint;
    }

    /** @return code point of congestion notifications */
    uint8_t GetNotificationCodePoint() const
    {
        return m_notificationCodePoint;
    }

    /** @return hops that packets may take */
    uint8_t GetTimeToLive() const
    {
        return m_timeToLive;
    }

    /** @return parameters of congestion control; null: there is none */
    Ptr<DcqcnConfig> GetDcqcn() const
    {
        return m_dcqcn;
    }

    /**
     * @param codePoint DSCP of a packet
     * @return the class of service: its upper three bits, as switches map it by default
     */
    static uint8_t GetPriority(uint8_t codePoint)
    {
        constexpr uint32_t CLASS_SHIFT = 3;
        return static_cast<uint8_t>(codePoint >> CLASS_SHIFT);
    }

    /**
     * @param code of an RNR NAK
     * @return the time that it means (IBTA 9.7.5.2.8, table 45), ps
     */
    static int64_t DecodeRnrTimer(uint8_t code);

  private:
    void SetMtu(uint32_t mtu);                //!< attribute setter
    void SetWindow(uint32_t packets);         //!< attribute setter
    void SetAckInterval(uint32_t packets);    //!< attribute setter
    uint32_t GetAckIntervalAttribute() const; //!< attribute getter
    void SetDcqcn(Ptr<DcqcnConfig> dcqcn);    //!< attribute setter

    // What sending and receiving a packet touches
    uint32_t m_mtu{0};                  //!< attribute
    uint32_t m_mtuShift{0};             //!< see GetMtuShift
    uint32_t m_window{1};               //!< attribute
    uint32_t m_ackInterval{1};          //!< see GetAckInterval
    uint32_t m_maxReads{1};             //!< attribute
    bool m_ackEachMessage{true};        //!< attribute
    uint8_t m_codePoint{0};             //!< attribute
    uint8_t m_notificationCodePoint{0}; //!< attribute
    uint8_t m_timeToLive{0};            //!< attribute
    uint8_t m_rnrTimer{0};              //!< attribute
    Ptr<DcqcnConfig> m_dcqcn;           //!< attribute
    Time m_timeout;                     //!< attribute
    double m_timeoutSpread{0};          //!< attribute
    uint32_t m_askedAckInterval{1};     //!< attribute
    uint32_t m_retryCount{0};           //!< attribute
    uint32_t m_rnrRetryCount{0};        //!< attribute
    uint32_t m_sendDepth{1};            //!< attribute
    uint32_t m_receiveDepth{1};         //!< attribute
    uint32_t m_maxInline{0};            //!< attribute
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_QUEUE_PAIR_CONFIG_H */
