/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_DCQCN_H
#define OFFLOAD_DCQCN_H

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Parameters of DCQCN, the congestion control of RoCEv2: Y. Zhu et al., "Congestion Control for
 * Large-Scale RDMA Deployments", SIGCOMM 2015. Shared by the queue pairs that have them.
 */
class DcqcnConfig : public Object
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    DcqcnConfig();
    ~DcqcnConfig() override;

    /** @return least time between two notifications of a receiver, ps */
    int64_t GetNotificationInterval() const
    {
        return m_notificationInterval.GetTimeStep();
    }

  private:
    friend class DcqcnRate;

    void SetGain(double gain); //!< attribute setter
    double GetGain() const;    //!< attribute getter

    Time m_notificationInterval; //!< attribute
    Time m_alphaInterval;        //!< attribute
    Time m_increaseInterval;     //!< attribute
    uint64_t m_byteCounter{0};   //!< attribute
    uint32_t m_fastRecovery{0};  //!< attribute
    uint64_t m_gain{0};          //!< attribute, in units of 1 / ONE
    DataRate m_additiveIncrease; //!< attribute
    DataRate m_hyperIncrease;    //!< attribute
    DataRate m_leastRate;        //!< attribute
};

/**
 * The reaction point: how fast a queue pair may send.
 *
 * All of the paper's timers only matter when a packet is sent or a notification comes, so none of
 * them is an event: what has expired meanwhile is made up for then. Integers throughout, so that
 * every machine gets the same rates.
 */
class DcqcnRate
{
  public:
    /**
     * @param config outlives this
     * @param lineRate of the port, bit/s
     */
    DcqcnRate(const DcqcnConfig& config, uint64_t lineRate);

    /**
     * A notification of congestion has come.
     * @param now ps
     */
    void Reduce(int64_t now);

    /**
     * A packet is sent.
     * @param bytes of it on the wire
     * @param now ps
     * @return when the next one may be sent, ps
     */
    int64_t Send(uint32_t bytes, int64_t now);

    /**
     * @param now ps
     * @return the present rate, bit/s
     */
    uint64_t GetRate(int64_t now)
    {
        CatchUp(now);
        return m_rate;
    }

  private:
    friend class DcqcnConfig;

    /// Fixed point: this is 1
    static constexpr uint64_t ONE = uint64_t{1} << 20;

    void CatchUp(int64_t now); //!< do what the timers would have done
    void Increase();           //!< a timer or the byte counter has expired

    const DcqcnConfig& m_config; //!< parameters
    uint64_t m_lineRate;         //!< bit/s
    uint64_t m_rate;             //!< present rate, bit/s
    uint64_t m_target;           //!< rate to return to, bit/s
    uint64_t m_alpha{ONE};       //!< estimate of congestion, in units of 1 / ONE
    uint64_t m_bytes{0};         //!< sent since the byte counter last expired
    int64_t m_alphaDue{0};       //!< alpha's timer, ps
    int64_t m_increaseDue{0};    //!< increase timer, ps
    int64_t m_nextSend{0};       //!< see Send, ps
    uint32_t m_timerCount{0};    //!< how often the increase timer has expired since a reduction
    uint32_t m_byteCount{0};     //!< how often the byte counter has
    bool m_limited{false};       //!< below the line's rate: timers run
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_DCQCN_H */
