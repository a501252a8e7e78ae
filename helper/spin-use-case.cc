/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "spin-use-case.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

int64_t
Now()
{
    return Simulator::Now().GetTimeStep();
}

} // namespace

SpinUseCase::SpinUseCase(const Config& config,
                         const std::vector<std::string>& paths,
                         uint32_t hosts,
                         uint64_t memoryBytes)
    : m_config(config)
{
    if (std::find(paths.begin(), paths.end(), config.path) == paths.end())
    {
        throw std::invalid_argument("there is no path \"" + config.path + "\"");
    }
    if (config.processes < 2 || config.payloadBytes == 0)
    {
        throw std::invalid_argument("a use case needs two processes and a byte, at least");
    }
    SpinCluster::Config cluster;
    cluster.hosts = hosts;
    cluster.host = config.host;
    cluster.memoryBytes = memoryBytes;
    cluster.polling = !IsCpu();
    m_cluster = std::make_unique<SpinCluster>(cluster);
    for (uint32_t i = 0; i < hosts; ++i)
    {
        m_cluster->GetCpu(i)->TraceConnectWithoutContext(
            "Work",
            MakeCallback(&SpinUseCase::NoteWork, this));
    }
}

SpinUseCase::~SpinUseCase() = default;

SpinUseCase::Outcome
SpinUseCase::Run()
{
    Begin();
    Simulator::Run();
    m_requests.Check();
    m_outcome.done = m_parts == 0;
    m_outcome.wrong = CountWrong();
    return m_outcome;
}

void
SpinUseCase::PartDone()
{
    if (m_parts > 0 && --m_parts == 0)
    {
        m_outcome.time = Now();
    }
}

void
SpinUseCase::NoteWork(const CpuWork& work)
{
    m_outcome.cpuTime += work.end - work.begin;
}

void
SpinUseCase::Fill(const ClusterBuffer& buffer, uint32_t seed)
{
    uint8_t* bytes = buffer.GetBytes();
    for (uint32_t i = 0; i < buffer.bytes; ++i)
    {
        bytes[i] = MakeByte(i, seed);
    }
}

void
SpinUseCase::Watch(uint32_t host, const ClusterBuffer& buffer, Told told)
{
    constexpr uint32_t depth = 1 << 20;
    const auto queue = m_cluster->GetNic(host)->GetEngine()->CreateCompletionQueue(depth);
    buffer.region->SetMonitor(queue);
    Watch(queue, std::move(told));
}

void
SpinUseCase::Watch(const Ptr<QueuePair>& queuePair, Told told)
{
    Watch(queuePair->GetParameters().receiveCompletions, std::move(told));
}

void
SpinUseCase::Watch(Ptr<CompletionQueue> queue, Told told)
{
    m_watchers.push_back({queue, std::move(told)});
    queue->SetNotifyCallback(MakeCallback(&SpinUseCase::Notified, this));
}

void
SpinUseCase::Notified(Ptr<CompletionQueue> queue)
{
    const auto watcher = std::find_if(m_watchers.begin(), m_watchers.end(), [&](const Watcher& w) {
        return w.queue == queue;
    });
    Completion completion;
    while (queue->Poll(completion))
    {
        watcher->told(completion.id, completion.bytes);
    }
}

void
SpinUseCase::Compute(uint32_t host, uint32_t bytes, const Loop& loop, std::function<void()> then)
{
    const Ptr<HostCpu> cpu = m_cluster->GetCpu(host);
    int64_t duration = SpinCluster::OVERHEAD_PS;
    if (IsCpu())
    {
        duration += cpu->GetCopyTime(bytes);
    }
    if (loop.reads > 0)
    {
        duration += cpu->GetLoopTime(*m_cluster->GetMemory(host), bytes, loop.reads, loop.writes);
    }
    const int64_t end = cpu->Work(0, "compute", 0, Now(), duration);
    Simulator::Schedule(PicoSeconds(end - Now()), &SpinUseCase::Call, std::move(then));
}

void
SpinUseCase::Call(std::function<void()> then)
{
    then();
}

WorkRequest
SpinUseCase::MakeWrite(const ClusterBuffer& from,
                       const ClusterBuffer& to,
                       uint64_t offset,
                       uint32_t bytes)
{
    WorkRequest work;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = from.address + offset;
    work.localKey = from.region->GetLocalKey();
    work.remoteAddress = to.address + offset;
    work.remoteKey = to.region->GetRemoteKey();
    work.length = bytes;
    work.signaled = false;
    return work;
}

void
SpinUseCase::Write(const Ptr<QueuePair>& queuePair,
                   const ClusterBuffer& from,
                   const ClusterBuffer& to,
                   uint64_t offset,
                   uint32_t bytes)
{
    Post(queuePair, MakeWrite(from, to, offset, bytes));
}

void
SpinUseCase::Post(const Ptr<QueuePair>& queuePair, const WorkRequest& work)
{
    m_requests.Note(queuePair->PostSend(work));
}

} // namespace offload
} // namespace ns3
