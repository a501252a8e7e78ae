/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_TYPES_H
#define OFFLOAD_SPIN_TYPES_H

#include "handler-program.h"
#include "memory-frame.h"

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace ns3
{
namespace offload
{

class ExecutionContext;
class HpuDriver;
struct Message;

/**
 * A packet in the unit, from NIC inbound to its feedback (the HER, pspin.md "HER, task and feedback
 * formats").
 */
struct PacketRecord
{
    PacketRecord* next{nullptr}; //!< in NIC inbound's, then in the MPQ's FIFO
    MemoryFrame frame;           //!< as it came
    uint64_t arrival{0};         //!< cycle, taken by NIC inbound
    uint64_t her{0};             //!< cycle, HER sent (before: the earliest)
    uint8_t* bytes{nullptr};     //!< their place in the L2 packet buffer
    uint32_t address{0};         //!< of these
    uint32_t size{0};            //!< bytes
    Message* message{nullptr};   //!< whose packet
    bool first{false};           //!< opens the message
    bool last{false};            //!< end of message
    bool ownCell{false};         //!< holds its MPQ's own cell, not a shared one
    bool dropped{false};         //!< a handler or an error dropped it, as traced
    bool written{false};         //!< the bytes are there, not only the room for them

    /** Write the bytes, if nobody has looked at them so far. */
    void Write()
    {
        if (!written)
        {
            frame.CopyTo(bytes);
            written = true;
        }
    }
};

/** A handler to run on a packet (pspin.md, handler_task_t). */
struct Task
{
    Task* next{nullptr};                    //!< in the queue it waits in
    PacketRecord* packet{nullptr};          //!< its packet
    uint8_t* bytes{nullptr};                //!< its copy in L1, once it runs
    uint64_t ready{0};                      //!< cycle from which the block that holds it may use it
    uint64_t accepted{0};                   //!< cycle, its packet's DMA was queued
    uint64_t pickup{0};                     //!< cycle, an HPU took it
    uint64_t entry{0};                      //!< cycle, the handler's first instruction
    HandlerKind kind{HandlerKind::PAYLOAD}; //!< which handler
    HandlerStatus status{HandlerStatus::SUCCESS}; //!< what it returned
    bool lastUse{false};                          //!< the packet's buffers are free after this task
    bool hasHandler{false};                       //!< otherwise only feedback
    uint16_t cluster{0};                          //!< where it runs
    uint32_t l1Offset{0};                         //!< in the cluster's packet buffer
    std::unique_ptr<std::string> cause;           //!< why the handler failed, if it did
};

/** The interfaces of the command unit, numbered as in hardware (pspin_cfg_pkg.sv). */
enum class CommandInterface : uint8_t
{
    HOST_DIRECT,
    NIC_OUTBOUND,
    HOST_DMA,
};

constexpr unsigned COMMAND_INTERFACES = 3; //!< how many there are

/** A command of a handler. */
struct Command
{
    Command* next{nullptr};     //!< in the queue it waits in
    HpuDriver* driver{nullptr}; //!< who issued it
    uint64_t ready{0};          //!< cycle from which the block that holds it may use it
    uint64_t issue{0};          //!< cycle, issued
    uint64_t accepted{0};       //!< cycle, taken by the interface
    uint64_t hostAddress{0};    //!< host side of a transfer
    uint64_t immediate{0};      //!< host-direct: the data
    uint32_t nicAddress{0};     //!< NIC side of a transfer or source of a packet
    uint32_t bytes{0};          //!< length
    CommandInterface interface {
        CommandInterface::NIC_OUTBOUND
    };                                    //!< where it goes
    int64_t after{0};                     //!< host DMA: cycles from the last word in or out of NIC
                                          //!< memory to the end
    uint8_t id{0};                        //!< among the HPU's commands
    bool toHost{false};                   //!< direction of a transfer
    bool fromHost{false};                 //!< NIC outbound: the packet is in host memory
    const PacketRecord* answers{nullptr}; //!< NIC outbound: in PsPIN's view, what it answers
    MemoryFrame frame; //!< NIC outbound: what was read, while it waits for the wire
};

/**
 * Objects handed out and taken back without allocation once there are enough of them.
 * @tparam T has a member `next` and a default value
 */
template <typename T>
class Pool
{
  public:
    /** @return a fresh object */
    T& Take()
    {
        if (!m_free)
        {
            Grow();
        }
        T* object = m_free;
        m_free = object->next;
        object->next = nullptr;
        return *object;
    }

    /**
     * @param object one that was taken
     */
    void GiveBack(T& object)
    {
        object.~T();
        new (&object) T; // not T(), which would be cleared once more before
        object.next = m_free;
        m_free = &object;
    }

    /** @return bytes held */
    size_t GetBytes() const
    {
        return m_chunks.size() * CHUNK * sizeof(T);
    }

  private:
    static constexpr size_t CHUNK = 32; //!< objects allocated at a time

    [[gnu::cold]] void Grow()
    {
        m_chunks.push_back(std::make_unique<std::array<T, CHUNK>>());
        for (T& object : *m_chunks.back())
        {
            object.next = m_free;
            m_free = &object;
        }
    }

    T* m_free{nullptr};                                          //!< list of free ones
    std::vector<std::unique_ptr<std::array<T, CHUNK>>> m_chunks; //!< all of them
};

/**
 * A first-in first-out list through the objects' own `next`.
 * @tparam T the objects
 */
template <typename T>
class LinkedQueue
{
  public:
    /** @return whether there is none */
    bool IsEmpty() const
    {
        return !m_head;
    }

    /** @return the oldest one */
    T& Front() const
    {
        return *m_head;
    }

    /** @return whether there is exactly one */
    bool HasOne() const
    {
        return m_head && m_head == m_tail;
    }

    /** @param object goes to the end */
    void Push(T& object)
    {
        object.next = nullptr;
        (m_head ? m_tail->next : m_head) = &object;
        m_tail = &object;
    }

    /** @return the oldest one, taken out */
    T& Pop()
    {
        T* object = m_head;
        m_head = object->next;
        object->next = nullptr;
        return *object;
    }

  private:
    T* m_head{nullptr}; //!< oldest
    T* m_tail{nullptr}; //!< youngest, if any
};

/** States of a message processing queue (PsPIN hw/src/pkt_scheduler/mpq_engine.sv, mpq_fsm). */
enum class MpqState : uint8_t
{
    FREE,
    HEADER,             //!< the header handler's task is due
    HEADER_RUNNING,     //!< payload tasks wait for it
    PAYLOAD,            //!< any number of payload tasks
    PAYLOAD_DRAINING,   //!< the last one is out
    COMPLETION,         //!< the completion handler's task is due
    COMPLETION_RUNNING, //!< the message's last task
};

/** What becomes of a message's packets. */
enum class MessageFate : uint8_t
{
    HANDLERS, //!< they are handled
    TO_HOST,  //!< the header handler said PROCEED
    DROPPED,  //!< the header handler said DROP
    ABORTED,  //!< an error or a timeout
};

/**
 * An open message: its message processing queue and what the unit remembers of it. A queue without
 * a message takes no memory.
 */
struct Message
{
    Message* next{nullptr}; //!< in the list of open ones with the same hash, or the pool
    ExecutionContext* context{nullptr};           //!< whose handlers run
    uint64_t key{0};                              //!< as the packets' steering gave it
    LinkedQueue<PacketRecord> packets;            //!< waiting in the MPQ
    uint64_t bytes{0};                            //!< of packets that came
    uint64_t droppedBytes{0};                     //!< of these, dropped
    int64_t lastArrival{0};                       //!< ps, for the timeout
    uint32_t packetCount{0};                      //!< packets that came
    uint32_t inside{0};                           //!< of these, still in the unit
    uint16_t index{0};                            //!< the MPQ
    uint16_t ownCells{0};                         //!< own cells in use
    uint16_t inFlight{0};                         //!< tasks out
    MpqState state{MpqState::FREE};               //!< of the MPQ
    MessageFate fate{MessageFate::HANDLERS};      //!< what becomes of packets
    uint8_t handlers{0};                          //!< bit i: there is a handler of kind i
    HandlerStatus status{HandlerStatus::SUCCESS}; //!< the last handler's return code
    bool lastSeen{false};                         //!< the end of the message is in the MPQ or gone
    bool listed{false};                           //!< more packets may come
    bool closing{false}; //!< ends when it is empty, without its last packet
    bool pending{false}; //!< hold back the completion event
    bool watched{false}; //!< somebody would notice work that is done late

    /**
     * @param kind a handler
     * @return whether the context has it
     */
    bool Has(HandlerKind kind) const
    {
        return handlers >> static_cast<unsigned>(kind) & 1;
    }
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_TYPES_H */
