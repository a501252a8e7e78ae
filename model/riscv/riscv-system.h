/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_SYSTEM_H
#define OFFLOAD_RISCV_SYSTEM_H

#include "core-port.h"
#include "instruction-cache.h"
#include "l1-banks.h"
#include "loaded-program.h"
#include "memory-ports.h"
#include "program-memory-port.h"

#include "ns3/nic-memory.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

class HpuDriver;
class InstructionObserver;
class RiscvHpu;
class RiscvImage;
class RiscvProgram;
class SpinPipeline;

/** What the cores of a cluster share. */
struct RiscvCluster
{
    /**
     * @param memory behind the cache
     * @param timing of the way from other clusters
     */
    RiscvCluster(ProgramMemoryPort& memory, const MemoryTiming& timing)
        : cache(memory),
          remote(timing)
    {
    }

    InstructionCache cache; //!< of all cores
    L1Banks banks;          //!< of the cluster's L1
    RemoteL1Port remote;    //!< into its L1
};

/**
 * The RISC-V side of a sPIN unit: program memory with the images in it, the cores, and what they
 * share. A unit gets one with its first RISC-V program.
 */
class RiscvSystem
{
  public:
    /** @param pipeline the unit */
    explicit RiscvSystem(SpinPipeline& pipeline);
    ~RiscvSystem();
    RiscvSystem(const RiscvSystem&) = delete;
    RiscvSystem& operator=(const RiscvSystem&) = delete;

    /**
     * Put a program into the unit's memories; a complete image also boots.
     * @param program the program; once for each context that has it
     * @throw std::invalid_argument if it does not fit, or the image does not start
     */
    void Load(const RiscvProgram& program);

    /** @param program as loaded; once for each context */
    void Unload(const RiscvProgram& program);

    /**
     * Run a handler, on its fiber.
     * @param program whose
     * @param kind which one
     * @param driver the HPU
     * @return its return code
     */
    HandlerStatus Run(const RiscvProgram& program, HandlerKind kind, HpuDriver& driver);

    /** @return cycle in which the last core of a complete image waits for tasks; 0 without one */
    uint64_t GetReadyCycle() const
    {
        return m_readyCycle;
    }

    /** @param observer sees every instruction from now on; outlives this */
    void AddObserver(InstructionObserver& observer);

    /** @return see AddObserver */
    const std::vector<InstructionObserver*>& GetObservers() const
    {
        return m_observers;
    }

    /**
     * @param cluster number
     * @return what its cores share
     */
    RiscvCluster& GetCluster(uint32_t cluster)
    {
        return *m_clusters[cluster];
    }

    /**
     * @param cluster number
     * @param hpu number in the cluster
     * @return the core's mhartid (pspin.md "Booting a complete image")
     */
    static uint32_t GetHartId(uint32_t cluster, uint32_t hpu)
    {
        return cluster * 32 + hpu;
    }

    /**
     * @param cluster number
     * @param hpu number in the cluster
     * @return NIC address of the core's stack
     */
    static uint32_t GetStack(uint32_t cluster, uint32_t hpu);

    /**
     * @param cluster number
     * @param hpu number in the cluster
     * @return number of the HPU in the unit
     */
    uint32_t GetHpuNumber(uint32_t cluster, uint32_t hpu) const;

    /** @return where cores see the description of their task */
    static uint32_t GetTaskAddress();

    /**
     * Reserve the way to a memory for an access; to the core's own L1 there is none to reserve.
     * @param region which memory
     * @param address in it
     * @param access with its cycle
     * @return cycle of the core's next instruction
     */
    uint64_t Reserve(NicMemoryKind region, uint32_t address, const CoreAccess& access);

    /**
     * The words of a DMA engine's or a command's transfer take their banks of an L1, one a cycle.
     * @param cluster whose L1
     * @param address in it
     * @param words how many
     * @param cycle in which the L1 has the request for the first one
     * @return cycle after the one in which the last one is served
     */
    uint64_t TakeBanks(uint32_t cluster, uint32_t address, uint32_t words, uint64_t cycle);

    /**
     * One word takes its banks, whoever has them.
     * @param cluster whose L1
     * @param address in it
     * @param cycle in which it goes
     */
    void MarkBanks(uint32_t cluster, uint32_t address, uint64_t cycle)
    {
        m_clusters[cluster]->banks.MarkWide(address, cycle - 1);
    }

