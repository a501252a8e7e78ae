/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PLANNED_WORDS_H
#define OFFLOAD_PLANNED_WORDS_H

#include "nic-memory.h"

#include "ns3/l1-banks.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/** The words that the NhiPort has planned, for who asks in the order of cycles. */
class PlannedWords
{
  public:
    /** @param wordBytes from one word to the next */
    explicit PlannedWords(uint32_t wordBytes)
        : m_wordBytes(wordBytes)
    {
    }

    /**
     * Words of a transfer.
     * @param next cycle of the first one
     * @param end behind the last one's
     * @param address of the first one
     */
    void Add(const uint64_t* next, const uint64_t* end, uint32_t address)
    {
        m_rows[m_count++] = {next, end, address};
    }

    /**
     * @param address in an L1
     * @param cycle not before the one of the last call
     * @return whether a word has the same superbank then
     */
    bool Has(uint32_t address, uint64_t cycle)
    {
        for (uint32_t i = 0; i < m_count; i++)
        {
            Row& row = m_rows[i];
            for (; row.next != row.end && *row.next < cycle; row.next++)
            {
                row.address += m_wordBytes;
            }
            if (row.next != row.end && *row.next == cycle &&
                L1Banks::SuperbankOf(row.address) == L1Banks::SuperbankOf(address) &&
                row.address / memory_map::L1_STRIDE == address / memory_map::L1_STRIDE)
            {
                return true;
            }
        }
        return false;
    }

  private:
    /** Words of one transfer. */
    struct Row
    {
        const uint64_t* next; //!< cycle of the next one
        const uint64_t* end;  //!< behind the last one's
        uint32_t address;     //!< of the next one
    };

    const uint32_t m_wordBytes;  //!< of a word
    std::array<Row, 2> m_rows{}; //!< a read, a write
    uint32_t m_count{0};         //!< of these
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PLANNED_WORDS_H */
