/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ARBITER_TREE_H
#define OFFLOAD_ARBITER_TREE_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * @param candidates who may ask; bit i: input i
 * @param asks says of one of them whether it asks now
 * @return who asks
 */
template <typename F>
uint64_t
GatherRequests(uint64_t candidates, F asks)
{
    uint64_t requests = 0;
    for (uint64_t left = candidates; left; left &= left - 1)
    {
        const auto input = static_cast<unsigned>(__builtin_ctzll(left));
        requests |= uint64_t{asks(input)} << input;
    }
    return requests;
}

/**
 * PsPIN's round-robin arbiter (hw/deps/common_cells/src/rr_arb_tree.sv with FairArb and LockIn).
 * One input has the turn and wins if it asks; otherwise the turn's half of the inputs wins if
 * anyone in it asks, and within a half the same. A grant passes the turn to the next input that
 * asked, which need not be the one after the winner. While nobody is granted anything, who asked at
 * first stays: later requests are not seen before the grant, and have no part in passing the turn.
 */
class ArbiterTree
{
  public:
    /** @param inputs how many can ask, at most 64 */
    explicit ArbiterTree(unsigned inputs)
    {
        while ((1U << m_levels) < inputs)
        {
            m_levels++;
        }
    }

    /**
     * @param requests who asks, at least one; bit i: input i. Who asks goes on until it is granted.
     * @return who is to be granted; call Grant or Hold then
     */
    unsigned Choose(uint64_t requests)
    {
        m_asked = m_held ? m_held : requests;
        if ((m_asked & (m_asked - 1)) == 0)
        {
            return static_cast<unsigned>(__builtin_ctzll(m_asked)); // quick, mostly it is so
        }
        unsigned winner = 0;
        for (unsigned level = m_levels; level-- > 0;)
        {
            const unsigned half = 1U << level;
            const uint64_t mask = (uint64_t{1} << half) - 1;
            const bool low = m_asked >> winner & mask;
            const bool high = m_asked >> winner >> half & mask;
            if (high && (!low || (m_turn >> level & 1)))
            {
                winner += half;
            }
        }
        return winner;
    }

    /** It is granted. */
    void Grant()
    {
        const uint64_t above = m_asked & (~uint64_t{1} << m_turn);
        m_turn = static_cast<unsigned>(__builtin_ctzll(above ? above : m_asked));
        m_held = 0;
    }

    /** It is not granted in this cycle. */
    void Hold()
    {
        m_held = m_asked;
    }

    /** @param input nobody else asks, and it is granted at once; nothing is held */
    void GrantOnly(unsigned input)
    {
        m_turn = input;
    }

  private:
    unsigned m_levels{0}; //!< of the tree
    unsigned m_turn{0};   //!< whose turn it is
    uint64_t m_asked{0};  //!< who asks, as the arbiter sees it
    uint64_t m_held{0};   //!< who asked when nobody was granted; 0: somebody was
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ARBITER_TREE_H */
