/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SOURCE_LINES_H
#define OFFLOAD_SOURCE_LINES_H

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Which source line an instruction comes from, as the compiler has noted (DWARF, gcc -g).
 */
class SourceLines
{
  public:
    /**
     * @param elf a whole ELF file whose debugging sections have final addresses; without such
     * sections, or with damaged ones, no line is known
     */
    explicit SourceLines(std::vector<uint8_t> elf);

    /**
     * @param pc address of an instruction
     * @return "file.c:123", or nothing
     */
    std::string Find(uint32_t pc) const;

  private:
    /** Where the code of a line begins. */
    struct Entry
    {
        uint32_t address; //!< first instruction
        uint32_t file;    //!< number in m_files
        uint32_t line;    //!< number, from 1; 0: the code before has ended
    };

    uint32_t NumberOf(const std::string& file);

    std::vector<std::string> m_files; //!< names without folders
    std::vector<Entry> m_entries;     //!< by address
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SOURCE_LINES_H */
