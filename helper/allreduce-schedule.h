/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_ALLREDUCE_SCHEDULE_H
#define OFFLOAD_ALLREDUCE_SCHEDULE_H

#include "ns3/payload-pattern.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Who sends which part of the vector to whom, in an allreduce that hosts do by themselves.
 *
 * All hosts go through the same number of steps. In each a host sends one message and receives one;
 * it sends when it has received that of the step before, and adds what it gets to its own or, in
 * the second half, puts it in its place.
 *
 * A host's vector is PayloadPattern::MakeIntegers of its number, so that every partial sum is a
 * pattern, too, and every byte of every message is known to its receiver.
 */
class AllreduceSchedule
{
  public:
    /** What a host sends in a step. */
    struct Message
    {
        uint32_t to{0};         //!< host that gets it
        uint64_t offset{0};     //!< in the vector, bytes
        uint64_t bytes{0};      //!< size; may be zero: nothing but the news
        PayloadPattern content; //!< the whole vector's pattern that the bytes are a part of
    };

    virtual ~AllreduceSchedule() = default;

    /** @return number of steps */
    virtual uint32_t GetSteps() const = 0;

    /**
     * @param host who sends
     * @param step when
     * @return what
     */
    virtual Message GetMessage(uint32_t host, uint32_t step) const = 0;

    /**
     * Make a schedule by name.
     * @param name ring (reduce-scatter and allgather around a ring: Patarasuk and Yuan, 2009) or
     *        recursive-doubling (recursive halving, then doubling: Thakur, Rabenseifner and Gropp,
     *        2005)
     * @param hosts at least two; a power of two for recursive-doubling
     * @param bytes of the vector, a multiple of 8
     * @return the schedule
     * @throw std::invalid_argument with one line if there is none
     */
    static std::unique_ptr<AllreduceSchedule> Make(const std::string& name,
                                                   uint32_t hosts,
                                                   uint64_t bytes);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_ALLREDUCE_SCHEDULE_H */
