/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-hpu.h"

#include "address-map.h"
#include "hexadecimal.h"
#include "instruction-observer.h"
#include "placed-image.h"
#include "riscv-decode.h"
#include "riscv-image.h"
#include "riscv-system.h"

#include "ns3/execution-context.h"
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

constexpr unsigned RA = 1;  //!< register: return address
constexpr unsigned SP = 2;  //!< register: stack pointer
constexpr unsigned A0 = 10; //!< register: first argument

/** What a handler gets: handler_args_t (pspin.md "Handler API"). */
struct HandlerArguments
{
    uint32_t task;      //!< address of the task's description
    uint32_t hpu;       //!< number in the unit
    uint32_t cluster;   //!< number
    uint32_t hpuInside; //!< number in the cluster
};

constexpr uint32_t SLOT = 64;           //!< packets in L1 have whole slots of 64 bytes
constexpr unsigned STACK_MEMORY = 0;    //!< RiscvCore's own memories
constexpr unsigned PACKET_MEMORY = 1;   //!< RiscvCore's own memories
constexpr uint64_t TRAP_LIMIT = 100000; //!< cycles for an image's trap code, far above PsPIN's 30

} // namespace

RiscvHpu::RiscvHpu(RiscvSystem& system, HpuDriver& driver)
    : m_system(system),
      m_cluster(system.GetCluster(driver.GetCluster())),
      m_driver(driver),
      m_core(*this, system.GetHartId(driver.GetCluster(), driver.GetHpu())),
      m_fetch(m_cluster.cache, driver.GetHpu() % InstructionCache::CORES),
      m_registers(driver.m_pipeline)
{
    m_core.SetFetch(&m_fetch);
    if (!system.GetObservers().empty())
    {
        BeObserved();
    }
}

RiscvHpu::~RiscvHpu() = default;

bool
RiscvHpu::HasTask() const
{
    return !m_booting && m_driver.m_task && !m_rung;
}

void
RiscvHpu::Meet(uint64_t cycle)
{
    if (!m_booting)
    {
        m_driver.m_position = cycle;
        m_driver.Synchronise();
    }
}

/*
 * The clock comes up with the core as if it had not waited for wide words, and beyond, as long as
 * the core turns out to be later: it may have waited for a word that went in another cycle then.
 */
uint64_t
RiscvHpu::Settle(uint64_t cycle)
{
    const AheadAccesses& ahead = m_core.GetAhead();
    const uint64_t unhindered = cycle - ahead.GetKnown();
    uint64_t settled = unhindered;
    Meet(settled);
    while (true)
    {
        const uint64_t found = unhindered + ahead.GetWaited(m_cluster.banks);
        if (found <= settled)
        {
            break;
        }
        settled = found;
        Meet(settled);
    }
    return settled;
}

/** @param access which changes what others see, or sees what they change, a cycle after it is asked
 */
void
RiscvHpu::SettleTo(CoreAccess& access)
{
    access.done = m_core.Settle(access.cycle + 1);
    access.cycle = access.done - 1;
}

void
RiscvHpu::SetUp(const LoadedProgram& program)
{
    const Task& task = *m_driver.m_task;
    const ExecutionContext& context = *task.packet->message->context;
    SpinPipeline& pipeline = m_driver.m_pipeline;
    m_program = &program;
    m_memory.Clear();
    for (uint32_t i = 0; i < pipeline.config.clusters; i++)
    {
        m_memory.Add(context.GetScratchpadAddress(i), context.GetScratchpadBytes());
    }
    m_memory.Add(context.GetNicMemoryAddress(), context.GetNicMemoryBytes());
    m_memory.Add(pipeline.L1PacketAddress(task), GetPacketBytes());
    m_memory.Add(task.packet->address, GetPacketBytes());
    m_memory.Add(m_system.GetStack(m_driver.m_cluster, m_driver.m_hpu), memory_map::STACK_BYTES);
    program.AddMemory(m_memory, m_driver.m_cluster);
    SetOwnPacket(m_driver.IsQuiet());
    if (m_stackShared)
    {
        TakeBack(); // from what the handler before had asked for
    }
    m_core.GetAhead().Begin(task.entry);
}

uint32_t
RiscvHpu::GetPacketBytes() const
{
    return (m_driver.m_task->packet->size + SLOT - 1) / SLOT * SLOT;
}

void
RiscvHpu::SetOwnPacket(bool own)
{
    // While commands are under way, engines read and write the packet, too.
    const Task& task = *m_driver.m_task;
    const uint32_t address = m_driver.m_pipeline.L1PacketAddress(task);
    const uint32_t size = own ? GetPacketBytes() : 0;
    m_core.SetOwnMemory(PACKET_MEMORY,
                        {address, size, m_driver.m_pipeline.memory.Find(address, size)},
                        &m_cluster.banks);
}

