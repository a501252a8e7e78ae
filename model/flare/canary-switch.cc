/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "canary-switch.h"

#include "ns3/hash-mix.h"
#include "ns3/host-address.h"
#include "ns3/node.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstring>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(CanarySwitch);

namespace
{

constexpr uint32_t OPERATIONS = 3; //!< of FlareOperation

} // namespace

TypeId
CanarySwitch::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::CanarySwitch")
            .SetParent<FabricSwitch>()
            .SetGroupName("Offload")
            .AddConstructor<CanarySwitch>()
            .AddAttribute("BlockTimeout",
                          "Time from a block's first packet until its sum is sent on, complete or "
                          "not. Assumption: 5 us: hosts at 100 Gbit/s that "
                          "have got the result before at different distances are within that.",
                          TimeValue(MicroSeconds(5)),
                          MakeTimeAccessor(&CanarySwitch::m_timeout),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("Descriptors",
                          "Blocks that may be summed or wait for their result. Assumption: 32768, "
                          "of 1 KiB each half of the L1 of 64 clusters (SC 2021).",
                          UintegerValue(32768),
                          MakeUintegerAccessor(&CanarySwitch::m_descriptorCount),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DescriptorLifetime",
                          "After that time another block may take a descriptor whose result has "
                          "not come: it was lost. Assumption: 10 ms, ten of a host's time-outs.",
                          TimeValue(MilliSeconds(10)),
                          MakeTimeAccessor(&CanarySwitch::m_lifetime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("LongQueue",
                          "A port whose queue takes longer than that is avoided if another one "
                          "leads to the leader, too. Assumption: 2 us, 25 kB at 100 Gbit/s.",
                          TimeValue(MicroSeconds(2)),
                          MakeTimeAccessor(&CanarySwitch::m_longQueue),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("Cores",
                          "Cores that sum, each one packet after the other. Default: 512, De Sensi "
                          "et al., SC 2021, section 3.",
                          UintegerValue(512),
                          MakeUintegerAccessor(&CanarySwitch::m_cores),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("HandlerCycles",
                          "Cycles of a handler beside the arithmetic. Default: 60, the entry, "
                          "count, return and result of FLARE's dense handlers (doc/flare.rst).",
                          UintegerValue(60),
                          MakeUintegerAccessor(&CanarySwitch::m_handlerCycles),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("ClockPeriod",
                          "Length of a cycle. Default: 1 GHz, SC 2021, section 3.",
                          TimeValue(NanoSeconds(1)),
                          MakeTimeAccessor(&CanarySwitch::m_clockPeriod),
                          MakeTimeChecker(PicoSeconds(1)));
    return tid;
}

CanarySwitch::CanarySwitch() = default;
CanarySwitch::~CanarySwitch() = default;

void
CanarySwitch::DoDispose()
{
    m_timer.Clear();
    m_descriptors.clear();
    m_waiting.clear();
    FabricSwitch::DoDispose();
}

uint64_t
CanarySwitch::GetKey(const CanaryPacket& packet)
{
    constexpr uint32_t SEQUENCE_BITS = 16;
    constexpr uint32_t BLOCK_BITS = 32;
    const uint64_t allreduce = uint64_t{packet.communicator} << SEQUENCE_BITS | packet.sequence;
    return allreduce << BLOCK_BITS | packet.block;
}

uint64_t
CanarySwitch::Spread(uint64_t key)
{
    // Blocks of an allreduce follow each other; those of different ones begin anywhere.
    return MixHash(0, key >> 32) % UINT32_MAX + (key & UINT32_MAX);
}

uint32_t
CanarySwitch::GetPlace(const CanaryPacket& packet) const
{
    return static_cast<uint32_t>(Spread(GetKey(packet)) % m_descriptors.size());
}

CanarySwitch::Descriptor*
CanarySwitch::Find(const CanaryPacket& packet)
{
    if (m_descriptors.empty())
    {
        return nullptr;
    }
    Descriptor& descriptor = m_descriptors[GetPlace(packet)];
    return descriptor.used && descriptor.key == GetKey(packet) ? &descriptor : nullptr;
}

const FlareOperator&
CanarySwitch::GetOperator(const CanaryPacket& packet)
{
    const auto index =
        static_cast<uint32_t>(packet.type) * OPERATIONS + static_cast<uint32_t>(packet.operation);
    if (index >= m_operators.size())
    {
        m_operators.resize(index + 1);
    }
    if (!m_operators[index])
    {
        m_operators[index] = FlareOperator::Make(packet.type, packet.operation);
    }
    return *m_operators[index];
}

void
CanarySwitch::Prepare()
{
    m_descriptors.resize(m_descriptorCount);
    m_coreFree.assign(m_cores, 0);
}

void
CanarySwitch::Schedule(int64_t time, uint32_t number, uint32_t generation)
{
    m_events.Push({time, m_order++, number, generation});
    m_timer.SetBy(GetPort(0)->GetNode()->GetId(), m_events.GetTop().time);
}

bool
CanarySwitch::Consume(uint32_t ingress, EthernetFrame& frame)
{
    const CanaryPacket* packet = CanaryPacket::From(frame.content.get());
    if (!packet)
    {
        return false;
    }
    if (packet->bypass)
    {
        if (packet->kind == CanaryKind::CONTRIBUTION && packet->round == 0)
        {
            PassBy(ingress, *packet);
            return true;
        }
        if (packet->kind == CanaryKind::RESULT)
        {
            Forget(*packet);
        }
        // In the second round it is from host to host, and so is its result.
        return false;
    }
    if (packet->kind == CanaryKind::RESULT)
    {
        if (packet->trail.hops > 0)
        {
            GoBack(ingress, *packet);
            return true;
        }
        return PassDown(ingress, frame, *packet);
    }
    if (packet->kind != CanaryKind::CONTRIBUTION || !packet->body)
    {
        return false;
    }
    if (m_descriptors.empty())
    {
        Prepare();
    }
    ++m_counters.contributions;
    // All packets of a block go to the same core; nobody needs a lock.
    const int64_t now = LookaheadQueue::Now();
    const FlareOperator& operation = GetOperator(*packet);
    const int64_t done = Work(GetKey(*packet), operation.GetCycles(packet->body->values), now);
    if (m_freeWaiting.empty())
    {
        m_freeWaiting.push_back(static_cast<uint32_t>(m_waiting.size()));
        m_waiting.emplace_back();
    }
    const uint32_t number = m_freeWaiting.back();
    m_freeWaiting.pop_back();
    // A content knows the references to it; nobody changes the rest.
    m_waiting[number] = {ingress, CanaryPacketPtr(const_cast<CanaryPacket*>(packet))};
    Schedule(done, number, PACKET);
    return true;
}

int64_t
CanarySwitch::Work(uint64_t key, uint32_t cycles, int64_t now)
{
    int64_t& free = m_coreFree[Spread(key) % m_cores];
    free = std::max(free, now) + (m_handlerCycles + cycles) * m_clockPeriod.GetTimeStep();
    return free;
}

void
CanarySwitch::Advance(int64_t now)
{
    while (!m_events.IsEmpty() && m_events.GetTop().time <= now)
    {
        const Event event = m_events.GetTop();
        m_events.Pop();
        if (event.generation == PACKET)
        {
            m_freeWaiting.push_back(event.number);
            auto [ingress, packet] = std::exchange(m_waiting[event.number], {});
            Handle(ingress, std::move(packet));
            continue;
        }
        Descriptor& descriptor = m_descriptors[event.number];
        if (!descriptor.used || descriptor.sent || descriptor.generation != event.generation)
        {
            continue;
        }
        if (!descriptor.expired)
        {
            // A task like any other: packets that the core has got before are added first.
            descriptor.expired = true;
            Schedule(Work(descriptor.key, 0, now), event.number, event.generation);
            continue;
        }
        ++m_counters.timeouts;
        SendOn(descriptor);
    }
    if (!m_events.IsEmpty())
    {
        m_timer.SetBy(GetPort(0)->GetNode()->GetId(), m_events.GetTop().time);
    }
}

void
CanarySwitch::Handle(uint32_t ingress, CanaryPacketPtr&& packet)
{
    const uint32_t place = GetPlace(*packet);
    Descriptor& descriptor = m_descriptors[place];
    const int64_t now = LookaheadQueue::Now();
    if (descriptor.used && descriptor.key != GetKey(*packet))
    {
        if (now - descriptor.since <= m_lifetime.GetTimeStep())
        {
            ++m_counters.collisions;
            PassBy(ingress, *packet);
            return;
        }
        ++m_counters.reclaimed;
        Free(descriptor);
    }
    if (!descriptor.used)
    {
        Open(descriptor, ingress, std::move(packet));
        Schedule(now + m_timeout.GetTimeStep(), place, descriptor.generation);
        return;
    }
    descriptor.ports[ingress] = true;
    // What has not as many values is nothing to add; the leader sees that it is an error.
    if (descriptor.sent || packet->body->values != descriptor.sum->values)
    {
        ++m_counters.stragglers;
        Route(ingress, packet);
        return;
    }
    GetOperator(*packet).Combine(descriptor.sum->data->bytes.data(),
                                 packet->body->data->bytes.data(),
                                 packet->body->values);
    descriptor.counter = static_cast<uint16_t>(descriptor.counter + packet->counter);
    // The leader keeps its own values.
    if (descriptor.counter + 1 >= packet->hosts)
    {
        SendOn(descriptor);
    }
}

void
CanarySwitch::PassBy(uint32_t ingress, const CanaryPacket& packet)
{
    const CanaryPacketPtr copy = CanaryPacketPool::Get()->CreateLike(packet);
    copy->bypass = true;
    copy->trail = packet.trail;
    copy->trail.Push(ingress);
    copy->body = packet.body;
    copy->Seal();
    Route(ingress, copy);
}

void
CanarySwitch::GoBack(uint32_t ingress, const CanaryPacket& result)
{
    const CanaryPacketPtr copy = CanaryPacketPool::Get()->CreateLike(result);
    copy->trail = result.trail;
    const uint32_t egress = copy->trail.ports[--copy->trail.hops];
    copy->body = result.body;
    copy->Seal();
    Transmit(ingress, egress, copy);
}

void
CanarySwitch::Open(Descriptor& descriptor, uint32_t ingress, CanaryPacketPtr&& packet)
{
    ++m_used;
    descriptor.used = true;
    descriptor.sent = false;
    descriptor.expired = false;
    descriptor.key = GetKey(*packet);
    descriptor.counter = packet->counter;
    ++descriptor.generation;
    descriptor.ingress = ingress;
    descriptor.since = LookaheadQueue::Now();
    descriptor.ports.assign(GetPorts(), false);
    descriptor.ports[ingress] = true;
    const Ptr<FlarePacketPool> pool = FlarePacketPool::Get();
    descriptor.sum = pool->Create();
    descriptor.sum->values = packet->body->values;
    descriptor.sum->dataBytes = packet->body->dataBytes;
    descriptor.sum->data = pool->CreateBuffer();
    std::memcpy(descriptor.sum->data->bytes.data(),
                packet->body->data->bytes.data(),
                packet->body->dataBytes);
    descriptor.first = std::move(packet);
    if (descriptor.counter + 1 >= descriptor.first->hosts)
    {
        SendOn(descriptor);
    }
}

void
CanarySwitch::SendOn(Descriptor& descriptor)
{
    const CanaryPacket& first = *descriptor.first;
    m_counters.sums += descriptor.counter > first.counter ? 1 : 0;
    const CanaryPacketPtr packet = CanaryPacketPool::Get()->CreateLike(first);
    packet->counter = descriptor.counter;
    packet->body = std::move(descriptor.sum);
    packet->Seal();
    descriptor.sent = true;
    descriptor.first = nullptr;
    Route(descriptor.ingress, packet);
}

void
CanarySwitch::Route(uint32_t ingress, const CanaryPacketPtr& packet)
{
    const PortRange ports = GetPortsTo(packet->destination, ingress);
    if (ports.count == 0)
    {
        EthernetFrame frame;
        frame.protocol = EthernetFrame::IPV4;
        frame.content = packet;
        Drop(ingress, frame, SwitchDropReason::NO_ROUTE);
        return;
    }
    // Packets of a block meet where they all choose the same port.
    uint32_t egress =
        ports.first + static_cast<uint32_t>(MixHash(0, GetKey(*packet)) % ports.count);
    const int64_t now = LookaheadQueue::Now();
    const auto wait = [this, now](uint32_t port) {
        return GetPort(port)->IsLinkUp() ? GetPort(port)->GetTransmitFreeAt() - now : INT64_MAX;
    };
    if (ports.count > 1 && wait(egress) > m_longQueue.GetTimeStep())
    {
        const uint32_t usual = egress;
        for (uint32_t port = ports.first; port < ports.first + ports.count; ++port)
        {
            egress = wait(port) < wait(egress) ? port : egress;
        }
        m_counters.detours += egress != usual ? 1 : 0;
    }
    Transmit(ingress, egress, packet);
}

void
CanarySwitch::Transmit(uint32_t ingress, uint32_t egress, const CanaryPacketPtr& packet)
{
    EthernetFrame frame;
    frame.destination = MakeHostAddress(packet->destination);
    frame.source = Mac48Address::ConvertFrom(GetPort(egress)->GetAddress());
    frame.protocol = EthernetFrame::IPV4;
    frame.content = packet;
    frame.SetIngress(ingress);
    frame.SetPriority(packet->GetPriority());
    Output(ingress, egress, std::move(frame));
}

bool
CanarySwitch::PassDown(uint32_t ingress, const EthernetFrame& frame, const CanaryPacket& packet)
{
    Descriptor* descriptor = Find(packet);
    if (!descriptor)
    {
        return false;
    }
    ++m_counters.results;
    for (uint32_t port = 0; port < GetPorts(); ++port)
    {
        if (descriptor->ports[port] && port != ingress)
        {
            Output(ingress, port, EthernetFrame(frame));
        }
    }
    Free(*descriptor);
    return true;
}

void
CanarySwitch::Forget(const CanaryPacket& result)
{
    if (Descriptor* descriptor = Find(result))
    {
        Free(*descriptor);
    }
}

void
CanarySwitch::Free(Descriptor& descriptor)
{
    --m_used;
    descriptor.used = false;
    descriptor.first = nullptr;
    descriptor.sum = nullptr;
}

} // namespace offload
} // namespace ns3
