/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-system.h"

#include "address-map.h"
#include "handler-memory.h"
#include "placed-image.h"
#include "riscv-code.h"
#include "riscv-hpu.h"
#include "riscv-image.h"
#include "riscv-program.h"

#include "ns3/cluster-scheduler.h"
#include "ns3/hpu-driver.h"
#include "ns3/spin-pipeline.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{
/** Cycles that a core runs at a time while it boots: a boot needs the others seldom. */
constexpr uint64_t BOOT_QUANTUM = 64;
/** Cycles after which a boot has failed; PsPIN's takes about 1,200. */
constexpr uint64_t BOOT_LIMIT = 10000000;

/** @return what a piece of memory must be, for people */
std::string
Size(uint32_t bytes, uint32_t alignment)
{
    const bool usual = alignment <= RangeAllocator::ALIGNMENT;
    return std::to_string(bytes) + " bytes" +
           (usual ? "" : ", aligned to " + std::to_string(alignment) + ",");
}

} // namespace

RiscvSystem::RiscvSystem(SpinPipeline& pipeline)
    : m_pipeline(pipeline),
      m_l2(pipeline.config.memory),
      m_hpus(size_t{pipeline.config.clusters} * pipeline.config.hpusPerCluster),
      m_programBytes(std::make_unique<uint8_t[]>(memory_map::PROGRAM_BYTES))
{
    if (uint64_t{pipeline.config.hpusPerCluster} * memory_map::STACK_BYTES >
        memory_map::L1_PACKET_OFFSET)
    {
        throw std::invalid_argument(
            "SpinUnit: HpusPerCluster must be at most " +
            std::to_string(memory_map::L1_PACKET_OFFSET / memory_map::STACK_BYTES) +
            " to run RISC-V handlers, for the stacks in L1");
    }
    m_programRanges.Reset(memory_map::PROGRAM_BASE, memory_map::PROGRAM_BYTES);
    for (uint32_t i = 0; i < pipeline.config.clusters; i++)
    {
        m_clusters.push_back(std::make_unique<RiscvCluster>(m_programPort, pipeline.config.memory));
    }
}

RiscvSystem::~RiscvSystem() = default;

uint32_t
RiscvSystem::GetStack(uint32_t cluster, uint32_t hpu)
{
    return memory_map::L1_BASE + cluster * memory_map::L1_STRIDE + hpu * memory_map::STACK_BYTES;
}

uint32_t
RiscvSystem::GetHpuNumber(uint32_t cluster, uint32_t hpu) const
{
    return cluster * m_pipeline.config.hpusPerCluster + hpu;
}

uint32_t
RiscvSystem::GetTaskAddress()
{
    return memory_map::L1_ALIAS + memory_map::HPU_DRIVER + driver_register::TASK;
}

RiscvSystem::Entry*
RiscvSystem::Find(const RiscvProgram& program)
{
    for (Entry& entry : m_entries)
    {
        if (entry.program == &program)
        {
            return &entry;
        }
    }
    return nullptr;
}

void
RiscvSystem::Load(const RiscvProgram& program)
{
    if (Entry* entry = Find(program))
    {
        entry->users++;
        return;
    }
    m_entries.push_back(Place(program));
}

RiscvSystem::Entry
RiscvSystem::Place(const RiscvProgram& program)
{
    const auto image = program.GetImage();
    Entry entry = {&program, FindFixed(*image), {}, 1, program.GetUse()};
    const bool fresh = !entry.loaded;
    if (fresh)
    {
        entry.loaded = MakeLoaded(program);
        Write(*entry.loaded);
    }
    for (unsigned kind = 0; kind < entry.handlers.size(); kind++)
    {
        const std::string& symbol = program.GetSymbol(static_cast<HandlerKind>(kind));
        entry.handlers[kind] = symbol.empty() ? 0 : entry.loaded->FindSymbol(symbol);
    }
    if (fresh && image->IsComplete())
    {
        try
        {
            Boot(*entry.loaded);
        }
        catch (...)
        {
            ForgetImage();
            throw;
        }
    }
    return entry;
}

std::shared_ptr<LoadedProgram>
RiscvSystem::FindFixed(const RiscvImage& image) const
{
    for (const Entry& entry : m_entries)
    {
        const RiscvImage& other = *entry.loaded->GetImage();
        if (image.IsRelocatable() || other.IsRelocatable())
        {
            continue;
        }
        if (image.HasContentOf(other))
        {
            return entry.loaded; // other handlers of the same image
        }
        if (image.GetFileName() == other.GetFileName())
        {
            throw std::invalid_argument(
                image.GetFileName() + ": the file has changed since it was attached; detach the "
                                      "contexts that have the old one, or give this another name");
        }
    }
    return nullptr;
}

