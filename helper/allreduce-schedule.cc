/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "allreduce-schedule.h"

#include "ns3/power-of-two.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint64_t WORD = sizeof(uint64_t); //!< parts are whole words

/** @return the vector that a host contributes */
PayloadPattern
GetVector(uint32_t host)
{
    return PayloadPattern::MakeIntegers(host);
}

/** @return a pattern of zeros, to add to */
PayloadPattern
GetZero()
{
    PayloadPattern zero = GetVector(0);
    zero -= GetVector(0);
    return zero;
}

/** @return begin of one of several equal parts of the vector, in bytes */
uint64_t
GetPart(uint64_t bytes, uint64_t part, uint64_t parts)
{
    return bytes / WORD * part / parts * WORD;
}

/** Each host passes on what it has got to the next one. */
class RingSchedule : public AllreduceSchedule
{
  public:
    RingSchedule(uint32_t hosts, uint64_t bytes)
        : m_hosts(hosts),
          m_bytes(bytes),
          m_total(GetZero())
    {
        m_before.reserve(hosts);
        for (uint32_t host = 0; host < hosts; ++host)
        {
            m_before.push_back(m_total);
            m_total += GetVector(host);
        }
    }

    uint32_t GetSteps() const override
    {
        return 2 * (m_hosts - 1);
    }

    Message GetMessage(uint32_t host, uint32_t step) const override
    {
        Message message;
        message.to = (host + 1) % m_hosts;
        // The part that came in the step before, or to begin with one's own.
        const uint32_t part = (host + GetSteps() + 2 - step) % m_hosts;
        message.offset = GetPart(m_bytes, part, m_hosts);
        message.bytes = GetPart(m_bytes, part + 1, m_hosts) - message.offset;
        message.content = step < m_hosts - 1 ? GetSum(host, step + 1) : m_total;
        return message;
    }

  private:
    /** @return the sum of so many hosts' vectors, the last of which is a host's */
    PayloadPattern GetSum(uint32_t last, uint32_t count) const
    {
        PayloadPattern sum = m_before[last];
        sum += GetVector(last);
        if (last + 1 >= count)
        {
            sum -= m_before[last + 1 - count];
            return sum;
        }
        sum += m_total;
        sum -= m_before[last + 1 + m_hosts - count];
        return sum;
    }

    uint32_t m_hosts;                     //!< how many
    uint64_t m_bytes;                     //!< of the vector
    PayloadPattern m_total;               //!< sum of all
    std::vector<PayloadPattern> m_before; //!< by host: sum of those with lower numbers
};

/** Pairs exchange halves, quarters, and so on, and then the other way round. */
class RecursiveSchedule : public AllreduceSchedule
{
  public:
    RecursiveSchedule(uint32_t hosts, uint64_t bytes)
        : m_bytes(bytes)
    {
        m_sums.emplace_back();
        for (uint32_t host = 0; host < hosts; ++host)
        {
            m_sums.back().push_back(GetVector(host));
        }
        for (uint32_t distance = hosts / 2; distance > 0; distance /= 2)
        {
            std::vector<PayloadPattern> next = m_sums.back();
            for (uint32_t host = 0; host < hosts; ++host)
            {
                next[host] += m_sums.back()[host ^ distance];
            }
            m_sums.push_back(next);
        }
        m_levels = static_cast<uint32_t>(m_sums.size()) - 1;
    }

    uint32_t GetSteps() const override
    {
        return 2 * m_levels;
    }

    Message GetMessage(uint32_t host, uint32_t step) const override
    {
        Message message;
        if (step < m_levels)
        {
            // The half that the peer keeps.
            message.to = host ^ (1U << (m_levels - 1 - step));
            message.content = m_sums[step][host];
            SetRange(message, message.to, step + 1);
            return message;
        }
        message.to = host ^ (1U << (step - m_levels));
        message.content = m_sums[m_levels][host];
        SetRange(message, host, 2 * m_levels - step);
        return message;
    }

  private:
    /** Set the part that a host has after so many halvings. */
    void SetRange(Message& message, uint32_t host, uint32_t halvings) const
    {
        const uint64_t part = host >> (m_levels - halvings);
        message.offset = GetPart(m_bytes, part, uint64_t{1} << halvings);
        message.bytes = GetPart(m_bytes, part + 1, uint64_t{1} << halvings) - message.offset;
    }

    uint64_t m_bytes;                                //!< of the vector
    uint32_t m_levels;                               //!< binary logarithm of the number of hosts
    std::vector<std::vector<PayloadPattern>> m_sums; //!< by halvings and host: what it has
};

} // namespace

std::unique_ptr<AllreduceSchedule>
AllreduceSchedule::Make(const std::string& name, uint32_t hosts, uint64_t bytes)
{
    if (hosts < 2)
    {
        throw std::invalid_argument("allreduce: at least 2 hosts take part");
    }
    if (bytes % WORD != 0 || bytes == 0)
    {
        throw std::invalid_argument("allreduce: a vector has a multiple of 8 bytes, and some");
    }
    if (hosts > PayloadPattern::GetMaxSummands(bytes))
    {
        throw std::invalid_argument(
            "allreduce: the sums of " + std::to_string(hosts) + " hosts and " +
            std::to_string(bytes) + " bytes do not fit into 32 bits; at most " +
            std::to_string(PayloadPattern::GetMaxSummands(bytes)) + " hosts");
    }
    if (name == "ring")
    {
        return std::make_unique<RingSchedule>(hosts, bytes);
    }
    if (name == "recursive-doubling")
    {
        if (!IsPowerOfTwo(hosts))
        {
            throw std::invalid_argument("recursive-doubling: the number of hosts, " +
                                        std::to_string(hosts) + ", must be a power of two");
        }
        return std::make_unique<RecursiveSchedule>(hosts, bytes);
    }
    throw std::invalid_argument(name + " is not ring or recursive-doubling");
}

} // namespace offload
} // namespace ns3
