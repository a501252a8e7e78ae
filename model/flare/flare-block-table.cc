/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-block-table.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

namespace
{
constexpr uint32_t MARKS_PER_WORD = 64;
} // namespace

FlareBlockTable::FlareBlockTable(uint32_t slots, uint32_t children)
    : m_slots(slots),
      m_words((children + MARKS_PER_WORD - 1) / MARKS_PER_WORD)
{
    m_bits.resize(static_cast<size_t>(slots) * m_words);
}

FlareBlockTable::Verdict
FlareBlockTable::Open(uint32_t slot, uint32_t block, uint64_t cycle, uint16_t values)
{
    if (block == NO_BLOCK)
    {
        return Verdict::NO_BUFFER;
    }
    Slot& s = m_slots[slot];
    if (s.open && s.block == block)
    {
        return s.values == values ? Verdict::TAKE : Verdict::OTHER_SIZE;
    }
    if (s.done == block)
    {
        return Verdict::COMPLETE;
    }
    // Blocks wrap around; the later one is less than half of all numbers ahead.
    const bool later = s.block == NO_BLOCK || static_cast<int32_t>(block - s.block) > 0;
    if (s.open || !later)
    {
        return Verdict::NO_BUFFER;
    }
    s.block = block;
    s.arrived = 0;
    s.values = values;
    s.open = true;
    s.begin = cycle;
    std::fill_n(m_bits.begin() + static_cast<ptrdiff_t>(slot) * m_words, m_words, 0);
    return Verdict::TAKE;
}

bool
FlareBlockTable::Mark(uint32_t slot, uint32_t child)
{
    uint64_t& word = m_bits[static_cast<size_t>(slot) * m_words + child / MARKS_PER_WORD];
    const uint64_t bit = uint64_t{1} << child % MARKS_PER_WORD;
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
}

} // namespace offload
} // namespace ns3
