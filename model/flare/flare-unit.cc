/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-unit.h"

#include "ns3/power-of-two.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t CODE_LINE = 16;      //!< bytes (PsPIN clcfg: 128-bit lines)
constexpr uint32_t HER_TO_CLUSTER = 3;  //!< cycles; MPQ engine 2, scheduler 1 (doc/spin.rst)
constexpr uint32_t TASK_TO_DMA = 1;     //!< cycles to the transfer's start (doc/spin.rst)
constexpr uint32_t TO_INTERFACE = 2;    //!< cycles, command to NIC outbound (doc/spin.rst)
constexpr uint32_t OUTBOUND = 3;        //!< cycles beyond the beats (doc/spin.rst)
constexpr uint32_t TO_FEEDBACK = 2;     //!< cycles, doorbell to feedback (doc/spin.rst)
constexpr uint32_t L1_RUNTIME = 0x4400; //!< bytes below L1's packet buffer (pspin_cfg_pkg.sv:50)

uint32_t
Log2(uint32_t value)
{
    return static_cast<uint32_t>(__builtin_ctz(value));
}

} // namespace

FlareUnit::FlareUnit(const FlareUnitConfig& config, FlareOutput& output)
    : m_config(config),
      m_output(output),
      m_period(config.spin.clockPeriod.GetTimeStep()),
      m_perCluster(config.spin.hpusPerCluster)
{
    const uint32_t clusters = config.spin.clusters;
    constexpr uint32_t MOST_CORES = OUTPUT - 1;
    if (!IsPowerOfTwo(m_perCluster) || m_perCluster > 32 || clusters == 0 ||
        clusters > MOST_CORES / m_perCluster)
    {
        throw std::invalid_argument("FlareUnit: cores per cluster must be 1, 2, 4, 8, 16 or 32, "
                                    "and all cores at most " +
                                    std::to_string(MOST_CORES));
    }
    const uint64_t reserved = uint64_t{L1_RUNTIME} + config.spin.l1PacketBytes;
    if (config.clustersPerPort == 0 || m_period <= 0 || config.spin.l1Bytes < reserved)
    {
        throw std::invalid_argument("FlareUnit: there must be a cluster per port, a clock, and " +
                                    std::to_string(reserved) + " bytes of L1");
    }
    m_l1Free = config.spin.l1Bytes - reserved;
    m_tasks.resize(clusters * m_perCluster);
    m_cores.resize(m_tasks.size());
    for (uint32_t i = 0; i < m_tasks.size(); i++)
    {
        m_tasks[i].core = static_cast<uint16_t>(i);
    }
    m_idle.assign(clusters, static_cast<uint32_t>((uint64_t{1} << m_perCluster) - 1));
    m_turns.resize(clusters);
    m_working.assign(clusters, 0);
    m_queues.resize(clusters * (2 * m_perCluster - 1));
    for (uint32_t cluster = 0; cluster < clusters; cluster++)
    {
        for (uint32_t log = 0; log <= Log2(m_perCluster); log++)
        {
            for (uint32_t set = 0; set < m_perCluster >> log; set++)
            {
                // The cluster's slots in L1 are shared out among the sets.
                const uint32_t slots = config.spin.tasksBuffered + m_perCluster;
                GetQueue(cluster, log, set).limit =
                    ((slots << log) + m_perCluster - 1) / m_perCluster;
            }
        }
    }
    m_ports.resize((clusters + config.clustersPerPort - 1) / config.clustersPerPort);
}

FlareUnit::~FlareUnit() = default;

FlareUnit::Queue&
FlareUnit::GetQueue(uint32_t cluster, uint32_t sizeLog, uint32_t set)
{
    // Before the sets of 2^k cores come those of fewer: n + n/2 + ... of them.
    const uint32_t before = 2 * m_perCluster - (2 * m_perCluster >> sizeLog);
    return m_queues[cluster * (2 * m_perCluster - 1) + before + set];
}

