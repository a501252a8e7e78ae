/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-use-case.h"

#include "ns3/write-program.h"

#include <cstring>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint64_t ARRAY_SPARE = 1 << 16; //!< of memory, beside the arrays
constexpr uint64_t PAGE = 4096;           //!< buffers begin at a multiple of that
constexpr uint32_t SUM_SEED = 1;          //!< of what is there before
constexpr uint32_t SOURCE_SEED = 77;      //!< and following, of what is added
constexpr uint32_t ELEMENT = 4;           //!< bytes of an element

/** @return an element made of known bytes */
uint32_t
LoadWord(const uint8_t* bytes)
{
    uint32_t word;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
}

} // namespace

const std::vector<std::string>&
SpinAccumulate::GetPaths()
{
    static const std::vector<std::string> paths{"cpu", "rdma", "spin"};
    return paths;
}

SpinAccumulate::SpinAccumulate(const Config& config)
    : SpinUseCase(config,
                  GetPaths(),
                  config.processes,
                  2 * (config.payloadBytes + PAGE) * config.processes + ARRAY_SPARE),
      m_clients(config.processes - 1)
{
    if (config.payloadBytes % ELEMENT != 0)
    {
        throw std::invalid_argument("an array of 32-bit integers has a multiple of 4 bytes");
    }
    SpinCluster& cluster = GetCluster();
    // One after the other: all sums are one window of the handlers.
    for (Client& client : m_clients)
    {
        client.sum = cluster.Allocate(0, config.payloadBytes);
    }
    for (uint32_t i = 0; i < m_clients.size(); ++i)
    {
        Client& client = m_clients[i];
        client.source = cluster.Allocate(i + 1, config.payloadBytes);
        client.bounce = cluster.Allocate(0, config.payloadBytes);
        Fill(client.source, SOURCE_SEED + i);
        Fill(client.sum, SUM_SEED);
        client.queuePairs = cluster.Connect(i + 1, 0);
        const auto told = [this, i](uint64_t, uint32_t bytes) { Arrived(i, bytes); };
        if (IsSpin())
        {
            Watch(client.queuePairs.second, told);
        }
        else
        {
            Watch(0, client.bounce, told);
        }
    }
    if (IsSpin())
    {
        PrepareSpin();
    }
    Expect(m_clients.size());
}

void
SpinAccumulate::PrepareSpin()
{
    // One context for all, as one matching entry of SC'17 takes messages of all sources: what it
    // needs of the NIC's memory does not grow with the processes.
    const ClusterBuffer& first = m_clients.front().sum;
    const ClusterBuffer& last = m_clients.back().sum;
    const Ptr<AccumulateProgram> program = CreateObject<AccumulateProgram>();
    WriteProgram::Setup setup;
    setup.address = first.address;
    program->SetUp(setup, {});
    std::vector<Ptr<QueuePair>> queuePairs;
    for (const Client& client : m_clients)
    {
        queuePairs.push_back(client.queuePairs.second);
    }
    GetCluster().Attach(0,
                        queuePairs,
                        program,
                        {first.address, last.address + last.bytes - first.address},
                        true);
}

void
SpinAccumulate::Begin()
{
    for (const Client& client : m_clients)
    {
        Write(client.queuePairs.first,
              client.source,
              IsSpin() ? client.sum : client.bounce,
              0,
              GetConfig().payloadBytes);
    }
}

void
SpinAccumulate::Arrived(uint32_t client, uint32_t bytes)
{
    m_clients[client].bytes += bytes;
    if (m_clients[client].bytes < GetConfig().payloadBytes)
    {
        return;
    }
    if (IsSpin())
    {
        PartDone();
        return;
    }
    // Two operands are fetched; the sum takes the place of one of them.
    Compute(0, GetConfig().payloadBytes, {2, 1}, [this, client]() {
        Add(client);
        PartDone();
    });
}

void
SpinAccumulate::Add(uint32_t client)
{
    uint8_t* sum = m_clients[client].sum.GetBytes();
    const uint8_t* source = m_clients[client].bounce.GetBytes();
    for (uint32_t i = 0; i < GetConfig().payloadBytes; i += ELEMENT)
    {
        const uint32_t word = LoadWord(sum + i) + LoadWord(source + i);
        std::memcpy(sum + i, &word, sizeof(word));
    }
}

uint64_t
SpinAccumulate::CountWrong()
{
    uint64_t wrong = 0;
    for (uint32_t c = 0; c < m_clients.size(); ++c)
    {
        const uint8_t* sum = m_clients[c].sum.GetBytes();
        for (uint32_t i = 0; i < GetConfig().payloadBytes; i += ELEMENT)
        {
            // Independent of what was sent: made anew, added byte by byte with a carry.
            uint32_t carry = 0;
            for (uint32_t j = 0; j < ELEMENT; ++j)
            {
                carry += MakeByte(i + j, SUM_SEED) + MakeByte(i + j, SOURCE_SEED + c);
                wrong += sum[i + j] != static_cast<uint8_t>(carry) ? 1 : 0;
                carry >>= 8;
            }
        }
    }
    return wrong;
}

} // namespace offload
} // namespace ns3
