/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-generator.h"

#include "ns3/hash-mix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

constexpr double BITS = 8;
constexpr double PS_PER_NS = 1000;
constexpr double PS_PER_SECOND = 1e12;

constexpr uint8_t SENT = 1;     //!< a child has sent the index
constexpr uint8_t CAME_OUT = 2; //!< so have the handlers

} // namespace

uint32_t
FlareGenerator::GetBlockRange(double density, uint32_t elementBytes)
{
    constexpr uint32_t SLACK_BYTES = 64; // 16 values of 4 bytes, 32 of 2, 64 of 1
    const uint32_t values = flare::GetSparseCapacity(elementBytes) - SLACK_BYTES / elementBytes;
    return static_cast<uint32_t>(std::lround(values / density));
}

uint32_t
FlareGenerator::GetLargest(FlareType type, uint32_t children)
{
    constexpr uint32_t VALUES = 15;
    constexpr uint32_t FP16_INTEGERS = 1U << 11; // up to here all are exact
    return type == FlareType::FP16 ? std::clamp(FP16_INTEGERS / std::max(1U, children), 1U, VALUES)
                                   : VALUES;
}

uint32_t
FlareGenerator::GetHashSize(uint32_t elementBytes)
{
    constexpr uint32_t TABLE_BYTES = 1024;
    return TABLE_BYTES / elementBytes;
}

FlareGenerator::FlareGenerator(const FlareUnitConfig& config,
                               const FlareReduction& reduction,
                               const FlareTraffic& traffic,
                               int64_t stream)
    : m_config(config),
      m_reduction(reduction),
      m_traffic(traffic),
      m_elementBytes(GetBytes(traffic.type)),
      m_largest(GetLargest(traffic.type, reduction.children)),
      m_range(reduction.sparse ? reduction.blockRange : flare::MAX_DATA_BYTES / m_elementBytes),
      m_interval(CreateObject<ExponentialRandomVariable>()),
      m_order(CreateObject<UniformRandomVariable>())
{
    m_reduction.lossless = true;
    if (!m_reduction.operation)
    {
        m_reduction.operation = FlareOperator::Make(traffic.type, FlareOperation::SUM);
    }
    m_interval->SetStream(stream);
    m_order->SetStream(stream + 1);
    const FlareUnit unit(config, *this);
    m_reduction.window = config.spin.clusters;
    const uint64_t rounds = unit.GetL1Free() / std::max<uint64_t>(1, unit.GetL1Bytes(m_reduction));
    m_reduction.window =
        static_cast<uint32_t>(std::min<uint64_t>(traffic.blocks, rounds * config.spin.clusters));
    if (m_reduction.window == 0)
    {
        throw std::invalid_argument("a block's " + std::to_string(unit.GetL1Bytes(reduction)) +
                                    " bytes do not fit into the " +
                                    std::to_string(unit.GetL1Free()) + " of an L1");
    }
}

FlareGenerator::~FlareGenerator() = default;

FlareMeasurement
FlareGenerator::Run()
{
    m_salt = MixBits(m_salt + 1);
    m_unit = std::make_unique<FlareUnit>(m_config, static_cast<FlareOutput&>(*this));
    m_unit->SetObserver(this);
    m_handler = &m_unit->Install(m_reduction);
    m_now = 0;
    m_firstFeedback = m_lastFeedback = m_bytes = m_values = m_handled = 0;
    m_valuesOut = m_indicesOut = 0;
    m_complete = 0;
    m_good = true;
    for (uint32_t first = 0; first < m_traffic.blocks; first += m_reduction.window)
    {
        SendWindow(first, std::min(m_reduction.window, m_traffic.blocks - first));
    }
    const FlareUnitCounters& unit = m_unit->GetCounters();
    const FlareCounters& counters = m_handler->GetCounters();
    FlareMeasurement result;
    const double cycles = static_cast<double>(m_lastFeedback - m_firstFeedback);
    const double ps = cycles * static_cast<double>(m_config.spin.clockPeriod.GetTimeStep());
    result.gbps = static_cast<double>(m_bytes) * BITS * PS_PER_NS / ps;
    result.elementsPerSecond = static_cast<double>(m_values) * PS_PER_SECOND / ps;
    result.inputBytes = unit.inputBytesMax;
    result.workingBytes = unit.memoryByteCycles / static_cast<double>(m_lastFeedback);
    result.blockBytes = unit.memoryByteCycles / static_cast<double>(counters.blockCycles);
    result.extraTraffic =
        m_indicesOut ? static_cast<double>(m_valuesOut) / static_cast<double>(m_indicesOut) - 1 : 0;
    result.verified = m_good && m_complete == m_traffic.blocks &&
                      counters.blocks == m_traffic.blocks && m_unit->GetPacketsInside() == 0;
    return result;
}

