/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_DRIVER_REGISTERS_H
#define OFFLOAD_DRIVER_REGISTERS_H

#include "core-port.h"

#include <array>
#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

class HandlerMemory;
class HpuDriver;
class SpinPipeline;
struct Command;
struct Task;

/**
 * The HPU driver's registers as code on the core sees them: the task, and the words of a command
 * (pspin.md "Handler API", "Command interface").
 */
class DriverRegisters
{
  public:
    /** @param pipeline the unit */
    explicit DriverRegisters(SpinPipeline& pipeline);

    /**
     * @param task what the core runs
     * @param offset a register of the task's description
     * @return its content; the last one read if there is no such register, as in hardware
     */
    uint32_t ReadTask(const Task& task, uint32_t offset);

    /**
     * @param offset of a command register
     * @param word what the handler stores there
     */
    void WriteCommand(uint32_t offset, uint32_t word);

    /**
     * Make a command of the words.
     * @param driver the HPU's driver
     * @param memory what its task may touch
     * @return the command, not issued
     * @throw ProtectionFault if it names memory that is not the task's
     * @throw std::runtime_error what else is wrong with it, for a person
     */
    Command& MakeCommand(HpuDriver& driver, const HandlerMemory& memory) const;

  private:
    static constexpr unsigned WORDS = 7; //!< of a command

    Command& MakeSend(HpuDriver& driver, const HandlerMemory& memory) const;
    Command& MakeTransfer(HpuDriver& driver, const HandlerMemory& memory) const;
    Command& MakeHostDirect(HpuDriver& driver) const;
    uint32_t CheckNic(uint32_t cluster,
                      const HandlerMemory& memory,
                      uint32_t address,
                      uint32_t bytes) const;

    SpinPipeline& m_pipeline;              //!< the unit
    std::array<uint32_t, WORDS> m_words{}; //!< of the next command
    uint32_t m_info{0};                    //!< interface of the next command
    uint32_t m_lastRead{0};                //!< what the data lines still hold
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_DRIVER_REGISTERS_H */