void
FlareUnit::Leave(FlareHandler& handler)
{
    Installed& installed = m_handlers[handler.GetNumber()];
    if (--installed.inside == 0 && installed.removed)
    {
        installed.handler = nullptr;
        --m_installed;
    }
}

uint32_t
FlareUnit::GetWords(const FlarePacket& packet) const
{
    return (packet.GetDatagramBytes() + m_config.spin.wordBytes - 1) / m_config.spin.wordBytes;
}

void
FlareUnit::Schedule(uint64_t cycle, uint32_t what)
{
    m_events.Push({cycle, m_order++, what});
}

void
FlareUnit::Wake(uint16_t core, uint64_t cycle)
{
    Schedule(cycle, core);
}

bool
FlareUnit::HasRoom(uint32_t number, uint32_t port, uint64_t bytes) const
{
    const uint64_t size = m_config.spin.l2PacketBytes;
    const uint64_t used = m_ports[port].bytes;
    if (used + bytes > size)
    {
        return false;
    }
    // One that sends much must not take all.
    return m_installed <= 1 || static_cast<double>(m_handlers[number].portBytes[port] + bytes) <=
                                   m_config.packetShare * static_cast<double>(size - used);
}

bool
FlareUnit::Receive(FlareHandler& handler, FlarePacketPtr&& packet, int64_t time)
{
    Installed& installed = m_handlers[handler.GetNumber()];
    const uint32_t clusters = m_config.spin.clusters;
    // By slot, so that no cluster ever has more blocks than its L1 has room for.
    const uint32_t slot = packet->block % handler.GetReduction().window;
    const uint32_t cluster = (slot + packet->allreduce) % clusters;
    const uint32_t sets = m_perCluster >> installed.sizeLog;
    const uint32_t set = slot / clusters % sets;
    const uint32_t portNumber = cluster / m_config.clustersPerPort;
    Port& port = m_ports[portNumber];
    const uint32_t words = GetWords(*packet);
    const uint64_t bytes = uint64_t{words} * m_config.spin.wordBytes;
    if (!HasRoom(handler.GetNumber(), portNumber, bytes))
    {
        ++m_counters.refused;
        return false;
    }
    port.bytes += bytes;
    installed.portBytes[portNumber] += bytes;
    ++m_inside;
    ++installed.inside;
    ++m_counters.packets;
    m_counters.inputBytes += bytes;
    m_counters.inputBytesMax = std::max(m_counters.inputBytesMax, m_counters.inputBytes);

    const auto cycle = static_cast<uint64_t>((time + m_period - 1) / m_period);
    const uint64_t written = std::max(cycle, port.inputFree) + words;
    port.inputFree = written;
    Waiting& waiting = m_pool.Take();
    waiting.packet = std::move(packet);
    waiting.handler = &handler;
    waiting.arrival = cycle;
    Queue& queue = GetQueue(cluster, installed.sizeLog, set);
    Lane& lane = installed.lanes[cluster * sets + set];
    (lane.first ? lane.last->next : lane.first) = &waiting;
    lane.last = &waiting;
    installed.shares[cluster].Begin(m_turns[cluster].used);
    if (queue.staged == queue.limit)
    {
        lane.unstaged = lane.unstaged ? lane.unstaged : &waiting;
        ++queue.unstaged;
        return true;
    }
    queue.turn = handler.GetNumber();
    const uint64_t known = written + m_config.spin.inboundLatency + HER_TO_CLUSTER;
    Stage(queue, lane, waiting, portNumber, known);
    const uint32_t size = 1U << installed.sizeLog;
    const auto all = static_cast<uint32_t>((uint64_t{1} << size) - 1);
    const uint32_t idle = m_idle[cluster] & all << set * size;
    if (idle != 0)
    {
        // Whoever waits keeps all cores of the set busy: this is the set's only packet.
        const uint32_t core = cluster * m_perCluster + static_cast<uint32_t>(__builtin_ctz(idle));
        m_idle[cluster] &= ~(idle & -idle);
        Start(core, lane, m_cores[core].idleFrom);
    }
    return true;
}