void
FlareGenerator::SendWindow(uint32_t first, uint32_t blocks)
{
    m_first = first;
    m_expected.assign(blocks, std::vector<uint8_t>(size_t{m_range} * m_elementBytes, 0));
    if (m_reduction.sparse)
    {
        m_seen = m_expected;
        m_present.assign(blocks, std::vector<uint8_t>(m_range, 0));
    }
    const uint32_t children = m_reduction.children;
    std::vector<uint32_t> order(children);
    std::iota(order.begin(), order.end(), 0);
    for (uint32_t turn = 0; turn < blocks; turn++)
    {
        for (uint32_t i = children; i-- > 1;)
        {
            std::swap(order[i], order[m_order->GetInteger(0, i)]);
        }
        for (const uint32_t child : order)
        {
            const uint64_t start = m_traffic.staggered ? uint64_t{child} * blocks / children : 0;
            const Arrival arrival{child, first + static_cast<uint32_t>((start + turn) % blocks)};
            m_reduction.sparse ? SendSparse(arrival) : SendDense(arrival);
        }
    }
    while (m_unit->GetNextTime() != INT64_MAX)
    {
        m_now = std::max(m_now, static_cast<double>(m_unit->GetNextTime()));
        m_unit->Advance(static_cast<int64_t>(m_now));
    }
    for (uint32_t block = 0; m_reduction.sparse && block < blocks; block++)
    {
        Check(block);
    }
}

void
FlareGenerator::Offer(FlarePacketPtr&& packet)
{
    m_unit->Advance(static_cast<int64_t>(m_now));
    // Back-pressure: packets wait on the wire, and all that follow come so much later.
    while (!m_unit->Receive(*m_handler, FlarePacketPtr(packet), static_cast<int64_t>(m_now)))
    {
        m_now = std::max(m_now + 1, static_cast<double>(m_unit->GetNextTime()));
        m_unit->Advance(static_cast<int64_t>(m_now));
    }
}

FlarePacketPtr
FlareGenerator::MakePacket(const Arrival& arrival) const
{
    auto pool = FlarePacketPool::Get();
    FlarePacketPtr packet = pool->Create();
    packet->kind = m_reduction.sparse ? FlareKind::SPARSE : FlareKind::DENSE;
    packet->allreduce = m_reduction.id;
    packet->block = arrival.block;
    packet->port = static_cast<uint8_t>(arrival.child);
    packet->data = pool->CreateBuffer();
    return packet;
}

int64_t
FlareGenerator::GetValue(const Arrival& arrival, uint32_t index) const
{
    const uint64_t key = uint64_t{arrival.block} << 32 | arrival.child << 16 | index;
    return static_cast<int64_t>(MixBits(key + m_salt) % m_largest) + 1;
}

bool
FlareGenerator::IsPresent(const Arrival& arrival, uint32_t index) const
{
    constexpr double SCALE = 0x1p-53;
    const uint64_t key = uint64_t{arrival.block} << 32 | arrival.child << 16 | index;
    return static_cast<double>(MixBits(key ^ m_salt) >> 11) * SCALE < m_traffic.density;
}

void
FlareGenerator::Put(uint8_t* to, int64_t value) const
{
    switch (m_traffic.type)
    {
    case FlareType::FP16: {
        const uint16_t half = FloatToHalf(static_cast<float>(value));
        std::memcpy(to, &half, sizeof(half));
        return;
    }
    case FlareType::FP32: {
        const auto real = static_cast<float>(value);
        std::memcpy(to, &real, sizeof(real));
        return;
    }
    default:
        std::memcpy(to, &value, m_elementBytes); // little-endian, modulo the width
    }
}

void
FlareGenerator::AddExpected(const Arrival& arrival, uint32_t index)
{
    uint8_t value[sizeof(int64_t)];
    Put(value, GetValue(arrival, index));
    m_reduction.operation->Combine(
        &m_expected[arrival.block - m_first][size_t{index} * m_elementBytes],
        value,
        1);
}

