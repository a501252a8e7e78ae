/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-use-case.h"

#include "ns3/write-program.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint64_t DATA_SPARE = 1 << 17; //!< of memory, beside the data
constexpr uint32_t DATA_SEED = 1;        //!< and following, of what is there before
constexpr uint32_t NEW_SEED = 99;        //!< of the update
constexpr uint32_t NOTE_BYTES = 8;       //!< of a message that only tells

} // namespace

const std::vector<std::string>&
SpinRaid::GetPaths()
{
    static const std::vector<std::string> paths{"cpu", "rdma", "spin"};
    return paths;
}

SpinRaid::SpinRaid(const Config& config)
    : SpinUseCase(config,
                  GetPaths(),
                  config.processes + 1,
                  uint64_t{config.payloadBytes} * (config.processes + 2) + DATA_SPARE +
                      4096ULL * config.processes),
      m_nodes(config.processes - 1),
      m_parityHost(config.processes)
{
    if (config.payloadBytes < m_nodes.size())
    {
        throw std::invalid_argument("a RAID update needs a byte for each data node, at least");
    }
    SpinCluster& cluster = GetCluster();
    const auto nodes = static_cast<uint32_t>(m_nodes.size());
    m_source = cluster.Allocate(0, config.payloadBytes);
    m_notes = cluster.Allocate(0, NOTE_BYTES);
    m_parity = cluster.Allocate(m_parityHost, config.payloadBytes);
    Fill(m_source, NEW_SEED);
    uint8_t* parity = m_parity.GetBytes();
    for (uint32_t i = 0; i < nodes; ++i)
    {
        DataNode& node = m_nodes[i];
        // Each piece belongs to another stripe: updates of the same parity would need a lock.
        node.first = static_cast<uint32_t>(uint64_t{config.payloadBytes} * i / nodes);
        const auto end = static_cast<uint32_t>(uint64_t{config.payloadBytes} * (i + 1) / nodes);
        node.bytes = end - node.first;
        node.data = cluster.Allocate(i + 1, config.payloadBytes);
        Fill(node.data, DATA_SEED + i);
        const uint8_t* data = node.data.GetBytes();
        std::transform(data, data + config.payloadBytes, parity, parity, std::bit_xor<uint8_t>());
        node.client = cluster.Connect(0, i + 1);
        node.parity = cluster.Connect(i + 1, m_parityHost);
    }
    m_parityClient = cluster.Connect(m_parityHost, 0);
    if (IsSpin())
    {
        PrepareSpin();
    }
    else
    {
        PrepareCores();
    }
    Watch(0, m_notes, [this](uint64_t, uint32_t) { PartDone(); });
}

void
SpinRaid::PrepareSpin()
{
    SpinCluster& cluster = GetCluster();
    const uint32_t notesKey = m_notes.region->GetRemoteKey();
    uint64_t notes = 0;
    Ptr<RaidParityProgram> parityProgram = CreateObject<RaidParityProgram>();
    WriteProgram::Setup setup;
    setup.address = m_parity.address;
    parityProgram->SetUp(setup, {{m_parityClient.first->GetNumber(), notesKey, m_notes.address}});
    cluster.GetNic(m_parityHost)->AllowSends(m_parityClient.first);
    std::vector<Ptr<QueuePair>> parityQueuePairs;
    for (uint32_t i = 0; i < m_nodes.size(); ++i)
    {
        DataNode& node = m_nodes[i];
        Ptr<RaidDataProgram> program = CreateObject<RaidDataProgram>();
        setup.address = node.data.address;
        program->SetUp(
            setup,
            {{node.parity.first->GetNumber(), m_parity.region->GetRemoteKey(), m_parity.address},
             {node.client.second->GetNumber(), notesKey, m_notes.address}});
        cluster.GetNic(i + 1)->AllowSends(node.parity.first);
        cluster.Attach(i + 1, {node.client.second}, program, node.data.GetWindow(), false);
        parityQueuePairs.push_back(node.parity.second);
        // The data node tells once, the parity node of each packet.
        const uint32_t mtu = node.client.first->GetConfig().GetMtu();
        notes += 1 + (node.bytes + mtu - 1) / mtu;
    }
    cluster.Attach(m_parityHost, parityQueuePairs, parityProgram, m_parity.GetWindow(), false);
    Expect(notes);
}

