/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_EXECUTION_CONTEXT_H
#define OFFLOAD_EXECUTION_CONTEXT_H

#include "handler-program.h"

#include "ns3/callback.h"
#include "ns3/light-trace.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;
class SpinUnit;

/** What the unit tells the application about a message or a context. */
struct ContextEvent
{
    /** Kind of event. */
    enum class Type : uint8_t
    {
        MESSAGE_COMPLETE, //!< all handlers of the message have run, or it was dropped or delivered
        HANDLER_ERROR,    //!< a handler failed: the context is disabled
        MESSAGE_ABORTED,  //!< the message did not complete: timeout, or its context was disabled
        DETACHED,         //!< the last packet of a detached context has left the unit
    };

    Type type;             //!< what happened
    uint32_t message;      //!< message id
    uint64_t key;          //!< the message's key as given by whoever steered it here
    HandlerStatus status;  //!< the last handler's return code
    HandlerKind handler;   //!< HANDLER_ERROR: which handler
    uint32_t packets;      //!< packets of the message handled or dropped
    uint64_t bytes;        //!< their bytes
    uint64_t droppedBytes; //!< of these, dropped by handlers or because of an error
    std::string cause;     //!< errors: what went wrong, for a person; otherwise empty
};

/**
 * An execution context: the handlers of a flow, the NIC memory that they share and the piece of
 * host memory that they may touch (SC'17, section 2).
 *
 * Create it, set its attributes and program, attach it to a SpinUnit (or to a NIC with the rule
 * that steers packets to it). It can be attached and detached while traffic flows.
 */
class ExecutionContext : public Object
{
  public:
    static TypeId GetTypeId();
    ExecutionContext();
    ~ExecutionContext() override;

    /** @param program the handlers */
    void SetProgram(Ptr<HandlerProgram> program);

    /** @return the handlers */
    Ptr<HandlerProgram> GetProgram() const
    {
        return m_program;
    }

    /** @return bytes of NIC memory shared by the handlers, in L2 handler memory */
    uint32_t GetNicMemoryBytes() const
    {
        return m_nicMemoryBytes;
    }

    /** @return bytes of scratchpad in the L1 of each cluster */
    uint32_t GetScratchpadBytes() const
    {
        return m_scratchpadBytes;
    }

    /** @return first host address that the handlers may touch */
    uint64_t GetHostMemoryAddress() const
    {
        return m_hostMemoryAddress;
    }

    /** @return bytes of host memory that the handlers may touch */
    uint64_t GetHostMemoryBytes() const
    {
        return m_hostMemoryBytes;
    }

    /** @return cycles after which a handler is stopped; 0: never */
    uint64_t GetCycleBudget() const
    {
        return m_cycleBudget;
    }

    /** @return whether handlers see packets as PsPIN's packet generator makes them */
    bool HasPspinView() const
    {
        return m_pspinView;
    }

    /** @return whether handlers run for new packets: attached, not detached, no error */
    bool IsEnabled() const
    {
        return m_enabled;
    }

    /** @return whether the context has memory in a unit */
    bool IsAttached() const
    {
        return m_unit != nullptr;
    }

    /** @return number among the contexts of its unit, in order of attachment */
    uint32_t GetSlot() const
    {
        return m_slot;
    }

    /** @return NIC address of the shared memory, when attached */
    uint32_t GetNicMemoryAddress() const
    {
        return m_nicMemoryAddress;
    }

    /**
     * @param cluster a cluster
     * @return NIC address of its scratchpad, when attached
     */
    uint32_t GetScratchpadAddress(uint32_t cluster) const;

    /**
     * The host side's view of the context's NIC memory, for set-up and results (takes no simulated
     * time).
     * @return the bytes, null when not attached or when there are none
     */
    uint8_t* GetNicMemory();

    /**
     * The same for a scratchpad.
     * @param cluster a cluster
     * @return the bytes, null when not attached or when there are none
     */
    uint8_t* GetScratchpad(uint32_t cluster);

    /** Callback for the application. */
    using EventCallback = Callback<void, const ContextEvent&>;

    /** @param callback called on each event; for completed messages, too */
    void SetEventCallback(EventCallback callback);

    /**
     * Deliver the completion event that a handler held back with a _PENDING return code.
     * @param message the message id
     * @return whether one was pending
     */
    bool CompletePending(uint32_t message);

  protected:
    void DoDispose() override;

  private:
    friend class MessageLifecycle;
    friend class SpinPipeline;
    friend class SpinUnit;

    /**
     * Set an attribute that the unit has given memory or checked for.
     * @throw std::invalid_argument with one line while the context is attached
     */
    template <auto field, typename T>
    void Set(T value)
    {
        RequireDetached();
        this->*field = value;
    }

    void RequireDetached() const;

    Ptr<HandlerProgram> m_program;                //!< the handlers
    uint32_t m_nicMemoryBytes{0};                 //!< attribute
    uint32_t m_scratchpadBytes{0};                //!< attribute
    uint64_t m_hostMemoryAddress{0};              //!< attribute
    uint64_t m_hostMemoryBytes{0};                //!< attribute
    uint64_t m_cycleBudget{0};                    //!< attribute
    bool m_pspinView{false};                      //!< attribute
    EventCallback m_callback;                     //!< the application
    LightTrace<const ContextEvent&> m_eventTrace; //!< every event

    SpinUnit* m_unit{nullptr};            //!< where it is attached
    bool m_enabled{false};                //!< handlers run
    uint32_t m_slot{0};                   //!< number in the unit
    uint32_t m_nicMemoryAddress{0};       //!< allocated
    uint32_t m_scratchpadOffset{0};       //!< the same in each L1
    uint32_t m_openMessages{0};           //!< in the unit
    bool m_detaching{false};              //!< goes when its last message has ended
    std::vector<ContextEvent> m_heldBack; //!< completion events of _PENDING messages
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_EXECUTION_CONTEXT_H */
