/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-relocation.h"

#include "hexadecimal.h"

#include <algorithm>
#include <boost/endian/conversion.hpp>
#include <elf.h>

namespace ns3
{
namespace offload
{

namespace
{

/** @return a relocation's name in the psABI, or its number */
std::string
NameOf(uint32_t type)
{
    static const char* const names[] = {"NONE",         "32",           "64",
                                        "RELATIVE",     "COPY",         "JUMP_SLOT",
                                        "TLS_DTPMOD32", "TLS_DTPMOD64", "TLS_DTPREL32",
                                        "TLS_DTPREL64", "TLS_TPREL32",  "TLS_TPREL64",
                                        "TLSDESC",      nullptr,        nullptr,
                                        nullptr,        "BRANCH",       "JAL",
                                        "CALL",         "CALL_PLT",     "GOT_HI20",
                                        "TLS_GOT_HI20", "TLS_GD_HI20",  "PCREL_HI20",
                                        "PCREL_LO12_I", "PCREL_LO12_S", "HI20",
                                        "LO12_I",       "LO12_S",       "TPREL_HI20",
                                        "TPREL_LO12_I", "TPREL_LO12_S", "TPREL_ADD",
                                        "ADD8",         "ADD16",        "ADD32",
                                        "ADD64",        "SUB8",         "SUB16",
                                        "SUB32",        "SUB64",        "GNU_VTINHERIT",
                                        "GNU_VTENTRY",  "ALIGN",        "RVC_BRANCH",
                                        "RVC_JUMP",     "RVC_LUI",      "GPREL_I",
                                        "GPREL_S",      "TPREL_I",      "TPREL_S",
                                        "RELAX",        "SUB6",         "SET6",
                                        "SET8",         "SET16",        "SET32",
                                        "32_PCREL",     "IRELATIVE",    "PLT32",
                                        "SET_ULEB128",  "SUB_ULEB128"};
    const bool known = type < sizeof(names) / sizeof(names[0]) && names[type];
    return known ? std::string("R_RISCV_") + names[type] : "number " + std::to_string(type);
}

constexpr uint32_t UPPER = 0xFFFFF000; //!< bits of an address that lui and auipc make
constexpr uint32_t ROUND = 0x800;      //!< the lower part is signed, so the upper one is rounded

/** @return bits [high:low] of a value, at bit 0 */
constexpr uint32_t
Bits(uint32_t value, uint32_t high, uint32_t low)
{
    return value >> low & ((1U << (high - low + 1)) - 1);
}

// The immediates of the instruction formats (RISC-V Instruction Set Manual, chapters 2.3 and 16.2).

constexpr uint32_t
ImmediateU(uint32_t value)
{
    return (value + ROUND) & UPPER;
}

constexpr uint32_t
ImmediateI(uint32_t value)
{
    return Bits(value, 11, 0) << 20;
}

constexpr uint32_t
ImmediateS(uint32_t value)
{
    return Bits(value, 11, 5) << 25 | Bits(value, 4, 0) << 7;
}

constexpr uint32_t
ImmediateB(uint32_t value)
{
    return Bits(value, 12, 12) << 31 | Bits(value, 10, 5) << 25 | Bits(value, 4, 1) << 8 |
           Bits(value, 11, 11) << 7;
}

constexpr uint32_t
ImmediateJ(uint32_t value)
{
    return Bits(value, 20, 20) << 31 | Bits(value, 10, 1) << 21 | Bits(value, 11, 11) << 20 |
           Bits(value, 19, 12) << 12;
}

constexpr uint32_t
ImmediateCB(uint32_t value)
{
    return Bits(value, 8, 8) << 12 | Bits(value, 4, 3) << 10 | Bits(value, 7, 6) << 5 |
           Bits(value, 2, 1) << 3 | Bits(value, 5, 5) << 2;
}

constexpr uint32_t
ImmediateCJ(uint32_t value)
{
    return Bits(value, 11, 11) << 12 | Bits(value, 4, 4) << 11 | Bits(value, 9, 8) << 9 |
           Bits(value, 10, 10) << 8 | Bits(value, 6, 6) << 7 | Bits(value, 7, 7) << 6 |
           Bits(value, 3, 1) << 3 | Bits(value, 5, 5) << 2;
}

constexpr uint32_t MASK_U = ImmediateU(UPPER);
constexpr uint32_t MASK_I = ImmediateI(~0U);
constexpr uint32_t MASK_S = ImmediateS(~0U);
constexpr uint32_t MASK_B = ImmediateB(~0U);
constexpr uint32_t MASK_J = ImmediateJ(~0U);
constexpr uint32_t MASK_CB = ImmediateCB(~0U);
constexpr uint32_t MASK_CJ = ImmediateCJ(~0U);

/** @return whether an even number fits into so many bits, sign included */
bool
FitsJump(uint32_t value, uint32_t bits)
{
    const auto number = static_cast<int32_t>(value);
    const int32_t limit = 1 << (bits - 1);
    return number >= -limit && number < limit && number % 2 == 0;
}

using boost::endian::endian_load;
using boost::endian::endian_store;
using boost::endian::order;

/** Replace some bits of a little-endian number of so many bytes. */
template <typename Number, size_t BYTES>
void
Replace(uint8_t* at, uint32_t mask, uint32_t value)
{
    const uint32_t old = endian_load<Number, BYTES, order::little>(at);
    endian_store<Number, BYTES, order::little>(at,
                                               static_cast<Number>((old & ~mask) | (value & mask)));
}

/** @return bytes that a relocation touches; 0 for a mere hint */
uint32_t
WidthOf(uint32_t type)
{
    switch (type)
    {
    case R_RISCV_NONE:
    case R_RISCV_RELAX:
    case R_RISCV_ALIGN:
        return 0;
    case R_RISCV_ADD8:
    case R_RISCV_SUB8:
    case R_RISCV_SET8:
    case R_RISCV_SET6:
    case R_RISCV_SUB6:
        return 1;
    case R_RISCV_ADD16:
    case R_RISCV_SUB16:
    case R_RISCV_SET16:
    case R_RISCV_RVC_BRANCH:
    case R_RISCV_RVC_JUMP:
        return 2;
    case R_RISCV_CALL:
    case R_RISCV_CALL_PLT:
        return 8;
    default:
        return 4;
    }
}

} // namespace

RiscvRelocation::RiscvRelocation(const ElfSection& section,
                                 uint32_t base,
                                 const std::vector<uint32_t>& symbols)
    : m_section(section),
      m_base(base),
      m_symbols(symbols)
{
    for (const ElfRelocation& relocation : section.relocations)
    {
        if (relocation.type == R_RISCV_PCREL_HI20)
        {
            const uint32_t pc = base + relocation.offset;
            m_upperParts[pc] = TargetOf(relocation) - pc;
        }
    }
}

void
RiscvRelocation::Fail(const ElfRelocation& relocation, const std::string& why) const
{
    throw std::invalid_argument("relocation " + NameOf(relocation.type) + " at " + m_section.name +
                                "+" + Hexadecimal(relocation.offset) + " " + why);
}

uint32_t
RiscvRelocation::TargetOf(const ElfRelocation& relocation) const
{
    if (relocation.symbol >= m_symbols.size())
    {
        Fail(relocation, "has no symbol: the file is damaged");
    }
    return m_symbols[relocation.symbol] + relocation.addend;
}

uint32_t
RiscvRelocation::LowPartOf(const ElfRelocation& relocation) const
{
    // The symbol is the label of the auipc, whose own relocation has the target.
    const auto upper = m_upperParts.find(TargetOf(relocation));
    if (upper == m_upperParts.end())
    {
        Fail(relocation, "belongs to no R_RISCV_PCREL_HI20");
    }
    return upper->second;
}

void
RiscvRelocation::Apply(std::vector<uint8_t>& bytes) const
{
    for (const ElfRelocation& relocation : m_section.relocations)
    {
        const uint32_t width = WidthOf(relocation.type);
        if (width == 0)
        {
            continue;
        }
        if (relocation.offset > bytes.size() || bytes.size() - relocation.offset < width)
        {
            Fail(relocation, "is beyond the end of the section: the file is damaged");
        }
        ApplyOne(bytes, relocation);
    }
}

void
RiscvRelocation::ApplyOne(std::vector<uint8_t>& bytes, const ElfRelocation& relocation) const
{
    constexpr uint32_t all = ~0U;
    constexpr uint32_t sixBits = 0x3F;
    uint8_t* at = bytes.data() + relocation.offset;
    const uint32_t target = TargetOf(relocation);
    const uint32_t distance = target - (m_base + relocation.offset);
    const auto checkJump = [&](uint32_t bits) {
        if (!FitsJump(distance, bits))
        {
            Fail(relocation, "is out of reach");
        }
    };
    const auto word = [at](uint32_t mask, uint32_t value) {
        Replace<uint32_t, 4>(at, mask, value);
    };
    const auto half = [at](uint32_t mask, uint32_t value) {
        Replace<uint16_t, 2>(at, mask, value);
    };
    const auto oldHalf = [at] { return endian_load<uint16_t, 2, order::little>(at); };
    const auto oldWord = [at] { return endian_load<uint32_t, 4, order::little>(at); };
    switch (relocation.type)
    {
    case R_RISCV_32:
    case R_RISCV_SET32:
        return word(all, target);
    case R_RISCV_32_PCREL:
        return word(all, distance);
    case R_RISCV_ADD32:
        return word(all, oldWord() + target);
    case R_RISCV_SUB32:
        return word(all, oldWord() - target);
    case R_RISCV_SET16:
        return half(all, target);
    case R_RISCV_ADD16:
        return half(all, oldHalf() + target);
    case R_RISCV_SUB16:
        return half(all, oldHalf() - target);
    case R_RISCV_SET8:
        return Replace<uint8_t, 1>(at, all, target);
    case R_RISCV_ADD8:
        return Replace<uint8_t, 1>(at, all, *at + target);
    case R_RISCV_SUB8:
        return Replace<uint8_t, 1>(at, all, *at - target);
    case R_RISCV_SET6:
        return Replace<uint8_t, 1>(at, sixBits, target);
    case R_RISCV_SUB6:
        return Replace<uint8_t, 1>(at, sixBits, *at - target);
    case R_RISCV_HI20:
        return word(MASK_U, ImmediateU(target));
    case R_RISCV_LO12_I:
        return word(MASK_I, ImmediateI(target));
    case R_RISCV_LO12_S:
        return word(MASK_S, ImmediateS(target));
    case R_RISCV_PCREL_HI20:
        return word(MASK_U, ImmediateU(distance));
    case R_RISCV_PCREL_LO12_I:
        return word(MASK_I, ImmediateI(LowPartOf(relocation)));
    case R_RISCV_PCREL_LO12_S:
        return word(MASK_S, ImmediateS(LowPartOf(relocation)));
    case R_RISCV_CALL:
    case R_RISCV_CALL_PLT:
        word(MASK_U, ImmediateU(distance));
        return Replace<uint32_t, 4>(at + 4, MASK_I, ImmediateI(distance));
    case R_RISCV_BRANCH:
        checkJump(13);
        return word(MASK_B, ImmediateB(distance));
    case R_RISCV_JAL:
        checkJump(21);
        return word(MASK_J, ImmediateJ(distance));
    case R_RISCV_RVC_BRANCH:
        checkJump(9);
        return half(MASK_CB, ImmediateCB(distance));
    case R_RISCV_RVC_JUMP:
        checkJump(12);
        return half(MASK_CJ, ImmediateCJ(distance));
    case R_RISCV_GOT_HI20:
        Fail(relocation, "is not known: compile without -fpic");
    default:
        Fail(relocation, "is not known");
    }
}

namespace
{

/** Bytes that go. */
struct Cut
{
    uint32_t offset; //!< of the first one
    uint32_t size;   //!< how many
};

/** @return where a place is after the cuts */
uint32_t
AfterCuts(const std::vector<Cut>& cuts, uint32_t offset)
{
    uint32_t gone = 0;
    for (const Cut& cut : cuts)
    {
        gone += offset > cut.offset ? std::min(cut.size, offset - cut.offset) : 0;
    }
    return offset - gone;
}

/**
 * Fill the part of the padding that stays, and say what goes.
 * @param section padded
 * @return the cuts
 */
std::vector<Cut>
FindPadding(ElfSection& section)
{
    constexpr uint32_t nop = 0x00000013;
    constexpr uint32_t compressedNop = 0x0001;
    std::vector<Cut> cuts;
    for (const ElfRelocation& relocation : section.relocations)
    {
        if (relocation.type != R_RISCV_ALIGN || relocation.offset > section.bytes.size() ||
            section.bytes.size() - relocation.offset < relocation.addend)
        {
            continue;
        }
        // The addend is the most padding that can be necessary, less than the alignment.
        uint32_t alignment = 1;
        while (alignment <= relocation.addend)
        {
            alignment *= 2;
        }
        const uint32_t begin = AfterCuts(cuts, relocation.offset);
        const uint32_t stay = -begin & (alignment - 1);
        if (stay >= relocation.addend)
        {
            continue; // all of it, as the assembler wrote it
        }
        uint8_t* at = section.bytes.data() + relocation.offset;
        for (uint32_t i = 0; i + 1 < stay;)
        {
            const uint32_t width = stay - i >= 4 ? 4 : 2;
            width == 4 ? Replace<uint32_t, 4>(at + i, ~0U, nop)
                       : Replace<uint16_t, 2>(at + i, ~0U, compressedNop);
            i += width;
        }
        cuts.push_back({relocation.offset + stay, relocation.addend - stay});
    }
    return cuts;
}

} // namespace

void
RiscvRelocation::RemovePadding(ElfFile& file)
{
    for (size_t number = 0; number < file.sections.size(); number++)
    {
        ElfSection& section = file.sections[number];
        const std::vector<Cut> cuts = FindPadding(section);
        for (auto cut = cuts.rbegin(); cut != cuts.rend(); ++cut)
        {
            const auto begin = section.bytes.begin() + cut->offset;
            section.bytes.erase(begin, begin + cut->size);
        }
        section.size = AfterCuts(cuts, section.size);
        for (ElfRelocation& relocation : section.relocations)
        {
            relocation.offset = AfterCuts(cuts, relocation.offset);
        }
        for (ElfSymbol& symbol : file.symbols)
        {
            if (symbol.place == ElfSymbol::Place::SECTION && symbol.section == number)
            {
                const uint32_t end = AfterCuts(cuts, symbol.value + symbol.size);
                symbol.value = AfterCuts(cuts, symbol.value);
                symbol.size = end - symbol.value;
            }
        }
    }
}

} // namespace offload
} // namespace ns3
