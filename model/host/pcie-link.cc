/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "pcie-link.h"

#include "ns3/assert.h"
#include "ns3/double.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(PcieLink);

namespace
{

/// Mbit/s that a lane of generation 1, 2, ... carries. The line codes of generations 1 and 2
/// (8b/10b) are taken off; those of the later ones (128b/130b, FLIT) are part of the utilisation.
constexpr std::array<uint64_t, 6> LANE_MBPS{2000, 4000, 8000, 16000, 32000, 64000};
constexpr uint64_t BIT_PER_MBIT = 1'000'000;
constexpr uint64_t MIN_RATE = 1'000'000; //!< a link slower than that is a mistake

} // namespace

const char*
ToString(PcieTransfer::Kind kind)
{
    switch (kind)
    {
    case PcieTransfer::Kind::WRITE:
        return "write";
    case PcieTransfer::Kind::READ_REQUEST:
        return "read request";
    case PcieTransfer::Kind::COMPLETION:
        return "completion";
    case PcieTransfer::Kind::DOORBELL:
        return "doorbell";
    }
    return "";
}

TypeId
PcieLink::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::PcieLink")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<PcieLink>()
            .AddAttribute("Generation",
                          "PCI Express generation, 1 to 6 (PsPIN's NIC model has generation 5)",
                          UintegerValue(5),
                          MakeUintegerAccessor(&PcieLink::SetGeneration, &PcieLink::GetGeneration),
                          MakeUintegerChecker<uint32_t>(1, LANE_MBPS.size()))
            .AddAttribute("Lanes",
                          "Number of lanes (PsPIN's NIC model has 16)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&PcieLink::SetLanes, &PcieLink::GetLanes),
                          MakeUintegerChecker<uint32_t>(1, 32))
            .AddAttribute(
                "Utilisation",
                "Share of the lanes' rate left to transaction layer packets (FlexDriver's "
                "throughput model: 0.95)",
                DoubleValue(0.95),
                MakeDoubleAccessor(&PcieLink::SetUtilisation, &PcieLink::GetUtilisation),
                MakeDoubleChecker<double>(0.01, 1.0))
            .AddAttribute(
                "ReservedRate",
                "Rate that goes to the link's own management (FlexDriver's throughput "
                "model: 1 Gbit/s)",
                DataRateValue(DataRate(1'000'000'000)),
                MakeDataRateAccessor(&PcieLink::SetReservedRate, &PcieLink::GetReservedRate),
                MakeDataRateChecker())
            .AddAttribute("Rate",
                          "What one direction carries, where a publication says so in one number. "
                          "0: what follows from Generation, Lanes, Utilisation and ReservedRate",
                          DataRateValue(DataRate(0)),
                          MakeDataRateAccessor(&PcieLink::SetFixedRate, &PcieLink::GetFixedRate),
                          MakeDataRateChecker())
            .AddAttribute("MaxPayload",
                          "Most payload bytes of a packet (FlexDriver's throughput model: 256)",
                          UintegerValue(256),
                          MakeUintegerAccessor(&PcieLink::m_maxPayload),
                          MakeUintegerChecker<uint32_t>(64, 4096))
            .AddAttribute("MaxReadRequest",
                          "Most bytes that one read request asks for (FlexDriver's throughput "
                          "model: 512)",
                          UintegerValue(512),
                          MakeUintegerAccessor(&PcieLink::m_maxReadRequest),
                          MakeUintegerChecker<uint32_t>(64, 4096))
            .AddAttribute("RequestHeader",
                          "Bytes that a write or read request packet adds to its payload "
                          "(FlexDriver's throughput model: 24)",
                          UintegerValue(24),
                          MakeUintegerAccessor(&PcieLink::m_requestHeader),
                          MakeUintegerChecker<uint32_t>(0, 128))
            .AddAttribute("CompletionHeader",
                          "Bytes that a completion packet adds to its payload (FlexDriver's "
                          "throughput model: 20)",
                          UintegerValue(20),
                          MakeUintegerAccessor(&PcieLink::m_completionHeader),
                          MakeUintegerChecker<uint32_t>(0, 128))
            .AddAttribute("RoundTripLatency",
                          "From device to host and back, transfers and memory not included (SC'22 "
                          "DFS: up to 400 ns)",
                          TimeValue(NanoSeconds(400)),
                          MakeTimeAccessor(&PcieLink::SetRoundTrip, &PcieLink::GetRoundTrip),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("OutstandingReads",
                          "Read requests that may wait for their data at a time (PCI Express base "
                          "specification: 8-bit tags)",
                          UintegerValue(256),
                          MakeUintegerAccessor(&PcieLink::SetOutstandingReads,
                                               &PcieLink::GetOutstandingReads),
                          MakeUintegerChecker<uint32_t>(1, 1024))
            .AddAttribute("Memory",
                          "The host's memory",
                          PointerValue(),
                          MakePointerAccessor(&PcieLink::SetMemory, &PcieLink::GetMemory),
                          MakePointerChecker<HostMemory>())
            .AddTraceSource("Transfer",
                            "A transfer has been put on a direction of the link; its times may lie "
                            "in the future",
                            MakeTraceSourceAccessor(&PcieLink::m_transferTrace),
                            "ns3::offload::PcieLink::TransferCallback");
    return tid;
}

PcieLink::PcieLink()
    : m_clock(1)
{
}

PcieLink::~PcieLink() = default;

void
PcieLink::DoDispose()
{
    m_memory = nullptr;
    Object::DoDispose();
}

void
PcieLink::SetMemory(Ptr<HostMemory> memory)
{
    m_memory = memory;
}

void
PcieLink::UpdateRate()
{
    const double raw = static_cast<double>(LANE_MBPS[m_generation - 1] * BIT_PER_MBIT * m_lanes);
    const double rate =
        m_fixedRate.GetBitRate() > 0
            ? static_cast<double>(m_fixedRate.GetBitRate())
            : raw * m_utilisation - static_cast<double>(m_reservedRate.GetBitRate());
    // Attributes come one after the other, so a combination that makes no sense is no error yet: it
    // is marked by a rate of zero, which HostHelper refuses.
    m_rate = rate < static_cast<double>(MIN_RATE) ? 0 : static_cast<uint64_t>(rate + 0.5);
    m_clock = ByteClock(std::max(m_rate, MIN_RATE));
}

DataRate
PcieLink::GetRate() const
{
    return DataRate(m_rate);
}

uint32_t
PcieLink::Segment(uint32_t bytes, uint32_t largest, uint32_t header)
{
    return bytes + (bytes + largest - 1) / largest * header;
}

BusyCalendar::Slot
PcieLink::Take(PcieTransfer::Kind kind, uint32_t bytes, int64_t start)
{
    using Kind = PcieTransfer::Kind;
    const bool toHost = kind == Kind::WRITE || kind == Kind::READ_REQUEST;
    uint32_t wireBytes = m_requestHeader;
    if (kind != Kind::READ_REQUEST)
    {
        wireBytes = Segment(bytes,
                            m_maxPayload,
                            kind == Kind::COMPLETION ? m_completionHeader : m_requestHeader);
    }
    Direction& direction = m_direction[toHost];
    const int64_t before = direction.served.ps;
    m_clock.Advance(direction.served, wireBytes);
    const BusyCalendar::Slot slot = direction.calendar.Reserve(Simulator::Now().GetTimeStep(),
                                                               start,
                                                               direction.served.ps - before);
    m_transferTrace(PcieTransfer{kind, toHost, bytes, wireBytes, slot.begin, slot.end});
    return slot;
}

int64_t
PcieLink::ReserveDoorbell(uint32_t bytes, int64_t start)
{
    return Take(PcieTransfer::Kind::DOORBELL, bytes, start).end + m_oneWay;
}

int64_t
PcieLink::ReserveWrite(uint32_t bytes, int64_t start)
{
    NS_ASSERT_MSG(m_memory, "a PCIe link needs the host's memory");
    const BusyCalendar::Slot slot = Take(PcieTransfer::Kind::WRITE, bytes, start);
    // The memory takes the data as they come; it is only felt when it is the slower one.
    const int64_t stored = m_memory->Reserve(bytes, slot.begin + m_oneWay);
    return std::max(slot.end + m_oneWay, stored);
}

int64_t
PcieLink::ReadChunk(uint32_t bytes, int64_t start)
{
    int64_t& tag = m_tags[m_nextTag];
    m_nextTag = m_nextTag + 1 == m_tags.size() ? 0 : m_nextTag + 1;
    const int64_t asked =
        Take(PcieTransfer::Kind::READ_REQUEST, bytes, std::max(start, tag)).end + m_oneWay;
    const int64_t latency = m_memory->GetLatency().GetTimeStep();
    const int64_t fetched = m_memory->Reserve(bytes, asked) + latency;
    const BusyCalendar::Slot data = Take(PcieTransfer::Kind::COMPLETION, bytes, asked + latency);
    tag = std::max(data.end, fetched) + m_oneWay;
    return tag;
}

int64_t
PcieLink::ReserveRead(uint32_t bytes, int64_t start)
{
    NS_ASSERT_MSG(m_memory, "a PCIe link needs the host's memory");
    int64_t done = start;
    for (uint32_t left = bytes; left > 0;)
    {
        const uint32_t chunk = std::min(left, m_maxReadRequest);
        done = std::max(done, ReadChunk(chunk, start));
        left -= chunk;
    }
    return done;
}

bool
PcieLink::Contains(uint64_t address, uint64_t size) const
{
    return m_memory && m_memory->Contains(address, size);
}

void
PcieLink::WriteBytes(uint64_t address, const uint8_t* data, uint32_t size)
{
    m_memory->Write(address, data, size);
}

void
PcieLink::ReadBytes(uint64_t address, uint8_t* data, uint32_t size) const
{
    m_memory->Read(address, data, size);
}

void
PcieLink::SetGeneration(uint32_t generation)
{
    m_generation = generation;
    UpdateRate();
}

uint32_t
PcieLink::GetGeneration() const
{
    return m_generation;
}

void
PcieLink::SetLanes(uint32_t lanes)
{
    m_lanes = lanes;
    UpdateRate();
}

uint32_t
PcieLink::GetLanes() const
{
    return m_lanes;
}

void
PcieLink::SetUtilisation(double utilisation)
{
    m_utilisation = utilisation;
    UpdateRate();
}

double
PcieLink::GetUtilisation() const
{
    return m_utilisation;
}

void
PcieLink::SetReservedRate(DataRate rate)
{
    m_reservedRate = rate;
    UpdateRate();
}

DataRate
PcieLink::GetReservedRate() const
{
    return m_reservedRate;
}

void
PcieLink::SetFixedRate(DataRate rate)
{
    m_fixedRate = rate;
    UpdateRate();
}

DataRate
PcieLink::GetFixedRate() const
{
    return m_fixedRate;
}

void
PcieLink::SetRoundTrip(Time roundTrip)
{
    m_roundTrip = roundTrip;
    m_oneWay = roundTrip.GetTimeStep() / 2;
}

Time
PcieLink::GetRoundTrip() const
{
    return m_roundTrip;
}

void
PcieLink::SetOutstandingReads(uint32_t reads)
{
    m_tags.assign(reads, 0);
    m_nextTag = 0;
}

uint32_t
PcieLink::GetOutstandingReads() const
{
    return static_cast<uint32_t>(m_tags.size());
}

} // namespace offload
} // namespace ns3
