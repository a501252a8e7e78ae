/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-net-device.h"

#include "ns3/ipv4-address.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FlareNetDevice);

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
    Stop();
    RdmaNetDevice::DoDispose();
}

void
FlareNetDevice::Start(const FlareJob& job, DoneCallback done, AlarmCallback alarm)
{
    const std::string name = "FlareNetDevice: allreduce " + std::to_string(job.id);
    if (IsBusy())
    {
        throw std::invalid_argument(name + " cannot begin before allreduce " +
                                    std::to_string(m_job.id) + " is complete on this host");
    }
    if (job.sequence && job.sequence->broken)
    {
        throw std::invalid_argument(name + " cannot begin: one of its group was given up, and the "
                                           "group must be made anew");
    }
    if (job.first >= job.blocks || job.blocks > flare::MAX_BLOCKS || job.window == 0 ||
        (!job.vector && job.collective != FlareCollective::BARRIER))
    {
        throw std::invalid_argument(name + " needs 1 to " + std::to_string(flare::MAX_BLOCKS) +
                                    " blocks, a window and a vector");
    }
    m_job = job;
    m_firstNumber = job.sequence ? job.sequence->Take(job.blocks) : 0;
    ++m_operation;
    m_done = done;
    m_alarm = alarm;
    m_window.Begin(job.first, job.blocks, job.window);
    m_group = Mac48Address::GetMulticast(Ipv4Address(job.group));
    const uint32_t window = m_window.GetSize();
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
    if (m_window.IsOpen() && m_job.sequence)
    {
        m_job.sequence->broken = true;
    }
    m_timer.Clear();
    m_window.Close();
    ++m_operation;
    m_telling = false;
    m_done = DoneCallback();
    m_alarm = AlarmCallback();
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
    // A queue that is full drops the frame; it is repeated.
    m_window.Send(block, queued ? std::max(now, GetTransmitFreeAt()) : now);
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
    packet->block = m_firstNumber + block;
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
    // Blocks of operations before this one have numbers that are lower, or far higher.
    const uint32_t block = packet->block - m_firstNumber;
    if (m_window.IsOpen() && packet->IsResult() && packet->allreduce == m_job.id &&
        block < m_job.blocks)
    {
        TakeResult(*packet, block);
    }
}

void
FlareNetDevice::Deliver(const FlarePacket& packet, uint32_t block)
{
    if (packet.block == block)
    {
        m_job.vector->Write(packet);
        return;
    }
    // Other hosts share the packet.
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    FlarePacketPtr own = pool->CreateNews(packet);
    own->block = block;
    own->values = packet.values;
    own->dataBytes = packet.dataBytes;
    if (packet.data)
    {
        own->data = pool->CreateBuffer();
        std::memcpy(own->data->bytes.data(), packet.data->bytes.data(), packet.dataBytes);
    }
    m_job.vector->Write(*own);
}

void
FlareNetDevice::TakeResult(const FlarePacket& packet, uint32_t block)
{
    ++m_counters.received;
    const uint32_t slot = m_window.GetSlot(block);
    if (m_window.IsComplete(block) || (m_job.sparse && !m_shards[slot].Mark(packet)))
    {
        ++m_counters.duplicates;
        return;
    }
    if (m_job.Receives())
    {
        const uint64_t operation = m_operation;
        Deliver(packet, block);
        if (operation != m_operation)
        {
            return; // the application has given it up
        }
    }
    const int64_t now = LookaheadQueue::Now();
    m_progressAt = now;
    if (m_job.sparse)
    {
        if (!m_shards[slot].Count(packet))
        {
            m_window.Send(block, now); // the others are on their way
            return;
        }
        m_shards[slot].Reset();
    }
    const bool last = m_window.Complete(block);
    if (block + m_window.GetSize() < m_job.blocks)
    {
        SendBlock(block + m_window.GetSize(), now);
    }
    if (last)
    {
        m_timer.Clear();
        m_doneTime = now;
        Tell();
    }
}

void
FlareNetDevice::Tell()
{
    if (m_done.IsNull())
    {
        return;
    }
    m_telling = true;
    LookaheadQueue::Get().Surface(GetContext(), [this, operation = m_operation] {
        if (operation == m_operation)
        {
            m_telling = false;
            const DoneCallback done = m_done; // whoever is told may begin the next one
            done(m_job.id);
        }
    });
}

void
FlareNetDevice::Repeat(int64_t now)
{
    const int64_t next = m_window.FindLate(now, m_timeout.GetTimeStep(), [&](uint32_t block) {
        ++m_counters.repeated;
        SendBlock(block, now);
    });
    if (m_progressAt + GetPatience().GetTimeStep() <= now)
    {
        m_progressAt = now;
        if (!m_alarm.IsNull())
        {
            LookaheadQueue::Get().Surface(GetContext(), [this, operation = m_operation] {
                if (operation == m_operation)
                {
                    const AlarmCallback alarm = m_alarm;
                    alarm(m_job.id);
                }
            });
        }
    }
    if (m_window.IsOpen())
    {
        m_timer.Set(GetContext(), next);
    }
}

} // namespace offload
} // namespace ns3
