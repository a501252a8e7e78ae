/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-communicator.h"

#include "ns3/boolean.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FlareCommunicator);

const char*
ToString(FlareExecutor executor)
{
    switch (executor)
    {
    case FlareExecutor::NOBODY:
        return "nobody";
    case FlareExecutor::SWITCHES:
        return "switches";
    case FlareExecutor::HOSTS:
        return "hosts";
    }
    return "?";
}

TypeId
FlareCommunicator::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::FlareCommunicator")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<FlareCommunicator>()
            .AddAttribute("Fallback",
                          "Whether the hosts reduce by themselves when the switches cannot "
                          "(SC 2021, section 4); otherwise that is an error.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&FlareCommunicator::m_fallback),
                          MakeBooleanChecker())
            .AddAttribute("HostAlgorithm",
                          "How the hosts do it: ring, or recursive-doubling if their number is a "
                          "power of two (AllreduceSchedule).",
                          StringValue("ring"),
                          MakeStringAccessor(&FlareCommunicator::m_algorithm),
                          MakeStringChecker())
            .AddAttribute("SparseHostAlgorithm",
                          "How they do it with sparse vectors: ssar-split-allgather or "
                          "dsar-split-allgather (SparseAllreduce). Default: the one whose messages "
                          "are never longer.",
                          StringValue("ssar-split-allgather"),
                          MakeStringAccessor(&FlareCommunicator::m_sparseAlgorithm),
                          MakeStringChecker())
            .AddAttribute("RepairTime",
                          "From the first host's alarm until the manager has asked the switches "
                          "and installed another tree. Assumption: 100 us, a few round trips of "
                          "control messages and as many writes of switch memory.",
                          TimeValue(MicroSeconds(100)),
                          MakeTimeAccessor(&FlareCommunicator::m_repairTime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("PacketBytes",
                          "Payload of the hosts' RDMA packets. Default: as FLARE's, SC 2021.",
                          UintegerValue(flare::MAX_DATA_BYTES),
                          MakeUintegerAccessor(&FlareCommunicator::m_packetBytes),
                          MakeUintegerChecker<uint32_t>(256, 4096))
            .AddTraceSource("Repair",
                            "An operation goes on in another way: why.",
                            MakeTraceSourceAccessor(&FlareCommunicator::m_repairTrace),
                            "ns3::offload::FlareCommunicator::RepairCallback");
    return tid;
}

FlareCommunicator::FlareCommunicator() = default;

FlareCommunicator::~FlareCommunicator()
{
    Abandon();
}

void
FlareCommunicator::DoDispose()
{
    Abandon();
    m_members.clear();
    m_fabric = Fabric();
    m_manager.reset();
    Object::DoDispose();
}

void
FlareCommunicator::Abandon()
{
    ++m_attempt;
    m_event.Cancel();
    if (m_group)
    {
        StopSwitches();
    }
    m_hosts = nullptr;
    m_sparseHosts = nullptr;
    m_done = DoneCallback();
    m_busy = false;
}

void
FlareCommunicator::SetMembers(const Fabric& fabric,
                              FlareManager& manager,
                              const std::vector<uint32_t>& members)
{
    const std::set<uint32_t> hosts(members.begin(), members.end());
    if (members.empty() || hosts.size() != members.size() ||
        *hosts.rbegin() >= fabric.hostDevices.GetN())
    {
        throw std::invalid_argument("FlareCommunicator: members are different hosts below " +
                                    std::to_string(fabric.hostDevices.GetN()));
    }
    for (const uint32_t host : members)
    {
        if (!DynamicCast<FlareNetDevice>(fabric.hostDevices.Get(host)))
        {
            throw std::invalid_argument("FlareCommunicator: host " + std::to_string(host) +
                                        " has no FlareNetDevice (SetHostDeviceType)");
        }
    }
    m_fabric = fabric;
    m_manager = manager.GetHandle();
    m_members = members;
}

Ptr<FlareNetDevice>
FlareCommunicator::GetDevice(uint32_t rank) const
{
    return DynamicCast<FlareNetDevice>(m_fabric.hostDevices.Get(m_members[rank]));
}

bool
FlareCommunicator::Start(const FlareReduction& reduction,
                         const std::vector<FlareVector*>& vectors,
                         uint32_t blocks,
                         uint32_t window,
                         DoneCallback done)
{
    const bool barrier = reduction.collective == FlareCollective::BARRIER;
    const bool data = vectors.size() == m_members.size() && reduction.operation &&
                      std::find(vectors.begin(), vectors.end(), nullptr) == vectors.end();
    const auto manager = m_manager.lock();
    if (m_busy || m_members.empty() || !manager || blocks == 0 || window == 0 || !(barrier || data))
    {
        throw std::invalid_argument("FlareCommunicator: an operation needs " +
                                    std::to_string(m_members.size()) +
                                    " vectors, blocks, a window, an operator and a communicator "
                                    "that is not busy");
    }
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        if (GetDevice(rank)->IsBusy())
        {
            throw std::invalid_argument("FlareCommunicator: host " +
                                        std::to_string(m_members[rank]) +
                                        " takes part in another operation");
        }
    }
    if (reduction.HasRootHost() &&
        std::find(m_members.begin(), m_members.end(), reduction.rootHost) == m_members.end())
    {
        throw std::invalid_argument("FlareCommunicator: the root host, " +
                                    std::to_string(reduction.rootHost) + ", is no member");
    }
    const FlareReduction what = reduction.Checked();
    if (!barrier)
    {
        const auto root = std::find(m_members.begin(), m_members.end(), reduction.rootHost);
        const bool all = reduction.collective != FlareCollective::BROADCAST;
        CheckFirstBlocks(vectors,
                         {0, what.operation->GetElementBytes(), what.sparse},
                         all ? ALL_RANKS : static_cast<uint32_t>(root - m_members.begin()));
    }
    m_reduction = what;
    m_vectors = barrier ? std::vector<FlareVector*>(m_members.size()) : vectors;
    m_blocks = blocks;
    m_window = std::min(window, blocks);
    m_first = 0;
    m_done = done;
    m_outcome = FlareOutcome();
    m_busy = true;
    if (!StartSwitches() && !StartHosts())
    {
        Finish(false);
        return false;
    }
    return true;
}

