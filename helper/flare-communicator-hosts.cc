/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a FlareCommunicator does without the switches: its hosts reduce by themselves.
 */
#include "flare-communicator.h"

#include "ns3/pointer.h"
#include "ns3/queue-pair-config.h"
#include "ns3/rdma-engine.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/// A block in a schedule of the hosts
constexpr uint64_t BLOCK_WORD = sizeof(uint64_t);

} // namespace

Ptr<const FlareOperator>
FlareCommunicator::GetHostOperation() const
{
    // The bytes of the only one that has any, and zeros.
    return m_reduction.collective == FlareCollective::BROADCAST
               ? FlareOperator::Make(FlareType::INT8, FlareOperation::SUM)
               : m_reduction.operation;
}

void
FlareCommunicator::EquipHosts()
{
    const auto config = CreateObject<QueuePairConfig>();
    config->SetAttribute("Mtu", UintegerValue(m_packetBytes));
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        Ptr<FlareNetDevice> device = GetDevice(rank);
        if (!device->GetEngine())
        {
            const auto engine = CreateObject<RdmaEngine>();
            engine->SetAttribute("Config", PointerValue(config));
            engine->SetAddress(Ipv4Address(flare::FIRST_ADDRESS + m_members[rank]));
            device->SetEngine(engine);
        }
    }
}

NetDeviceContainer
FlareCommunicator::GetDevices() const
{
    NetDeviceContainer devices;
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        devices.Add(GetDevice(rank));
    }
    return devices;
}

bool
FlareCommunicator::StartHosts()
{
    if (!m_fallback)
    {
        m_outcome.reason += "; the hosts shall not reduce by themselves (Fallback)";
        return false;
    }
    if (m_members.size() == 1)
    {
        return StartAlone();
    }
    if (m_reduction.NeedsOrder())
    {
        // A ring begins each part at another rank, and both halves of a pair add to their own.
        m_outcome.reason += "; hosts do not keep the order of ranks, which the operator needs";
        return false;
    }
    return m_reduction.sparse ? StartSparseHosts() : StartDenseHosts();
}

bool
FlareCommunicator::StartAlone()
{
    ++m_attempt;
    m_outcome.executor = FlareExecutor::HOSTS;
    m_event = Simulator::ScheduleNow(&FlareCommunicator::CopyAlone, this);
    return true;
}

void
FlareCommunicator::CopyAlone()
{
    const Ptr<FlareCommunicator> self(this); // the vector may forget it
    const FlareJob job = MakeJob(0);
    const bool copy = job.Contributes() && job.Receives();
    const bool complete = !copy || (job.sparse ? CopySparse() : CopyDense());
    if (m_busy)
    {
        Finish(complete);
    }
}

bool
FlareCommunicator::CopyDense()
{
    const FlareJob job = MakeJob(0);
    const FlareFormat format{0, job.elementBytes, false};
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    for (uint32_t block = m_first; block < job.blocks && m_busy; ++block)
    {
        FlarePacketPtr packet = pool->Create();
        packet->kind = FlareKind::DENSE_RESULT;
        packet->block = block;
        packet->data = pool->CreateBuffer();
        try
        {
            format.Read(*job.vector, block, 0, *packet);
        }
        catch (const std::invalid_argument& error)
        {
            m_outcome.reason += std::string("; ") + error.what();
            return false;
        }
        job.vector->Write(*packet);
    }
    return true;
}

std::unique_ptr<HostVectors>
FlareCommunicator::ReadDense() const
{
    const auto members = static_cast<uint32_t>(m_members.size());
    const uint32_t blocks = m_blocks - m_first;
    const Ptr<const FlareOperator> operation = GetHostOperation();
    auto vectors = std::make_unique<HostVectors>(members, blocks, flare::MAX_DATA_BYTES, operation);
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    uint32_t first = members; // who contributes
    for (uint32_t rank = 0; rank < members; ++rank)
    {
        const FlareJob job = MakeJob(rank);
        const FlareFormat format{rank, job.elementBytes, false};
        first = job.Contributes() ? std::min(first, rank) : first;
        for (uint32_t block = 0; block < blocks && job.Contributes(); ++block)
        {
            FlarePacketPtr packet = pool->Create();
            packet->data = pool->CreateBuffer();
            format.Read(*m_vectors[rank], m_first + block, 0, *packet);
            const uint32_t values = packet->dataBytes / operation->GetElementBytes();
            if (rank == first)
            {
                vectors->SetValues(block, static_cast<uint16_t>(values));
            }
            format.CheckSame(m_first + block, values, first, vectors->GetValues(block));
            std::memcpy(vectors->GetBlock(rank, block),
                        packet->data->bytes.data(),
                        packet->dataBytes);
        }
    }
    return vectors;
}

bool
FlareCommunicator::StartDenseHosts()
{
    const auto members = static_cast<uint32_t>(m_members.size());
    const uint32_t blocks = m_blocks - m_first;
    std::unique_ptr<AllreduceSchedule> schedule;
    std::unique_ptr<HostVectors> vectors;
    try
    {
        schedule = AllreduceSchedule::Make(m_algorithm, members, blocks * BLOCK_WORD);
        vectors = ReadDense();
    }
    catch (const std::invalid_argument& error)
    {
        m_outcome.reason += std::string("; ") + error.what();
        return false;
    }
    EquipHosts();
    ++m_attempt;
    m_outcome.executor = FlareExecutor::HOSTS;
    m_hosts =
        std::make_unique<HostAllreduce>(GetDevices(), std::move(schedule), std::move(vectors));
    m_hosts->Start(MakeCallback(&FlareCommunicator::TakeResults, this));
    return true;
}

void
FlareCommunicator::TakeResults()
{
    const Ptr<FlareCommunicator> self(this); // a vector may forget it
    const std::unique_ptr<HostAllreduce> hosts = std::move(m_hosts);
    const bool complete = hosts->IsComplete();
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    HostVectors& vectors = *hosts->GetVectors();
    const uint32_t elementBytes = GetHostOperation()->GetElementBytes();
    for (uint32_t rank = 0; rank < m_members.size() && complete; ++rank)
    {
        for (uint32_t block = m_first; block < m_blocks && m_busy && MakeJob(rank).Receives();
             ++block)
        {
            FlarePacketPtr packet = pool->Create();
            packet->kind = FlareKind::DENSE_RESULT;
            packet->block = block;
            packet->dataBytes = vectors.GetValues(block - m_first) * elementBytes;
            packet->values =
                static_cast<uint16_t>(packet->dataBytes / m_reduction.operation->GetElementBytes());
            packet->data = pool->CreateBuffer();
            std::memcpy(packet->data->bytes.data(),
                        vectors.GetBlock(rank, block - m_first),
                        packet->dataBytes);
            m_vectors[rank]->Write(*packet);
        }
    }
    if (!complete)
    {
        m_outcome.reason += "; a host's message was not delivered";
    }
    if (m_busy)
    {
        Finish(complete);
    }
}

} // namespace offload
} // namespace ns3
