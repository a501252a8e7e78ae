/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-use-case.h"

#include "ns3/write-program.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t SEED = 1;                //!< of the message
constexpr uint64_t MESSAGE_SPARE = 1 << 16; //!< of memory, beside the message

} // namespace

const std::vector<std::string>&
SpinBroadcast::GetPaths()
{
    static const std::vector<std::string> paths{"cpu", "rdma", "triggered", "spin"};
    return paths;
}

std::vector<uint32_t>
SpinBroadcast::GetChildren(uint32_t process, uint32_t processes)
{
    std::vector<uint32_t> children;
    for (uint64_t step = 1; process + step < processes; step *= 2)
    {
        // The parent is the process without its highest bit.
        if (step > process)
        {
            children.push_back(process + static_cast<uint32_t>(step));
        }
    }
    return children;
}

SpinBroadcast::SpinBroadcast(const Config& config)
    : SpinUseCase(config, GetPaths(), config.processes, config.payloadBytes + MESSAGE_SPARE),
      m_children(config.processes),
      m_counters(config.processes),
      m_bytes(config.processes)
{
    const uint32_t processes = config.processes;
    SpinCluster& cluster = GetCluster();
    for (uint32_t i = 0; i < processes; ++i)
    {
        m_buffers.push_back(cluster.Allocate(i, config.payloadBytes));
    }
    Fill(m_buffers[0], SEED);
    std::vector<Ptr<QueuePair>> parents(processes);
    for (uint32_t i = 0; i < processes; ++i)
    {
        for (const uint32_t child : GetChildren(i, processes))
        {
            const RdmaHelper::Connection connection = cluster.Connect(i, child);
            m_children[i].push_back(connection.first);
            parents[child] = connection.second;
        }
    }
    for (uint32_t i = 1; i < processes; ++i)
    {
        const auto told = [this, i](uint64_t, uint32_t bytes) { Arrived(i, bytes); };
        const std::vector<uint32_t> children = GetChildren(i, processes);
        // Who has nobody to send to needs no handlers.
        if (!IsSpin() || children.empty())
        {
            Watch(i, m_buffers[i], told);
            if (config.path == "triggered")
            {
                m_counters[i] = cluster.GetNic(i)->GetEngine()->CreateCounter();
                parents[i]->SetCounter(m_counters[i]);
                for (std::size_t j = 0; j < children.size(); ++j)
                {
                    m_counters[i]->Trigger(
                        1,
                        m_children[i][j],
                        MakeWrite(m_buffers[i], m_buffers[children[j]], 0, config.payloadBytes));
                }
            }
            continue;
        }
        Ptr<BroadcastProgram> program = CreateObject<BroadcastProgram>();
        WriteProgram::Setup setup;
        setup.address = m_buffers[i].address;
        std::vector<WriteProgram::Target> targets;
        for (std::size_t j = 0; j < children.size(); ++j)
        {
            const ClusterBuffer& to = m_buffers[children[j]];
            cluster.GetNic(i)->AllowSends(m_children[i][j]);
            targets.push_back(
                {m_children[i][j]->GetNumber(), to.region->GetRemoteKey(), to.address});
        }
        program->SetUp(setup, targets);
        cluster.Attach(i, {parents[i]}, program, m_buffers[i].GetWindow(), true);
        Watch(parents[i], told);
    }
    Expect(processes - 1);
}

void
SpinBroadcast::Begin()
{
    SendOn(0);
}

void
SpinBroadcast::SendOn(uint32_t process)
{
    const std::vector<uint32_t> children = GetChildren(process, GetConfig().processes);
    for (std::size_t i = 0; i < children.size(); ++i)
    {
        Write(m_children[process][i],
              m_buffers[process],
              m_buffers[children[i]],
              0,
              GetConfig().payloadBytes);
    }
}

void
SpinBroadcast::Arrived(uint32_t process, uint32_t bytes)
{
    m_bytes[process] += bytes;
    if (m_bytes[process] < GetConfig().payloadBytes)
    {
        return;
    }
    if (GetConfig().path == "rdma" || IsCpu())
    {
        Compute(process, GetConfig().payloadBytes, {0, 0}, [this, process]() {
            PartDone();
            SendOn(process);
        });
    }
    else
    {
        PartDone();
    }
}

uint64_t
SpinBroadcast::CountWrong()
{
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < m_buffers.size(); ++i)
    {
        const uint8_t* bytes = m_buffers[i].GetBytes();
        for (uint32_t j = 0; j < m_buffers[i].bytes; ++j)
        {
            wrong += bytes[j] != MakeByte(j, SEED) ? 1 : 0;
        }
        wrong += i > 0 && m_bytes[i] != GetConfig().payloadBytes ? 1 : 0;
    }
    return wrong;
}

} // namespace offload
} // namespace ns3
