/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "assembled-program.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <gtest/gtest.h>
#include <sstream>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t NO_RESERVATION = 1; //!< not the address of a word

uint32_t
ReadLittleEndian(const uint8_t* bytes, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++)
    {
        value |= static_cast<uint32_t>(bytes[i]) << (8 * i);
    }
    return value;
}

/** @return what a read-modify-write leaves in memory */
uint32_t
Modify(MemoryOperation operation, uint32_t old, uint32_t operand)
{
    const auto a = static_cast<int32_t>(old);
    const auto b = static_cast<int32_t>(operand);
    switch (operation)
    {
    case MemoryOperation::ATOMIC_ADD:
        return old + operand;
    case MemoryOperation::ATOMIC_XOR:
        return old ^ operand;
    case MemoryOperation::ATOMIC_AND:
        return old & operand;
    case MemoryOperation::ATOMIC_OR:
        return old | operand;
    case MemoryOperation::ATOMIC_MIN:
        return a < b ? old : operand;
    case MemoryOperation::ATOMIC_MAX:
        return a > b ? old : operand;
    case MemoryOperation::ATOMIC_MINU:
        return std::min(old, operand);
    case MemoryOperation::ATOMIC_MAXU:
        return std::max(old, operand);
    case MemoryOperation::LOAD_RESERVED:
    case MemoryOperation::EVENT_LOAD:
        return old;
    default: // swap, store-conditional
        return operand;
    }
}

/** Counts. */
class CountingTracer : public InstructionTracer
{
  public:
    void Instruction(uint64_t cycle, uint32_t pc, const DecodedInstruction& instruction) override
    {
        EXPECT_GE(cycle, m_next);
        EXPECT_EQ(pc % 2, 0U);
        EXPECT_NE(instruction.operation, RiscvOperation::LINE);
        m_next = cycle;
        count += instruction.operation != RiscvOperation::FENCE; // the hardware does not count it
    }

    uint64_t count{0}; //!< instructions seen

  private:
    uint64_t m_next{0}; //!< no instruction is shown that was before
};

} // namespace

uint8_t*
FlatMemory::Find(uint32_t address, uint32_t bytes)
{
    for (auto& segment : segments)
    {
        const uint32_t offset = address - segment.base;
        if (offset < segment.bytes.size() && segment.bytes.size() - offset >= bytes)
        {
            return &segment.bytes[offset];
        }
    }
    return nullptr;
}

MemoryReply
FlatMemory::Access(CoreAccess& access)
{
    EXPECT_LE((access.address & 3) + access.bytes, 4U) << "an access is within a word";
    if (waitEvery != 0 && ++m_asked >= waitEvery)
    {
        m_asked = 0;
        return MemoryReply::WAIT;
    }
    uint8_t* bytes = Find(access.address, access.bytes);
    if (bytes == nullptr)
    {
        return MemoryReply::FAULT;
    }
    access.done = access.cycle + latency;
    const uint32_t old = ReadLittleEndian(bytes, access.bytes);
    uint32_t result = old;
    switch (access.operation)
    {
    case MemoryOperation::LOAD:
        access.data = old;
        return MemoryReply::DONE;
    case MemoryOperation::STORE:
        result = access.data;
        break;
    case MemoryOperation::STORE_CONDITIONAL: {
        const bool succeeds = m_reserved == access.address;
        m_reserved = NO_RESERVATION;
        result = succeeds ? access.data : old;
        access.data = succeeds ? 0 : 1;
        break;
    }
    default:
        result = Modify(access.operation, old, access.data);
        access.data = old;
        break;
    }
    if (access.operation == MemoryOperation::LOAD_RESERVED)
    {
        m_reserved = access.address;
    }
    for (unsigned i = 0; i < access.bytes; i++)
    {
        bytes[i] = static_cast<uint8_t>(result >> (8 * i));
    }
    return MemoryReply::DONE;
}

