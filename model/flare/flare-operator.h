/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_OPERATOR_H
#define OFFLOAD_FLARE_OPERATOR_H

#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** Element types that a switch's cores compute with (SC 2021, section 3: no double precision). */
enum class FlareType : uint8_t
{
    INT8,
    INT16,
    INT32,
    FP16,
    FP32,
};

/** Operations that come with the module. */
enum class FlareOperation : uint8_t
{
    SUM,
    MIN, //!< of floating point: a number wins over what is none, and -0 is below +0
    MAX, //!< the same
};

/**
 * @param type a type
 * @return bytes of an element
 */
uint32_t GetBytes(FlareType type);

/**
 * @param type a type
 * @return "int8", "int16", "int32", "fp16" or "fp32"
 */
const char* ToString(FlareType type);

/** @return the names of all types, for options */
std::vector<std::string> GetFlareTypeNames();

/**
 * @param name of a type
 * @return the type
 * @throw std::invalid_argument with one line that names the known types
 */
FlareType ParseFlareType(const std::string& name);

/**
 * Write a whole number as an element, little-endian.
 * @param type of the element; integers wrap around as the switches' do
 * @param number which
 * @param[out] to GetBytes bytes
 */
void PutNumber(FlareType type, uint32_t number, uint8_t* to);

/**
 * What a reduction does with two vectors, and what that takes on a core.
 *
 * User operators derive from this: the arithmetic is ordinary C++, the cost is the author's to
 * state.
 */
class FlareOperator : public SimpleRefCount<FlareOperator>
{
  public:
    /// Cycles to load, combine and store an element or a SIMD word of them (SC 2021, section 6)
    static constexpr uint32_t WORD_CYCLES = 4;
    /// Accesses to L1 among these: two loads and a store
    static constexpr uint32_t WORD_ACCESSES = 3;
    /// Elements or words between two branches: the loop is unrolled so that no load is used at once
    static constexpr uint32_t UNROLLED_WORDS = 8;
    /// Cycles of the loop itself: two pointers and a taken branch (CoreTiming), without the PULP
    /// compiler's hardware loops. So compiled for RISC-V, 256 fp32 or int32 take 1184 cycles in the
    /// loop (doc/flare.rst)
    static constexpr uint32_t LOOP_CYCLES = 2 + 3;

    virtual ~FlareOperator() = default;

    /** @return bytes of an element */
    virtual uint32_t GetElementBytes() const = 0;

    /**
     * Combine element by element, in place. Operands are neighbours in the order of ranks if the
     * operator is not commutative.
     * @param left the operand of lower rank, and where the result goes
     * @param right the other operand
     * @param elements how many
     */
    virtual void Combine(uint8_t* left, const uint8_t* right, uint32_t elements) const = 0;

    /**
     * @param elements how many; sparse handlers combine one at a time
     * @return cycles that a core takes to combine them, memory accesses and loop included
     */
    virtual uint32_t GetCycles(uint32_t elements) const = 0;

    /**
     * @param elements how many
     * @return loads and stores in L1 among these, which may meet those of other cores at a bank
     */
    virtual uint32_t GetAccesses(uint32_t elements) const = 0;

    /**
     * @return whether operands may change places. Otherwise only switches with the tree algorithm
     *         can do it, where each has neighbours in the order of ranks below it
     */
    virtual bool IsCommutative() const
    {
        return true;
    }

    /** @return whether a switch's cores can do it; they have no double precision, for one */
    virtual bool IsForSwitches() const
    {
        return true;
    }

    /**
     * @param element one that contributes nothing is left out by sparse reductions
     * @return whether it is zero
     */
    bool IsZero(const uint8_t* element) const;

    /**
     * @param type of the elements
     * @param operation what to do
     * @return an operator that comes with the module
     */
    static Ptr<const FlareOperator> Make(FlareType type, FlareOperation operation);
};

/// @name Half precision (IEEE 754-2019, binary16)
/// @{
/**
 * @param half the bits
 * @return the same value
 */
float HalfToFloat(uint16_t half);

/**
 * @param value a value
 * @return the bits of the nearest half, ties to even
 */
uint16_t FloatToHalf(float value);
/// @}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_OPERATOR_H */