std::shared_ptr<LoadedProgram>
RiscvSystem::MakeLoaded(const RiscvProgram& program)
{
    const auto image = program.GetImage();
    const uint32_t code = image->GetCodeBytes();
    const uint32_t data = image->GetDataBytes();
    RangeAllocator& memory = m_pipeline.nicMemory;
    auto codeRange = image->IsRelocatable()
                         ? ReservedRange::Take(m_programRanges, code, image->GetCodeAlignment())
                         : ReservedRange::TakeAt(m_programRanges, image->GetCodeBase(), code);
    if (!codeRange)
    {
        throw std::invalid_argument(
            image->GetFileName() + ": its code of " + Size(code, image->GetCodeAlignment()) +
            " does not fit into program memory beside the other programs; free: " +
            std::to_string(m_programRanges.GetFreeBytes()) +
            (image->IsRelocatable() ? ""
                                    : " (a complete image must lie where it was linked: attach it "
                                      "before handlers in objects)"));
    }
    auto dataRange = image->IsRelocatable()
                         ? ReservedRange::Take(memory, data, image->GetDataAlignment())
                         : ReservedRange::TakeAt(memory, image->GetDataBase(), data);
    if (!dataRange)
    {
        throw std::invalid_argument(
            image->GetFileName() + ": its data of " + Size(data, image->GetDataAlignment()) +
            " does not fit into L2 handler memory; attach its context first");
    }
    const auto placed = image->Place(codeRange->GetBegin(), dataRange->GetBegin());
    placed->ReadSourceLines(); // here, since handlers' stacks are small
    return std::make_shared<LoadedProgram>(image,
                                           placed,
                                           placed->GetCode(m_pipeline.config.core),
                                           std::move(*codeRange),
                                           std::move(*dataRange));
}

void
RiscvSystem::Unload(const RiscvProgram& program)
{
    Entry* entry = Find(program);
    if (!entry || --entry->users > 0)
    {
        return;
    }
    const std::shared_ptr<LoadedProgram> gone = entry->loaded;
    m_entries.erase(m_entries.begin() + (entry - m_entries.data()));
    const bool last = std::none_of(m_entries.begin(), m_entries.end(), [&](const Entry& other) {
        return other.loaded == gone;
    });
    if (gone->IsComplete() && last)
    {
        ForgetImage();
    }
}

void
RiscvSystem::ForgetImage()
{
    for (auto& hpu : m_hpus)
    {
        if (hpu)
        {
            hpu->ForgetImage();
        }
    }
}

void
RiscvSystem::FlushCaches(uint32_t address, uint32_t bytes)
{
    for (const auto& cluster : m_clusters)
    {
        cluster->cache.Flush(address, bytes);
    }
}

void
RiscvSystem::Write(const LoadedProgram& loaded)
{
    for (const ImageSegment& segment : loaded.GetPlaced().GetSegments())
    {
        const auto size = static_cast<uint32_t>(segment.bytes.size());
        const uint32_t total = size + segment.zeroBytes;
        if (memory_map::IsProgram(segment.address))
        {
            FlushCaches(segment.address, total); // another program may have been there
        }
        const bool everyCluster = memory_map::IsInOwnCluster(segment.address);
        const uint32_t copies = everyCluster ? m_pipeline.config.clusters : 1;
        for (uint32_t i = 0; i < copies; i++)
        {
            const uint32_t address = memory_map::ToGlobal(segment.address, i);
            uint8_t* bytes = FindProgram(address, total);
            bytes = bytes ? bytes : m_pipeline.memory.Find(address, total);
            if (!bytes)
            {
                throw std::invalid_argument(loaded.GetImage()->GetFileName() +
                                            ": it has a segment outside the unit's memories");
            }
            if (size)
            {
                std::memcpy(bytes, segment.bytes.data(), size);
            }
            std::memset(bytes + size, 0, segment.zeroBytes);
        }
    }
}

RiscvHpu&
RiscvSystem::GetHpu(HpuDriver& driver)
{
    auto& hpu = m_hpus[GetHpuNumber(driver.GetCluster(), driver.GetHpu())];
    if (!hpu)
    {
        hpu = std::make_unique<RiscvHpu>(*this, driver);
    }
    return *hpu;
}

