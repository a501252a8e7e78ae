/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "disassembler.h"

#include "hexadecimal.h"

#include <algorithm>
#include <iterator>

namespace ns3
{
namespace offload
{

namespace
{

/**
 * An instruction: the bits that make it, and how its operands are written. Of the operands, letters
 * stand for fields, see Operand(); all else is copied.
 */
struct Pattern
{
    uint32_t mask;        //!< bits that are fixed
    uint32_t match;       //!< what they are
    const char* name;     //!< mnemonic
    const char* operands; //!< how they are written
};

constexpr uint32_t ALL = 0xFFFFFFFF;  //!< everything is fixed
constexpr uint32_t OP = 0x7F;         //!< opcode
constexpr uint32_t F3 = 0x707F;       //!< opcode, funct3
constexpr uint32_t F7 = 0xFE00707F;   //!< opcode, funct3, funct7
constexpr uint32_t AMO = 0xF800707F;  //!< opcode, funct3, operation
constexpr uint32_t LOAD = 0xF9F0707F; //!< the same, and no second operand

// RISC-V Instruction Set Manual volume I (20191213), chapter 24; volume II for mret and wfi; the
// last two: PULP's RI5CY User Manual, "Bit Manipulation" and "Event Load".
constexpr Pattern WORDS[] = {
    {OP, 0x37, "lui", "d,u"},
    {OP, 0x17, "auipc", "d,u"},
    {OP, 0x6F, "jal", "d,J"},
    {F3, 0x0067, "jalr", "d,i(s)"},
    {F3, 0x0063, "beq", "s,t,B"},
    {F3, 0x1063, "bne", "s,t,B"},
    {F3, 0x4063, "blt", "s,t,B"},
    {F3, 0x5063, "bge", "s,t,B"},
    {F3, 0x6063, "bltu", "s,t,B"},
    {F3, 0x7063, "bgeu", "s,t,B"},
    {F3, 0x0003, "lb", "d,i(s)"},
    {F3, 0x1003, "lh", "d,i(s)"},
    {F3, 0x2003, "lw", "d,i(s)"},
    {F3, 0x4003, "lbu", "d,i(s)"},
    {F3, 0x5003, "lhu", "d,i(s)"},
    {F3, 0x0023, "sb", "t,S(s)"},
    {F3, 0x1023, "sh", "t,S(s)"},
    {F3, 0x2023, "sw", "t,S(s)"},
    {F3, 0x0013, "addi", "d,s,i"},
    {F3, 0x2013, "slti", "d,s,i"},
    {F3, 0x3013, "sltiu", "d,s,i"},
    {F3, 0x4013, "xori", "d,s,i"},
    {F3, 0x6013, "ori", "d,s,i"},
    {F3, 0x7013, "andi", "d,s,i"},
    {F7, 0x00001013, "slli", "d,s,h"},
    {F7, 0x00005013, "srli", "d,s,h"},
    {F7, 0x40005013, "srai", "d,s,h"},
    {F7, 0x00000033, "add", "d,s,t"},
    {F7, 0x40000033, "sub", "d,s,t"},
    {F7, 0x00001033, "sll", "d,s,t"},
    {F7, 0x00002033, "slt", "d,s,t"},
    {F7, 0x00003033, "sltu", "d,s,t"},
    {F7, 0x00004033, "xor", "d,s,t"},
    {F7, 0x00005033, "srl", "d,s,t"},
    {F7, 0x40005033, "sra", "d,s,t"},
    {F7, 0x00006033, "or", "d,s,t"},
    {F7, 0x00007033, "and", "d,s,t"},
    {0xF00FFFFF, 0x0000000F, "fence", "P,Q"},
    {ALL, 0x0000100F, "fence.i", ""},
    {ALL, 0x00000073, "ecall", ""},
    {ALL, 0x00100073, "ebreak", ""},
    {ALL, 0x30200073, "mret", ""},
    {ALL, 0x10500073, "wfi", ""},
    {F3, 0x1073, "csrrw", "d,c,s"},
    {F3, 0x2073, "csrrs", "d,c,s"},
    {F3, 0x3073, "csrrc", "d,c,s"},
    {F3, 0x5073, "csrrwi", "d,c,z"},
    {F3, 0x6073, "csrrsi", "d,c,z"},
    {F3, 0x7073, "csrrci", "d,c,z"},
    {F7, 0x02000033, "mul", "d,s,t"},
    {F7, 0x02001033, "mulh", "d,s,t"},
    {F7, 0x02002033, "mulhsu", "d,s,t"},
    {F7, 0x02003033, "mulhu", "d,s,t"},
    {F7, 0x02004033, "div", "d,s,t"},
    {F7, 0x02005033, "divu", "d,s,t"},
    {F7, 0x02006033, "rem", "d,s,t"},
    {F7, 0x02007033, "remu", "d,s,t"},
    {LOAD, 0x1000202F, "lr.w", "d,(s)"},
    {AMO, 0x1800202F, "sc.w", "d,t,(s)"},
    {AMO, 0x0800202F, "amoswap.w", "d,t,(s)"},
    {AMO, 0x0000202F, "amoadd.w", "d,t,(s)"},
    {AMO, 0x2000202F, "amoxor.w", "d,t,(s)"},
    {AMO, 0x6000202F, "amoand.w", "d,t,(s)"},
    {AMO, 0x4000202F, "amoor.w", "d,t,(s)"},
    {AMO, 0x8000202F, "amomin.w", "d,t,(s)"},
    {AMO, 0xA000202F, "amomax.w", "d,t,(s)"},
    {AMO, 0xC000202F, "amominu.w", "d,t,(s)"},
    {AMO, 0xE000202F, "amomaxu.w", "d,t,(s)"},
    {0xC000707F, 0xC0003033, "p.bclr", "d,s,w,h"},
    {F3, 0x6003, "p.elw", "d,i(s)"},
};

constexpr uint32_t C3 = 0xE003; //!< quadrant, funct3

// The same manual, chapter 16.8. Of two that match, the first one is it.
constexpr Pattern HALVES[] = {
    {0xFFFF, 0x0000, nullptr, nullptr}, // defined to be illegal
    {0xFFE3, 0x0000, nullptr, nullptr}, // c.addi4spn of 0
    {C3, 0x0000, "c.addi4spn", "Y,sp,1"},
    {C3, 0x4000, "c.lw", "Y,2(X)"},
    {C3, 0xC000, "c.sw", "Y,2(X)"},
    {C3, 0x0001, "c.addi", "d,3"},
    {C3, 0x2001, "c.jal", "4"},
    {C3, 0x4001, "c.li", "d,3"},
    {0xFFFF, 0x6101, nullptr, nullptr}, // c.addi16sp of 0
    {0xEF83, 0x6101, "c.addi16sp", "sp,5"},
    {0xF07F, 0x6001, nullptr, nullptr}, // c.lui of 0
    {C3, 0x6001, "c.lui", "d,6"},
    {0xFC03, 0x8001, "c.srli", "X,7"},
    {0xFC03, 0x8401, "c.srai", "X,7"},
    {0xEC03, 0x8801, "c.andi", "X,3"},
    {0xFC63, 0x8C01, "c.sub", "X,Y"},
    {0xFC63, 0x8C21, "c.xor", "X,Y"},
    {0xFC63, 0x8C41, "c.or", "X,Y"},
    {0xFC63, 0x8C61, "c.and", "X,Y"},
    {C3, 0xA001, "c.j", "4"},
    {C3, 0xC001, "c.beqz", "X,8"},
    {C3, 0xE001, "c.bnez", "X,8"},
    {0xF003, 0x0002, "c.slli", "d,7"},
    {0xEF83, 0x4002, nullptr, nullptr}, // c.lwsp to zero
    {C3, 0x4002, "c.lwsp", "d,9(sp)"},
    {0xFFFF, 0x8002, nullptr, nullptr}, // c.jr zero
    {0xF07F, 0x8002, "c.jr", "d"},
    {0xF003, 0x8002, "c.mv", "d,y"},
    {0xFFFF, 0x9002, "c.ebreak", ""},
    {0xF07F, 0x9002, "c.jalr", "d"},
    {0xF003, 0x9002, "c.add", "d,y"},
    {C3, 0xC002, "c.swsp", "y,0(sp)"},
};

const char* const REGISTERS[] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                 "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                 "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                 "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

/** A control and status register, or a row of them. */
struct CsrName
{
    uint32_t first;   //!< number
    uint32_t count;   //!< how many
    const char* name; //!< to which the number in the row is added, if there are more
};

// RISC-V Privileged Architecture, "CSR Listing"; privlv is RI5CY's own.
constexpr CsrName CSR_NAMES[] = {
    {0x300, 1, "mstatus"},  {0x301, 1, "misa"},     {0x304, 1, "mie"},       {0x305, 1, "mtvec"},
    {0x340, 1, "mscratch"}, {0x341, 1, "mepc"},     {0x342, 1, "mcause"},    {0x343, 1, "mtval"},
    {0x344, 1, "mip"},      {0x3A0, 4, "pmpcfg"},   {0x3B0, 16, "pmpaddr"},  {0xB00, 1, "mcycle"},
    {0xB02, 1, "minstret"}, {0xB80, 1, "mcycleh"},  {0xB82, 1, "minstreth"}, {0xC00, 1, "cycle"},
    {0xC01, 1, "time"},     {0xC02, 1, "instret"},  {0xC10, 1, "privlv"},    {0xC80, 1, "cycleh"},
    {0xC81, 1, "timeh"},    {0xC82, 1, "instreth"}, {0xF11, 1, "mvendorid"}, {0xF12, 1, "marchid"},
    {0xF13, 1, "mimpid"},   {0xF14, 1, "mhartid"},
};

/** @return a register's name */
std::string
Csr(uint32_t number)
{
    for (const CsrName& csr : CSR_NAMES)
    {
        if (number >= csr.first && number - csr.first < csr.count)
        {
            return csr.name + (csr.count > 1 ? std::to_string(number - csr.first) : "");
        }
    }
    return Hexadecimal(number);
}

/** @return what a fence orders, four bits */
std::string
FenceSet(uint32_t bits)
{
    std::string set;
    for (uint32_t i = 0; i < 4; i++)
    {
        set += bits & (8U >> i) ? std::string(1, "iorw"[i]) : "";
    }
    return set.empty() ? "unknown" : set;
}

/** Fields of an instruction. */
class Fields
{
  public:
    explicit Fields(uint32_t bits)
        : m_bits(bits)
    {
    }

