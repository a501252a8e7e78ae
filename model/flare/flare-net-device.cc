/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-net-device.h"

#include "ns3/ipv4-address.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FlareNetDevice);

namespace
{

constexpr int64_t NONE = INT64_MAX; //!< nothing is in flight
constexpr uint32_t WORD_BITS = 64;

} // namespace

TypeId
FlareNetDevice::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::FlareNetDevice")
            .SetParent<RdmaNetDevice>()
            .SetGroupName("Offload")
            .AddConstructor<FlareNetDevice>()
            .AddAttribute("ReductionTimeout",
                          "Time after which a contribution without a result is sent again; 0: "
                          "never. Assumption: 1 ms, many times a loaded switch's latency.",
                          TimeValue(MilliSeconds(1)),
                          MakeTimeAccessor(&FlareNetDevice::m_timeout),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("MaxRepeats",
                          "How often in a row all that is not answered may be sent again before "
                          "the application is told. Default: 7, the most that InfiniBand's queue "
                          "pairs count (IBTA 11.2.5.1).",
                          UintegerValue(7),
                          MakeUintegerAccessor(&FlareNetDevice::m_maxRepeats),
                          MakeUintegerChecker<uint32_t>());
    return tid;
}

FlareNetDevice::FlareNetDevice() = default;
FlareNetDevice::~FlareNetDevice() = default;

void
FlareNetDevice::DoDispose()
{
    m_timer.Clear();
    m_open = 0;
    m_done = DoneCallback();
    m_alarm = AlarmCallback();
    RdmaNetDevice::DoDispose();
}

void
FlareNetDevice::Start(const FlareJob& job, DoneCallback done, AlarmCallback alarm)
{
    if (IsBusy() || job.first >= job.blocks || job.window == 0 ||
        (!job.vector && job.collective != FlareCollective::BARRIER))
    {
        throw std::invalid_argument("FlareNetDevice: allreduce " + std::to_string(job.id) +
                                    " needs blocks, a window, a vector and a device without "
                                    "another one");
    }
    m_job = job;
    m_done = done;
    m_alarm = alarm;
    m_open = job.blocks - job.first;
    m_group = Mac48Address::GetMulticast(Ipv4Address(job.group));
    m_results.assign((job.blocks + WORD_BITS - 1) / WORD_BITS, 0);
    for (uint32_t block = 0; block < job.first; block++)
    {
        m_results[block / WORD_BITS] |= uint64_t{1} << block % WORD_BITS;
    }
    const uint32_t window = std::min(job.window, m_open);
    m_job.window = window;
    m_sentAt.assign(window, NONE);
    m_inFlight.assign(window, 0);
    m_shards.assign(job.sparse ? window : 0, FlareShards());
    const int64_t now = LookaheadQueue::Now();
    for (uint32_t i = 0; i < window; i++)
    {
        SendBlock(job.first + (job.start + i) % window, now);
    }
    m_progressAt = now;
    if (m_timeout.IsStrictlyPositive())
    {
        m_timer.Set(GetContext(), now + m_timeout.GetTimeStep());
    }
}

void
FlareNetDevice::Stop()
{
    m_timer.Clear();
    m_open = 0;
}

void
FlareNetDevice::SendBlock(uint32_t block, int64_t now)
{
    bool queued = true;
    bool more = true;
    for (uint32_t shard = 0; more; shard++)
    {
        queued = SendShard(block, shard, more) && queued;
    }
    const uint32_t slot = block % m_job.window;
    // A queue that is full drops the frame; it is repeated.
    m_sentAt[slot] = queued ? std::max(now, GetTransmitFreeAt()) : now;
    m_inFlight[slot] = block;
}

