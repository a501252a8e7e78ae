/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PACKET_GENERATOR_H
#define OFFLOAD_PACKET_GENERATOR_H

#include "execution-context.h"
#include "spin-unit.h"

#include "ns3/host-port.h"
#include "ns3/packet.h"
#include "ns3/reusable-event.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The host of PsPIN's test bench: memory without latency and without a limit of bandwidth beyond
 * the unit's own port (pspin.md "Testbench defaults", pcie_L and pcie_G).
 */
class TestBenchHost : public HostPort
{
  public:
    /**
     * @param address of the first byte
     * @param bytes size of the memory
     */
    TestBenchHost(uint64_t address, uint64_t bytes);

    int64_t ReserveWrite(uint32_t bytes, int64_t start) override;
    int64_t ReserveRead(uint32_t bytes, int64_t start) override;
    bool Contains(uint64_t address, uint64_t size) const override;
    void WriteBytes(uint64_t address, const uint8_t* data, uint32_t size) override;
    void ReadBytes(uint64_t address, uint8_t* data, uint32_t size) const override;

    /** @return the memory, for set-up and checks */
    std::vector<uint8_t>& GetMemory()
    {
        return m_memory;
    }

    /** @return sum of all words that host-direct has written to the first address */
    uint32_t GetSumOfWords() const
    {
        return m_sum;
    }

  private:
    uint64_t m_address;            //!< of the first byte
    uint32_t m_sum{0};             //!< see GetSumOfWords
    std::vector<uint8_t> m_memory; //!< all of it
};

/**
 * Feeds packets straight into a sPIN unit, in the manner of PsPIN's generic driver
 * (examples/generic_driver/gdriver.c): messages of a number of packets, a gap between packets and
 * another one between messages; and takes the place of the wire on the other side.
 */
class PacketGenerator : public PacketOutput
{
  public:
    /** What to send. */
    struct Traffic
    {
        uint32_t messages{1};  //!< how many
        uint32_t packets{32};  //!< per message
        int64_t packetGap{0};  //!< between packets of a message, ps; 0: one a cycle
        int64_t messageGap{0}; //!< between messages, ps; 0: one a cycle
    };

    /**
     * @param unit receives the packets
     * @param context whose packets they are
     */
    PacketGenerator(Ptr<SpinUnit> unit, Ptr<ExecutionContext> context);
    ~PacketGenerator() override;

    /**
     * Send from now on. The packets of all messages come from `make`.
     * @param traffic how many and when
     * @param make makes packet `index`, counted over all messages
     * @param delay before the first packet
     */
    void Start(const Traffic& traffic,
               Callback<Ptr<Packet>, uint32_t> make,
               Time delay = TimeStep(0));

    /** @param taken called for each packet that a handler sends */
    void SetOutputCallback(Callback<void, Ptr<Packet>> taken);

    /** @return packets that the unit has taken */
    uint32_t GetSent() const
    {
        return m_next;
    }

    int64_t GetReadyAt() const override;
    void Transmit(Ptr<Packet> frame) override;

  private:
    void Send();
    void Resume();

    Ptr<SpinUnit> m_unit;                   //!< receives
    Ptr<ExecutionContext> m_context;        //!< whose packets
    Traffic m_traffic;                      //!< what to send
    Callback<Ptr<Packet>, uint32_t> m_make; //!< packets
    Callback<void, Ptr<Packet>> m_taken;    //!< what handlers send
    Ptr<Packet> m_packet;                   //!< the next one, refused so far
    uint32_t m_next{0};                     //!< its number
    using SendEvent = ReusableEvent<PacketGenerator, &PacketGenerator::Send>;
    Ptr<SendEvent> m_event; //!< the next packet is due
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PACKET_GENERATOR_H */
