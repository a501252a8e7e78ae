/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_HPU_H
#define OFFLOAD_RISCV_HPU_H

#include "caller-frame.h"
#include "core-port.h"
#include "driver-registers.h"
#include "handler-memory.h"
#include "prefetch-buffer.h"
#include "riscv-core.h"

#include "ns3/handler-program.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ns3
{
namespace offload
{

class HpuDriver;
class LoadedProgram;
class RiscvSystem;
struct RiscvCluster;

/**
 * An HPU that runs RISC-V code: the core, its instruction fetch, and what its data port reaches.
 *
 * The core runs ahead of the unit's clock as long as it touches what is its own (stack, packet);
 * before it touches anything else it waits until the clock is there, on the handler's fiber, so
 * that all HPUs and engines see memory change in the order of time.
 */
class RiscvHpu : private CorePort, private InstructionTracer
{
  public:
    /**
     * @param system the unit's RISC-V side
     * @param driver the HPU's driver
     */
    RiscvHpu(RiscvSystem& system, HpuDriver& driver);
    ~RiscvHpu() override;

    /**
     * Run the handler of the driver's task; on the handler's fiber.
     * @param program whose handler it is
     * @param handler its address
     * @return its return code
     * @throw HandlerFault when it does what it must not
     */
    HandlerStatus Run(const LoadedProgram& program, uint32_t handler);

    /**
     * Start a complete image; then Boot until it waits for tasks.
     * @param cycle when
     * @param program the image
     */
    void Reset(uint64_t cycle, const LoadedProgram& program);

    /** @return whether a handler is under way */
    bool IsBusy() const
    {
        return m_busy;
    }

    /** The image that was started leaves, or has not come up; a bare handler may be under way. */
    void ForgetImage()
    {
        m_image = nullptr;
        m_booting = false;
    }

    /** How far a boot has come. */
    enum class BootState : uint8_t
    {
        RUNNING, //!< call Boot again
        BLOCKED, //!< waits for another core
        READY,   //!< waits for its first task
    };

    /**
     * Go on with a boot.
     * @param until cycle
     * @throw std::invalid_argument when the image does what it must not
     */
    void Boot(uint64_t until);

    /** @return how far the boot has come */
    BootState GetBootState() const
    {
        return m_bootState;
    }

    /**
     * Another core of the cluster hands over a word.
     * @param word for whoever loads from the dispatch FIFO
     * @param cycle when
     */
    void Dispatched(uint32_t word, uint64_t cycle);

    /** @return cycle of the core's next instruction */
    uint64_t GetCycle() const
    {
        return m_core.GetCycle();
    }

    /** Tell the system's observers what the core executes. */
    void BeObserved()
    {
        m_core.SetTracer(this);
    }

  private:
    /** What an image's handler is to the core. */
    enum class Phase : uint8_t
    {
        LOOP,    //!< the runtime's code
        HANDLER, //!< between the handler's first instruction and its return
    };

    HandlerStatus RunImage();
    HandlerStatus RunBare();
    void TakeStack();
    void SetUp(const LoadedProgram& program);
    uint32_t GetPacketBytes() const;
    void SetOwnPacket(bool own);

    /** Engines are asked to read or write these bytes, while the core runs ahead of them. */
    void Share(uint32_t address, uint32_t bytes);

    /** What is shared is the core's own again if nothing is under way. */
    void TakeBack();
    void Account();
    uint64_t GetLimit() const;
    void NoteFault(HandlerStatus status, const std::string& cause);
    void NoteBudget();
    void NoteTrap();
    void NoteWait();
    void KeepFrame();
    std::string DescribeTrap(const Trap& trap) const;
    std::string Where(uint32_t pc) const;
    void Recover();

    void Instruction(uint64_t cycle, uint32_t pc, const DecodedInstruction& instruction) override;
    void TellWaits();
    MemoryReply Access(CoreAccess& access) override;
    MemoryReply AccessMemory(CoreAccess& access, uint32_t address);
    MemoryReply AccessCluster(CoreAccess& access, uint32_t address);
    MemoryReply AccessDriver(CoreAccess& access, uint32_t offset);
    MemoryReply AccessCommands(CoreAccess& access, uint32_t offset);
    MemoryReply AccessDma(CoreAccess& access, uint32_t offset);
    MemoryReply AccessEventUnit(CoreAccess& access, uint32_t offset);
    void Meet(uint64_t cycle);
    uint64_t Settle(uint64_t cycle) override;
    void SettleTo(CoreAccess& access);
    MemoryReply RefuseRegister(const CoreAccess& access, const char* why);
    bool HasTask() const;

    /** @return whether it is a handler's code that runs, not the runtime's */
    bool IsInHandler() const
    {
        return m_phase == Phase::HANDLER && !m_booting;
    }

    RiscvSystem& m_system;   //!< the unit's RISC-V side
    RiscvCluster& m_cluster; //!< the cluster's
    HpuDriver& m_driver;     //!< of this HPU
    RiscvCore m_core;        //!< runs
    PrefetchBuffer m_fetch;  //!< of the core

    /** What the core has stored to the cluster DMA. */
    struct DmaRegisters
    {
        uint32_t source{0};      //!< address
        uint32_t destination{0}; //!< address
        uint32_t bytes{0};       //!< length
    };

    DmaRegisters m_dma;                      //!< of the next copy
    DriverRegisters m_registers;             //!< the HPU driver's
    CallerFrame m_frame;                     //!< of an image's runtime
    HandlerMemory m_memory;                  //!< what the handler may touch
    const LoadedProgram* m_program{nullptr}; //!< of the task
    const LoadedProgram* m_image{nullptr};   //!< a complete one whose runtime is on the core
    uint32_t m_handler{0};                   //!< address of the task's handler
    uint32_t m_dispatched{0};                //!< event unit: word waiting for the core
    uint64_t m_firstInstruction{0};          //!< retired before the handler's first one
    uint64_t m_grant{0};        //!< cycle from which the driver answers: it has the task
    Phase m_phase{Phase::LOOP}; //!< where an image's core is
    BootState m_bootState{BootState::READY}; //!< how far
    bool m_busy{false};                      //!< see IsBusy
    bool m_booting{false};                   //!< no clock yet
    bool m_rung{false};                      //!< the image has rung the doorbell for the task
    bool m_hasDispatch{false};               //!< m_dispatched is there
    bool m_stackShared{false};               //!< engines may read or write the stack
    uint32_t m_testId{0};                    //!< command that COMMAND_TEST asks for
    std::string m_portFault;                 //!< why the port refused the last access, if it says
    HandlerStatus m_status{HandlerStatus::SUCCESS}; //!< of the task
    std::string m_cause;                            //!< why it failed
    std::optional<RiscvCore::State> m_loop; //!< the core where it waits for a task, to go back to
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_HPU_H */
