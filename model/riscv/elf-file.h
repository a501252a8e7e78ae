/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ELF_FILE_H
#define OFFLOAD_ELF_FILE_H

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** A relocation entry with its addend. */
struct ElfRelocation
{
    uint32_t offset; //!< in its section
    uint32_t type;   //!< R_RISCV_…
    uint32_t symbol; //!< number of the symbol
    uint32_t addend; //!< modulo 2^32
};

/** A section of a file. */
struct ElfSection
{
    std::string name;                       //!< such as .text
    uint32_t address{0};                    //!< as linked; 0 in an object
    uint32_t size{0};                       //!< bytes in memory
    uint32_t alignment{1};                  //!< of its address
    uint32_t fileOffset{0};                 //!< of its bytes
    bool allocated{false};                  //!< part of the program
    bool executable{false};                 //!< code
    bool debug{false};                      //!< DWARF
    std::vector<uint8_t> bytes;             //!< empty if it is zeroes
    std::vector<ElfRelocation> relocations; //!< by offset
};

/** A symbol. */
struct ElfSymbol
{
    /** What it names. */
    enum class Type : uint8_t
    {
        LABEL,
        OBJECT,
        FUNCTION,
        OTHER, //!< a section, a file
    };

    /** Where it is. */
    enum class Place : uint8_t
    {
        SECTION,   //!< in `section`
        UNDEFINED, //!< in another file
        ABSOLUTE,  //!< nowhere: a number
        COMMON,    //!< to be allocated; the value is the alignment
    };

    std::string name;    //!< may be empty
    uint32_t value{0};   //!< offset in its section in an object, otherwise the address
    uint32_t size{0};    //!< bytes; 0 if unknown
    uint32_t section{0}; //!< number of the section
    Type type{};         //!< what it names
    Place place{};       //!< where it is
    bool global{false};  //!< visible to other files
    bool weak{false};    //!< may stay undefined, as address 0
};

/**
 * A 32-bit RISC-V program or object file for cores without floating point, as it is on disk.
 */
struct ElfFile
{
    /**
     * @param name of the file
     * @return what it holds
     * @throw std::invalid_argument with one line that says why the HPUs cannot run it
     */
    static ElfFile Read(const std::string& name);

    std::string name;                 //!< of the file
    bool relocatable{false};          //!< an object file, otherwise a linked program
    uint32_t entry{0};                //!< address of the first instruction
    std::vector<ElfSection> sections; //!< by number; the first is empty
    std::vector<ElfSymbol> symbols;   //!< by number; the first is empty
    std::vector<uint8_t> bytes;       //!< the whole file
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ELF_FILE_H */