void
FlareGenerator::SendDense(const Arrival& arrival)
{
    FlarePacketPtr packet = MakePacket(arrival);
    for (uint32_t i = 0; i < m_range; i++)
    {
        Put(packet->data->bytes.data() + i * m_elementBytes, GetValue(arrival, i));
        AddExpected(arrival, i);
    }
    packet->values = static_cast<uint16_t>(m_range);
    packet->dataBytes = m_range * m_elementBytes;
    packet->Seal();
    m_now += m_interval->GetValue() * packet->dataBytes * BITS * PS_PER_NS / m_traffic.gbps;
    Offer(std::move(packet));
}

void
FlareGenerator::SendSparse(const Arrival& arrival)
{
    const uint32_t capacity = flare::GetSparseCapacity(m_elementBytes);
    const uint32_t pair = flare::INDEX_BYTES + m_elementBytes;
    FlarePacketPtr packet;
    uint8_t shards = 0;
    m_now +=
        m_interval->GetValue() * flare::SPARSE_PACKET_BYTES * BITS * PS_PER_NS / m_traffic.gbps;
    for (uint32_t i = 0; i < m_range; i++)
    {
        if (!IsPresent(arrival, i))
        {
            continue;
        }
        if (packet && packet->values == capacity)
        {
            packet->shard = shards++;
            packet->Seal();
            Offer(std::exchange(packet, nullptr));
        }
        if (!packet)
        {
            packet = MakePacket(arrival);
            packet->dataBytes = capacity * pair;
        }
        const auto index = static_cast<uint16_t>(i);
        uint8_t* to = packet->data->bytes.data() + packet->values * pair;
        std::memcpy(to, &index, sizeof(index));
        Put(to + flare::INDEX_BYTES, GetValue(arrival, i));
        ++packet->values;
        AddExpected(arrival, i);
        m_present[arrival.block - m_first][i] |= SENT;
    }
    if (!packet)
    {
        packet = MakePacket(arrival);
    }
    packet->shard = shards;
    packet->shards = static_cast<uint8_t>(shards + 1);
    packet->Seal();
    Offer(std::move(packet));
}

void
FlareGenerator::SendReduced(FlareHandler&, FlarePacketPtr&& packet, int64_t)
{
    const uint32_t block = packet->block - m_first;
    if (!packet->IsSparse())
    {
        ++m_complete;
        const std::vector<uint8_t>& expected = m_expected[block];
        m_good = m_good && packet->dataBytes == expected.size() &&
                 std::equal(expected.begin(), expected.end(), packet->data->bytes.begin());
        return;
    }
    const uint32_t pair = flare::INDEX_BYTES + m_elementBytes;
    for (uint32_t i = 0; i < packet->values; i++)
    {
        uint16_t index;
        std::memcpy(&index, packet->data->bytes.data() + i * pair, sizeof(index));
        m_present[block][index] |= CAME_OUT;
        m_reduction.operation->Combine(&m_seen[block][size_t{index} * m_elementBytes],
                                       packet->data->bytes.data() + i * pair + flare::INDEX_BYTES,
                                       1);
    }
    m_valuesOut += packet->values;
    m_complete += packet->shards != 0 ? 1 : 0;
}

void
FlareGenerator::Check(uint32_t block)
{
    m_good = m_good && m_seen[block] == m_expected[block];
    for (const uint8_t present : m_present[block])
    {
        m_good = m_good && (present == 0 || present == (SENT | CAME_OUT));
        m_indicesOut += present != 0 ? 1 : 0;
    }
}

void
FlareGenerator::ResendReduced(FlareHandler&, FlarePacketPtr&&, uint32_t, int64_t)
{
    m_good = false; // nothing is lost here
}

void
FlareGenerator::HandlerRan(const FlareRun& run)
{
    if (m_handled++ == 0)
    {
        m_firstFeedback = run.feedback;
    }
    else
    {
        m_firstFeedback = std::min(m_firstFeedback, run.feedback);
        m_bytes += m_reduction.sparse ? flare::SPARSE_PACKET_BYTES : run.bytes;
        m_values += run.values;
    }
    m_lastFeedback = std::max(m_lastFeedback, run.feedback);
    if (m_outer)
    {
        m_outer->HandlerRan(run);
    }
}

} // namespace offload
} // namespace ns3