AssembledProgram::AssembledProgram(const std::string& source, const CoreTiming& timing)
{
    std::ofstream(m_directory / "program.S") << source;
    std::ostringstream command;
    command << "riscv64-unknown-elf-gcc -march=rv32imac_zicsr_zifencei -mabi=ilp32 -nostdlib "
               "-static -Wl,--no-relax,--build-id=none -Wl,-Ttext=0x"
            << std::hex << TEXT << " -Wl,-Tdata=0x" << DATA << " -o '" << m_directory / "program"
            << "' '" << m_directory / "program.S"
            << "' 2>'" << m_directory / "errors"
            << "'";
    const int status = std::system(command.str().c_str());
    EXPECT_EQ(status, 0) << "the package gcc-riscv64-unknown-elf is needed: "
                         << m_directory.Read("errors");
    if (status != 0)
    {
        return;
    }
    // The loadable segments of a 32-bit ELF file (System V ABI, figure 5-1).
    const std::string file = m_directory.Read("program");
    const auto* elf = reinterpret_cast<const uint8_t*>(file.data());
    entry = ReadLittleEndian(elf + 24, 4);
    const uint32_t headers = ReadLittleEndian(elf + 28, 4);
    const uint32_t count = ReadLittleEndian(elf + 44, 2);
    for (uint32_t i = 0; i < count; i++)
    {
        const uint8_t* header = elf + headers + i * 32;
        const uint32_t offset = ReadLittleEndian(header + 4, 4);
        const uint32_t address = ReadLittleEndian(header + 8, 4);
        const uint32_t size = ReadLittleEndian(header + 16, 4);
        const uint32_t flags = ReadLittleEndian(header + 24, 4);
        if (ReadLittleEndian(header, 4) != 1 || size == 0) // PT_LOAD
        {
            continue;
        }
        std::vector<uint8_t> bytes(elf + offset, elf + offset + size);
        bytes.resize(ReadLittleEndian(header + 20, 4));
        if ((flags & 1) != 0) // executable
        {
            code = std::make_shared<RiscvCode>(address, bytes, timing);
        }
        memory.segments.push_back({address, bytes});
    }
    m_good = code != nullptr;
    EXPECT_TRUE(m_good);
}

std::string
AssembledProgram::RunReference() const
{
    const std::string command =
        "qemu-riscv32 '" + m_directory / "program" + "' >'" + m_directory / "output" + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << "the package qemu-user is needed";
    return m_directory.Read("output");
}

std::string
RunOnCore(AssembledProgram& program, const RunOptions& options)
{
    constexpr uint32_t WRITE = 64; // Linux system calls
    constexpr uint32_t EXIT = 93;
    FlatMemory memory = program.memory;
    memory.waitEvery = options.waitEvery;
    RiscvCore core(memory, 0);
    core.SetCode(program.code);
    core.Reset(program.entry);
    CountingTracer tracer;
    if (options.traced)
    {
        core.SetTracer(&tracer);
    }
    const auto banks = std::make_unique<L1Banks>();
    InstructionCache cache;
    PrefetchBuffer fetch(cache, 0);
    if (options.own)
    {
        core.SetFetch(&fetch);
        unsigned slot = 0;
        for (auto& segment : memory.segments)
        {
            core.SetOwnMemory(
                slot++,
                {segment.base, static_cast<uint32_t>(segment.bytes.size()), segment.bytes.data()},
                banks.get());
        }
    }
    std::string output;
    uint64_t waits = 0;
    for (;;)
    {
        const uint64_t limit = options.slice == 0 ? UINT64_MAX : core.GetCycle() + options.slice;
        const RiscvCore::Stop stop = core.Run(limit);
        if (stop == RiscvCore::Stop::LIMIT)
        {
            EXPECT_GE(core.GetCycle(), limit);
            continue;
        }
        if (stop == RiscvCore::Stop::WAIT)
        {
            waits++;
            continue;
        }
        const Trap trap = core.GetTrap();
        if (stop != RiscvCore::Stop::TRAP || trap.cause != RiscvCore::MACHINE_CALL)
        {
            ADD_FAILURE() << "stopped at " << std::hex << core.GetPc() << ", cause " << trap.cause
                          << ", value " << trap.value;
            return output;
        }
        if (core.GetRegister(17) == EXIT)
        {
            EXPECT_EQ(core.GetRegister(10), 0U);
            break;
        }
        EXPECT_EQ(core.GetRegister(17), WRITE);
        const uint32_t size = core.GetRegister(12);
        const uint8_t* bytes = memory.Find(core.GetRegister(11), size);
        if (bytes == nullptr)
        {
            ADD_FAILURE() << "writes what is not there";
            return output;
        }
        output.append(reinterpret_cast<const char*>(bytes), size);
        core.SetRegister(10, size);
        core.SetPc(trap.pc + 4);
    }
    EXPECT_EQ(waits != 0, options.waitEvery != 0);
    if (options.traced)
    {
        EXPECT_EQ(tracer.count, core.GetInstructions() + 2) << "all that retired, and two ecalls";
    }
    return output;
}

} // namespace offload
} // namespace ns3