void
FlareUnit::Stage(Queue& queue, Lane& lane, Waiting& waiting, uint32_t port, uint64_t cycle)
{
    const uint32_t words = GetWords(*waiting.packet);
    const uint64_t begin = std::max(cycle + TASK_TO_DMA, m_ports[port].dmaFree);
    m_ports[port].dmaFree = begin + words;
    waiting.ready = begin + words + m_config.spin.packetDmaLatency;
    ++queue.staged;
    ++lane.staged;
}

void
FlareUnit::Start(uint32_t core, Lane& lane, uint64_t cycle)
{
    Waiting& waiting = *lane.first;
    lane.first = waiting.next;
    FlareTask& task = m_tasks[core];
    Core& state = m_cores[core];
    task.packet = std::move(waiting.packet);
    task.handler = waiting.handler;
    task.pickup = std::max(cycle, waiting.ready);
    task.start = task.pickup + m_config.spin.pickupCycles;
    task.phase = 0;
    uint8_t& warm = state.warm[task.handler->GetNumber()];
    if (!warm)
    {
        warm = 1;
        task.start +=
            (task.handler->GetCodeBytes() + CODE_LINE - 1) / CODE_LINE * m_config.coldCyclesPerLine;
    }
    const uint32_t number = task.handler->GetNumber();
    const uint32_t sizeLog = m_handlers[number].sizeLog;
    const uint32_t cluster = core / m_perCluster;
    Share& share = m_handlers[number].shares[cluster];
    m_turns[cluster] = {number, std::max(m_turns[cluster].used, share.used)};
    state.charged = share.expected;
    share.used += share.expected;
    state.queue = &GetQueue(cluster, sizeLog, core % m_perCluster >> sizeLog);
    state.arrival = waiting.arrival;
    m_pool.GiveBack(waiting);
    Schedule(task.start + task.handler->GetEntryCycles(), core);
}

void
FlareUnit::Run(uint32_t core, uint64_t cycle)
{
    FlareTask& task = m_tasks[core];
    Core& state = m_cores[core];
    uint8_t& working = m_working[core / m_perCluster];
    working = static_cast<uint8_t>(working - std::exchange(state.working, false));
    const FlareStep step = task.handler->Step(task, cycle);
    switch (step.kind)
    {
    case FlareStep::Kind::AGAIN:
        state.working = true;
        ++working;
        Schedule(step.cycle, core);
        break;
    case FlareStep::Kind::WAIT:
        break;
    case FlareStep::Kind::DONE:
        Done(core, step.cycle);
        break;
    }
}

void
FlareUnit::Done(uint32_t core, uint64_t cycle)
{
    FlareTask& task = m_tasks[core];
    Core& state = m_cores[core];
    Queue& queue = *state.queue;
    const uint32_t cluster = core / m_perCluster;
    const uint32_t port = cluster / m_config.clustersPerPort;
    const uint64_t doorbell = cycle + m_config.spin.doorbellCycles;
    const uint64_t bytes = uint64_t{GetWords(*task.packet)} * m_config.spin.wordBytes;
    const uint64_t free = doorbell + m_config.spin.loopCycles;
    Installed& installed = m_handlers[task.handler->GetNumber()];
    m_ports[port].bytes -= bytes;
    installed.portBytes[port] -= bytes;
    installed.shares[cluster].End(state.charged, free - task.pickup);
    --GetLane(installed, core).staged;
    m_counters.inputBytes -= bytes;
    m_counters.busyCycles += free - task.pickup;
    if (m_observer)
    {
        m_observer->HandlerRan({core,
                                state.arrival,
                                task.pickup,
                                task.start,
                                cycle,
                                doorbell + TO_FEEDBACK,
                                task.packet->dataBytes,
                                task.packet->values});
    }
    FlareHandler& handler = *std::exchange(task.handler, nullptr);
    task.packet = nullptr;
    --m_inside;
    Leave(handler);

    --queue.staged;
    StageNext(queue, core, doorbell);
    if (Lane* next = FindNext(core))
    {
        Start(core, *next, free);
    }
    else
    {
        m_idle[cluster] |= 1U << core % m_perCluster;
        state.idleFrom = free;
    }
}

