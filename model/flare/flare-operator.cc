/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-operator.h"

#include <array>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace ns3
{
namespace offload
{
namespace
{

constexpr uint32_t SIMD_BYTES = 4; //!< width of the cores' packed integer operations (SC 2021, 3)

const FlareType ALL_TYPES[] = {FlareType::INT8,
                               FlareType::INT16,
                               FlareType::INT32,
                               FlareType::FP16,
                               FlareType::FP32};

/** A binary16 number: its bits in memory, a float in arithmetic. */
struct Half
{
    uint16_t bits; //!< IEEE 754
};

/** Sum of integers as the cores do it: modulo the width. */
template <typename T>
T
Add(T a, T b)
{
    if constexpr (std::is_integral_v<T>)
    {
        using Unsigned = std::make_unsigned_t<T>;
        return static_cast<T>(
            static_cast<Unsigned>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b)));
    }
    else
    {
        return a + b;
    }
}

/**
 * IEEE 754 numbers as integers in the order of their values, with -0 below +0. Choices are made
 * with masks, which the compiler turns into vector instructions.
 */
template <typename T>
struct Ordered
{
    /// As long as T; compares as T does
    using Key = std::conditional_t<sizeof(T) == sizeof(float), int32_t, int16_t>;

    static constexpr Key MAX = std::numeric_limits<Key>::max(); //!< also all bits but the sign
    static constexpr Key LEAST = std::numeric_limits<Key>::min();
    /// Magnitude of infinity: what is larger is not a number
    static constexpr Key INFINITE = sizeof(T) == sizeof(float) ? 0x7f800000 : 0x7c00;
    /// Not a number, as RISC-V's cores write it
    static constexpr Key CANONICAL = sizeof(T) == sizeof(float) ? 0x7fc00000 : 0x7e00;

    /** Reverses the order of negative numbers; its own inverse. */
    static Key Turn(Key bits)
    {
        return static_cast<Key>(bits ^ (bits >> (8 * sizeof(Key) - 1) & MAX));
    }
};

/** What needs no such integers. */
template <typename T>
struct Itself
{
    using Key = T; //!< it is compared as it is
};

/**
 * Minimum and maximum as RISC-V's fmin and fmax have them: a number wins over what is none, -0 is
 * below +0, and of two that are none the canonical one remains. So the order of operands does not
 * matter.
 */
template <FlareOperation operation, typename T, typename Key = typename Ordered<T>::Key>
[[gnu::always_inline]] inline Key // a loop of calls would be no loop of vectors
Select(Key a, Key b)
{
    using Order = Ordered<T>;
    constexpr bool MIN = operation == FlareOperation::MIN;
    constexpr Key LOSER = MIN ? Order::MAX : Order::LEAST; // what is no number
    const auto aIsNone = static_cast<Key>(-Key((a & Order::MAX) > Order::INFINITE));
    const auto bIsNone = static_cast<Key>(-Key((b & Order::MAX) > Order::INFINITE));
    const auto x = static_cast<Key>((Order::Turn(a) & ~aIsNone) | (LOSER & aIsNone));
    const auto y = static_cast<Key>((Order::Turn(b) & ~bIsNone) | (LOSER & bIsNone));
    const Key key = MIN ? (y < x ? y : x) : (x < y ? y : x);
    const auto isNone = static_cast<Key>(-Key(key == LOSER));
    return static_cast<Key>((Order::Turn(key) & ~isNone) | (Order::CANONICAL & isNone));
}

template <FlareOperation operation, typename T>
T
Apply(T a, T b)
{
    if constexpr (std::is_same_v<T, Half>)
    {
        // A sum of two halves is exact in a float but for one rounding, which the second one
        // cannot change (24 >= 2 * 11 + 2 bits).
        return {FloatToHalf(Apply<operation>(HalfToFloat(a.bits), HalfToFloat(b.bits)))};
    }
    else if constexpr (operation == FlareOperation::SUM)
    {
        return Add(a, b);
    }
    else if constexpr (operation == FlareOperation::MIN)
    {
        return b < a ? b : a;
    }
    else
    {
        return a < b ? b : a;
    }
}

/** An operator on one type; its loop is plain so that the compiler vectorises it. */
template <typename T, FlareOperation operation>
class BuiltIn final : public FlareOperator
{
  public:
    uint32_t GetElementBytes() const override
    {
        return sizeof(T);
    }

    void Combine(uint8_t* left, const uint8_t* right, uint32_t elements) const override
    {
        // Pieces of a fixed size are what GCC's -O2 turns into vector instructions.
        uint32_t i = 0;
        for (; i + PIECE <= elements; i += PIECE)
        {
            CombinePiece<PIECE>(left + i * sizeof(T), right + i * sizeof(T));
        }
        for (; i < elements; i++)
        {
            CombinePiece<1>(left + i * sizeof(T), right + i * sizeof(T));
        }
    }

    uint32_t GetCycles(uint32_t elements) const override
    {
        const uint32_t words = GetWords(elements);
        return words * WORD_CYCLES + (words + UNROLLED_WORDS - 1) / UNROLLED_WORDS * LOOP_CYCLES;
    }

    uint32_t GetAccesses(uint32_t elements) const override
    {
        return GetWords(elements) * WORD_ACCESSES;
    }

  private:
    static uint32_t GetWords(uint32_t elements)
    {
        constexpr uint32_t PER_WORD = std::is_integral_v<T> ? SIMD_BYTES / sizeof(T) : 1;
        return (elements + PER_WORD - 1) / PER_WORD;
    }

    static constexpr uint32_t PIECE = 64 / sizeof(T); //!< elements of a host's cache line

    template <uint32_t count>
    static void CombinePiece(uint8_t* left, const uint8_t* right)
    {
        // Numbers are compared as integers from the memory on: so loads are vectors, too.
        constexpr bool SELECT = operation != FlareOperation::SUM && !std::is_integral_v<T>;
        using Element = typename std::conditional_t<SELECT, Ordered<T>, Itself<T>>::Key;
        std::array<Element, count> a;
        std::array<Element, count> b;
        std::memcpy(a.data(), left, sizeof(a));
        std::memcpy(b.data(), right, sizeof(b));
        for (uint32_t i = 0; i < count; i++)
        {
            if constexpr (SELECT)
            {
                a[i] = Select<operation, T>(a[i], b[i]);
            }
            else
            {
                a[i] = Apply<operation>(a[i], b[i]);
            }
        }
        std::memcpy(left, a.data(), sizeof(a));
    }
};

template <typename T>
Ptr<const FlareOperator>
MakeFor(FlareOperation operation)
{
    switch (operation)
    {
    case FlareOperation::SUM:
        return Create<BuiltIn<T, FlareOperation::SUM>>();
    case FlareOperation::MIN:
        return Create<BuiltIn<T, FlareOperation::MIN>>();
    case FlareOperation::MAX:
        return Create<BuiltIn<T, FlareOperation::MAX>>();
    }
    return nullptr;
}

} // namespace

