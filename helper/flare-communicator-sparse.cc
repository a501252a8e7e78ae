/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * What a FlareCommunicator does with sparse vectors without the switches.
 */
#include "flare-communicator.h"
#include "stored-sparse-vectors.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

Ptr<const SparseContents>
FlareCommunicator::ReadSparse() const
{
    const uint32_t size = m_reduction.operation->GetElementBytes();
    const uint64_t elements = uint64_t{m_blocks} * m_reduction.blockRange;
    if (m_reduction.blockRange == 0 || m_reduction.blockRange > flare::MAX_BLOCK_RANGE ||
        m_reduction.blockRange > flare::MAX_SHARDS * flare::GetSparseCapacity(size))
    {
        throw std::invalid_argument("a block of " + std::to_string(m_reduction.blockRange) +
                                    " indices could have a result that its packets cannot number");
    }
    // One alone only copies, with the same limits.
    SparseAllreduce::Check(std::max<size_t>(2, m_members.size()), elements, size);
    const auto vectors = Create<StoredSparseVectors>(static_cast<uint32_t>(m_members.size()),
                                                     static_cast<uint32_t>(elements),
                                                     m_reduction.operation);
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        if (!MakeJob(rank).Contributes())
        {
            continue;
        }
        const FlareFormat format{rank, size, true};
        for (uint32_t block = 0; block < m_blocks; ++block)
        {
            bool more = true;
            for (uint32_t shard = 0; more; ++shard)
            {
                FlarePacketPtr packet = pool->Create();
                packet->data = pool->CreateBuffer();
                more = format.Read(*m_vectors[rank], block, shard, *packet);
                const uint8_t* pair = packet->data->bytes.data();
                for (uint32_t i = 0; i < packet->values; ++i, pair += flare::INDEX_BYTES + size)
                {
                    uint16_t offset;
                    std::memcpy(&offset, pair, sizeof(offset));
                    if (offset >= m_reduction.blockRange)
                    {
                        throw std::invalid_argument(
                            "rank " + std::to_string(rank) + " gives index " +
                            std::to_string(offset) + " of block " + std::to_string(block) +
                            ", which ends at " + std::to_string(m_reduction.blockRange - 1));
                    }
                    vectors->Add(rank,
                                 block * m_reduction.blockRange + offset,
                                 pair + flare::INDEX_BYTES);
                }
            }
        }
    }
    vectors->Seal();
    return vectors;
}

bool
FlareCommunicator::CopySparse()
{
    Ptr<const SparseContents> contents;
    try
    {
        contents = ReadSparse();
    }
    catch (const std::invalid_argument& error)
    {
        m_outcome.reason += std::string("; ") + error.what();
        return false;
    }
    const uint32_t size = m_reduction.operation->GetElementBytes();
    const uint32_t pairs = contents->FindFirst(0, contents->GetElements());
    SparseAllreduce::Result result;
    std::vector<uint8_t> value(size);
    for (uint32_t position = 0; position < pairs; ++position)
    {
        const uint32_t index = contents->GetPair(0, position, value.data());
        if (!result.indices.empty() && result.indices.back() == index)
        {
            // A switch would add up what has the same index, too.
            m_reduction.operation->Combine(&*(result.values.end() - size), value.data(), 1);
            continue;
        }
        result.indices.push_back(index);
        result.values.insert(result.values.end(), value.begin(), value.end());
    }
    WriteSparse(result);
    return true;
}

bool
FlareCommunicator::StartSparseHosts()
{
    try
    {
        const SparseAlgorithm algorithm = SparseAllreduce::Parse(m_sparseAlgorithm);
        m_sparseHosts = std::make_unique<SparseAllreduce>(GetDevices(), ReadSparse(), algorithm);
    }
    catch (const std::invalid_argument& error)
    {
        m_outcome.reason += std::string("; ") + error.what();
        return false;
    }
    EquipHosts();
    ++m_attempt;
    m_outcome.executor = FlareExecutor::HOSTS;
    m_sparseHosts->Start(MakeCallback(&FlareCommunicator::TakeSparseResults, this));
    return true;
}

void
FlareCommunicator::TakeSparseResults()
{
    const Ptr<FlareCommunicator> self(this); // a vector may forget it
    const std::unique_ptr<SparseAllreduce> hosts = std::move(m_sparseHosts);
    const bool complete = hosts->IsComplete();
    if (complete)
    {
        WriteSparse(hosts->GetResult());
    }
    else
    {
        m_outcome.reason += "; a host's message was not delivered";
    }
    if (m_busy)
    {
        Finish(complete);
    }
}

void
FlareCommunicator::WriteSparse(const SparseAllreduce::Result& result)
{
    const uint32_t size = m_reduction.operation->GetElementBytes();
    const uint32_t capacity = flare::GetSparseCapacity(size);
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    std::vector<FlareVector*> receivers;
    for (uint32_t rank = 0; rank < m_members.size(); ++rank)
    {
        if (MakeJob(rank).Receives())
        {
            receivers.push_back(m_vectors[rank]);
        }
    }
    size_t next = 0;
    for (uint32_t block = 0; block < m_blocks && m_busy; ++block)
    {
        const uint64_t begin = uint64_t{block} * m_reduction.blockRange;
        const auto isMore = [&] {
            return next < result.indices.size() &&
                   result.indices[next] < begin + m_reduction.blockRange;
        };
        uint32_t shard = 0;
        do
        {
            FlarePacketPtr packet = pool->Create();
            packet->kind = FlareKind::SPARSE_RESULT;
            packet->block = block;
            packet->shard = static_cast<uint8_t>(shard++);
            packet->data = pool->CreateBuffer();
            uint8_t* pair = packet->data->bytes.data();
            uint32_t values = 0;
            for (; values < capacity && isMore(); ++values, ++next)
            {
                const auto offset = static_cast<uint16_t>(result.indices[next] - begin);
                std::memcpy(pair, &offset, sizeof(offset));
                std::memcpy(pair + flare::INDEX_BYTES, &result.values[next * size], size);
                pair += flare::INDEX_BYTES + size;
            }
            packet->values = static_cast<uint16_t>(values);
            packet->dataBytes = values * (flare::INDEX_BYTES + size);
            packet->shards = static_cast<uint8_t>(isMore() ? 0 : shard);
            for (FlareVector* vector : receivers)
            {
                vector->Write(*packet);
            }
        } while (isMore());
    }
}

} // namespace offload
} // namespace ns3