    /**
     * The same for a word of packet DMA.
     * @param cluster whose L1
     * @param address in it
     * @param cycle in which it goes
     */
    void MarkDma(uint32_t cluster, uint32_t address, uint64_t cycle)
    {
        m_clusters[cluster]->banks.MarkDma(address, cycle - 1);
    }

    /**
     * @param cluster whose L1
     * @param address in it
     * @param cycle in which packet DMA and another port want its banks
     * @return whether packet DMA goes first
     */
    bool IsTurnOfDma(uint32_t cluster, uint32_t address, uint64_t cycle) const
    {
        return m_clusters[cluster]->banks.IsTurnOfDma(address, cycle - 1);
    }

    /**
     * @param cluster whose L1
     * @param address in it
     * @param cycle of a word
     * @return whether another one has its banks then
     */
    bool HasWide(uint32_t cluster, uint32_t address, uint64_t cycle) const
    {
        return m_clusters[cluster]->banks.HasWide(address, cycle - 1);
    }

    /**
     * The word goes in another cycle.
     * @param cluster whose L1
     * @param address in it
     * @param cycle for which it was marked
     */
    void ReleaseBanks(uint32_t cluster, uint32_t address, uint64_t cycle)
    {
        m_clusters[cluster]->banks.ReleaseWide(address, cycle - 1);
    }

    /**
     * A core's lr.w.
     * @param hart the core
     * @param address in L2
     */
    void SetReservation(uint32_t hart, uint32_t address);

    /**
     * A core's sc.w.
     * @param hart the core
     * @param address in L2
     * @return whether the reservation was there; it is not after this
     */
    bool TakeReservation(uint32_t hart, uint32_t address);

    /** @param address that is written */
    void BreakReservations(uint32_t address);

    /**
     * The event unit's dispatch FIFO: wake the cluster's other cores.
     * @param cluster number
     * @param hpu who dispatches
     * @param word for the others
     * @param cycle when
     */
    void Dispatch(uint32_t cluster, uint32_t hpu, uint32_t word, uint64_t cycle);

  private:
    /** A program and how many contexts have it. */
    struct Entry
    {
        const RiscvProgram* program;           //!< as told
        std::shared_ptr<LoadedProgram> loaded; //!< in memory
        std::array<uint32_t, 3> handlers;      //!< addresses
        uint32_t users;                        //!< contexts
        std::shared_ptr<const void> use;       //!< keeps the program's attributes
    };

    /** An lr.w that nothing has broken yet. */
    struct Reservation
    {
        uint32_t hart;    //!< the core
        uint32_t address; //!< of a word
    };

    Entry* Find(const RiscvProgram& program);
    Entry Place(const RiscvProgram& program);
    std::shared_ptr<LoadedProgram> FindFixed(const RiscvImage& image) const;
    std::shared_ptr<LoadedProgram> MakeLoaded(const RiscvProgram& program);
    void Write(const LoadedProgram& loaded);
    void FlushCaches(uint32_t address, uint32_t bytes);
    uint8_t* FindProgram(uint32_t address, uint32_t bytes);
    void Boot(const LoadedProgram& loaded);
    void ForgetImage();
    RiscvHpu& GetHpu(HpuDriver& driver);

    SpinPipeline& m_pipeline;                              //!< the unit
    L2Ports m_l2;                                          //!< of all cores
    ProgramMemoryPort m_programPort;                       //!< of program memory, for all caches
    std::vector<std::unique_ptr<RiscvCluster>> m_clusters; //!< by number
    std::vector<std::unique_ptr<RiscvHpu>> m_hpus; //!< by number in the unit; null until used
    std::unique_ptr<uint8_t[]> m_programBytes;     //!< program memory
    RangeAllocator m_programRanges;                //!< what is free of it
    std::vector<Entry> m_entries;                  //!< programs
    uint64_t m_readyCycle{0};                      //!< see GetReadyCycle
    std::vector<Reservation> m_reservations;       //!< at most one for each core
    std::vector<InstructionObserver*> m_observers; //!< see instructions
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_SYSTEM_H */
