/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPARSE_ALLREDUCE_H
#define OFFLOAD_SPARSE_ALLREDUCE_H

#include "rdma-messenger.h"
#include "sparse-contents.h"

#include "ns3/callback.h"
#include "ns3/event-id.h"
#include "ns3/net-device-container.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** SparCML's allreduces for long vectors (Renggli et al., SC 2019, section 5.3). */
enum class SparseAlgorithm : uint8_t
{
    DSAR_SPLIT_ALLGATHER, //!< the result is sent dense
    SSAR_SPLIT_ALLGATHER, //!< the result is sent sparse, unless a part is shorter dense
};

class SparseStream;

/**
 * A sparse allreduce that hosts do by themselves over RDMA, as SparCML's split-allgather (Renggli,
 * Ashkboos, Aghagolzadeh, Alistarh and Hoefler, "SparCML: High-Performance Sparse Communication for
 * Machine Learning", SC 2019).
 *
 * Each host owns an equal range of indices. First everybody sends each owner its values there, as
 * a stream of pairs of a 32-bit index and a value; owners sum them up. Then the sums are gathered
 * by recursive doubling, dense (DSAR) or as streams (SSAR). A stream begins with 8 bytes that say
 * which it is, and how many values it has. If the number of hosts is no power of two, for which
 * SparCML has nothing of its own, they are gathered in as few steps by Bruck's algorithm, as MPI
 * libraries do (Thakur, Rabenseifner and Gropp, 2005, section 4.1).
 *
 * The bytes that travel are those of the streams, and each is compared with what was sent; each
 * owner's sum is made of the streams that have come, and has values where some vector has one; they
 * are compared with the vectors' sum if that is known; and everything that is gathered is compared
 * with the owners' sums. Nothing else is stored.
 *
 * Not modelled: the time that a core takes to add, as with HostAllreduce.
 */
class SparseAllreduce
{
  public:
    /**
     * @param hosts an RdmaNetDevice per host, by number
     * @param vectors contents
     * @param algorithm which
     * @throw std::invalid_argument with one line if it is impossible
     */
    SparseAllreduce(NetDeviceContainer hosts,
                    Ptr<const SparseContents> vectors,
                    SparseAlgorithm algorithm);

    SparseAllreduce(const SparseAllreduce&) = delete;
    SparseAllreduce& operator=(const SparseAllreduce&) = delete;
    ~SparseAllreduce();

    /**
     * @param name dsar-split-allgather or ssar-split-allgather
     * @return the algorithm
     * @throw std::invalid_argument with one line that says which there are
     */
    static SparseAlgorithm Parse(const std::string& name);

    /** @return the names that Parse knows */
    static std::vector<std::string> GetNames();

    /**
     * Reject what cannot be.
     * @param hosts how many
     * @param elements of a vector
     * @param valueBytes of each
     * @throw std::invalid_argument with one line if it is impossible
     */
    static void Check(uint64_t hosts, uint64_t elements, uint32_t valueBytes);

    /**
     * Tells that all hosts have the result, or that a message could not be sent or a sum is wrong;
     * in an event of its own, so that whoever is told may destroy this.
     */
    using DoneCallback = Callback<void>;

    /**
     * Have all hosts begin at this instant.
     * @param done called at the end; may be null
     */
    void Start(DoneCallback done = DoneCallback());

    /** Values that are not zero, with their indices. */
    struct Result
    {
        std::vector<uint32_t> indices; //!< ascending
        std::vector<uint8_t> values;   //!< one after the other
    };

    /** @return what every host has, if IsComplete */
    Result GetResult() const;

    /** @return whether all hosts have all of the result, and every element was right */
    bool IsComplete() const;

    /** @return when the last host had all of the result, ps */
    int64_t GetEnd() const
    {
        return m_end;
    }

    static constexpr uint32_t INDEX_BYTES = 4;  //!< of an index in a stream (SparCML: unsigned int)
    static constexpr uint32_t HEADER_BYTES = 8; //!< of a stream. Assumption
    static constexpr uint32_t MAX_HOSTS =
        1024; //!< each has a queue pair with each other one: 1.4 GiB
    static constexpr uint32_t MAX_VALUE_BYTES = 8; //!< of a value

  private:
    /** A host's part. */
    struct Host
    {
        uint32_t begin{0};                    //!< first index that it owns
        uint32_t end{0};                      //!< after the last one
        uint64_t offset{0};                   //!< of its part of the result
        uint32_t streams{0};                  //!< that it has added
        uint32_t next{0};                     //!< step of the allgather that it sends next
        uint32_t received{0};                 //!< steps that have come
        std::vector<bool> has;                //!< by step: has come
        std::vector<uint8_t> sums;            //!< values of its range
        std::vector<bool> present;            //!< by index in its range: somebody has it
        std::vector<Ptr<SparseStream>> inbox; //!< by sender's distance: what must come
    };

    Ptr<SparseStream> MakeStream(uint32_t from, const Host& owner) const;
    void Begin();                                            //!< everybody sends its streams
    void Finish();                                           //!< have the user told, once
    void Tell();                                             //!< the user
    void HandleArrival(uint32_t host, uint32_t number);      //!< a message has come
    void AddStream(Host& owner, const SparseStream& stream); //!< to the owner's sum
    bool WriteResult(Host& owner); //!< put the sum into the result; false if it is wrong
    void Gather(uint32_t host);    //!< send what can be sent
    bool IsDense(uint64_t values, uint64_t range) const;
    uint64_t GetResultBytes(const Host& owner) const;        //!< that the owner's part must have
    uint64_t GetBytes(uint32_t first, uint32_t parts) const; //!< of owners' parts, round

    NetDeviceContainer m_devices;                   //!< by number
    Ptr<const SparseContents> m_vectors;            //!< contents
    SparseAlgorithm m_algorithm;                    //!< which
    std::unique_ptr<RdmaMessenger> m_messenger;     //!< carries streams
    std::vector<Host> m_hosts;                      //!< by number
    std::shared_ptr<std::vector<uint8_t>> m_result; //!< the owners' parts one after the other
    DoneCallback m_doneCallback;                    //!< or null
    EventId m_event;                                //!< Begin or Tell
    bool m_finished{false};                         //!< it is told, or will be
    uint32_t m_steps{0};                            //!< of the allgather
    uint32_t m_done{0};                             //!< hosts that have the result
    bool m_right{true};                             //!< all sums so far are
    int64_t m_end{0};                               //!< see GetEnd
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPARSE_ALLREDUCE_H */
