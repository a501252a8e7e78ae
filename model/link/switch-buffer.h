/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SWITCH_BUFFER_H
#define OFFLOAD_SWITCH_BUFFER_H

#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The packet buffer that all ports of a switch share: who occupies how much of it.
 *
 * A frame is counted three times: in the whole, for the port and class by which it came in
 * (priority flow control looks at that), and for the port and class by which it leaves (drops and
 * marks).
 * A queue may grow to a share of what is still free, the dynamic threshold of Choudhury and Hahne,
 * "Dynamic queue length thresholds for shared-memory packet switches", 1998.
 */
class SwitchBuffer
{
  public:
    /**
     * @param ports of the switch
     * @param bytes of the buffer, less than 2^32: ports count in words, to fit into a cache line
     */
    void Resize(uint32_t ports, uint64_t bytes);

    /** @return bytes of the buffer */
    uint64_t GetCapacity() const
    {
        return m_capacity;
    }

    /** @return bytes occupied */
    uint64_t GetUsed() const
    {
        return m_used;
    }

    /** @return bytes free; never below zero, since nothing is taken that has no room */
    uint64_t GetFree() const
    {
        return m_capacity - m_used;
    }

    /**
     * @param port by which frames come in
     * @param priority their class
     * @return bytes that they occupy
     */
    uint64_t GetIngress(uint32_t port, uint32_t priority) const
    {
        return m_ports[port].in.bytes[priority];
    }

    /**
     * @param port by which frames leave
     * @param priority their class
     * @return bytes of it that wait for the port
     */
    uint64_t GetEgress(uint32_t port, uint32_t priority) const
    {
        return m_ports[port].out.bytes[priority];
    }

    /**
     * @param port by which frames leave
     * @return bytes that wait for it, of all classes
     */
    uint64_t GetEgress(uint32_t port) const
    {
        const auto& bytes = m_ports[port].out.bytes;
        return std::accumulate(bytes.begin(), bytes.end(), 0U);
    }

    /// Bytes of a frame beside its own: preamble, start of frame delimiter and FCS
    static constexpr uint32_t WIRE_BYTES = 8 + 4;

    /**
     * @param port by which frames came in
     * @return bytes of all of them on the wire, preambles included
     */
    uint64_t GetReceived(uint32_t port) const
    {
        return m_ports[port].in.passed;
    }

    /**
     * @param port by which frames leave
     * @return bytes of all of them on the wire, preambles included
     */
    uint64_t GetSent(uint32_t port) const
    {
        return m_ports[port].out.passed;
    }

    /** A frame has been given to its port. */
    void Send(uint32_t egress, uint32_t bytes)
    {
        m_ports[egress].out.passed += bytes + WIRE_BYTES;
    }

    /** A frame has come in, whatever becomes of it. */
    void Receive(uint32_t ingress, uint32_t bytes)
    {
        m_ports[ingress].in.passed += bytes + WIRE_BYTES;
    }

    /** Count a frame that came in. */
    void Take(uint32_t ingress, uint32_t priority, uint32_t egress, uint32_t bytes)
    {
        m_used += bytes;
        m_ports[ingress].in.bytes[priority] += bytes;
        m_ports[egress].out.bytes[priority] += bytes;
    }

    /** Count a frame that leaves. */
    void Give(uint32_t ingress, uint32_t priority, uint32_t egress, uint32_t bytes)
    {
        m_used -= bytes;
        m_ports[ingress].in.bytes[priority] -= bytes;
        m_ports[egress].out.bytes[priority] -= bytes;
    }

    /// Classes of service
    static constexpr uint32_t CLASSES = 8;

  private:
    /** One direction of a port; a frame touches one of each. */
    struct alignas(64) Direction // a cache line
    {
        std::array<uint32_t, CLASSES> bytes{}; //!< of frames in the buffer, by class
        uint64_t passed{0};                    //!< see GetReceived, GetSent
    };

    /** A port of the switch. */
    struct Port
    {
        Direction in;  //!< of frames that came in by it
        Direction out; //!< of frames that leave by it
    };

    uint64_t m_capacity{0};    //!< bytes
    uint32_t m_used{0};        //!< bytes; a word, as ports count
    std::vector<Port> m_ports; //!< by number
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SWITCH_BUFFER_H */