void
RiscvHpu::Share(uint32_t address, uint32_t bytes)
{
    SetOwnPacket(false);
    const uint32_t stack = m_system.GetStack(m_driver.m_cluster, m_driver.m_hpu);
    if (address < stack + memory_map::STACK_BYTES && stack < address + bytes)
    {
        m_stackShared = true;
        m_core.SetOwnMemory(STACK_MEMORY, {0, 0, nullptr}, &m_cluster.banks);
    }
}

void
RiscvHpu::TakeBack()
{
    const bool own = m_driver.IsQuiet();
    SetOwnPacket(own);
    if (own && m_stackShared)
    {
        TakeStack();
    }
}

HandlerStatus
RiscvHpu::Run(const LoadedProgram& program, uint32_t handler)
{
    // The fiber may be unwound before the handler's end.
    const struct Busy
    {
        explicit Busy(bool& busy)
            : flag(busy)
        {
            flag = true;
        }

        ~Busy()
        {
            flag = false;
        }

        bool& flag;
    } busy(m_busy);

    SetUp(program);
    m_handler = handler;
    m_status = HandlerStatus::SUCCESS;
    m_grant = m_driver.m_task->pickup + 1;
    m_rung = false;
    const HandlerStatus status = program.IsComplete() ? RunImage() : RunBare();
    TellWaits();
    if (IsError(status))
    {
        throw HandlerFault{status, m_cause};
    }
    return status;
}

void
RiscvHpu::Instruction(uint64_t cycle, uint32_t pc, const DecodedInstruction& instruction)
{
    const ExecutedInstruction executed = {m_driver.m_cluster,
                                          m_driver.m_hpu,
                                          m_driver.m_pipeline.clock.TimeOf(cycle),
                                          pc,
                                          instruction.encoding,
                                          &m_program->GetPlaced()};
    for (InstructionObserver* observer : m_system.GetObservers())
    {
        observer->Executed(executed);
    }
}

void
RiscvHpu::TellWaits()
{
    for (InstructionObserver* observer : m_system.GetObservers())
    {
        observer->Waits(m_driver.m_cluster,
                        m_driver.m_hpu,
                        m_driver.m_pipeline.clock.TimeOf(m_core.GetCycle()));
    }
}

uint64_t
RiscvHpu::GetLimit() const
{
    const uint64_t budget = m_driver.m_task->packet->message->context->GetCycleBudget();
    return budget ? m_driver.m_task->entry + budget : UINT64_MAX;
}

void
RiscvHpu::Account()
{
    if (!m_core.GetAhead().IsEmpty())
    {
        m_core.SetCycle(m_core.Settle(m_core.GetCycle()));
    }
    m_driver.m_position = m_core.GetCycle();
    m_driver.m_instructions = static_cast<uint32_t>(m_core.GetInstructions() - m_firstInstruction);
}

HandlerStatus
RiscvHpu::RunBare()
{
    const uint32_t stack = m_system.GetStack(m_driver.m_cluster, m_driver.m_hpu);
    uint8_t* bytes = m_driver.m_pipeline.memory.Find(stack, memory_map::STACK_BYTES);
    if (!m_stackShared)
    {
        TakeStack();
    }
    const HandlerArguments arguments = {m_system.GetTaskAddress(),
                                        m_system.GetHpuNumber(m_driver.m_cluster, m_driver.m_hpu),
                                        m_driver.m_cluster,
                                        m_driver.m_hpu};
    const uint32_t offset = memory_map::STACK_BYTES - sizeof(arguments);
    std::memcpy(bytes + offset, &arguments, sizeof(arguments));
    m_phase = Phase::HANDLER;
    m_core.Reset(m_handler);
    m_core.SetStop(RiscvCore::RETURN_ADDRESS);
    m_core.SetCode(m_program->GetCode());
    m_core.SetUserMode();
    m_core.SetRegister(RA, RiscvCore::RETURN_ADDRESS);
    m_core.SetRegister(SP, stack + offset);
    m_core.SetRegister(A0, stack + offset);
    m_driver.m_task->entry = m_fetch.Jump(m_handler, m_driver.m_task->entry);
    m_core.SetCycle(m_driver.m_task->entry);
    m_firstInstruction = m_core.GetInstructions();
    const RiscvCore::Stop stop = m_core.Run(GetLimit());
    Account();
    if (stop == RiscvCore::Stop::TRAP)
    {
        NoteTrap();
    }
    else if (stop == RiscvCore::Stop::LIMIT)
    {
        NoteBudget();
    }
    else if (stop == RiscvCore::Stop::WAIT)
    {
        NoteWait();
    }
    else if (m_core.GetRegister(SP) != stack + offset)
    {
        NoteFault(HandlerStatus::FAIL,
                  "it returned with " + Hexadecimal(m_core.GetRegister(SP), 8) +
                      " in its stack pointer instead of " + Hexadecimal(stack + offset, 8) + "; " +
                      Where(m_handler));
    }
    if (m_image)
    {
        // The image's runtime still waits for its task.
        m_core.SetState(*m_loop);
        m_core.SetCode(m_image->GetCode());
        m_core.SetCycle(m_driver.m_position + m_driver.m_pipeline.config.doorbellCycles);
    }
    return m_status;
}

