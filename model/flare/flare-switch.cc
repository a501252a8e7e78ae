/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-switch.h"

#include "ns3/double.h"
#include "ns3/ipv4-address.h"
#include "ns3/node.h"
#include "ns3/spin-unit.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FlareSwitch);

TypeId
FlareSwitch::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::FlareSwitch")
            .SetParent<FabricSwitch>()
            .SetGroupName("Offload")
            .AddConstructor<FlareSwitch>()
            .AddAttribute("Clusters",
                          "Clusters of the sPIN unit. Default: 64, De Sensi et al., SC 2021 "
                          "(FLARE), section 3.",
                          UintegerValue(64),
                          MakeUintegerAccessor(&FlareSwitch::m_clusters),
                          MakeUintegerChecker<uint32_t>(1, 4096))
            .AddAttribute("CoresPerCluster",
                          "Cores of a cluster, a power of two. Default: 8, SC 2021, section 3.",
                          UintegerValue(8),
                          MakeUintegerAccessor(&FlareSwitch::m_coresPerCluster),
                          MakeUintegerChecker<uint32_t>(1, 32))
            .AddAttribute("ClustersPerPort",
                          "Clusters that share ports of 64 bytes a cycle for packets that come in, "
                          "go to L1 and leave, and a packet memory. Default: 4, a PsPIN unit "
                          "(pspin_cfg_pkg.sv).",
                          UintegerValue(4),
                          MakeUintegerAccessor(&FlareSwitch::m_clustersPerPort),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("ClockPeriod",
                          "Length of a cycle. Default: 1 GHz, SC 2021, section 3.",
                          TimeValue(NanoSeconds(1)),
                          MakeTimeAccessor(&FlareSwitch::m_clockPeriod),
                          MakeTimeChecker(PicoSeconds(1)))
            .AddAttribute("L1Bytes",
                          "L1 memory of a cluster, 81 KiB of it for PsPIN's runtime and packets. "
                          "Default: 1 MiB, SC 2021, section 3.",
                          UintegerValue(1048576),
                          MakeUintegerAccessor(&FlareSwitch::m_l1Bytes),
                          MakeUintegerChecker<uint32_t>(131072))
            .AddAttribute("L2PacketBytes",
                          "Packet memory of the clusters that share ports. Default: 4 MiB, SC "
                          "2021, section 3.",
                          UintegerValue(4194304),
                          MakeUintegerAccessor(&FlareSwitch::m_l2PacketBytes),
                          MakeUintegerChecker<uint32_t>(65536))
            .AddAttribute("PacketShare",
                          "Packets of one of several reductions may take so many times the packet "
                          "memory that is free (Choudhury and Hahne, 1998). Assumption: 8, so that "
                          "a ninth is left for others.",
                          DoubleValue(8),
                          MakeDoubleAccessor(&FlareSwitch::m_packetShare),
                          MakeDoubleChecker<double>(0, 1024))
            .AddAttribute("OutputBacklog",
                          "What is in a port's queue, as time on the wire, when the unit keeps "
                          "back packets for it. Assumption: 10 us, 125 kB at 100 Gbit/s, of which "
                          "the default buffer of a switch has room for a hundred.",
                          TimeValue(MicroSeconds(10)),
                          MakeTimeAccessor(&FlareSwitch::m_outputBacklog),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("MaxReductions",
                          "Partitions of the memory: reductions that may be installed at a time. "
                          "Assumption: 8; SC 2021, section 4, gives no number.",
                          UintegerValue(8),
                          MakeUintegerAccessor(&FlareSwitch::m_maxReductions),
                          MakeUintegerChecker<uint32_t>(1, 4096));
    return tid;
}

FlareSwitch::FlareSwitch() = default;
FlareSwitch::~FlareSwitch() = default;

void
FlareSwitch::DoDispose()
{
    m_timer.Clear();
    m_outboxTimer.Clear();
    m_outbox.clear();
    m_reductions.clear();
    m_unit = nullptr;
    FabricSwitch::DoDispose();
}

FlareUnit&
FlareSwitch::GetUnit()
{
    if (!m_unit)
    {
        FlareUnitConfig config;
        config.spin = CreateObject<SpinUnit>()->GetConfig();
        config.spin.clusters = m_clusters;
        config.spin.hpusPerCluster = m_coresPerCluster;
        config.spin.clockPeriod = m_clockPeriod;
        config.spin.l1Bytes = m_l1Bytes;
        config.spin.l2PacketBytes = m_l2PacketBytes;
        config.clustersPerPort = m_clustersPerPort;
        config.packetShare = m_packetShare;
        m_unit = std::make_unique<FlareUnit>(config, static_cast<FlareOutput&>(*this));
        m_partition = m_unit->GetL1Free() / m_maxReductions;
    }
    return *m_unit;
}

FlareSwitch::Installed*
FlareSwitch::Find(uint16_t id)
{
    for (Installed& reduction : m_reductions)
    {
        if (reduction.id == id)
        {
            return &reduction;
        }
    }
    return nullptr;
}

uint32_t
FlareSwitch::GetMaxWindow(const FlareReduction& reduction)
{
    FlareReduction one = reduction;
    one.window = 1;
    const uint64_t block = std::max<uint64_t>(1, GetUnit().GetL1Bytes(one));
    return static_cast<uint32_t>(std::min<uint64_t>(UINT32_MAX, m_partition / block * m_clusters));
}

uint32_t
FlareSwitch::GetMaxPartitions(const FlareReduction& reduction)
{
    FlareReduction one = reduction;
    one.window = 1;
    const uint64_t block = std::max<uint64_t>(1, GetUnit().GetL1Bytes(one));
    return static_cast<uint32_t>(GetUnit().GetL1Free() / block);
}

uint32_t
FlareSwitch::GetMaxBlockRange(const FlareReduction& reduction)
{
    FlareReduction one = reduction;
    one.storage = FlareStorage::ARRAY;
    one.window = 1;
    one.blockRange = 1;
    one.children = GetPorts();
    const uint64_t bytes = GetUnit().GetL1Bytes(one);
    const uint64_t more =
        (m_partition - std::min(bytes, m_partition)) / reduction.operation->GetElementBytes();
    return bytes > m_partition
               ? 0
               : static_cast<uint32_t>(std::min<uint64_t>(1 + more, flare::MAX_BLOCK_RANGE));
}

void
FlareSwitch::Install(FlareReduction reduction,
                     const std::vector<uint32_t>& children,
                     uint32_t parent)
{
    const std::string name = "FlareSwitch: reduction " + std::to_string(reduction.id);
    if (Find(reduction.id))
    {
        throw std::invalid_argument(name + " is installed already");
    }
    if (m_reductions.size() >= m_maxReductions)
    {
        throw std::invalid_argument(name + " finds all " + std::to_string(m_maxReductions) +
                                    " partitions taken (MaxReductions)");
    }
    std::set<uint32_t> ports(children.begin(), children.end());
    ports.insert(parent == NO_PORT ? GetPorts() : parent);
    if (ports.size() != children.size() + 1 || *ports.rbegin() > GetPorts() ||
        (parent != NO_PORT && *ports.rbegin() == GetPorts()))
    {
        throw std::invalid_argument(name +
                                    ": children and parent must be behind different ports "
                                    "below " +
                                    std::to_string(GetPorts()));
    }
    reduction.children = static_cast<uint32_t>(children.size());
    reduction.isRoot = parent == NO_PORT;
    if (GetUnit().GetL1Bytes(reduction) > m_partition)
    {
        throw std::invalid_argument(
            name + " takes " + std::to_string(m_unit->GetL1Bytes(reduction)) +
            " bytes of each L1, and a partition has " + std::to_string(m_partition));
    }
    FlareHandler& handler = m_unit->Install(reduction);
    m_reductions.push_back({reduction.id,
                            &handler,
                            children,
                            parent,
                            Mac48Address::GetMulticast(Ipv4Address(reduction.group))});
}

bool
FlareSwitch::Remove(uint16_t id)
{
    const auto found =
        std::find_if(m_reductions.begin(), m_reductions.end(), [id](const Installed& reduction) {
            return reduction.id == id;
        });
    if (found == m_reductions.end())
    {
        return false;
    }
    m_unit->Remove(*found->handler);
    m_reductions.erase(found);
    return true;
}

const FlareCounters*
FlareSwitch::GetReductionCounters(uint16_t id) const
{
    const Installed* reduction = const_cast<FlareSwitch*>(this)->Find(id);
    return reduction ? &reduction->handler->GetCounters() : nullptr;
}

bool
FlareSwitch::Consume(uint32_t ingress, EthernetFrame& frame)
{
    if (m_reductions.empty())
    {
        return false;
    }
    FlarePacketPtr packet = FlarePacket::Of(frame);
    Installed* reduction = packet ? Find(packet->allreduce) : nullptr;
    if (!reduction)
    {
        return false;
    }
    if (packet->kind == FlareKind::FAULT)
    {
        PassFault(*reduction, ingress, frame, packet);
        return true;
    }
    if (packet->IsResult())
    {
        if (ingress != reduction->parent)
        {
            Drop(ingress, frame, SwitchDropReason::NO_ROUTE);
            return true;
        }
        if (reduction->handler->GetReduction().dataChild != FlareReduction::ALL &&
            packet->dataBytes > 0)
        {
            PassDown(*reduction, packet);
            return true;
        }
        for (const uint32_t port : reduction->children)
        {
            Output(ingress, port, EthernetFrame(frame));
        }
        return true;
    }
    if (packet->port >= reduction->children.size() || reduction->children[packet->port] != ingress)
    {
        Drop(ingress, frame, SwitchDropReason::NO_ROUTE);
        return true;
    }
    const int64_t now = LookaheadQueue::Now();
    m_unit->Advance(now);
    if (!m_unit->Receive(*reduction->handler, std::move(packet), now))
    {
        Drop(ingress, frame, SwitchDropReason::BUFFER_FULL);
    }
    SetTimer();
    return true;
}

void
FlareSwitch::PassFault(const Installed& reduction,
                       uint32_t ingress,
                       const EthernetFrame& frame,
                       const FlarePacketPtr& packet)
{
    const bool up = std::find(reduction.children.begin(), reduction.children.end(), ingress) !=
                    reduction.children.end();
    if (up && reduction.parent != NO_PORT)
    {
        Transmit(reduction, reduction.parent, packet);
    }
    else if (up || ingress == reduction.parent)
    {
        PassDown(reduction, packet);
    }
    else
    {
        Drop(ingress, frame, SwitchDropReason::NO_ROUTE);
    }
}

void
FlareSwitch::Advance(int64_t now)
{
    m_unit->Advance(now);
    SetTimer();
}

void
FlareSwitch::SetTimer()
{
    const int64_t next = m_unit->GetNextTime();
    if (next != INT64_MAX)
    {
        m_timer.SetBy(GetPort(0)->GetNode()->GetId(), next);
    }
}

void
FlareSwitch::SendReduced(FlareHandler& handler, FlarePacketPtr&& packet, int64_t)
{
    const Installed* reduction = Find(handler.GetReduction().id);
    if (!reduction || reduction->handler != &handler)
    {
        return; // removed meanwhile
    }
    if (reduction->parent != NO_PORT)
    {
        Transmit(*reduction, reduction->parent, packet);
        return;
    }
    PassDown(*reduction, packet);
}

void
FlareSwitch::PassDown(const Installed& reduction, const FlarePacketPtr& packet)
{
    const uint32_t dataChild = reduction.handler->GetReduction().dataChild;
    FlarePacketPtr news;
    for (uint32_t child = 0; child < reduction.children.size(); child++)
    {
        if (dataChild == FlareReduction::ALL || child == dataChild)
        {
            Transmit(reduction, reduction.children[child], packet);
            continue;
        }
        news = news ? news : FlarePacketPool::Get()->CreateNews(*packet);
        Transmit(reduction, reduction.children[child], news);
    }
}

void
FlareSwitch::ResendReduced(FlareHandler& handler, FlarePacketPtr&& packet, uint32_t child, int64_t)
{
    const Installed* reduction = Find(handler.GetReduction().id);
    if (!reduction || reduction->handler != &handler)
    {
        return; // removed meanwhile
    }
    if (reduction->parent != NO_PORT)
    {
        Transmit(*reduction, reduction->parent, packet);
        return;
    }
    const uint32_t dataChild = handler.GetReduction().dataChild;
    const bool values = dataChild == FlareReduction::ALL || child == dataChild;
    Transmit(*reduction,
             reduction->children[child],
             values ? packet : FlarePacketPool::Get()->CreateNews(*packet));
}

void
FlareSwitch::Transmit(const Installed& reduction, uint32_t port, const FlarePacketPtr& packet)
{
    EthernetFrame frame;
    frame.destination = reduction.group;
    frame.source = Mac48Address::ConvertFrom(GetPort(port)->GetAddress());
    frame.protocol = EthernetFrame::IPV4;
    frame.content = packet;
    // No port has brought it; the room that it takes is that of its own.
    frame.SetIngress(port);
    frame.SetPriority(packet->GetPriority());
    if (MustWait(port, LookaheadQueue::Now()))
    {
        HoldBack(port, std::move(frame));
        return;
    }
    Output(port, port, std::move(frame));
}

bool
FlareSwitch::MustWait(uint32_t port, int64_t now) const
{
    return (port < m_outbox.size() && !m_outbox[port].empty()) ||
           GetPort(port)->GetTransmitFreeAt() - now > m_outputBacklog.GetTimeStep();
}

void
FlareSwitch::HoldBack(uint32_t port, EthernetFrame&& frame)
{
    constexpr size_t LEAST = 64;
    m_outbox.resize(GetPorts());
    boost::circular_buffer<EthernetFrame>& queue = m_outbox[port];
    if (queue.full())
    {
        queue.set_capacity(std::max(LEAST, 2 * queue.capacity()));
    }
    queue.push_back(std::move(frame));
    m_outboxTimer.SetBy(GetPort(0)->GetNode()->GetId(),
                        GetPort(port)->GetTransmitFreeAt() - m_outputBacklog.GetTimeStep() / 2);
}

void
FlareSwitch::EmptyOutbox(int64_t now)
{
    // Half of the backlog at a time: an event for many frames, and the port never waits.
    const int64_t backlog = m_outputBacklog.GetTimeStep();
    int64_t next = INT64_MAX;
    for (uint32_t port = 0; port < m_outbox.size(); port++)
    {
        boost::circular_buffer<EthernetFrame>& queue = m_outbox[port];
        while (!queue.empty() && GetPort(port)->GetTransmitFreeAt() - now <= backlog)
        {
            EthernetFrame frame = std::move(queue.front());
            queue.pop_front();
            Output(port, port, std::move(frame));
        }
        if (!queue.empty())
        {
            next = std::min(next, GetPort(port)->GetTransmitFreeAt() - backlog / 2);
        }
    }
    if (next != INT64_MAX)
    {
        m_outboxTimer.SetBy(GetPort(0)->GetNode()->GetId(), std::max(next, now + 1));
    }
}

} // namespace offload
} // namespace ns3
