/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CORE_PORT_H
#define OFFLOAD_CORE_PORT_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** What an instruction asks of its data port. */
enum class MemoryOperation : uint8_t
{
    LOAD,
    STORE,
    LOAD_RESERVED,
    STORE_CONDITIONAL,
    ATOMIC_SWAP,
    ATOMIC_ADD,
    ATOMIC_XOR,
    ATOMIC_AND,
    ATOMIC_OR,
    ATOMIC_MIN,
    ATOMIC_MAX,
    ATOMIC_MINU,
    ATOMIC_MAXU,
    EVENT_LOAD, //!< p.elw: a load that the event unit may hold back
};

/**
 * One access of a core to its data port, within one word: a load or store that is not naturally
 * aligned comes as the hardware has it on its bus, of up to three bytes or, over a word boundary,
 * in two accesses (RI5CY riscv_load_store_unit.sv, data_be_o). Atomics are aligned.
 */
struct CoreAccess
{
    uint32_t address;          //!< as the core sees it
    uint32_t data;             //!< in: what is stored, or an atomic's operand; out: what is loaded,
                               //!< zero-extended, or store-conditional's result
    uint8_t bytes;             //!< 1 to 4
    MemoryOperation operation; //!< what is asked
    uint64_t cycle;            //!< in which the core asks
    uint64_t done;             //!< out: cycle in which the core's next instruction executes if it
                               //!< does not use the data: cycle + 1 when nothing stalls
};

/** What a data port says to an access. */
enum class MemoryReply : uint8_t
{
    DONE,  //!< carried out; `data` and `done` are set
    WAIT,  //!< not carried out, the core stops before the instruction and asks again when told
    FAULT, //!< not carried out: an access fault
};

/**
 * The data port of a core: where its loads, stores and atomics go that are not served by the
 * memory that is the core's own for the moment.
 */
class CorePort
{
  public:
    virtual ~CorePort() = default;

    /**
     * @param access what the core asks
     * @return whether it is carried out
     */
    virtual MemoryReply Access(CoreAccess& access) = 0;

    /**
     * The core has run ahead so far that it cannot go on alone.
     * @param cycle in which it is, as far as it knows
     * @return cycle in which it is, all known
     */
    virtual uint64_t Settle(uint64_t cycle)
    {
        return cycle;
    }
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CORE_PORT_H */