void
FlareUnit::Send(FlareHandler& handler,
                const FlareTask& task,
                FlarePacketPtr&& packet,
                uint64_t cycle)
{
    Depart(handler, task, std::move(packet), ALL, cycle);
}

void
FlareUnit::Resend(FlareHandler& handler,
                  const FlareTask& task,
                  FlarePacketPtr&& packet,
                  uint64_t cycle)
{
    const uint32_t child = task.packet->port;
    Depart(handler, task, std::move(packet), child, cycle);
}

void
FlareUnit::Depart(FlareHandler& handler,
                  const FlareTask& task,
                  FlarePacketPtr&& packet,
                  uint32_t child,
                  uint64_t cycle)
{
    Port& port = m_ports[task.core / m_perCluster / m_config.clustersPerPort];
    const uint64_t begin = std::max(cycle + TO_INTERFACE, port.outputFree);
    const uint32_t words = GetWords(*packet);
    port.outputFree = begin + words;
    if (m_freeDepartures.empty())
    {
        m_freeDepartures.push_back(static_cast<uint32_t>(m_departures.size()));
        m_departures.emplace_back();
    }
    const uint32_t number = m_freeDepartures.back();
    m_freeDepartures.pop_back();
    m_departures[number] = {std::move(packet), &handler, child};
    ++m_handlers[handler.GetNumber()].inside;
    Schedule(begin + words + OUTBOUND, OUTPUT + number);
}

void
FlareUnit::Advance(int64_t time)
{
    const auto now = static_cast<uint64_t>(time / m_period);
    while (!m_events.IsEmpty() && m_events.GetTop().cycle <= now)
    {
        const Event event = m_events.GetTop();
        m_events.Pop();
        if (event.what < OUTPUT)
        {
            Run(event.what, event.cycle);
            continue;
        }
        const uint32_t number = event.what - OUTPUT;
        Departure departure = std::exchange(m_departures[number], Departure());
        m_freeDepartures.push_back(number);
        const int64_t leaves = static_cast<int64_t>(event.cycle) * m_period;
        if (departure.child == ALL)
        {
            m_output.SendReduced(*departure.handler, std::move(departure.packet), leaves);
        }
        else
        {
            m_output.ResendReduced(*departure.handler,
                                   std::move(departure.packet),
                                   departure.child,
                                   leaves);
        }
        Leave(*departure.handler);
    }
}

int64_t
FlareUnit::GetNextTime() const
{
    return m_events.IsEmpty() ? INT64_MAX
                              : static_cast<int64_t>(m_events.GetTop().cycle) * m_period;
}

uint32_t
FlareUnit::GetConflictCycles(const FlareTask& task, uint64_t accesses, uint64_t cycles) const
{
    return GetBankConflicts(m_working[task.core / m_perCluster], accesses, cycles);
}

void
FlareUnit::CountMemory(int64_t bytes, uint64_t cycle)
{
    if (cycle > m_counters.memorySince)
    {
        m_counters.memoryByteCycles += static_cast<double>(m_counters.memoryBytes) *
                                       static_cast<double>(cycle - m_counters.memorySince);
        m_counters.memorySince = cycle;
    }
    m_counters.memoryBytes += bytes;
    m_counters.memoryBytesMax = std::max(m_counters.memoryBytesMax, m_counters.memoryBytes);
}

} // namespace offload
} // namespace ns3
