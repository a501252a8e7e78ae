/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_WORD_WAY_H
#define OFFLOAD_WORD_WAY_H

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The way of packet DMA's words from L2 to a cluster's L1. It has room for two in a register of the
 * engine's crossbar, three in the engine's data path (PsPIN
 * hw/deps/axi/src/dma/axi_dma_data_path.sv, BufferDepth), two in the crossbar's other register
 * (hw/deps/pulp_cluster/rtl/dmac_wrap.sv, CUT_ALL_PORTS) and one before the superbank
 * (hw/deps/axi2mem/src/axi_to_mem.sv, i_ft_reg). Each of the four sees room behind it a cycle after
 * there is some, so that a word can leave L2 four cycles after the eighth one before it went to L1:
 * at half speed one takes 12 cycles, as in the hardware's traces.
 */
class WordWay
{
  public:
    static constexpr uint32_t WORDS = 8;  //!< that have room
    static constexpr uint32_t CYCLES = 3; //!< a word takes when nothing is in its way

    /** @param cycle in which a word goes to L1, in order */
    void Go(uint64_t cycle)
    {
        m_went[m_count++ % WORDS] = cycle;
    }

    /**
     * @param pending words that have not gone to L1, at most WORDS
     * @return cycle in which the last of them leaves L2 at the earliest
     */
    uint64_t GetLastLeave(uint32_t pending) const
    {
        const uint32_t back = WORDS - pending;
        return m_count > back ? m_went[(m_count - 1 - back) % WORDS] + ROOM : 0;
    }

  private:
    static constexpr uint32_t ROOM = 4; //!< cycles until room at the end is seen at the begin

    std::array<uint64_t, WORDS> m_went{}; //!< cycles of the last words
    uint64_t m_count{0};                  //!< words
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_WORD_WAY_H */
