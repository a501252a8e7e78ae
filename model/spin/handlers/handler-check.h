/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HANDLER_CHECK_H
#define OFFLOAD_HANDLER_CHECK_H

#include "ns3/execution-context.h"
#include "ns3/handler-program.h"
#include "ns3/packet-generator.h"
#include "ns3/packet.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * One shipped handler, for scenarios and tests: its packets, the memory it needs, and what it
 * must leave behind, computed here a second time in plain C++.
 */
class HandlerCheck
{
  public:
    /** @return the names of all shipped handlers */
    static const std::vector<std::string>& Known();

    /**
     * @param handler one of Known()
     * @param packetBytes size of packets
     */
    HandlerCheck(std::string handler, uint32_t packetBytes);

    /** @return the program */
    Ptr<HandlerProgram> MakeProgram() const;

    /** @return NIC memory that the program needs, bytes */
    uint32_t GetNicMemoryBytes() const;

    /** @return scratchpad that the program needs, bytes */
    uint32_t GetScratchpadBytes() const;

    /**
     * Fill the memories that the program reads.
     * @param context attached
     * @param host behind the unit
     */
    void PrepareMemory(ExecutionContext& context, TestBenchHost& host) const;

    /**
     * @param index number of a packet
     * @return the packet, a function of its number
     */
    Ptr<Packet> MakePacket(uint32_t index);

    /** @param packet what a handler has sent */
    void OnSend(Ptr<Packet> packet);

    /**
     * Compare memories and sent packets with what they must be.
     * @param context after the run
     * @param host after the run
     * @param messages sent to the unit
     * @param total packets sent to the unit
     * @return whether everything is right
     */
    bool Verify(ExecutionContext& context,
                TestBenchHost& host,
                uint32_t messages,
                uint32_t total) const;

  private:
    std::vector<uint8_t> Bytes(uint32_t index) const;
    uint32_t PayloadWord(uint32_t index, uint32_t word) const;
    uint32_t PayloadWords() const;
    bool VerifySent(uint32_t total) const;
    bool VerifyScratchpads(ExecutionContext& context, uint32_t total) const;
    bool VerifySum(TestBenchHost& host, uint32_t messages, uint32_t total) const;

    std::string m_handler;                    //!< name
    uint32_t m_bytes;                         //!< of a packet
    std::vector<std::vector<uint8_t>> m_sent; //!< by handlers
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HANDLER_CHECK_H */