void
SpinRaid::PrepareCores()
{
    SpinCluster& cluster = GetCluster();
    for (uint32_t i = 0; i < m_nodes.size(); ++i)
    {
        DataNode& node = m_nodes[i];
        node.bounce = cluster.Allocate(i + 1, GetConfig().payloadBytes);
        node.difference = cluster.Allocate(i + 1, GetConfig().payloadBytes);
        node.parityBounce = cluster.Allocate(m_parityHost, GetConfig().payloadBytes);
        // New data, old data, their difference; data and difference are written.
        Watch(i + 1, node.bounce, [this, i](uint64_t, uint32_t) {
            Compute(i + 1, m_nodes[i].bytes, {3, 2}, [this, i]() { UpdateData(i); });
        });
        // Difference and parity, which is written.
        Watch(m_parityHost, node.parityBounce, [this, i](uint64_t, uint32_t) {
            Compute(m_parityHost, m_nodes[i].bytes, {2, 1}, [this, i]() { UpdateParity(i); });
        });
    }
    // Each node tells of each piece.
    Expect(2 * m_nodes.size());
}

void
SpinRaid::Begin()
{
    for (const DataNode& node : m_nodes)
    {
        Write(node.client.first,
              m_source,
              IsSpin() ? node.data : node.bounce,
              node.first,
              node.bytes);
    }
}

void
SpinRaid::UpdateData(uint32_t index)
{
    const DataNode& node = m_nodes[index];
    uint8_t* data = node.data.GetBytes() + node.first;
    const uint8_t* update = node.bounce.GetBytes() + node.first;
    std::transform(data,
                   data + node.bytes,
                   update,
                   node.difference.GetBytes() + node.first,
                   std::bit_xor<uint8_t>());
    std::copy_n(update, node.bytes, data);
    Write(node.parity.first, node.difference, node.parityBounce, node.first, node.bytes);
    Tell(node.client.second, node.difference);
}

void
SpinRaid::UpdateParity(uint32_t index)
{
    const DataNode& node = m_nodes[index];
    uint8_t* parity = m_parity.GetBytes() + node.first;
    const uint8_t* difference = node.parityBounce.GetBytes() + node.first;
    std::transform(parity, parity + node.bytes, difference, parity, std::bit_xor<uint8_t>());
    Tell(m_parityClient.first, node.parityBounce);
}

void
SpinRaid::Tell(const Ptr<QueuePair>& queuePair, const ClusterBuffer& from)
{
    WorkRequest work = MakeWrite(from, m_notes, 0, std::min(NOTE_BYTES, from.bytes));
    work.inlined = true;
    Post(queuePair, work);
}

uint64_t
SpinRaid::CountWrong()
{
    uint64_t wrong = 0;
    for (uint32_t place = 0; place < GetConfig().payloadBytes; ++place)
    {
        // What each node should have, and the parity of that: made anew.
        uint8_t parity = 0;
        for (uint32_t i = 0; i < m_nodes.size(); ++i)
        {
            const DataNode& node = m_nodes[i];
            const bool updated = place >= node.first && place - node.first < node.bytes;
            const uint8_t should = MakeByte(place, updated ? NEW_SEED : DATA_SEED + i);
            wrong += node.data.GetBytes()[place] != should ? 1 : 0;
            parity ^= should;
        }
        wrong += m_parity.GetBytes()[place] != parity ? 1 : 0;
    }
    return wrong;
}

} // namespace offload
} // namespace ns3
