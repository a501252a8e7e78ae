/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FETCH_REPLAY_H
#define OFFLOAD_FETCH_REPLAY_H

#include "ns3/prefetch-buffer.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/** A run that was recorded at the hardware description, with the fetch model in its place. */
class FetchReplay
{
  public:
    /** An instruction of four bytes of a recorded run. */
    struct Instruction
    {
        uint32_t pc;   //!< offset in program memory
        uint32_t warm; //!< cycles it takes in a warm run
        uint64_t cold; //!< cycle it executes in in the first run, from the call of the handler on
    };

    /**
     * From the call of the handler to the first instruction after its return, 64-byte packet, idle
     * unit: ping_pong (released RTL under Verilator, gcc 12.2, rv32ima).
     */
    static const std::vector<Instruction>& PingPong()
    {
        static const std::vector<Instruction> code{
            {0x1d4, 2, 0},  {0x3bc, 1, 10}, {0x3c0, 1, 19}, {0x3c4, 2, 20}, {0x3c8, 1, 22},
            {0x3cc, 1, 23}, {0x3d0, 1, 31}, {0x3d4, 1, 32}, {0x3d8, 1, 33}, {0x3dc, 1, 34},
            {0x3e0, 1, 43}, {0x3e4, 1, 44}, {0x3e8, 1, 45}, {0x3ec, 1, 46}, {0x3f0, 1, 55},
            {0x3f4, 1, 56}, {0x3f8, 1, 57}, {0x3fc, 1, 58}, {0x400, 1, 67}, {0x404, 1, 68},
            {0x408, 1, 69}, {0x40c, 1, 70}, {0x410, 1, 79}, {0x414, 1, 80}, {0x418, 1, 81},
            {0x41c, 1, 82}, {0x420, 2, 83}, {0x1d8, 1, 85}};
        return code;
    }

    /** The same of aggregate: a loop whose branch is in a line's last word. */
    static const std::vector<Instruction>& Aggregate()
    {
        static const std::vector<Instruction> code{
            {0x1d4, 2, 0},   {0x3bc, 2, 10},  {0x3c0, 1, 19},  {0x3c4, 1, 20},  {0x3c8, 1, 21},
            {0x3cc, 1, 22},  {0x3d0, 1, 31},  {0x3d4, 1, 32},  {0x3d8, 1, 33},  {0x3dc, 1, 34},
            {0x3e0, 1, 43},  {0x3e4, 1, 44},  {0x3e8, 1, 45},  {0x3ec, 1, 46},  {0x3f0, 1, 55},
            {0x3f4, 1, 56},  {0x3f8, 1, 57},  {0x3fc, 1, 58},  {0x400, 1, 67},  {0x404, 1, 68},
            {0x408, 1, 69},  {0x40c, 3, 70},  {0x400, 1, 80},  {0x404, 1, 81},  {0x408, 1, 82},
            {0x40c, 3, 83},  {0x400, 1, 86},  {0x404, 1, 87},  {0x408, 1, 88},  {0x40c, 3, 89},
            {0x400, 1, 92},  {0x404, 1, 93},  {0x408, 1, 94},  {0x40c, 3, 95},  {0x400, 1, 98},
            {0x404, 1, 99},  {0x408, 1, 100}, {0x40c, 3, 101}, {0x400, 1, 104}, {0x404, 1, 105},
            {0x408, 1, 106}, {0x40c, 3, 107}, {0x400, 1, 110}, {0x404, 1, 111}, {0x408, 1, 112},
            {0x40c, 3, 113}, {0x400, 1, 116}, {0x404, 1, 117}, {0x408, 1, 118}, {0x40c, 3, 119},
            {0x400, 1, 122}, {0x404, 1, 123}, {0x408, 1, 124}, {0x40c, 1, 125}, {0x410, 2, 126},
            {0x414, 1, 128}, {0x418, 1, 129}, {0x41c, 1, 130}, {0x420, 2, 139}, {0x1d8, 1, 141}};
        return code;
    }

    /**
     * @param cache of the cluster
     * @param core number in the cluster
     * @param start cycle of the first instruction
     * @param code what to run
     */
    FetchReplay(InstructionCache& cache,
                uint32_t core,
                uint64_t start,
                const std::vector<Instruction>& code)
        : m_cache(cache),
          m_code(code),
          m_buffer(cache, core),
          m_cycles{start}
    {
    }

    /** @param lines that are in the cache already */
    void Warm(const std::vector<uint32_t>& lines)
    {
        for (const uint32_t line : lines)
        {
            m_cache.Fetch(0, line, 0);
        }
    }

    /** Execute the next instruction. */
    void Step()
    {
        constexpr uint32_t BASE = 0x1d000000;
        const std::size_t i = m_cycles.size();
        const Instruction& before = m_code[i - 1];
        const uint32_t from = BASE + before.pc;
        const uint32_t pc = BASE + m_code[i].pc;
        uint64_t cycle = m_cycles.back() + before.warm;
        if (pc != from + 4)
        {
            const bool branch = before.warm == 3;
            cycle = m_buffer.Jump(pc, cycle, from, branch ? from + 4 : from);
        }
        else if (pc % InstructionCache::LINE_BYTES == 0)
        {
            cycle = m_buffer.Next(pc, cycle, i < 3 ? 0 : m_cycles[i - 3] + 1);
        }
        m_cycles.push_back(cycle);
    }

    /** @return whether the run is over */
    bool IsFinished() const
    {
        return m_cycles.size() == m_code.size();
    }

    /** Execute the rest. */
    void Finish()
    {
        while (!IsFinished())
        {
            Step();
        }
    }

    /** @return the code */
    const std::vector<Instruction>& GetCode() const
    {
        return m_code;
    }

    /**
     * @param instruction number
     * @return cycle in which it executed
     */
    uint64_t GetCycle(std::size_t instruction) const
    {
        return m_cycles.at(instruction);
    }

    /** @return cycle of the last instruction that has executed */
    uint64_t GetCycle() const
    {
        return m_cycles.back();
    }

    /** @return cycles from the handler's first instruction to its return */
    uint64_t GetHandlerCycles() const
    {
        return m_cycles.back() - m_cycles.at(1);
    }

  private:
    InstructionCache& m_cache;              //!< of the cluster
    const std::vector<Instruction>& m_code; //!< what to run
    PrefetchBuffer m_buffer;                //!< of the core
    std::vector<uint64_t> m_cycles;         //!< of the instructions that have executed
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FETCH_REPLAY_H */
