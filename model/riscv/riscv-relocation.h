/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_RELOCATION_H
#define OFFLOAD_RISCV_RELOCATION_H

#include "elf-file.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Fits a section's bytes to the addresses that its symbols have got (RISC-V ELF psABI,
 * "Relocations"; what a linker does with --no-relax).
 */
class RiscvRelocation
{
  public:
    /**
     * @param section the section with its relocations
     * @param base address that the section has got
     * @param symbols addresses of the file's symbols, by number
     */
    RiscvRelocation(const ElfSection& section, uint32_t base, const std::vector<uint32_t>& symbols);

    /**
     * @param bytes the section's bytes, changed in place
     * @throw std::invalid_argument that names a relocation that cannot be done
     */
    void Apply(std::vector<uint8_t>& bytes) const;

    /**
     * Delete the padding that the assembler has left for the linker before an aligned place
     * (R_RISCV_ALIGN), in all sections of an object: what follows moves towards the beginning.
     * @param file the object
     */
    static void RemovePadding(ElfFile& file);

  private:
    void ApplyOne(std::vector<uint8_t>& bytes, const ElfRelocation& relocation) const;
    uint32_t TargetOf(const ElfRelocation& relocation) const;
    uint32_t LowPartOf(const ElfRelocation& relocation) const;
    [[noreturn]] void Fail(const ElfRelocation& relocation, const std::string& why) const;

    const ElfSection& m_section;                         //!< what is relocated
    const uint32_t m_base;                               //!< its address
    const std::vector<uint32_t>& m_symbols;              //!< by number
    std::unordered_map<uint32_t, uint32_t> m_upperParts; //!< address of an auipc: its offset
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_RELOCATION_H */
