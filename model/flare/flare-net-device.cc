/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-net-device.h"

#include "ns3/ipv4-address.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>
#include <iostream>
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
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("MaxAlarms",
                          "Alarms in a row, without a result between them, after which an "
                          "operation is given up if nobody is told of them; 0: never. Assumption: "
                          "32, so that 256 ms of silence are an error, and hosts may be late.",
                          UintegerValue(32),
                          MakeUintegerAccessor(&FlareNetDevice::m_maxAlarms),
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
FlareNetDevice::Start(const FlareJob& job,
                      DoneCallback done,
                      AlarmCallback alarm,
                      FailureCallback failed)
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
    m_format = {job.rank, job.elementBytes, job.sparse};
    m_firstNumber = job.sequence ? job.sequence->Take(job.blocks) : 0;
    ++m_operation;
    m_done = done;
    m_alarm = alarm;
    m_failed = failed;
    m_error.clear();
    m_alarms = 0;
    m_window.Begin(job.first, job.blocks, job.window);
    m_group = Mac48Address::GetMulticast(Ipv4Address(job.group));
    m_shards.assign(job.sparse ? m_window.GetSize() : 0, FlareShards());
    try
    {
        Begin(LookaheadQueue::Now());
    }
    catch (const std::logic_error&)
    {
        Stop();
        throw;
    }
}

void
FlareNetDevice::Begin(int64_t now)
{
    const uint32_t window = m_window.GetSize();
    for (uint32_t i = 0; i < window; i++)
    {
        SendBlock(m_job.first + (m_job.start + i) % window, now);
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
    m_failed = FailureCallback();
}

void
FlareNetDevice::Fail(const std::string& reason)
{
    const FailureCallback failed = m_failed;
    const uint16_t id = m_job.id;
    Stop();
    m_error = "FlareNetDevice: allreduce " + std::to_string(id) + " is given up at rank " +
              std::to_string(m_job.rank) + ": " + reason;
    if (failed.IsNull())
    {
        std::clog << m_error << '\n'; // also in a build without logs
        return;
    }
    m_telling = true;
    LookaheadQueue::Get().Surface(GetContext(), [this, failed, id, operation = m_operation] {
        if (operation == m_operation)
        {
            m_telling = false;
            const std::string error = m_error; // whoever is told may begin the next one
            failed(id, error);
        }
    });
}

void
FlareNetDevice::SendOrFail(uint32_t block, int64_t now)
{
    try
    {
        SendBlock(block, now);
    }
    catch (const std::logic_error& error)
    {
        Fail(error.what());
    }
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
        more = m_format.Read(*m_job.vector, block, shard, *packet);
    }
    if (m_job.sparse)
    {
        if (shard == flare::MAX_SHARDS)
        {
            throw std::length_error("block " + std::to_string(block) + " of rank " +
                                    std::to_string(m_job.rank) + " takes more than " +
                                    std::to_string(flare::MAX_SHARDS) +
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
    if (!m_window.IsOpen() || packet->allreduce != m_job.id || block >= m_job.blocks)
    {
        return;
    }
    if (packet->IsResult())
    {
        TakeResult(*packet, block);
    }
    else if (packet->kind == FlareKind::FAULT)
    {
        const auto fault = static_cast<FlareFault>(packet->shard);
        const std::string whose =
            fault == FlareFault::SHARDS
                ? "a switch cannot pass on its sums"
                : "a switch refuses the part of its child " + std::to_string(packet->port);
        Fail(whose + " in block " + std::to_string(block) + ": " + ToString(fault));
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
    m_alarms = 0;
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
        SendOrFail(block + m_window.GetSize(), now);
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
        if (m_window.IsOpen())
        {
            ++m_counters.repeated;
            SendOrFail(block, now);
        }
    });
    if (m_window.IsOpen() && m_progressAt + GetPatience().GetTimeStep() <= now)
    {
        m_progressAt = now;
        if (m_alarm.IsNull())
        {
            if (++m_alarms == m_maxAlarms)
            {
                Fail("nothing has been answered " + std::to_string(m_alarms) + " times " +
                     std::to_string(GetPatience().GetMicroSeconds()) + " us long");
            }
        }
        else
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