    /** @return bits [high:low], moved so that the lowest is bit `to` */
    uint32_t At(uint32_t high, uint32_t low, uint32_t to = 0) const
    {
        return (m_bits >> low & ((1U << (high - low + 1)) - 1)) << to;
    }

    /** @return bits [31:low] with their sign, moved so that the lowest is bit `to` */
    int32_t Top(uint32_t low, uint32_t to) const
    {
        const int32_t value = static_cast<int32_t>(m_bits) >> low;
        return static_cast<int32_t>(static_cast<uint32_t>(value) << to);
    }

    /** @return minus 2^to if a bit is set: the sign of a number */
    int32_t Sign(uint32_t bit, uint32_t to) const
    {
        return At(bit, bit) ? -(1 << to) : 0;
    }

  private:
    uint32_t m_bits; //!< the instruction
};

/** @return an operand, which a letter in a pattern stands for */
std::string
Operand(char letter, uint32_t pc, const Fields& f)
{
    const auto number = [](int64_t value) { return std::to_string(value); };
    const auto address = [pc](uint32_t distance) { return Hexadecimal(pc + distance); };
    switch (letter)
    {
    case 'd': // destination
        return REGISTERS[f.At(11, 7)];
    case 's': // sources
        return REGISTERS[f.At(19, 15)];
    case 't':
        return REGISTERS[f.At(24, 20)];
    case 'i': // immediates of the formats I, S, B, U, J
        return number(f.Top(20, 0));
    case 'S':
        return number(f.Top(25, 5) | static_cast<int32_t>(f.At(11, 7)));
    case 'B':
        return address(f.Sign(31, 12) + f.At(7, 7, 11) + f.At(30, 25, 5) + f.At(11, 8, 1));
    case 'u':
        return Hexadecimal(f.At(31, 12));
    case 'J':
        return address(f.Sign(31, 20) + f.At(19, 12, 12) + f.At(20, 20, 11) + f.At(30, 21, 1));
    case 'h': // how far to shift
        return Hexadecimal(f.At(24, 20));
    case 'w': // how many bits
        return Hexadecimal(f.At(29, 25));
    case 'c':
        return Csr(f.At(31, 20));
    case 'z':
        return number(f.At(19, 15));
    case 'P':
        return FenceSet(f.At(27, 24));
    case 'Q':
        return FenceSet(f.At(23, 20));
    // Compressed: registers, then immediates.
    case 'y':
        return REGISTERS[f.At(6, 2)];
    case 'X':
        return REGISTERS[8 + f.At(9, 7)];
    case 'Y':
        return REGISTERS[8 + f.At(4, 2)];
    case '0':
        return number(f.At(8, 7, 6) + f.At(12, 9, 2));
    case '1':
        return number(f.At(10, 7, 6) + f.At(12, 11, 4) + f.At(5, 5, 3) + f.At(6, 6, 2));
    case '2':
        return number(f.At(5, 5, 6) + f.At(12, 10, 3) + f.At(6, 6, 2));
    case '3':
        return number(f.Sign(12, 5) + static_cast<int32_t>(f.At(6, 2)));
    case '4':
        return address(f.Sign(12, 11) + f.At(8, 8, 10) + f.At(10, 9, 8) + f.At(6, 6, 7) +
                       f.At(7, 7, 6) + f.At(2, 2, 5) + f.At(11, 11, 4) + f.At(5, 3, 1));
    case '5':
        return number(f.Sign(12, 9) + static_cast<int32_t>(f.At(4, 3, 7) + f.At(5, 5, 6) +
                                                           f.At(2, 2, 5) + f.At(6, 6, 4)));
    case '6':
        return Hexadecimal((f.Sign(12, 5) + f.At(6, 2)) & 0xFFFFF);
    case '7':
        return Hexadecimal(f.At(6, 2));
    case '8':
        return address(f.Sign(12, 8) + f.At(6, 5, 6) + f.At(2, 2, 5) + f.At(11, 10, 3) +
                       f.At(4, 3, 1));
    case '9':
        return number(f.At(3, 2, 6) + f.At(12, 12, 5) + f.At(6, 4, 2));
    default:
        return std::string(1, letter);
    }
}

/** @return the assembly code of a known instruction */
std::string
Write(const Pattern& pattern, uint32_t pc, uint32_t encoding)
{
    std::string text = pattern.name;
    if (pattern.mask == AMO || pattern.mask == LOAD)
    {
        const char* const orders[] = {"", ".rl", ".aq", ".aqrl"};
        text += orders[encoding >> 25 & 3];
    }
    const std::string operands = pattern.operands;
    for (size_t i = 0; i < operands.size(); i++)
    {
        text += i ? "" : " ";
        if (operands.compare(i, 2, "sp") == 0)
        {
            text += operands[i++]; // the register itself
            text += operands[i];
            continue;
        }
        text += Operand(operands[i], pc, Fields(encoding));
    }
    return text;
}

} // namespace

std::string
Disassemble(uint32_t pc, uint32_t encoding)
{
    const bool compressed = (encoding & 3) != 3;
    encoding &= compressed ? 0xFFFF : ALL;
    const auto matches = [encoding](const Pattern& p) { return (encoding & p.mask) == p.match; };
    const Pattern* begin = compressed ? std::begin(HALVES) : std::begin(WORDS);
    const Pattern* end = compressed ? std::end(HALVES) : std::end(WORDS);
    const Pattern* found = std::find_if(begin, end, matches);
    if (found != end && found->name)
    {
        return Write(*found, pc, encoding);
    }
    return compressed ? ".half " + Hexadecimal(encoding, 4) : ".word " + Hexadecimal(encoding, 8);
}

} // namespace offload
} // namespace ns3
