/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * The attributes of RISC-V handlers' time: memory beyond the own L1 (MemoryTiming) and the
 * instructions that native handlers do not count (CoreTiming).
 */
#include "spin-unit.h"

#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

TypeId
SpinUnit::AddMemoryAttributes(TypeId tid)
{
    const MemoryTiming defaults;
    const std::string measured = ". RISC-V handlers; measured on the released hardware description "
                                 "with a loop of such accesses (doc/riscv.rst)";
    const auto checker = MakeUintegerChecker<uint32_t>(0, 1000000);
    tid.AddAttribute("MemoryHandlerAccess",
                     "Cycles of a core's load, store, lr.w or sc.w in L2 handler memory, idle" +
                         measured,
                     UintegerValue(defaults.handlerAccess),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::handlerAccess>,
                                          &SpinUnit::GetMemory<&MemoryTiming::handlerAccess>),
                     checker);
    tid.AddAttribute("MemoryHandlerAtomic",
                     "Cycles of a core's atomic in L2 handler memory, idle" + measured,
                     UintegerValue(defaults.handlerAtomic),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::handlerAtomic>,
                                          &SpinUnit::GetMemory<&MemoryTiming::handlerAtomic>),
                     checker);
    tid.AddAttribute("MemoryHandlerLoadInterval",
                     "Cycles from load to load of L2 handler memory, whole unit, at least (atomics "
                     "unit, axi_riscv_atomics)" +
                         measured,
                     UintegerValue(defaults.handlerLoadInterval),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::handlerLoadInterval>,
                                          &SpinUnit::GetMemory<&MemoryTiming::handlerLoadInterval>),
                     checker);
    tid.AddAttribute("MemoryStoreInterval",
                     "Cycles from store to store of cores in L2, whole unit, at least (pe_noc.sv)" +
                         measured,
                     UintegerValue(defaults.storeInterval),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::storeInterval>,
                                          &SpinUnit::GetMemory<&MemoryTiming::storeInterval>),
                     checker);
    tid.AddAttribute("MemoryAtomicInterval",
                     "Cycles from atomic to atomic in L2 handler memory, whole unit, at least" +
                         measured,
                     UintegerValue(defaults.atomicInterval),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::atomicInterval>,
                                          &SpinUnit::GetMemory<&MemoryTiming::atomicInterval>),
                     checker);
    tid.AddAttribute(
        "MemoryAtomicStoreInterval",
        "Cycles after an atomic in L2 handler memory in which no store of a core passes" + measured,
        UintegerValue(defaults.atomicStoreInterval),
        MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::atomicStoreInterval>,
                             &SpinUnit::GetMemory<&MemoryTiming::atomicStoreInterval>),
        checker);
    tid.AddAttribute("MemoryPacketLoad",
                     "Cycles of a core's load from the L2 packet buffer, idle" + measured,
                     UintegerValue(defaults.packetLoad),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::packetLoad>,
                                          &SpinUnit::GetMemory<&MemoryTiming::packetLoad>),
                     checker);
    tid.AddAttribute("MemoryPacketStore",
                     "Cycles of a core's store to the L2 packet buffer, idle" + measured,
                     UintegerValue(defaults.packetStore),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::packetStore>,
                                          &SpinUnit::GetMemory<&MemoryTiming::packetStore>),
                     checker);
    tid.AddAttribute("MemoryRemoteLoad",
                     "Cycles of a core's load from another cluster's L1, idle" + measured,
                     UintegerValue(defaults.remoteLoad),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::remoteLoad>,
                                          &SpinUnit::GetMemory<&MemoryTiming::remoteLoad>),
                     checker);
    tid.AddAttribute("MemoryRemoteStore",
                     "Cycles of a core's store to another cluster's L1, idle" + measured,
                     UintegerValue(defaults.remoteStore),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::remoteStore>,
                                          &SpinUnit::GetMemory<&MemoryTiming::remoteStore>),
                     checker);
    tid.AddAttribute("MemoryRemoteAtomic",
                     "Cycles of a core's atomic in another cluster's L1, idle" + measured,
                     UintegerValue(defaults.remoteAtomic),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::remoteAtomic>,
                                          &SpinUnit::GetMemory<&MemoryTiming::remoteAtomic>),
                     checker);
    tid.AddAttribute(
        "MemoryRemoteAtomicInterval",
        "Cycles that an atomic takes another cluster's bank (amo_shim.sv)" + measured,
        UintegerValue(defaults.remoteAtomicInterval),
        MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::remoteAtomicInterval>,
                             &SpinUnit::GetMemory<&MemoryTiming::remoteAtomicInterval>),
        checker);
    tid.AddAttribute("ClusterDmaWithinL1",
                     "Cycles of a handler's copy within its L1, beyond one per 64 bytes" + measured,
                     UintegerValue(defaults.dmaWithinL1),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaWithinL1>,
                                          &SpinUnit::GetMemory<&MemoryTiming::dmaWithinL1>),
                     checker);
    tid.AddAttribute("ClusterDmaWithinL1Turns",
                     "The same beyond two per 64 bytes, if longer: reads and writes take turns" +
                         measured,
                     UintegerValue(defaults.dmaWithinL1Turns),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaWithinL1Turns>,
                                          &SpinUnit::GetMemory<&MemoryTiming::dmaWithinL1Turns>),
                     checker);
    tid.AddAttribute(
        "ClusterDmaFromHandler",
        "Cycles of a handler's copy from L2 handler memory to its L1, beyond one per 64 bytes" +
            measured,
        UintegerValue(defaults.dmaFromHandler),
        MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaFromHandler>,
                             &SpinUnit::GetMemory<&MemoryTiming::dmaFromHandler>),
        checker);
    tid.AddAttribute(
        "ClusterDmaFromPacket",
        "Cycles of a handler's copy from the L2 packet buffer to its L1, beyond one per 64 bytes" +
            measured,
        UintegerValue(defaults.dmaFromPacket),
        MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaFromPacket>,
                             &SpinUnit::GetMemory<&MemoryTiming::dmaFromPacket>),
        checker);
    tid.AddAttribute("ClusterDmaToL2",
                     "Cycles of a handler's copy from its L1 to L2, beyond one per 64 bytes" +
                         measured,
                     UintegerValue(defaults.dmaToL2),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaToL2>,
                                          &SpinUnit::GetMemory<&MemoryTiming::dmaToL2>),
                     checker);
    tid.AddAttribute(
        "ClusterDmaFromRemote",
        "Cycles of a handler's copy from another cluster's L1, beyond one per 64 bytes" + measured,
        UintegerValue(defaults.dmaFromRemote),
        MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaFromRemote>,
                             &SpinUnit::GetMemory<&MemoryTiming::dmaFromRemote>),
        checker);
    tid.AddAttribute("ClusterDmaToRemote",
                     "Cycles of a handler's copy to another cluster's L1, beyond one per 64 bytes" +
                         measured,
                     UintegerValue(defaults.dmaToRemote),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaToRemote>,
                                          &SpinUnit::GetMemory<&MemoryTiming::dmaToRemote>),
                     checker);
    tid.AddAttribute("ClusterDmaWithinL2",
                     "Cycles of a handler's copy within L2, beyond one per 64 bytes" + measured,
                     UintegerValue(defaults.dmaWithinL2),
                     MakeUintegerAccessor(&SpinUnit::SetMemory<&MemoryTiming::dmaWithinL2>,
                                          &SpinUnit::GetMemory<&MemoryTiming::dmaWithinL2>),
                     checker);
    const CoreTiming core;
    const auto coreChecker = MakeUintegerChecker<uint32_t>(1, 1000);
    tid.AddAttribute("CoreJumpRegister",
                     "Cycles that jalr stalls for a register which the instruction before it "
                     "writes (riscv_controller.sv, jr_stall). RISC-V handlers",
                     UintegerValue(core.jumpRegister),
                     MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::jumpRegister>,
                                          &SpinUnit::GetCore<&CoreTiming::jumpRegister>),
                     coreChecker);
    tid.AddAttribute(
        "CoreMultiplyHigh",
        "Cycles of mulh, mulhsu and mulhu (riscv_mult.sv; RI5CY user manual). RISC-V handlers",
        UintegerValue(core.multiplyHigh),
        MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::multiplyHigh>,
                             &SpinUnit::GetCore<&CoreTiming::multiplyHigh>),
        coreChecker);
    tid.AddAttribute("CoreDivide",
                     "Cycles of div and rem beyond one per leading zero of the divisor "
                     "(riscv_alu_div.sv). RISC-V handlers",
                     UintegerValue(core.divide),
                     MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::divide>,
                                          &SpinUnit::GetCore<&CoreTiming::divide>),
                     coreChecker);
    tid.AddAttribute(
        "CoreStatusRegister",
        "Cycles of a write to mstatus and its like (riscv_controller.sv). RISC-V handlers",
        UintegerValue(core.statusRegister),
        MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::statusRegister>,
                             &SpinUnit::GetCore<&CoreTiming::statusRegister>),
        coreChecker);
    tid.AddAttribute("CoreFence",
                     "Cycles of fence and fence.i (riscv_controller.sv). RISC-V handlers",
                     UintegerValue(core.fence),
                     MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::fence>,
                                          &SpinUnit::GetCore<&CoreTiming::fence>),
                     coreChecker);
    tid.AddAttribute("CoreTrap",
                     "Cycles from an instruction that traps to the first one of the trap code "
                     "(riscv_controller.sv). RISC-V handlers",
                     UintegerValue(core.trap),
                     MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::trap>,
                                          &SpinUnit::GetCore<&CoreTiming::trap>),
                     coreChecker);
    tid.AddAttribute("CoreTrapReturn",
                     "Cycles of mret (riscv_controller.sv). RISC-V handlers",
                     UintegerValue(core.trapReturn),
                     MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::trapReturn>,
                                          &SpinUnit::GetCore<&CoreTiming::trapReturn>),
                     coreChecker);
    tid.AddAttribute(
        "CoreEventLoad",
        "Cycles of p.elw when the event is there (riscv_controller.sv). RISC-V handlers",
        UintegerValue(core.eventLoad),
        MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::eventLoad>,
                             &SpinUnit::GetCore<&CoreTiming::eventLoad>),
        coreChecker);
    return tid;
}

} // namespace offload
} // namespace ns3
