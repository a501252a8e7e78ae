/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HANDLER_PROGRAM_H
#define OFFLOAD_HANDLER_PROGRAM_H

#include "ns3/object.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

class Hpu;
class ExecutionContext;
class SpinPipeline;

/** The three handlers of an execution context, in the order in which they see a message. */
enum class HandlerKind : uint8_t
{
    HEADER,     //!< on the first packet, alone
    PAYLOAD,    //!< on every packet, concurrently
    COMPLETION, //!< once, after all payload handlers
};

/** What a handler returns (SC'17, section 3 and appendix; spin.md "Return codes"). */
enum class HandlerStatus : uint8_t
{
    SUCCESS,              //!< payload and completion handlers: done. Header: as PROCESS_DATA
    PROCEED,              //!< header: deliver the message to the host, run no payload handler
    PROCEED_PENDING,      //!< the same, and hold back the completion event
    PROCESS_DATA,         //!< header: run the payload handlers
    PROCESS_DATA_PENDING, //!< the same, and hold back the completion event
    DROP,                 //!< header: discard the message. Payload: count the packet as dropped
    DROP_PENDING,         //!< the same, and hold back the completion event
    SUCCESS_PENDING,      //!< completion: done, hold back the completion event
    FAIL,                 //!< the handler found an error: the context is disabled
    SEGV,                 //!< a protection fault: the context is disabled
};

/** A handler did what it must not; thrown in HandlerProgram::Run to stop it. */
struct HandlerFault
{
    HandlerStatus status; //!< FAIL or SEGV
    std::string cause;    //!< for a person
};

/**
 * @param status a handler's return code
 * @return whether it disables the context
 */
constexpr bool
IsError(HandlerStatus status)
{
    return status == HandlerStatus::FAIL || status == HandlerStatus::SEGV;
}

/**
 * @param status a handler's return code
 * @return its name as the literature writes it
 */
const char* ToString(HandlerStatus status);

/**
 * @param kind a handler
 * @return "header", "payload" or "completion"
 */
const char* ToString(HandlerKind kind);

/**
 * The code of an execution context's handlers, native C++.
 *
 * A program is written once and shared by all HPUs, like code; the state of a flow lives in the
 * context's memory. Time in a handler is the HPU's (Hpu::GetCycles). Simulator::Now may be ahead of
 * it by two cycles; in a unit that nobody watches by what it takes until others could see a packet
 * that the handler sends: some 30 to 50 cycles with the defaults, 400 Gbit/s, more with slower or
 * longer links. It may be behind it as well, when a NIC that nobody watches works ahead of ns-3
 * (doc/spin.rst, "Cost of the simulation"). A program that tells others of something does so by an
 * event of its context, not by ns-3's Schedule. Each handler runs on a fiber: it may wait
 * for a command in straight-line code, and meanwhile occupies its HPU and nothing else. It says
 * what time it takes with Hpu::Execute. \snippet examples/spin-ping-pong.cc is a complete one.
 */
class HandlerProgram : public Object
{
  public:
    static TypeId GetTypeId();
    ~HandlerProgram() override;

    /**
     * @param kind a handler
     * @return whether the program has it; a missing one costs nothing
     */
    virtual bool Has(HandlerKind kind) const = 0;

    /**
     * @param kind which handler
     * @param hpu the HPU it runs on: packet, memories, commands, time
     * @return the return code
     */
    virtual HandlerStatus Run(HandlerKind kind, Hpu& hpu) = 0;

    /**
     * Called when the context is attached: check that it has the memory that the handlers need and
     * give that memory its first content.
     * @param context the context, its memory allocated and zero
     * @throw std::invalid_argument if the context cannot serve the handlers
     */
    virtual void Prepare(ExecutionContext& context);

    /**
     * Called before the context is given its memory: put code and data of the program where the
     * unit's HPUs find them. Native programs have nothing to put.
     * @param pipeline the unit
     * @throw std::invalid_argument if they do not fit
     */
    virtual void Load(SpinPipeline& pipeline);

    /**
     * Called when the context is gone from the unit: give back what Load took.
     * @param pipeline the unit
     */
    virtual void Unload(SpinPipeline& pipeline);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HANDLER_PROGRAM_H */