FlareJob
FlareCommunicator::MakeJob(uint32_t rank) const
{
    FlareJob job = m_group ? m_group->MakeJob(rank) : FlareJob();
    job.blocks = m_blocks;
    job.first = m_first;
    job.address = flare::FIRST_ADDRESS + m_members[rank];
    job.sparse = m_reduction.sparse;
    job.collective = m_reduction.collective;
    job.isRoot = m_members[rank] == m_reduction.rootHost;
    job.vector = m_vectors[rank];
    job.rank = rank;
    job.elementBytes = m_reduction.operation->GetElementBytes();
    return job;
}

bool
FlareCommunicator::StartSwitches()
{
    try
    {
        const auto manager = m_manager.lock();
        m_group = manager->Create(m_members, m_reduction, std::min(m_window, m_blocks - m_first));
        if (!m_group)
        {
            m_outcome.reason = manager->GetRefusal();
        }
    }
    catch (const std::invalid_argument& error)
    {
        m_group = std::nullopt;
        m_outcome.reason = error.what();
    }
    if (!m_group)
    {
        return false;
    }
    ++m_attempt;
    m_outcome.executor = FlareExecutor::SWITCHES;
    m_open = static_cast<uint32_t>(m_members.size());
    m_alarmed = false;
    m_examined = false;
    try
    {
        for (uint32_t rank = 0; rank < m_members.size(); ++rank)
        {
            GetDevice(rank)->Start(
                MakeJob(rank),
                MakeCallback(&FlareCommunicator::HostIsDone, this).Bind(m_attempt),
                MakeCallback(&FlareCommunicator::HostAlarms, this).Bind(m_attempt),
                MakeCallback(&FlareCommunicator::HostFails, this).Bind(m_attempt));
        }
    }
    catch (const std::logic_error& error)
    {
        // A vector that cannot be sent, of which the hosts may be able to do something.
        StopSwitches();
        m_outcome.executor = FlareExecutor::NOBODY;
        m_outcome.reason = error.what();
        return false;
    }
    return true;
}

