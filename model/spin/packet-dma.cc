/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "packet-dma.h"

#include "cluster-scheduler.h"
#include "spin-pipeline.h"

#include "ns3/riscv-system.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

PacketDma::PacketDma(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_way(pipeline.config.packetDmaLatency -
            std::min(pipeline.config.packetDmaLatency, pipeline.config.packetDmaResponse + 1)),
      m_response(pipeline.config.packetDmaLatency - m_way),
      m_arbiter(pipeline.config.clusters),
      m_engines(pipeline.config.clusters),
      m_step(CycleEvent::Of<PacketDma, &PacketDma::Step>(this, CyclePhase::CLUSTER_ACCEPT)),
      m_arbitrate(
          CycleEvent::Of<PacketDma, &PacketDma::Arbitrate>(this, CyclePhase::CLUSTER_ACCEPT))
{
    pipeline.SetQuietSlack(m_arbitrate, 0); // as the task's acceptance
}

PacketDma::~PacketDma() = default;

inline uint64_t
PacketDma::Read(Engine& engine, uint64_t start, uint32_t words)
{
    const uint64_t begin = std::max(m_portFree, start);
    m_portFree = begin + words;
    engine.beforeLast = engine.last;
    engine.last = m_portFree + m_pipeline.config.packetDmaReadLatency;
    return begin;
}

/**
 * A request passes.
 * @param cluster whose
 * @param cycle in which
 * @return its number
 */
inline uint64_t
PacketDma::NotePass(uint32_t cluster, uint64_t cycle)
{
    Engine& engine = m_engines[cluster];
    if (m_entrance.GetLastOver() < cycle)
    {
        engine.id = 0;
        return m_entrance.PassAlone(0, cycle);
    }
    const auto isOpen = [&](const Engine& other) { return other.unread > 0 || other.last > cycle; };
    if (!isOpen(engine))
    {
        uint32_t taken = 0;
        for (const Engine& other : m_engines)
        {
            taken |= isOpen(other) ? 1U << other.id : 0;
        }
        engine.id = static_cast<uint32_t>(__builtin_ctz(~taken)); // the lowest that is free
    }
    return m_entrance.Pass(engine.id, cycle);
}

inline void
PacketDma::Place(Task& task, uint64_t start, uint64_t number)
{
    Engine& engine = m_engines[task.cluster];
    const uint32_t words = m_pipeline.Beats(task.packet->size);
    const uint64_t begin = Read(engine, std::max(start, m_entrance.GetEntered(number) - 1), words);
    m_entrance.SetOver(number, engine.last - 1);
    task.ready = std::max(begin + words + m_pipeline.config.packetDmaLatency,
                          engine.ready + m_pipeline.config.packetDmaInterval);
    if (m_pipeline.riscv)
    {
        const uint64_t end = task.ready - m_response + 1;
        task.ready += TakeBanks(task, words, end - words) - end;
    }
    engine.ready = task.ready;
}

uint64_t
PacketDma::TakeBanks(const Task& task, uint32_t words, uint64_t cycle)
{
    uint32_t address = m_pipeline.L1PacketAddress(task);
    for (uint32_t i = 0; i < words; i++, cycle++)
    {
        while (m_pipeline.riscv->HasWide(task.cluster, address, cycle) &&
               !(m_pipeline.riscv->IsTurnOfDma(task.cluster, address, cycle) &&
                 m_pipeline.nhiPort->Yield(task.cluster, cycle - 1)))
        {
            cycle++;
        }
        m_pipeline.riscv->MarkDma(task.cluster, address, cycle);
        address += m_pipeline.config.wordBytes;
    }
    return cycle;
}

inline uint64_t
PacketDma::MayPass(uint32_t cluster)
{
    const Engine& engine = m_engines[cluster];
    const uint64_t entrance = m_entrance.MayPass();
    if (engine.unread == 0)
    {
        return std::max(engine.beforeLast, entrance);
    }
    const bool reads = cluster == m_lastCluster && m_streams[cluster].pending > WordWay::WORDS;
    return engine.unread > 1 || reads ? UNKNOWN : std::max(engine.last, entrance);
}

void
PacketDma::Transfer(Task& task, uint64_t start)
{
    if (m_follows && m_moves == 0 && m_pipeline.nhiPort->IsQuiet())
    {
        m_follows = false;
    }
    if (m_asking > 0 || m_lastPass >= start || MayPass(task.cluster) > start)
    {
        Ask(task, start);
        return;
    }
    m_lastPass = start;
    m_arbiter.GrantOnly(task.cluster);
    if (m_follows)
    {
        Pass(MakeMove(task, start, 0));
    }
    else
    {
        Place(task, start, NotePass(task.cluster, start));
    }
}

void
PacketDma::Ask(Task& task, uint64_t start)
{
    m_engines[task.cluster].asking.Push(MakeMove(task, start, 0));
    m_asking++;
    m_pipeline.clock.Wake(m_arbitrate, start);
}

void
PacketDma::Arbitrate()
{
    const uint64_t now = m_pipeline.clock.Now();
    uint64_t requests = 0;
    for (uint32_t i = 0; i < m_engines.size(); i++)
    {
        const LinkedQueue<Move>& asking = m_engines[i].asking;
        requests |= uint64_t{!asking.IsEmpty() && asking.Front().start <= now} << i;
    }
    if (requests && m_lastPass < now)
    {
        const uint32_t cluster = m_arbiter.Choose(requests);
        const uint64_t pass = MayPass(cluster);
        if (pass > now)
        {
            m_arbiter.Hold();
            if (pass != UNKNOWN)
            {
                m_pipeline.clock.Wake(m_arbitrate, pass);
            }
            else
            {
                WakeUp(now); // Open and Step wake us
            }
            return;
        }
        m_arbiter.Grant();
        m_lastPass = now;
        m_asking--;
        Move& move = m_engines[cluster].asking.Pop();
        move.start = now;
        Pass(move);
    }
    if (m_asking > 0)
    {
        m_pipeline.clock.Wake(m_arbitrate, now + 1);
    }
}

void
PacketDma::Pass(Move& move)
{
    Task& task = *move.task;
    move.number = NotePass(task.cluster, move.start);
    if (m_follows)
    {
        m_engines[task.cluster].unread++;
        m_waiting.Push(move);
        m_moves++;
        Activate();
        WakeUp(m_pipeline.clock.Now());
        return;
    }
    Place(task, move.start, move.number);
    m_pool.GiveBack(move);
    m_pipeline.clusters[task.cluster]->PacketArrives(task);
}

void
PacketDma::Follow()
{
    if (m_follows)
    {
        return;
    }
    const uint64_t now = m_pipeline.clock.Now();
    m_follows = true;
    m_streams.resize(m_pipeline.config.clusters);
    m_step.SetSlack(SpinPipeline::TASK_SLACK, m_pipeline.TaskSendCycles());
    std::vector<Task*> found;
    for (const auto& cluster : m_pipeline.clusters)
    {
        for (Task* task = cluster->GetTasks(); task; task = task->next)
        {
            if (task->ready > now + m_response && task->ready != UNKNOWN)
            {
                found.push_back(task);
            }
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const Task* a, const Task* b) {
        return a->ready < b->ready;
    });
    for (Task* task : found)
    {
        // The last transfer that keeps its end is the one before the cluster's first of these.
        Engine& engine = m_engines[task->cluster];
        engine.ready = std::min(engine.ready, task->ready - m_pipeline.config.packetDmaInterval);
        QueueRest(*task, now);
    }
    if (!found.empty())
    {
        m_portFree = std::min(m_portFree, m_waiting.Front().start);
        for (Engine& engine : m_engines)
        {
            engine.beforeLast = engine.last = m_portFree;
        }
    }
    Activate();
    WakeUp(now);
}

void
PacketDma::QueueRest(Task& task, uint64_t now)
{
    const uint32_t words = m_pipeline.Beats(task.packet->size);
    const uint64_t first = task.ready - m_response - words;
    const auto gone = static_cast<uint32_t>(now - std::min(first, now));
    if (m_pipeline.riscv)
    {
        const uint32_t address = m_pipeline.L1PacketAddress(task);
        for (uint32_t i = gone; i < words; i++)
        {
            m_pipeline.riscv->ReleaseBanks(task.cluster,
                                           address + i * m_pipeline.config.wordBytes,
                                           first + i + 1);
        }
    }
    const uint64_t next = first + gone;
    m_engines[task.cluster].unread++;
    m_waiting.Push(MakeMove(task, next - std::min<uint64_t>(next, m_way), gone));
    m_moves++;
}

PacketDma::Move&
PacketDma::MakeMove(Task& task, uint64_t start, uint32_t gone)
{
    Move& move = m_pool.Take();
    move.task = &task;
    move.number = NO_REQUEST;
    move.start = start;
    move.address = m_pipeline.L1PacketAddress(task) + gone * m_pipeline.config.wordBytes;
    move.left = m_pipeline.Beats(task.packet->size) - gone;
    task.ready = UNKNOWN;
    return move;
}

/** The last word that L2 gives to the transfer begun last had to wait for its place on the way. */
void
PacketDma::NoteStall()
{
    const Stream& last = m_streams[m_lastCluster];
    // In L1 the next transfer's first word may be then:
    const uint64_t first = last.way.GetLastLeave(last.pending) + 1 + WordWay::CYCLES;
    const uint64_t begin = first - std::min<uint64_t>(first, m_way);
    if (begin > m_portFree)
    {
        m_portFree = begin;
        m_engines[m_lastCluster].last = begin + m_pipeline.config.packetDmaReadLatency;
    }
}

/** All words of the transfer begun last have left L2, or it is known when they do. */
void
PacketDma::NoteEnd()
{
    NoteStall();
    if (m_lastNumber != NO_REQUEST)
    {
        m_entrance.SetOver(m_lastNumber, m_engines[m_lastCluster].last - 1);
        m_lastNumber = NO_REQUEST;
    }
}

void
PacketDma::Activate()
{
    while (m_streams[m_lastCluster].pending <= WordWay::WORDS)
    {
        NoteEnd();
        if (m_waiting.IsEmpty())
        {
            return;
        }
        Open(m_waiting.Pop());
    }
}

void
PacketDma::Open(Move& move)
{
    const uint32_t cluster = move.task->cluster;
    Stream& stream = m_streams[cluster];
    Engine& engine = m_engines[cluster];
    engine.unread--;
    if (move.number != NO_REQUEST)
    {
        move.start = std::max(move.start, m_entrance.GetEntered(move.number) - 1);
    }
    m_lastNumber = move.number;
    move.start = Read(engine, move.start, move.left) + m_way;
    stream.open.Push(move);
    stream.pending += move.left;
    m_lastCluster = cluster;
    const uint64_t now = m_pipeline.clock.Now();
    if (m_pipeline.nhiPort->HasPlanned(cluster))
    {
        m_pipeline.nhiPort->PlanAnew(); // some of its words may have to give way
    }
    else
    {
        UnplanStream(cluster, now);
        PlanStream(cluster);
    }
    if (m_asking > 0)
    {
        m_pipeline.clock.Wake(m_arbitrate, now + 1); // it may pass when this read is over
    }
}

void
PacketDma::Advance(Stream& stream, uint64_t now)
{
    for (; stream.gone < stream.planned && stream.plan[stream.gone] < now; stream.gone++)
    {
        Move& move = stream.open.Front();
        stream.lastWord = stream.plan[stream.gone];
        stream.way.Go(stream.lastWord);
        stream.turns.Set(move.address, stream.lastWord, true);
        stream.pending--;
        move.start++;
        move.address += m_pipeline.config.wordBytes;
        if (--move.left == 0)
        {
            Finish(stream.open.Pop(), stream.lastWord);
        }
    }
}

void
PacketDma::Finish(Move& move, uint64_t lastWord)
{
    Task& task = *move.task;
    Engine& engine = m_engines[task.cluster];
    task.ready =
        std::max(lastWord + 1 + m_response, engine.ready + m_pipeline.config.packetDmaInterval);
    engine.ready = task.ready;
    m_moves--;
    m_pool.GiveBack(move);
    m_pipeline.clusters[task.cluster]->PacketArrives(task);
}

void
PacketDma::Unplan()
{
    const uint64_t now = m_pipeline.clock.Now();
    for (uint32_t i = 0; i < m_streams.size(); i++)
    {
        UnplanStream(i, now);
    }
}

void
PacketDma::Plan()
{
    for (uint32_t i = 0; i < m_streams.size(); i++)
    {
        PlanStream(i);
    }
    Activate();
    WakeUp(m_pipeline.clock.Now());
}

void
PacketDma::WakeUp(uint64_t now)
{
    for (uint32_t i = 0; i < m_streams.size(); i++)
    {
        const Stream& stream = m_streams[i];
        if (stream.planned == 0)
        {
            continue;
        }
        // The first transfer's last word, or the one with which the next transfer may begin.
        uint32_t word = stream.gone + stream.open.Front().left;
        if (i == m_lastCluster && (!m_waiting.IsEmpty() || m_asking > 0) &&
            stream.pending > WordWay::WORDS)
        {
            word = std::min(word, stream.gone + stream.pending - WordWay::WORDS);
        }
        word = std::min(word, stream.planned);
        m_pipeline.clock.Wake(m_step, std::max(stream.plan[word - 1], now) + 1);
    }
}

void
PacketDma::Step()
{
    if (!m_follows)
    {
        return;
    }
    const uint64_t now = m_pipeline.clock.Now();
    for (uint32_t i = 0; i < m_streams.size(); i++)
    {
        Stream& stream = m_streams[i];
        Advance(stream, now);
        if (stream.planned > 0 && stream.gone == stream.planned)
        {
            UnplanStream(i, now);
            PlanStream(i);
        }
    }
    if (m_asking > 0)
    {
        m_pipeline.clock.Wake(m_arbitrate, now + 1); // a read may be over
    }
    Activate();
    WakeUp(now);
}

} // namespace offload
} // namespace ns3
