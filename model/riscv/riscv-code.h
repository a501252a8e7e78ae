/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_CODE_H
#define OFFLOAD_RISCV_CODE_H

#include "riscv-instruction.h"

#include "ns3/instruction-mix.h"

#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A piece of program memory, decoded once and shared read-only by all cores that run it.
 *
 * One decoded instruction for each halfword, since an instruction may begin at any. Stalls between
 * neighbours that the pipeline always has are found here, so that the core need not look back:
 * they are in the cycles of the instruction that causes them.
 */
class RiscvCode
{
  public:
    static constexpr uint32_t LINE_BYTES = 16; //!< of the instruction cache (core_region.sv)

    /** Cycles of a jump that pass while the instruction before it holds it up. */
    static constexpr uint32_t HIDDEN_JUMP = 1;

    /**
     * @param base address of the first byte, even
     * @param bytes contents
     * @param size how many
     * @param timing of the core that runs it
     */
    RiscvCode(uint32_t base, const uint8_t* bytes, uint32_t size, const CoreTiming& timing = {});

    /** The same from a vector. */
    RiscvCode(uint32_t base, const std::vector<uint8_t>& bytes, const CoreTiming& timing = {})
        : RiscvCode(base, bytes.data(), static_cast<uint32_t>(bytes.size()), timing)
    {
    }

    /** @return address of the first byte */
    uint32_t GetBase() const
    {
        return m_base;
    }

    /** @return of the core that runs it */
    const CoreTiming& GetTiming() const
    {
        return m_timing;
    }

    /** @param pc an address @return whether an instruction may begin there */
    bool Contains(uint32_t pc) const
    {
        return pc - m_base < m_size;
    }

    /** @return the array; behind its end is a pseudo instruction OUTSIDE */
    const DecodedInstruction* GetInstructions() const
    {
        return m_instructions.data();
    }

  private:
    /** @param index of an instruction that is decoded @return its cycles, what follows included */
    uint8_t FindCycles(uint32_t index) const;

    uint32_t m_base;                                //!< address of the first byte
    uint32_t m_size;                                //!< bytes, even
    CoreTiming m_timing;                            //!< of the core
    std::vector<DecodedInstruction> m_instructions; //!< and two beyond the end
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_CODE_H */
