/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CALLER_FRAME_H
#define OFFLOAD_CALLER_FRAME_H

#include "address-map.h"

#include <array>
#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

class RiscvCore;

/**
 * What a handler must leave as it has found it: the registers of its caller (RISC-V psABI,
 * "Register Convention") and the stack above its own. A complete image's runtime goes on with them,
 * and for other contexts than the handler's.
 */
class CallerFrame
{
  public:
    /**
     * Keep what is there at a handler's first instruction.
     * @param core that runs it
     * @param base address of the core's stack
     * @param stack its memory_map::STACK_BYTES bytes
     * @param argumentBytes what a0 points to is the handler's
     */
    void Keep(const RiscvCore& core, uint32_t base, uint8_t* stack, uint32_t argumentBytes);

    /**
     * @param core at the handler's return
     * @return what is no longer as it was; empty if all is
     */
    std::string FindDamage(const RiscvCore& core) const;

    /** Put the stack back as it was. */
    void RestoreStack();

  private:
    /// Registers that a function preserves: sp, gp, tp, s0 to s11
    static constexpr std::array<uint8_t, 15> PRESERVED =
        {2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};

    /** @return whether a byte of the stack is an argument */
    bool IsArgument(uint32_t offset) const
    {
        return offset - m_arguments < m_argumentBytes;
    }

    std::array<uint32_t, PRESERVED.size()> m_registers{};   //!< as they were
    std::array<uint8_t, memory_map::STACK_BYTES> m_bytes{}; //!< the stack, from m_begin on
    uint8_t* m_stack{nullptr};                              //!< the stack's bytes
    uint32_t m_base{0};                                     //!< its address
    uint32_t m_begin{0};                                    //!< offset of the caller's part
    uint32_t m_arguments{0};                                //!< offset of the arguments
    uint32_t m_argumentBytes{0};                            //!< how many
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CALLER_FRAME_H */
