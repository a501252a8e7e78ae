/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_COMMUNICATOR_H
#define OFFLOAD_FLARE_COMMUNICATOR_H

#include "fabric-helper.h"
#include "host-allreduce.h"
#include "sparse-allreduce.h"

#include "ns3/callback.h"
#include "ns3/event-id.h"
#include "ns3/flare-manager.h"
#include "ns3/flare-net-device.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** Who has done a collective operation. */
enum class FlareExecutor : uint8_t
{
    NOBODY,   //!< it has not begun, or was refused
    SWITCHES, //!< they reduced the packets as they passed
    HOSTS,    //!< by themselves over RDMA
};

/**
 * @param executor who
 * @return "nobody", "switches" or "hosts"
 */
const char* ToString(FlareExecutor executor);

/** What came of a collective operation. */
struct FlareOutcome
{
    bool complete{false};                          //!< all hosts have the result
    FlareExecutor executor{FlareExecutor::NOBODY}; //!< who did it, in the end
    uint32_t repairs{0};                           //!< times that it went on in another way
    std::string reason;                            //!< why the last way was left, or why not
    int64_t end{0};                                //!< when, ps
};

/**
 * Hosts that reduce together, and see to it that they get their result: in the switches if the
 * manager finds a tree with room, otherwise by themselves over the same NICs (HostAllreduce,
 * SparseAllreduce).
 *
 * When a switch dies, the hosts' contributions are not answered. After FlareNetDevice's patience
 * the manager asks the switches of the tree, installs another tree without those that have failed,
 * and the blocks from the first one that any host lacks on are reduced again from the inputs; so
 * all hosts have the result of the same tree for each of them. Without such a tree the hosts do it.
 * If some hosts cannot be reached, all are told of an error, and no sum is wrong.
 *
 * What a switch cannot sum (ranks of different sizes, a sparse block of too many packets) is left
 * to the hosts at once, who find the result or the rank that is wrong.
 *
 * An operation on sparse vectors is then begun anew: a block's results come in several packets,
 * which vectors may have added up, and must be able to forget (FlareVector::Forget).
 *
 * A communicator that is disposed of, or that nobody refers to any more, gives up what is under
 * way: nobody is told, the vectors are not used again, and the switches' memory is free.
 */
class FlareCommunicator : public Object
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    FlareCommunicator();
    ~FlareCommunicator() override;

    /**
     * Say who takes part; once.
     * @param fabric network of FlareNetDevice and FlareSwitch
     * @param manager of its switches; outlives all operations
     * @param members hosts, each once
     * @throw std::invalid_argument if members are wrong
     */
    void SetMembers(const Fabric& fabric,
                    FlareManager& manager,
                    const std::vector<uint32_t>& members);

    /** @return members, by rank */
    const std::vector<uint32_t>& GetMembers() const
    {
        return m_members;
    }

    /** Tells a host of the end: which one, and what came of it. */
    using DoneCallback = Callback<void, uint32_t, const FlareOutcome&>;

    /**
     * Have all members begin a collective operation, now.
     * @param reduction what to do; ids, ports and addresses are filled in
     * @param vectors the members' data by rank; they outlive the operation; none with a
     *        barrier
     * @param blocks of each vector; 1 with a barrier
     * @param window blocks in flight at most
     * @param done called once for each member; may be null
     * @return false if it was refused; GetOutcome says why
     * @throw std::invalid_argument if there are not as many vectors as members, if their first
     *        blocks are malformed or of different sizes, if there are no blocks or no operation, or
     *        if another one is under way
     */
    bool Start(const FlareReduction& reduction,
               const std::vector<FlareVector*>& vectors,
               uint32_t blocks,
               uint32_t window,
               DoneCallback done = DoneCallback());

    /** @return whether an operation is under way */
    bool IsBusy() const
    {
        return m_busy;
    }

    /** @return what came of the last operation, or how it stands */
    const FlareOutcome& GetOutcome() const
    {
        return m_outcome;
    }

    /** @return the switches' group, while they reduce */
    const std::optional<FlareGroup>& GetGroup() const
    {
        return m_group;
    }

    /** Signature of the Repair trace. */
    typedef void (*RepairCallback)(const std::string& reason);

  protected:
    void DoDispose() override;

  private:
    bool StartSwitches();                              //!< false: there is no tree; see the reason
    FlareJob MakeJob(uint32_t rank) const;             //!< a member's part
    Ptr<const FlareOperator> GetHostOperation() const; //!< what the hosts do by themselves
    bool StartHosts();                                 //!< false: they cannot; see the reason
    bool StartDenseHosts();                            //!< the same
    std::unique_ptr<HostVectors> ReadDense() const;    //!< what the members contribute
    bool StartSparseHosts();                           //!< the same
    Ptr<const SparseContents> ReadSparse() const;      //!< what the members contribute
    void WriteSparse(const SparseAllreduce::Result& result); //!< to all members
    void TakeSparseResults();                                //!< of the hosts
    bool Forget();                                           //!< sparse: false if that cannot be
    NetDeviceContainer GetDevices() const;                   //!< by rank
    bool StartAlone();                                       //!< the same, of one host
    void CopyAlone();                                        //!< its vector is the result
    bool CopyDense();                                        //!< false: it cannot be read
    bool CopySparse();                                       //!< the same
    void HostIsDone(uint32_t attempt, uint16_t id); //!< it has all results from the switches
    void HostAlarms(uint32_t attempt, uint16_t id); //!< nothing answers it
    void HostFails(uint32_t attempt, uint16_t id, const std::string& reason); //!< it gives up
    void Repair(uint32_t attempt); //!< the manager has asked the switches
    void GoOn(bool tree);          //!< without this tree; in another, or none
    uint32_t FindFirst() const;    //!< block that a host lacks
    void StopSwitches();           //!< and give their memory back
    void TakeResults();            //!< of the hosts, from their memories
    void Finish(bool complete);
    void Abandon();    //!< what is under way: nobody is told
    void EquipHosts(); //!< with RDMA engines
    Ptr<FlareNetDevice> GetDevice(uint32_t rank) const;

    bool m_fallback{true};         //!< attribute
    std::string m_algorithm;       //!< attribute
    std::string m_sparseAlgorithm; //!< attribute
    Time m_repairTime;             //!< attribute
    uint32_t m_packetBytes{0};     //!< attribute

    Fabric m_fabric;                                //!< network
    std::weak_ptr<FlareManager> m_manager;          //!< of its switches
    std::vector<uint32_t> m_members;                //!< hosts by rank
    FlareReduction m_reduction;                     //!< under way
    std::vector<FlareVector*> m_vectors;            //!< by rank
    uint32_t m_blocks{0};                           //!< of each
    uint32_t m_window{0};                           //!< in flight at most
    uint32_t m_first{0};                            //!< all before it are complete everywhere
    DoneCallback m_done;                            //!< or null
    std::optional<FlareGroup> m_group;              //!< in the switches
    std::unique_ptr<HostAllreduce> m_hosts;         //!< by themselves
    std::unique_ptr<SparseAllreduce> m_sparseHosts; //!< the same
    FlareOutcome m_outcome;                         //!< see GetOutcome
    uint32_t m_attempt{0};                          //!< tells old news from new
    uint32_t m_open{0};                             //!< members without all results
    EventId m_event;                                //!< Repair or CopyAlone
    bool m_busy{false};                             //!< see IsBusy
    bool m_alarmed{false};                          //!< the manager is asking
    bool m_examined{false}; //!< it has found nothing, and m_first was the same

    TracedCallback<const std::string&> m_repairTrace;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_COMMUNICATOR_H */
