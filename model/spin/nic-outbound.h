/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_NIC_OUTBOUND_H
#define OFFLOAD_NIC_OUTBOUND_H

#include "command-unit.h"
#include "cycle-scheduler.h"
#include "nhi-port.h"
#include "spin-types.h"

namespace ns3
{
namespace offload
{

class SpinPipeline;

/**
 * The outbound engine of a sPIN NIC: reads the packets that handlers send from NIC or host memory
 * and gives them to the wire, in order (pspin.md "Testbench defaults"; PsPIN
 * hw/verilator_model/src/NICOutbound.hpp).
 */
class NicOutbound : public CommandEngine, private NhiClient
{
  public:
    /** @param pipeline the unit */
    explicit NicOutbound(SpinPipeline& pipeline);

    [[gnu::hot]] bool CanAccept(const Command& command) const override;
    [[gnu::hot]] void Accept(Command& command) override;

    /** The wire may be ready. */
    void OutputReady();

  private:
    void TransferMoved(Command& command, uint64_t end) override;
    [[gnu::hot]] void StartRead();
    [[gnu::hot]] void WakeTransmit();
    [[gnu::hot]] void WakeRead(uint64_t cycle);
    [[gnu::hot]] void Transmit();
    [[gnu::hot]] MemoryFrame FetchPacket(const Command& command);
    [[gnu::cold]] MemoryFrame GatherPacket(const Command& command);

    SpinPipeline& m_pipeline;        //!< the unit
    LinkedQueue<Command> m_accepted; //!< not yet read
    LinkedQueue<Command> m_packets;  //!< being read, or waiting for the wire
    uint32_t m_acceptedCount{0};     //!< commands not yet read
    uint32_t m_packetCount{0};       //!< packets being read or waiting
    uint64_t m_nextTransmit{0};      //!< cycle, one packet a cycle
    std::vector<uint8_t> m_bytes;    //!< a packet being put together
    CycleEvent m_startRead;          //!< a command may be read
    CycleEvent m_transmit;           //!< the oldest packet may go
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NIC_OUTBOUND_H */
