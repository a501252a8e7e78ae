/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "hexadecimal.h"
#include "riscv-decode.h"

namespace ns3
{
namespace offload
{

namespace
{

constexpr const char* ADVICE = "compile with -march=rv32imac_zicsr -mabi=ilp32";

constexpr uint32_t
Bits(uint32_t word, unsigned low, unsigned count)
{
    return (word >> low) & ((1U << count) - 1);
}

/** @return the letter of a load or store's size, with sign: "b", "hu" … */
std::string
Size(uint32_t function)
{
    static constexpr const char* SIZES[] = {"b", "h", "w", "", "bu", "hu", "wu", ""};
    return SIZES[function & 7];
}

/** A post-increment or register-offset load (RI5CY riscv_decoder.sv, OPCODE_LOAD_POST). */
std::string
DescribeXpulpLoad(uint32_t e)
{
    const uint32_t function = Bits(e, 12, 3);
    std::string size = Size(function);
    if (function == 7) // register offset: the size is in the upper bits
    {
        static constexpr const char* SIZES[] = {"b", "h", "w", ""};
        size = std::string(SIZES[Bits(e, 28, 2)]) + (Bits(e, 30, 1) != 0 ? "u" : "");
    }
    return std::string(Bits(e, 0, 7) == 0x0b ? "an Xpulp post-increment load"
                                             : "an Xpulp register-offset load") +
           " (p.l" + size + ")";
}

std::string
DescribeXpulpStore(uint32_t e)
{
    const bool post = Bits(e, 0, 7) == 0x2b || Bits(e, 0, 7) == 0x7b;
    return std::string(post ? "an Xpulp post-increment store" : "an Xpulp register-offset store") +
           " (p.s" + Size(Bits(e, 12, 2)) + ")";
}

std::string
DescribeHardwareLoop(uint32_t e)
{
    static constexpr const char* NAMES[] =
        {"lp.starti", "lp.endi", "lp.count", "lp.counti", "lp.setup", "lp.setupi", "", ""};
    const std::string name = NAMES[Bits(e, 12, 3)];
    return name.empty() ? "" : "an Xpulp hardware loop (" + name + ")";
}

/** The register-register operations of Xpulp (RI5CY riscv_decoder.sv, OPCODE_OP). */
std::string
DescribeXpulpOperation(uint32_t e)
{
    static constexpr const char* BITS[] =
        {"p.extract", "p.extractu", "p.insert", "p.bclr", "p.bset", "p.bitrev", "", ""};
    static constexpr const char* COMPARE[] =
        {"p.abs", "", "p.slet", "p.sletu", "p.min", "p.minu", "p.max", "p.maxu"};
    static constexpr const char* UNARY[] =
        {"p.ff1", "p.fl1", "p.clb", "p.cnt", "p.exths", "p.exthz", "p.extbs", "p.extbz"};
    static constexpr const char* CLIP[] =
        {"", "p.clip", "p.clipu", "", "", "p.clipr", "p.clipur", ""};
    const uint32_t function = Bits(e, 12, 3);
    const char* name = "";
    if (Bits(e, 31, 1) != 0)
    {
        name = Bits(e, 30, 1) != 0 || Bits(e, 25, 5) == 0 ? BITS[function] : "";
        return *name == '\0' ? ""
                             : std::string("an Xpulp bit manipulation (") + name +
                                   (Bits(e, 30, 1) != 0 ? ")" : "r)");
    }
    switch (Bits(e, 25, 6))
    {
    case 0x02:
        name = COMPARE[function];
        break;
    case 0x04:
        name = function == 5 ? "p.ror" : "";
        break;
    case 0x08:
        name = UNARY[function];
        break;
    case 0x0a:
        name = CLIP[function];
        break;
    case 0x21:
        name = function == 0 ? "p.mac" : function == 1 ? "p.msu" : "";
        break;
    default:
        break;
    }
    return *name == '\0' ? "" : std::string("an Xpulp operation (") + name + ")";
}

/** @return ".s", ".d", ".h" or ".q" from the format field */
std::string
FloatFormat(uint32_t e)
{
    static constexpr const char* FORMATS[] = {".s", ".d", ".h", ".q"};
    return FORMATS[Bits(e, 25, 2)];
}

/** @return "F", "D" …: the extension of a format */
std::string
FloatExtension(uint32_t format)
{
    static constexpr const char* EXTENSIONS[] = {"F", "D", "Zfh", "Q"};
    return std::string(" (") + EXTENSIONS[format & 3] + " extension)";
}

std::string
DescribeFloat(uint32_t e)
{
    const uint32_t function = Bits(e, 12, 3);
    const char* name = "a floating-point operation";
    switch (Bits(e, 27, 5))
    {
    case 0x00:
        name = "fadd";
        break;
    case 0x01:
        name = "fsub";
        break;
    case 0x02:
        name = "fmul";
        break;
    case 0x03:
        name = "fdiv";
        break;
    case 0x04:
        name = function == 0 ? "fsgnj" : function == 1 ? "fsgnjn" : "fsgnjx";
        break;
    case 0x05:
        name = function == 0 ? "fmin" : "fmax";
        break;
    case 0x0b:
        name = "fsqrt";
        break;
    case 0x14:
        name = function == 0 ? "fle" : function == 1 ? "flt" : "feq";
        break;
    case 0x18:
        return (Bits(e, 20, 1) != 0 ? "fcvt.wu" : "fcvt.w") + FloatFormat(e) +
               FloatExtension(Bits(e, 25, 2));
    case 0x1a:
        return "fcvt" + FloatFormat(e) + (Bits(e, 20, 1) != 0 ? ".wu" : ".w") +
               FloatExtension(Bits(e, 25, 2));
    case 0x1c:
        return (function == 0 ? "fmv.x.w" : "fclass" + FloatFormat(e)) +
               FloatExtension(Bits(e, 25, 2));
    case 0x1e:
        return "fmv.w.x (F extension)";
    default:
        return name + FloatExtension(Bits(e, 25, 2));
    }
    return name + FloatFormat(e) + FloatExtension(Bits(e, 25, 2));
}

/** Loads and stores of floating-point registers; the width is the function field. */
std::string
DescribeFloatAccess(uint32_t e)
{
    const bool load = Bits(e, 0, 7) == 0x07;
    switch (Bits(e, 12, 3))
    {
    case 2:
        return load ? "flw (F extension)" : "fsw (F extension)";
    case 3:
        return load ? "fld (D extension)" : "fsd (D extension)";
    default:
        return "a vector load or store (V extension)";
    }
}

std::string
DescribeCompressed(uint32_t e)
{
    if ((e & 0xffff) == 0)
    {
        return "all zeros, no instruction";
    }
    switch ((e & 3) << 3 | Bits(e, 13, 3))
    {
    case 0x01:
        return "c.fld (D extension)";
    case 0x03:
        return "c.flw (F extension)";
    case 0x05:
        return "c.fsd (D extension)";
    case 0x07:
        return "c.fsw (F extension)";
    case 0x11:
        return "c.fldsp (D extension)";
    case 0x13:
        return "c.flwsp (F extension)";
    case 0x15:
        return "c.fsdsp (D extension)";
    case 0x17:
        return "c.fswsp (F extension)";
    default:
        return "";
    }
}

/** @return what a 32-bit encoding is, empty when nobody knows */
std::string
DescribeWord(uint32_t e)
{
    const uint32_t function = Bits(e, 12, 3);
    switch (Bits(e, 0, 7))
    {
    case 0x03:
        return function == 7 ? DescribeXpulpLoad(e) : function == 3 ? "ld (RV64)" : "";
    case 0x0b:
        return DescribeXpulpLoad(e);
    case 0x23:
        return function == 3 ? "sd (RV64)" : function > 3 ? DescribeXpulpStore(e) : "";
    case 0x2b:
    case 0x6b:
        return DescribeXpulpStore(e);
    case 0x7b:
        return DescribeHardwareLoop(e);
    case 0x33:
        return DescribeXpulpOperation(e);
    case 0x57:
        return "an Xpulp packed-SIMD operation (pv.*)";
    case 0x5b:
        return "an Xpulp operation with rounding or normalisation (p.addN, p.mulsRN …)";
    case 0x63:
        return function == 2   ? "an Xpulp branch (p.beqimm)"
               : function == 3 ? "an Xpulp branch (p.bneimm)"
                               : "";
    case 0x1b:
    case 0x3b:
        return "a 32-bit operation of RV64";
    case 0x2f:
        return function == 3 ? "a 64-bit atomic (RV64)" : "";
    case 0x07:
    case 0x27:
        return DescribeFloatAccess(e);
    case 0x43:
        return "fmadd" + FloatFormat(e) + FloatExtension(Bits(e, 25, 2));
    case 0x47:
        return "fmsub" + FloatFormat(e) + FloatExtension(Bits(e, 25, 2));
    case 0x4b:
        return "fnmsub" + FloatFormat(e) + FloatExtension(Bits(e, 25, 2));
    case 0x4f:
        return "fnmadd" + FloatFormat(e) + FloatExtension(Bits(e, 25, 2));
    case 0x53:
        return DescribeFloat(e);
    case 0x73:
        return function == 0 || function == 4
                   ? "a privileged instruction that this core does not have"
                   : "an access to control and status register " + Hexadecimal(e >> 20, 3) +
                         ", which this core does not have or not in this mode";
    default:
        return "";
    }
}

} // namespace

std::string
DescribeIllegal(uint32_t encoding)
{
    const bool compressed = IsCompressed(encoding);
    std::string what = compressed ? DescribeCompressed(encoding) : DescribeWord(encoding);
    if (what.empty())
    {
        what = "no instruction of RV32IMAC (encoding " +
               Hexadecimal(compressed ? encoding & 0xffff : encoding, compressed ? 4 : 8) + ")";
    }
    return what + "; " + ADVICE;
}

} // namespace offload
} // namespace ns3
