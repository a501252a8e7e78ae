/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_SPARSE_COSTS_H
#define OFFLOAD_FLARE_SPARSE_COSTS_H

#include "ns3/instruction-mix.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/// What sparse handlers take (counted in the code that they stand for)
namespace flare
{

/// Instructions of a sparse handler, with 4 bytes each
constexpr uint32_t SPARSE_CODE_BYTES = 4 * 120;

/// Values or entries between two branches: address, value and sum of four take 12 registers
constexpr uint32_t SPARSE_UNROLLED = 4;

/** Array: index, value, address, old value, sum. */
constexpr InstructionMix
ArrayValue()
{
    InstructionMix mix;
    mix.load = 3;
    mix.alu = 3;
    mix.store = 1;
    return mix;
}

/** Hash: index, value, entry's address and old value, decision, loop; common to all three ways. */
constexpr InstructionMix
HashValue()
{
    InstructionMix mix;
    mix.load = 3;
    mix.alu = 5 + 2;
    mix.branchNotTaken = 1;
    return mix;
}

/** The entry is empty: store value and index. */
constexpr InstructionMix
HashNew()
{
    InstructionMix mix;
    mix.store = 2;
    mix.branchTaken = 1;
    return mix;
}

/** It has the same index: compare, add. */
constexpr InstructionMix
HashHit()
{
    InstructionMix mix;
    mix.load = 1;
    mix.loadUse = 1;
    mix.branchNotTaken = 1;
    mix.branchTaken = 1;
    mix.alu = 1;
    mix.store = 1;
    mix.jump = 1;
    return mix;
}

/** It has another one: compare, append to the spill buffer, count. */
constexpr InstructionMix
HashCollision()
{
    InstructionMix mix;
    mix.load = 2;
    mix.loadUse = 2;
    mix.branchNotTaken = 2;
    mix.alu = 7;
    mix.store = 3;
    mix.branchTaken = 1;
    return mix;
}

/** An entry at the end: look, append index and value, clear, is the packet full? */
constexpr InstructionMix
FlushEntry()
{
    InstructionMix mix;
    mix.load = 1;
    mix.branchNotTaken = 2;
    mix.store = 3;
    mix.alu = 4;
    return mix;
}

/** An empty one. */
constexpr InstructionMix
FlushEmpty()
{
    InstructionMix mix;
    mix.load = 1;
    mix.branchTaken = 1;
    mix.alu = 1;
    return mix;
}

/** The loop: two pointers and a taken branch. */
constexpr InstructionMix
Loop()
{
    InstructionMix mix;
    mix.alu = 2;
    mix.branchTaken = 1;
    return mix;
}

/** Shards and children: what the packet says, what its child has sent, are all complete? */
constexpr InstructionMix
CountShard()
{
    InstructionMix mix;
    mix.load = 4;
    mix.loadUse = 2;
    mix.alu = 6;
    mix.store = 2;
    mix.branchNotTaken = 3;
    return mix;
}

/** Which of its child's shards the packet is, the word of the child's marks, is it set? Set it. */
constexpr InstructionMix
MarkShard()
{
    InstructionMix mix;
    mix.load = 2;
    mix.loadUse = 2;
    mix.alu = 7;
    mix.branchNotTaken = 1;
    mix.store = 1;
    return mix;
}

} // namespace flare
} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_SPARSE_COSTS_H */
