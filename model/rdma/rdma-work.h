/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What an application and a queue pair say to each other: work requests and completions.
 *
 * Names and meanings are those of verbs (InfiniBand Architecture Specification, volume 1, chapter
 * 11; ibv_post_send(3), ibv_poll_cq(3)).
 */
#ifndef OFFLOAD_RDMA_WORK_H
#define OFFLOAD_RDMA_WORK_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/** What a work request asks for. */
enum class WorkOpcode : uint8_t
{
    SEND,                 //!< to the memory that the peer has posted
    SEND_WITH_IMMEDIATE,  //!< the same, and four bytes for the peer's completion
    WRITE,                //!< to the peer's memory, which it does not notice
    WRITE_WITH_IMMEDIATE, //!< the same, and four bytes for a completion of a posted receive
    READ,                 //!< from the peer's memory
    COMPARE_SWAP,         //!< write eight bytes of the peer's memory if they are as expected
    FETCH_ADD,            //!< add to eight bytes of the peer's memory
    RECEIVE,              //!< in completions: a message has come in by SEND
    RECEIVE_WRITE,        //!< in completions: a message has come in by WRITE_WITH_IMMEDIATE
};

/** How a work request ended. */
enum class WorkStatus : uint8_t
{
    SUCCESS,                //!< done
    LOCAL_LENGTH_ERROR,     //!< the message is longer than the posted receive
    LOCAL_PROTECTION_ERROR, //!< local key, range or right is wrong
    WORK_REQUEST_FLUSHED,   //!< the queue pair is in error, because of another request
    REMOTE_INVALID_REQUEST, //!< the responder could make nothing of it
    REMOTE_ACCESS_ERROR,    //!< remote key, range or right is wrong
    REMOTE_OPERATION_ERROR, //!< the responder failed
    RETRY_EXCEEDED,         //!< no answer, again and again
    RNR_RETRY_EXCEEDED,     //!< the peer has no receive posted, again and again
    BAD_RESPONSE,           //!< the responder sent what nobody asked for
};

/**
 * @param status of a completion
 * @return for a person
 */
const char* ToString(WorkStatus status);

/** Something to send, read or do at the peer; one piece of local memory. */
struct WorkRequest
{
    uint64_t id{0};                      //!< comes back in the completion
    uint64_t localAddress{0};            //!< where the data are, or go to
    uint64_t remoteAddress{0};           //!< at the peer; not for SEND
    uint64_t compareOrAdd{0};            //!< COMPARE_SWAP, FETCH_ADD: first operand
    uint64_t swap{0};                    //!< COMPARE_SWAP: new value
    uint32_t length{0};                  //!< bytes; 8 for COMPARE_SWAP and FETCH_ADD
    uint32_t localKey{0};                //!< of the local memory
    uint32_t remoteKey{0};               //!< of the peer's memory
    uint32_t immediate{0};               //!< with immediate
    WorkOpcode opcode{WorkOpcode::SEND}; //!< what to do
    bool signaled{true};                 //!< it is told if it succeeds; failures always are
    bool solicited{false};               //!< the peer's completion is urgent
    bool inlined{false};                 //!< the data are taken at once; no key is needed
    bool fenced{false};                  //!< it begins when all READ and atomics before are done
};

/** Memory for a message that the peer may send. */
struct ReceiveRequest
{
    uint64_t id{0};       //!< comes back in the completion
    uint64_t address{0};  //!< where the message goes to
    uint32_t length{0};   //!< longest message
    uint32_t localKey{0}; //!< of the memory
};

/** How a request ended. */
struct Completion
{
    uint64_t id{0};                         //!< of the request
    uint32_t bytes{0};                      //!< received, or asked for
    uint32_t immediate{0};                  //!< if withImmediate
    uint32_t queuePair{0};                  //!< whose
    WorkOpcode opcode{WorkOpcode::SEND};    //!< what was done
    WorkStatus status{WorkStatus::SUCCESS}; //!< how it ended
    bool withImmediate{false};              //!< the peer has sent four bytes more
};

/** What becomes of a posted request. */
enum class PostResult : uint8_t
{
    POSTED,          //!< it will be done, or complete with an error
    QUEUE_FULL,      //!< too many are waiting
    WRONG_STATE,     //!< the queue pair cannot take it yet
    INVALID_REQUEST, //!< its length or opcode makes no sense
};

/**
 * @param result of posting
 * @return for a person
 */
const char* ToString(PostResult result);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_WORK_H */