void
FlareCommunicator::HostIsDone(uint32_t attempt, uint16_t)
{
    if (attempt == m_attempt && m_busy && --m_open == 0)
    {
        StopSwitches();
        Finish(true);
    }
}

void
FlareCommunicator::HostAlarms(uint32_t attempt, uint16_t)
{
    if (attempt == m_attempt && m_busy && !m_alarmed)
    {
        m_alarmed = true;
        m_event = Simulator::Schedule(m_repairTime, &FlareCommunicator::Repair, this, attempt);
    }
}

void
FlareCommunicator::HostFails(uint32_t attempt, uint16_t, const std::string& reason)
{
    if (attempt != m_attempt || !m_busy || !m_manager.lock())
    {
        return;
    }
    m_event.Cancel();
    m_first = FindFirst();
    m_outcome.reason = reason;
    GoOn(false);
}

uint32_t
FlareCommunicator::FindFirst() const
{
    uint32_t first = m_blocks;
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        first = std::min(first, GetDevice(rank)->GetFirstMissing());
    }
    return first;
}

void
FlareCommunicator::Repair(uint32_t attempt)
{
    const auto manager = m_manager.lock();
    if (attempt != m_attempt || !m_busy || !manager)
    {
        return;
    }
    m_alarmed = false;
    const uint32_t first = FindFirst();
    const bool progress = first > m_first;
    m_first = first;
    m_outcome.reason = manager->FindFailure(m_group->id);
    if (m_outcome.reason.empty() && (progress || !m_examined))
    {
        // Bad luck, or a busy network: the hosts go on repeating.
        m_examined = !progress;
        return;
    }
    const bool found = !m_outcome.reason.empty();
    if (!found)
    {
        m_outcome.reason = "no answers, though all switches of the tree work";
    }
    GoOn(found);
}

void
FlareCommunicator::GoOn(bool tree)
{
    const Ptr<FlareCommunicator> self(this); // a vector that forgets may forget it
    const auto manager = m_manager.lock();
    m_repairTrace(m_outcome.reason);
    ++m_outcome.repairs;
    StopSwitches();
    for (const uint32_t host : m_members)
    {
        if (!manager->IsConnected(host))
        {
            m_outcome.reason += "; host " + std::to_string(host) + " cannot be reached";
            Finish(false);
            return;
        }
    }
    if (m_reduction.sparse)
    {
        // Its shards are added to what has come; once more, they would be added twice.
        m_first = 0;
        if (!Forget())
        {
            Finish(false);
            return;
        }
        if (!m_busy)
        {
            return;
        }
    }
    const std::string failure = m_outcome.reason;
    const bool switches = tree && StartSwitches();
    if (switches || !tree)
    {
        m_outcome.reason = failure;
    }
    else
    {
        m_outcome.reason = failure + "; " + m_outcome.reason;
    }
    if (!switches && !StartHosts())
    {
        Finish(false);
    }
}

bool
FlareCommunicator::Forget()
{
    for (FlareVector* vector : m_vectors)
    {
        if (m_busy && !vector->Forget())
        {
            m_outcome.reason += "; a sparse vector cannot forget what has come";
            return false;
        }
    }
    return true;
}

void
FlareCommunicator::StopSwitches()
{
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        GetDevice(rank)->Stop(m_group->id);
    }
    if (const auto manager = m_manager.lock())
    {
        manager->Destroy(m_group->id);
    }
    m_group = std::nullopt;
}

void
FlareCommunicator::Finish(bool complete)
{
    const Ptr<FlareCommunicator> self(this); // whoever is told may forget it
    ++m_attempt;
    m_busy = false;
    m_outcome.complete = complete;
    m_outcome.end = Simulator::Now().GetTimeStep();
    // Whoever is told may begin the next operation.
    const FlareOutcome outcome = m_outcome;
    const DoneCallback done = m_done;
    for (uint32_t rank = 0; rank < m_members.size() && !done.IsNull(); ++rank)
    {
        done(m_members[rank], outcome);
    }
}

} // namespace offload
} // namespace ns3
