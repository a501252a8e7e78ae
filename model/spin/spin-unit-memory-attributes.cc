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

#include <string>
#include <type_traits>

namespace ns3
{
namespace offload
{

namespace
{
/** A number of a timing, at compile time: accessors are made of functions for each. */
template <auto MEMBER>
using Field = std::integral_constant<decltype(MEMBER), MEMBER>;
} // namespace

TypeId
SpinUnit::AddMemoryAttributes(TypeId tid)
{
    const auto memory = [&tid](auto field, const char* name, const std::string& help) {
        constexpr auto FIELD = decltype(field)::value;
        tid.AddAttribute(
            name,
            help + ". RISC-V handlers; measured on the released hardware description "
                   "with a loop of such accesses (doc/riscv.rst)",
            UintegerValue(MemoryTiming().*FIELD),
            MakeUintegerAccessor(&SpinUnit::SetMemory<FIELD>, &SpinUnit::GetMemory<FIELD>),
            MakeUintegerChecker<uint32_t>(0, 1000000));
    };
    const auto core = [&tid](auto field, const char* name, const std::string& help) {
        constexpr auto FIELD = decltype(field)::value;
        tid.AddAttribute(name,
                         help + ". RISC-V handlers",
                         UintegerValue(CoreTiming().*FIELD),
                         MakeUintegerAccessor(&SpinUnit::SetCore<FIELD>, &SpinUnit::GetCore<FIELD>),
                         MakeUintegerChecker<uint32_t>(1, 1000));
    };
    memory(Field<&MemoryTiming::handlerAccess>(),
           "MemoryHandlerAccess",
           "Cycles of a core's load, store, lr.w or sc.w in L2 handler memory, idle (native "
           "handlers count accesses to L2 without saying to which memory: CoreL2Access)");
    memory(Field<&MemoryTiming::handlerAtomic>(),
           "MemoryHandlerAtomic",
           "Cycles of a core's atomic in L2 handler memory, idle");
    memory(Field<&MemoryTiming::handlerLoadInterval>(),
           "MemoryHandlerLoadInterval",
           "Cycles from load to load of L2 handler memory, whole unit, at least (atomics unit, "
           "axi_riscv_atomics)");
    memory(Field<&MemoryTiming::storeInterval>(),
           "MemoryStoreInterval",
           "Cycles from store to store of cores in L2, whole unit, at least (pe_noc.sv)");
    memory(Field<&MemoryTiming::atomicInterval>(),
           "MemoryAtomicInterval",
           "Cycles from atomic to atomic in L2 handler memory, whole unit, at least");
    memory(Field<&MemoryTiming::atomicStoreInterval>(),
           "MemoryAtomicStoreInterval",
           "Cycles after an atomic in L2 handler memory in which no store of a core passes");
    memory(Field<&MemoryTiming::packetLoad>(),
           "MemoryPacketLoad",
           "Cycles of a core's load from the L2 packet buffer, idle");
    memory(Field<&MemoryTiming::packetStore>(),
           "MemoryPacketStore",
           "Cycles of a core's store to the L2 packet buffer, idle");
    memory(Field<&MemoryTiming::remoteLoad>(),
           "MemoryRemoteLoad",
           "Cycles of a core's load from another cluster's L1, idle");
    memory(Field<&MemoryTiming::remoteStore>(),
           "MemoryRemoteStore",
           "Cycles of a core's store to another cluster's L1, idle");
    memory(Field<&MemoryTiming::remoteAtomic>(),
           "MemoryRemoteAtomic",
           "Cycles of a core's atomic in another cluster's L1, idle");
    memory(Field<&MemoryTiming::remoteAtomicInterval>(),
           "MemoryRemoteAtomicInterval",
           "Cycles that an atomic takes another cluster's bank (amo_shim.sv)");
    memory(Field<&MemoryTiming::dmaWithinL1>(),
           "ClusterDmaWithinL1",
           "Cycles of a handler's copy within its L1, beyond one per 64 bytes");
    memory(Field<&MemoryTiming::dmaWithinL1Turns>(),
           "ClusterDmaWithinL1Turns",
           "The same beyond two per 64 bytes, if longer: reads and writes take turns");
    memory(Field<&MemoryTiming::dmaFromHandler>(),
           "ClusterDmaFromHandler",
           "Cycles of a handler's copy from L2 handler memory to its L1, beyond one per 64 bytes");
    memory(
        Field<&MemoryTiming::dmaFromPacket>(),
        "ClusterDmaFromPacket",
        "Cycles of a handler's copy from the L2 packet buffer to its L1, beyond one per 64 bytes");
    memory(Field<&MemoryTiming::dmaToL2>(),
           "ClusterDmaToL2",
           "Cycles of a handler's copy from its L1 to L2, beyond one per 64 bytes");
    memory(Field<&MemoryTiming::dmaFromRemote>(),
           "ClusterDmaFromRemote",
           "Cycles of a handler's copy from another cluster's L1, beyond one per 64 bytes");
    memory(Field<&MemoryTiming::dmaToRemote>(),
           "ClusterDmaToRemote",
           "Cycles of a handler's copy to another cluster's L1, beyond one per 64 bytes");
    memory(Field<&MemoryTiming::dmaWithinL2>(),
           "ClusterDmaWithinL2",
           "Cycles of a handler's copy within L2, beyond one per 64 bytes");
    core(Field<&CoreTiming::jumpRegister>(),
         "CoreJumpRegister",
         "Cycles that jalr stalls for a register which the instruction before it writes "
         "(riscv_controller.sv, jr_stall)");
    core(Field<&CoreTiming::multiplyHigh>(),
         "CoreMultiplyHigh",
         "Cycles of mulh, mulhsu and mulhu (riscv_mult.sv; RI5CY user manual)");
    core(Field<&CoreTiming::divide>(),
         "CoreDivide",
         "Cycles of div and rem beyond one per leading zero of the divisor (riscv_alu_div.sv)");
    core(Field<&CoreTiming::statusRegister>(),
         "CoreStatusRegister",
         "Cycles of a write to mstatus and its like (riscv_controller.sv)");
    core(Field<&CoreTiming::fence>(),
         "CoreFence",
         "Cycles of fence and fence.i (riscv_controller.sv)");
    core(Field<&CoreTiming::trap>(),
         "CoreTrap",
         "Cycles from an instruction that traps to the first one of the trap code "
         "(riscv_controller.sv)");
    core(Field<&CoreTiming::trapReturn>(),
         "CoreTrapReturn",
         "Cycles of mret (riscv_controller.sv)");
    core(Field<&CoreTiming::eventLoad>(),
         "CoreEventLoad",
         "Cycles of p.elw when the event is there (riscv_controller.sv)");
    return tid;
}

} // namespace offload
} // namespace ns3
