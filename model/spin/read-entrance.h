/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_READ_ENTRANCE_H
#define OFFLOAD_READ_ENTRANCE_H

#include <algorithm>
#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Where packet DMA's read requests enter the L2 packet memory (PsPIN
 * hw/deps/axi2mem/src/axi_to_mem_banked_mp.sv, i_axi_demux): a register of two requests (SpillAr),
 * then a counter of reads under way for each value of an id's lowest bit (AxiLookBits 1). A counter
 * has two bits (MaxTrans 4); while one of them is at 3, no request of any id is let in
 * (hw/deps/axi/src/axi_demux.sv, axi_demux_id_counters, full_o). Reads end in the order of their
 * requests.
 */
class ReadEntrance
{
  public:
    static constexpr uint64_t UNKNOWN = UINT64_MAX; //!< a cycle

    /** @return cycle from which the register has room for a request, or UNKNOWN */
    uint64_t MayPass()
    {
        const uint64_t entered = GetEntered(m_passed - REGISTER);
        return entered == UNKNOWN ? UNKNOWN : entered + 1;
    }

    /**
     * A request goes into the register, which has room.
     * @param id of the read
     * @param cycle when
     * @return number of the request
     */
    uint64_t Pass(uint32_t id, uint64_t cycle)
    {
        Request& request = m_requests[m_passed % REQUESTS];
        request.pass = cycle;
        request.entered = UNKNOWN;
        for (uint32_t i = 0; i < COUNTERS; i++)
        {
            const uint64_t back = m_passed - m_counted[i].back();
            request.room[i] = static_cast<uint8_t>(std::min<uint64_t>(back, REQUESTS + 1));
        }
        return Count(id);
    }

    /**
     * The same when no read is under way.
     * @param id of the read
     * @param cycle when
     * @return number of the request
     */
    uint64_t PassAlone(uint32_t id, uint64_t cycle)
    {
        m_requests[m_passed % REQUESTS].entered = cycle + 1;
        return Count(id);
    }

    /** @return cycle of the last word of all reads, or UNKNOWN */
    uint64_t GetLastOver() const
    {
        return m_requests[(m_passed - 1) % REQUESTS].over; // they end in order
    }

    /**
     * @param number of a request, one of the last ones
     * @return cycle in which it is let in, or UNKNOWN as long as that depends on reads whose end is
     */
    uint64_t GetEntered(uint64_t number)
    {
        const uint64_t entered = m_requests[number % REQUESTS].entered;
        return entered == UNKNOWN ? FindEntered(number) : entered;
    }

    /**
     * @param number of a request
     * @param cycle of the last word that is read
     */
    void SetOver(uint64_t number, uint64_t cycle)
    {
        m_requests[number % REQUESTS].over = cycle;
    }

  private:
    static constexpr uint32_t REGISTER = 2; //!< requests
    static constexpr uint32_t COUNTERS = 2; //!< one for each value of the bit
    static constexpr uint32_t COUNTED = 3;  //!< reads that fill a counter
    static constexpr uint32_t REQUESTS = 8; //!< that are remembered, more than can be under way

    /** A request. Its number is that of the order in which they passed. */
    struct Request
    {
        uint64_t pass{0};    //!< cycle, it went into the register
        uint64_t entered{0}; //!< cycle, it was let in, or UNKNOWN
        uint64_t over{0};    //!< cycle of its last word, or UNKNOWN
        /** How many before it is the one whose end makes room in each counter. */
        std::array<uint8_t, COUNTERS> room{};
    };

    uint64_t Count(uint32_t id)
    {
        m_requests[m_passed % REQUESTS].over = UNKNOWN;
        auto& counted = m_counted[id % COUNTERS];
        std::copy_backward(counted.begin(), counted.end() - 1, counted.end());
        counted.front() = m_passed;
        return m_passed++;
    }

    uint64_t FindEntered(uint64_t number)
    {
        Request& request = m_requests[number % REQUESTS];
        const uint64_t before = GetEntered(number - 1);
        const uint64_t room =
            std::max(GetOver(number - request.room[0]), GetOver(number - request.room[1]));
        if (before != UNKNOWN && room != UNKNOWN)
        {
            request.entered = std::max({request.pass + 1, before + 1, room});
        }
        return request.entered;
    }

    uint64_t GetOver(uint64_t number) const
    {
        return number + REQUESTS < m_passed ? 0 : m_requests[number % REQUESTS].over;
    }

    uint64_t m_passed{REQUESTS};                //!< number of the next request
    std::array<Request, REQUESTS> m_requests{}; //!< the last ones
    /** Of each counter, numbers of the last reads that it counts or will count. */
    std::array<std::array<uint64_t, COUNTED>, COUNTERS> m_counted{};
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_READ_ENTRANCE_H */
