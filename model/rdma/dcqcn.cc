/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "dcqcn.h"

#include "ns3/byte-clock.h"
#include "ns3/double.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(DcqcnConfig);

TypeId
DcqcnConfig::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::DcqcnConfig")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<DcqcnConfig>()
            .AddAttribute("NotificationInterval",
                          "Least time between two congestion notifications that a receiver sends "
                          "for a queue pair (SIGCOMM'15, N: 50 us)",
                          TimeValue(MicroSeconds(50)),
                          MakeTimeAccessor(&DcqcnConfig::m_notificationInterval),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("AlphaInterval",
                          "Without a notification for so long, the estimate of congestion falls "
                          "(SIGCOMM'15, K: 55 us)",
                          TimeValue(MicroSeconds(55)),
                          MakeTimeAccessor(&DcqcnConfig::m_alphaInterval),
                          MakeTimeChecker(MicroSeconds(1)))
            .AddAttribute("IncreaseInterval",
                          "Period of the timer that raises the rate (SIGCOMM'15, T: 55 us)",
                          TimeValue(MicroSeconds(55)),
                          MakeTimeAccessor(&DcqcnConfig::m_increaseInterval),
                          MakeTimeChecker(MicroSeconds(1)))
            .AddAttribute("ByteCounter",
                          "Bytes sent that raise the rate (SIGCOMM'15, B: 10 MB)",
                          UintegerValue(10'000'000),
                          MakeUintegerAccessor(&DcqcnConfig::m_byteCounter),
                          MakeUintegerChecker<uint64_t>(1))
            .AddAttribute("FastRecovery",
                          "The increase, by timer or byte counter, from which on the target rate "
                          "rises; those before only return to the rate before the reduction "
                          "(SIGCOMM'15, F: 5)",
                          UintegerValue(5),
                          MakeUintegerAccessor(&DcqcnConfig::m_fastRecovery),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("Gain",
                          "How much the newest sample counts in the estimate of congestion "
                          "(SIGCOMM'15, g: 1/256)",
                          DoubleValue(1.0 / 256),
                          MakeDoubleAccessor(&DcqcnConfig::SetGain, &DcqcnConfig::GetGain),
                          MakeDoubleChecker<double>(0.0001, 1.0))
            .AddAttribute("AdditiveIncrease",
                          "How much the target rate rises at a time after fast recovery "
                          "(SIGCOMM'15, R_AI: 40 Mbit/s)",
                          DataRateValue(DataRate("40Mbps")),
                          MakeDataRateAccessor(&DcqcnConfig::m_additiveIncrease),
                          MakeDataRateChecker())
            .AddAttribute("HyperIncrease",
                          "How much more it rises each time once timer and byte counter are both "
                          "beyond fast recovery (assumption: ten times AdditiveIncrease, the ratio "
                          "of QCN, IEEE 802.1Qau; SIGCOMM'15 gives no number)",
                          DataRateValue(DataRate("400Mbps")),
                          MakeDataRateAccessor(&DcqcnConfig::m_hyperIncrease),
                          MakeDataRateChecker())
            .AddAttribute("LeastRate",
                          "No reduction goes below (assumption: 10 Mbit/s, a 4 KiB packet per "
                          "3.3 ms, keeps the connection alive)",
                          DataRateValue(DataRate("10Mbps")),
                          MakeDataRateAccessor(&DcqcnConfig::m_leastRate),
                          MakeDataRateChecker());
    return tid;
}

DcqcnConfig::DcqcnConfig() = default;

DcqcnConfig::~DcqcnConfig() = default;

void
DcqcnConfig::SetGain(double gain)
{
    m_gain = static_cast<uint64_t>(gain * DcqcnRate::ONE + 0.5);
}

double
DcqcnConfig::GetGain() const
{
    return static_cast<double>(m_gain) / DcqcnRate::ONE;
}

DcqcnRate::DcqcnRate(const DcqcnConfig& config, uint64_t lineRate)
    : m_config(config),
      m_lineRate(lineRate),
      m_rate(lineRate),
      m_target(lineRate)
{
}

void
DcqcnRate::Reduce(int64_t now)
{
    CatchUp(now);
    m_target = m_rate;
    m_rate = std::max(m_rate - m_rate * m_alpha / (2 * ONE), m_config.m_leastRate.GetBitRate());
    m_alpha += (ONE - m_alpha) * m_config.m_gain / ONE;
    m_alphaDue = now + m_config.m_alphaInterval.GetTimeStep();
    m_increaseDue = now + m_config.m_increaseInterval.GetTimeStep();
    m_timerCount = 0;
    m_byteCount = 0;
    m_bytes = 0;
    m_limited = true;
}

int64_t
DcqcnRate::Send(uint32_t bytes, int64_t now)
{
    CatchUp(now);
    if (!m_limited)
    {
        return now;
    }
    m_bytes += bytes;
    if (m_bytes >= m_config.m_byteCounter)
    {
        m_bytes = 0;
        ++m_byteCount;
        Increase();
    }
    // A queue pair that was late may not catch up: that would be a burst above its rate.
    m_nextSend =
        std::max(m_nextSend, now) + static_cast<int64_t>(bytes * ByteClock::BIT_PS_PER_S / m_rate);
    return m_nextSend;
}

void
DcqcnRate::CatchUp(int64_t now)
{
    while (m_alphaDue <= now && m_alpha > 0 && m_alphaDue > 0)
    {
        const uint64_t step = m_alpha * m_config.m_gain / ONE;
        // What the fixed point cannot halve any more is over.
        m_alpha = step > 0 ? m_alpha - step : 0;
        m_alphaDue += m_config.m_alphaInterval.GetTimeStep();
    }
    while (m_limited && m_increaseDue <= now)
    {
        ++m_timerCount;
        Increase();
        m_increaseDue += m_config.m_increaseInterval.GetTimeStep();
    }
}

void
DcqcnRate::Increase()
{
    const uint32_t fast = m_config.m_fastRecovery;
    const uint32_t least = std::min(m_timerCount, m_byteCount);
    if (least > fast)
    {
        m_target += m_config.m_hyperIncrease.GetBitRate() * (least - fast);
    }
    else if (std::max(m_timerCount, m_byteCount) >= fast)
    {
        m_target += m_config.m_additiveIncrease.GetBitRate();
    }
    m_target = std::min(m_target, m_lineRate);
    // Rounded up, or the line's rate would never be reached.
    m_rate = (m_target + m_rate + 1) / 2;
    m_limited = m_rate < m_lineRate;
}

} // namespace offload
} // namespace ns3