uint32_t
GetBytes(FlareType type)
{
    switch (type)
    {
    case FlareType::INT8:
        return 1;
    case FlareType::INT16:
    case FlareType::FP16:
        return 2;
    case FlareType::INT32:
    case FlareType::FP32:
        return 4;
    }
    return 0;
}

const char*
ToString(FlareType type)
{
    switch (type)
    {
    case FlareType::INT8:
        return "int8";
    case FlareType::INT16:
        return "int16";
    case FlareType::INT32:
        return "int32";
    case FlareType::FP16:
        return "fp16";
    case FlareType::FP32:
        return "fp32";
    }
    return "?";
}

std::vector<std::string>
GetFlareTypeNames()
{
    std::vector<std::string> names;
    for (const FlareType type : ALL_TYPES)
    {
        names.emplace_back(ToString(type));
    }
    return names;
}

FlareType
ParseFlareType(const std::string& name)
{
    std::string known;
    for (const FlareType type : ALL_TYPES)
    {
        if (name == ToString(type))
        {
            return type;
        }
        known += std::string(known.empty() ? "" : ", ") + ToString(type);
    }
    throw std::invalid_argument("type " + name + ": the types are " + known);
}

void
PutNumber(FlareType type, uint32_t number, uint8_t* to)
{
    uint32_t bits = number;
    if (type == FlareType::FP32)
    {
        const auto value = static_cast<float>(number);
        std::memcpy(&bits, &value, sizeof(bits));
    }
    else if (type == FlareType::FP16)
    {
        bits = FloatToHalf(static_cast<float>(number));
    }
    for (uint32_t i = 0; i < GetBytes(type); ++i)
    {
        to[i] = static_cast<uint8_t>(bits >> 8 * i);
    }
}

bool
FlareOperator::IsZero(const uint8_t* element) const
{
    for (uint32_t i = 0; i < GetElementBytes(); i++)
    {
        if (element[i] != 0)
        {
            return false;
        }
    }
    return true;
}

Ptr<const FlareOperator>
FlareOperator::Make(FlareType type, FlareOperation operation)
{
    switch (type)
    {
    case FlareType::INT8:
        return MakeFor<int8_t>(operation);
    case FlareType::INT16:
        return MakeFor<int16_t>(operation);
    case FlareType::INT32:
        return MakeFor<int32_t>(operation);
    case FlareType::FP16:
        return MakeFor<Half>(operation);
    case FlareType::FP32:
        return MakeFor<float>(operation);
    }
    return nullptr;
}

// binary16 has 1 sign, 5 exponent and 10 fraction bits, binary32 has 1, 8 and 23.

float
HalfToFloat(uint16_t half)
{
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
    const uint32_t rest = half & 0x7fffU;
    uint32_t bits = 0;
    if (rest >= 0x7c00) // infinity or not a number
    {
        bits = sign | 0x7f800000U | (rest & 0x3ffU) << 13;
    }
    else if (rest >= 0x0400) // normal: exponent bias 127 instead of 15
    {
        bits = sign | ((rest << 13) + (112U << 23));
    }
    else // zero or subnormal: rest units of 2^-24
    {
        const float magnitude = static_cast<float>(rest) * 0x1p-24F;
        std::memcpy(&bits, &magnitude, sizeof(bits));
        bits |= sign;
    }
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

uint16_t
FloatToHalf(float value)
{
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    const uint32_t sign = bits >> 16 & 0x8000U;
    const uint32_t rest = bits & 0x7fffffffU;
    uint32_t half = 0;
    if (rest > 0x7f800000U) // not a number: keep it quiet
    {
        half = 0x7e00;
    }
    else if (rest >= 0x477ff000U) // 65520 and more round to infinity
    {
        half = 0x7c00;
    }
    else if (rest >= 0x38800000U) // normal
    {
        const uint32_t shifted = rest - (112U << 23);
        half = (shifted + 0xfffU + (shifted >> 13 & 1U)) >> 13;
    }
    else // subnormal: units of 2^-24; adding 1/2 lets the addition round to them
    {
        float magnitude;
        std::memcpy(&magnitude, &rest, sizeof(magnitude));
        magnitude += 0.5F;
        uint32_t rounded;
        std::memcpy(&rounded, &magnitude, sizeof(rounded));
        half = rounded - 0x3f000000U;
    }
    return static_cast<uint16_t>(sign | half);
}

} // namespace offload
} // namespace ns3