void
RiscvSystem::Boot(const LoadedProgram& loaded)
{
    const uint64_t start = m_pipeline.clock.Now();
    std::vector<RiscvHpu*> running;
    for (auto& cluster : m_pipeline.clusters)
    {
        for (uint32_t i = 0; i < m_pipeline.config.hpusPerCluster; i++)
        {
            RiscvHpu& hpu = GetHpu(cluster->GetHpu(i));
            if (hpu.IsBusy())
            {
                throw std::invalid_argument(loaded.GetImage()->GetFileName() +
                                            ": a complete image boots all HPUs, and handlers of "
                                            "another program are under way; attach it before them, "
                                            "or when they have ended");
            }
            running.push_back(&hpu);
        }
    }
    for (RiscvHpu* hpu : running)
    {
        hpu->Reset(start, loaded);
    }
    // The cores that are behind go first, so that what they do to each other happens in order.
    size_t ready = 0;
    while (ready < running.size())
    {
        RiscvHpu* next = nullptr;
        for (RiscvHpu* hpu : running)
        {
            const bool runs = hpu->GetBootState() == RiscvHpu::BootState::RUNNING;
            if (runs && (!next || hpu->GetCycle() < next->GetCycle()))
            {
                next = hpu;
            }
        }
        if (!next || next->GetCycle() > start + BOOT_LIMIT)
        {
            throw std::invalid_argument(
                loaded.GetImage()->GetFileName() +
                ": the image does not start: its cores do not come to the load of a task");
        }
        next->Boot(next->GetCycle() + BOOT_QUANTUM);
        ready = 0;
        for (const RiscvHpu* hpu : running)
        {
            ready += hpu->GetBootState() == RiscvHpu::BootState::READY;
        }
    }
    for (const RiscvHpu* hpu : running)
    {
        m_readyCycle = std::max(m_readyCycle, hpu->GetCycle() + 1);
    }
}

HandlerStatus
RiscvSystem::Run(const RiscvProgram& program, HandlerKind kind, HpuDriver& driver)
{
    const Entry& entry = *Find(program);
    return GetHpu(driver).Run(*entry.loaded, entry.handlers[static_cast<unsigned>(kind)]);
}

void
RiscvSystem::AddObserver(InstructionObserver& observer)
{
    m_observers.push_back(&observer);
    for (auto& hpu : m_hpus)
    {
        if (hpu)
        {
            hpu->BeObserved();
        }
    }
}

/** @return so many bytes of program memory, or null if there is no such address */
uint8_t*
RiscvSystem::FindProgram(uint32_t address, uint32_t bytes)
{
    const uint32_t offset = address - memory_map::PROGRAM_BASE;
    if (offset >= memory_map::PROGRAM_BYTES || bytes > memory_map::PROGRAM_BYTES - offset)
    {
        return nullptr;
    }
    return m_programBytes.get() + offset;
}

uint64_t
RiscvSystem::Reserve(NicMemoryKind region, uint32_t address, const CoreAccess& access)
{
    const bool atomic = IsAtomic(access.operation);
    const bool writes = !atomic && Writes(access.operation);
    const uint64_t cycle = access.cycle;
    if (region == NicMemoryKind::L1)
    {
        RiscvCluster& shared = *m_clusters[memory_map::ClusterOf(address)];
        return atomic   ? shared.remote.Atomic(cycle)
               : writes ? shared.remote.Store(cycle)
                        : shared.remote.Load(cycle);
    }
    if (region == NicMemoryKind::L2_PACKET)
    {
        return Writes(access.operation) ? m_l2.StorePacket(cycle) : m_l2.LoadPacket(cycle);
    }
    return atomic   ? m_l2.AtomicHandler(cycle)
           : writes ? m_l2.StoreHandler(cycle)
                    : m_l2.LoadHandler(cycle);
}

uint64_t
RiscvSystem::TakeBanks(uint32_t cluster, uint32_t address, uint32_t words, uint64_t cycle)
{
    // See RiscvHpu on cycles.
    const uint32_t wordBytes = m_pipeline.config.wordBytes;
    return m_clusters[cluster]->banks.WideTransfer(address, words, cycle - 1, wordBytes) + 1;
}

void
RiscvSystem::SetReservation(uint32_t hart, uint32_t address)
{
    TakeReservation(hart, address); // one per core
    m_reservations.push_back({hart, address & ~3U});
}

bool
RiscvSystem::TakeReservation(uint32_t hart, uint32_t address)
{
    for (auto reservation = m_reservations.begin(); reservation != m_reservations.end();
         ++reservation)
    {
        if (reservation->hart == hart)
        {
            const bool same = reservation->address == (address & ~3U);
            m_reservations.erase(reservation);
            return same;
        }
    }
    return false;
}

void
RiscvSystem::BreakReservations(uint32_t address)
{
    if (!m_reservations.empty())
    {
        m_reservations.erase(std::remove_if(m_reservations.begin(),
                                            m_reservations.end(),
                                            [address](const Reservation& reservation) {
                                                return reservation.address == (address & ~3U);
                                            }),
                             m_reservations.end());
    }
}

void
RiscvSystem::Dispatch(uint32_t cluster, uint32_t hpu, uint32_t word, uint64_t cycle)
{
    const uint32_t count = m_pipeline.config.hpusPerCluster;
    for (uint32_t i = 0; i < count; i++)
    {
        auto& other = m_hpus[GetHpuNumber(cluster, i)];
        if (i != hpu && other)
        {
            other->Dispatched(word, cycle);
        }
    }
}

} // namespace offload
} // namespace ns3