HandlerStatus
RiscvHpu::RunImage()
{
    m_phase = Phase::LOOP;
    m_core.SetStop(m_handler);
    uint64_t limit = UINT64_MAX;
    while (true)
    {
        switch (m_core.Run(limit))
        {
        case RiscvCore::Stop::RETURN:
            if (m_phase == Phase::LOOP)
            {
                m_phase = Phase::HANDLER;
                m_driver.m_task->entry = m_core.GetCycle();
                m_firstInstruction = m_core.GetInstructions();
                m_core.SetStop(m_core.GetRegister(RA));
                KeepFrame();
                limit = GetLimit();
                break;
            }
            Account();
            if (const std::string damage = m_frame.FindDamage(m_core); !damage.empty())
            {
                NoteFault(HandlerStatus::FAIL, damage + "; " + Where(m_handler));
                Recover();
                return m_status;
            }
            m_phase = Phase::LOOP;
            m_core.SetStop(RiscvCore::NO_STOP);
            limit = UINT64_MAX;
            break;
        case RiscvCore::Stop::WAIT:
            if (m_phase == Phase::HANDLER)
            {
                Account();
                NoteWait();
                Recover();
                return m_status;
            }
            m_loop = m_core.GetState();
            return m_status;
        case RiscvCore::Stop::TRAP:
            Account();
            NoteTrap();
            if (m_phase == Phase::HANDLER)
            {
                m_frame.RestoreStack();
            }
            m_phase = Phase::LOOP;
            m_core.SetStop(RiscvCore::NO_STOP);
            if (m_core.IsMachineMode())
            {
                Recover(); // the trap code itself
                return m_status;
            }
            m_core.EnterTrap();
            limit = m_core.GetCycle() + TRAP_LIMIT;
            break;
        case RiscvCore::Stop::LIMIT:
            Account();
            NoteBudget();
            Recover();
            return m_status;
        }
    }
}

void
RiscvHpu::Recover()
{
    // As if the runtime had come back to its loop: nobody else can take the core from a handler.
    if (m_phase == Phase::HANDLER)
    {
        m_frame.RestoreStack();
    }
    const uint64_t cycle = m_core.GetCycle();
    m_core.SetState(*m_loop);
    m_core.SetCycle(cycle + m_driver.m_pipeline.config.loopCycles);
    m_driver.m_loopOrDoorbell = cycle;
    m_rung = true;
}

void
RiscvHpu::KeepFrame()
{
    const uint32_t stack = m_system.GetStack(m_driver.m_cluster, m_driver.m_hpu);
    m_frame.Keep(m_core,
                 stack,
                 m_driver.m_pipeline.memory.Find(stack, memory_map::STACK_BYTES),
                 sizeof(HandlerArguments));
}

void
RiscvHpu::TakeStack()
{
    m_stackShared = false;
    const uint32_t stack = m_system.GetStack(m_driver.m_cluster, m_driver.m_hpu);
    m_core.SetOwnMemory(STACK_MEMORY,
                        {stack,
                         memory_map::STACK_BYTES,
                         m_driver.m_pipeline.memory.Find(stack, memory_map::STACK_BYTES)},
                        &m_cluster.banks);
}

void
RiscvHpu::Reset(uint64_t cycle, const LoadedProgram& program)
{
    m_program = m_image = &program;
    m_core.Reset(memory_map::PROGRAM_START);
    m_core.SetCode(program.GetCode());
    m_core.SetStop(RiscvCore::NO_STOP);
    m_core.SetCycle(m_fetch.Jump(memory_map::PROGRAM_START, cycle));
    m_phase = Phase::LOOP;
    m_booting = true;
    m_bootState = BootState::RUNNING;
    m_hasDispatch = false;
    // While it boots all memory is shared: any core may set up any stack.
    m_core.SetOwnMemory(STACK_MEMORY, {0, 0, nullptr}, &m_cluster.banks);
    m_core.SetOwnMemory(PACKET_MEMORY, {0, 0, nullptr}, &m_cluster.banks);
}

void
RiscvHpu::Boot(uint64_t until)
{
    switch (m_core.Run(until))
    {
    case RiscvCore::Stop::LIMIT:
        return;
    case RiscvCore::Stop::TRAP:
        throw std::invalid_argument(
            m_program->GetImage()->GetFileName() +
            ": the image does not start: " + DescribeTrap(m_core.GetTrap()));
    default:
        break;
    }
    if (m_core.IsMachineMode())
    {
        m_bootState = BootState::BLOCKED; // on the event unit
        return;
    }
    m_bootState = BootState::READY;
    m_booting = false;
    m_rung = true;
    m_loop = m_core.GetState();
    TakeStack();
}

void
RiscvHpu::Dispatched(uint32_t word, uint64_t cycle)
{
    m_dispatched = word;
    m_hasDispatch = true;
    if (m_bootState == BootState::BLOCKED)
    {
        m_bootState = BootState::RUNNING;
        m_core.SetCycle(std::max(m_core.GetCycle(), cycle));
    }
}

} // namespace offload
} // namespace ns3
