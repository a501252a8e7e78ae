/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "packet-generator.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{

TestBenchHost::TestBenchHost(uint64_t address, uint64_t bytes)
    : m_address(address),
      m_memory(bytes)
{
}

int64_t
TestBenchHost::ReserveWrite(uint32_t, int64_t start)
{
    return start;
}

int64_t
TestBenchHost::ReserveRead(uint32_t, int64_t start)
{
    return start;
}

bool
TestBenchHost::Contains(uint64_t address, uint64_t size) const
{
    return address >= m_address && size <= m_memory.size() &&
           address - m_address <= m_memory.size() - size;
}

void
TestBenchHost::WriteBytes(uint64_t address, const uint8_t* data, uint32_t size)
{
    std::memcpy(m_memory.data() + (address - m_address), data, size);
    if (size == sizeof(uint64_t) && address == m_address)
    {
        uint32_t word;
        std::memcpy(&word, data, sizeof(word));
        m_sum += word;
    }
}

void
TestBenchHost::ReadBytes(uint64_t address, uint8_t* data, uint32_t size) const
{
    std::memcpy(data, m_memory.data() + (address - m_address), size);
}

PacketGenerator::PacketGenerator(Ptr<SpinUnit> unit, Ptr<ExecutionContext> context)
    : m_unit(unit),
      m_context(context),
      m_event(Create<SendEvent>(this))
{
    unit->SetOutput(this);
    unit->SetResumeCallback(MakeCallback(&PacketGenerator::Resume, this));
}

PacketGenerator::~PacketGenerator()
{
    m_event->Detach();
}

void
PacketGenerator::Start(const Traffic& traffic, Callback<Ptr<Packet>, uint32_t> make, Time delay)
{
    m_traffic = traffic;
    m_make = make;
    m_next = 0;
    m_event->Schedule(delay);
}

void
PacketGenerator::SetOutputCallback(Callback<void, Ptr<Packet>> taken)
{
    m_taken = taken;
}

void
PacketGenerator::Send()
{
    if (!m_packet)
    {
        m_packet = m_make(m_next);
    }
    const uint32_t inMessage = m_next % m_traffic.packets;
    const bool last = inMessage + 1 == m_traffic.packets;
    if (!m_unit->Receive(m_context, m_packet, {m_next / m_traffic.packets, inMessage == 0, last}))
    {
        return; // Resume goes on
    }
    m_packet = nullptr;
    m_next++;
    if (m_next < m_traffic.messages * m_traffic.packets)
    {
        const int64_t gap = last ? m_traffic.messageGap : m_traffic.packetGap;
        const int64_t cycle = m_unit->GetConfig().clockPeriod.GetTimeStep();
        m_event->Schedule(TimeStep(std::max(gap, cycle)));
    }
}

void
PacketGenerator::Resume()
{
    if (m_packet && !m_event->IsPending())
    {
        m_event->Schedule(m_unit->GetConfig().clockPeriod);
    }
}

int64_t
PacketGenerator::GetReadyAt() const
{
    return 0;
}

void
PacketGenerator::Transmit(Ptr<Packet> frame)
{
    if (!m_taken.IsNull())
    {
        m_taken(frame);
    }
}

} // namespace offload
} // namespace ns3
