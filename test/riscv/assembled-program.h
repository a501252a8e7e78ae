/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TEST_ASSEMBLED_PROGRAM_H
#define OFFLOAD_TEST_ASSEMBLED_PROGRAM_H

#include "trace/temporary-directory.h"

#include "ns3/core-port.h"
#include "ns3/riscv-core.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

/**
 * @file
 * Assembly programs for tests: assembled when the test runs, executed by qemu-riscv32 as an
 * independent reference, and by RiscvCore. A program may use Linux's write and exit.
 */
namespace ns3
{
namespace offload
{

/** A flat memory with atomics behind a core's data port. */
class FlatMemory : public CorePort
{
  public:
    /** A piece of memory. */
    struct Segment
    {
        uint32_t base;
        std::vector<uint8_t> bytes;
    };

    MemoryReply Access(CoreAccess& access) override;

    /** @return the bytes at an address, null when they are not there */
    uint8_t* Find(uint32_t address, uint32_t bytes);

    std::vector<Segment> segments; //!< all memory
    uint32_t waitEvery{0};         //!< each so many accesses are put off once; 0: none
    uint64_t latency{1};           //!< cycles of an access

  private:
    uint32_t m_asked{0};    //!< accesses since the last one that was put off
    uint32_t m_reserved{1}; //!< address of the reservation; 1: none
};

/** An assembled program. */
class AssembledProgram
{
  public:
    static constexpr uint32_t TEXT = 0x100000; //!< address of the code
    static constexpr uint32_t DATA = 0x200000; //!< address of the data

    /**
     * Assemble; a failure is a failure of the test.
     * @param source begins at _start
     * @param timing of the core that runs it
     */
    explicit AssembledProgram(const std::string& source, const CoreTiming& timing = {});

    /** @return what it writes under qemu-riscv32 */
    std::string RunReference() const;

    /** @return false when the tools have failed */
    bool IsGood() const
    {
        return m_good;
    }

    std::shared_ptr<const RiscvCode> code; //!< its text
    FlatMemory memory;                     //!< its data
    uint32_t entry{TEXT};                  //!< address of _start

  private:
    TemporaryDirectory m_directory; //!< source and object
    bool m_good{false};             //!< assembled
};

/** How a core runs a program. */
struct RunOptions
{
    bool own{false};       //!< data is own memory, not behind the port
    uint32_t waitEvery{0}; //!< see FlatMemory
    uint64_t slice{0};     //!< cycles at a time; 0: all at once
    bool traced{false};    //!< with a tracer
};

/** @return what a program writes on a RiscvCore; it must exit with 0 */
std::string RunOnCore(AssembledProgram& program, const RunOptions& options = {});

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TEST_ASSEMBLED_PROGRAM_H */