bool
FlareNetDevice::SendShard(uint32_t block, uint32_t shard, bool& more)
{
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    FlarePacketPtr packet = pool->Create();
    packet->kind = m_job.sparse ? FlareKind::SPARSE : FlareKind::DENSE;
    packet->source = m_job.address;
    packet->destination = m_job.group;
    packet->root = m_job.group;
    packet->allreduce = m_job.id;
    packet->block = block;
    packet->port = m_job.child;
    more = false;
    if (m_job.Contributes())
    {
        packet->data = pool->CreateBuffer();
        more = m_job.vector->Read(block, shard, *packet) && m_job.sparse;
    }
    if (m_job.sparse)
    {
        if (shard == flare::MAX_SHARDS)
        {
            throw std::runtime_error("FlareNetDevice: block " + std::to_string(block) +
                                     " takes more than " + std::to_string(flare::MAX_SHARDS) +
                                     " packets, which its format cannot count");
        }
        packet->shard = static_cast<uint8_t>(shard);
        packet->shards = static_cast<uint8_t>(more ? 0 : shard + 1);
    }
    packet->Seal();
    EthernetFrame frame = MakeFrame();
    frame.destination = m_group;
    frame.protocol = EthernetFrame::IPV4;
    frame.content = std::move(packet);
    ++m_counters.sent;
    return SendFrame(std::move(frame));
}

uint32_t
FlareNetDevice::GetFirstMissing() const
{
    for (size_t i = 0; i < m_results.size(); i++)
    {
        if (~m_results[i] != 0)
        {
            const auto bit = static_cast<uint32_t>(__builtin_ctzll(~m_results[i]));
            return std::min(m_job.blocks, static_cast<uint32_t>(i) * WORD_BITS + bit);
        }
    }
    return m_job.blocks;
}

bool
FlareNetDevice::TakesAhead(const EthernetFrame& frame) const
{
    return FlarePacket::From(frame.content.get()) || RdmaNetDevice::TakesAhead(frame);
}

void
FlareNetDevice::ReceiveFrame(EthernetFrame&& frame)
{
    const FlarePacketPtr packet = FlarePacket::Of(frame);
    if (!packet)
    {
        RdmaNetDevice::ReceiveFrame(std::move(frame));
        return;
    }
    if (m_open > 0 && packet->IsResult() && packet->allreduce == m_job.id &&
        packet->block < m_job.blocks)
    {
        TakeResult(*packet);
    }
}

void
FlareNetDevice::TakeResult(const FlarePacket& packet)
{
    ++m_counters.received;
    uint64_t& word = m_results[packet.block / WORD_BITS];
    const uint64_t bit = uint64_t{1} << packet.block % WORD_BITS;
    const uint32_t slot = packet.block % m_job.window;
    if ((word & bit) != 0 || (m_job.sparse && !m_shards[slot].Mark(packet)))
    {
        ++m_counters.duplicates;
        return;
    }
    if (m_job.Receives())
    {
        m_job.vector->Write(packet);
    }
    const int64_t now = LookaheadQueue::Now();
    m_progressAt = now;
    if (m_job.sparse)
    {
        if (!m_shards[slot].Count(packet))
        {
            m_sentAt[slot] = now; // the others are on their way
            return;
        }
        m_shards[slot].Reset();
    }
    word |= bit;
    m_sentAt[slot] = NONE;
    if (packet.block + m_job.window < m_job.blocks)
    {
        SendBlock(packet.block + m_job.window, now);
    }
    if (--m_open == 0)
    {
        m_timer.Clear();
        m_doneTime = now;
        if (!m_done.IsNull())
        {
            LookaheadQueue::Get().Surface(GetContext(),
                                          [done = m_done, id = m_job.id] { done(id); });
        }
    }
}

void
FlareNetDevice::Repeat(int64_t now)
{
    const int64_t timeout = m_timeout.GetTimeStep();
    int64_t next = now + timeout;
    for (uint32_t slot = 0; slot < m_job.window; slot++)
    {
        const int64_t sentAt = m_sentAt[slot];
        if (sentAt == NONE)
        {
            continue;
        }
        if (sentAt + timeout <= now)
        {
            ++m_counters.repeated;
            SendBlock(m_inFlight[slot], now);
        }
        else
        {
            next = std::min(next, sentAt + timeout);
        }
    }
    if (m_progressAt + GetPatience().GetTimeStep() <= now)
    {
        m_progressAt = now;
        if (!m_alarm.IsNull())
        {
            LookaheadQueue::Get().Surface(GetContext(),
                                          [alarm = m_alarm, id = m_job.id] { alarm(id); });
        }
    }
    m_timer.Set(GetContext(), next);
}

} // namespace offload
} // namespace ns3
