/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-switch.h"

#include "frame-flow.h"
#include "host-address.h"

#include "ns3/hash-mix.h"
#include "ns3/link-channel.h"
#include "ns3/log.h"
#include "ns3/lookahead-queue.h"
#include "ns3/node.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint64_t BITS = 8;
constexpr uint64_t PS_PER_SECOND = 1'000'000'000'000;

/** @return the whole of which fraction is a share */
uint64_t
Share(double share, uint64_t whole)
{
    // Signed: the processor has an instruction for that.
    return static_cast<uint64_t>(
        static_cast<int64_t>(share * static_cast<double>(static_cast<int64_t>(whole))));
}

} // namespace

LogComponent FabricSwitch::g_log("FabricSwitch", __FILE__);

FabricSwitch::FabricSwitch() = default;

FabricSwitch::~FabricSwitch() = default;

void
FabricSwitch::AddPort(Ptr<SwitchPort> port)
{
    if (m_ports.size() == MAX_PORTS)
    {
        throw std::invalid_argument("FabricSwitch: at most " + std::to_string(MAX_PORTS) +
                                    " ports");
    }
    port->SetSwitch(this, GetPorts());
    m_ports.push_back(port);
    m_outputs.push_back(&port->GetOutput());
    if (m_exact)
    {
        m_outputs.back()->CountExactly(true, LookaheadQueue::Now());
    }
}

void
FabricSwitch::SetRouting(std::unique_ptr<SwitchRouting> routing)
{
    m_routing = std::move(routing);
}

int64_t
FabricSwitch::AssignStreams(int64_t stream)
{
    if (!m_random)
    {
        m_random = CreateObject<UniformRandomVariable>();
    }
    m_random->SetStream(stream);
    return 1;
}

uint64_t
FabricSwitch::GetHeadroom(const SwitchPort& port) const
{
    Ptr<Channel> channel = port.GetChannel();
    if (!channel)
    {
        return 0;
    }
    // The frame that asks for the PAUSE; a frame of ours that has begun delays it; then there and
    // back again; and a frame of the neighbour's that has begun goes on (IEEE 802.1Q-2018, Annex
    // N).
    constexpr uint64_t FRAMES = 3;
    const uint64_t frame = port.GetMtu() + EthernetFrame::HEADER_BYTES + EthernetFrame::FCS_BYTES;
    const Ptr<LinkChannel> link = DynamicCast<LinkChannel>(channel);
    const auto flight =
        static_cast<uint64_t>(2 * link->GetDelay().GetTimeStep() + 2 * m_latency.GetTimeStep());
    const auto bytesPerSecond = port.GetDataRate().GetBitRate() / BITS;
    const uint64_t inFlight = static_cast<uint64_t>(static_cast<double>(flight) / PS_PER_SECOND *
                                                    static_cast<double>(bytesPerSecond)) +
                              EthernetFrame::MIN_FRAME_BYTES;
    return FRAMES * frame + inFlight;
}

uint64_t
FabricSwitch::FindHeadroom() const
{
    uint64_t classes = 0;
    for (uint32_t i = 0; i < SwitchBuffer::CLASSES; ++i)
    {
        classes += IsLossless(i) ? 1 : 0;
    }
    uint64_t headroom = 0;
    for (const auto& port : m_ports)
    {
        headroom += classes * GetHeadroom(*port);
    }
    return headroom;
}

uint64_t
FabricSwitch::GetReserved() const
{
    return uint64_t{GetPorts()} * m_reservedPerPort;
}

void
FabricSwitch::Prepare()
{
    m_prepared = true;
    m_consumes = typeid(*this) != typeid(FabricSwitch);
    m_buffer.Resize(GetPorts(), m_bufferSize);
    m_paused.assign(m_ports.size(), 0);
    m_keptFree = FindHeadroom() + GetReserved();
    FindEasyRoom();
    Ptr<Node> node = GetObject<Node>();
    constexpr uint32_t SALT = 0x9e3779b9; // spreads consecutive numbers
    m_salt = (node ? node->GetId() : 0) * SALT;
    if (m_ecn && !m_random)
    {
        m_random = CreateObject<UniformRandomVariable>();
    }
}

void
FabricSwitch::FindEasyRoom()
{
    // Half of the buffer leaves at least this; what may be taken only grows with what is free.
    m_easyUsed = static_cast<uint32_t>(m_buffer.GetCapacity() / 2);
    const uint64_t left = m_buffer.GetCapacity() - m_easyUsed;
    const uint64_t shared = left > m_keptFree ? left - m_keptFree : 0;
    m_easyQueue = m_ecn || m_exact ? 0 : std::min(shared, Share(m_dropShare, shared));
}

void
FabricSwitch::Validate() const
{
    for (const auto& port : m_ports)
    {
        if (m_losslessClasses != 0 && port->GetChannel() && !port->HasPriorityFlowControl())
        {
            throw std::invalid_argument("FabricSwitch: LosslessClasses need PriorityFlowControl at "
                                        "every port");
        }
    }
    const uint64_t headroom = FindHeadroom();
    const uint64_t needed = headroom + GetReserved();
    if (needed >= m_bufferSize)
    {
        throw std::invalid_argument(
            "FabricSwitch: BufferSize is " + std::to_string(m_bufferSize) + " bytes, but " +
            (headroom > 0 ? "what lossless classes bring after a pause takes " +
                                std::to_string(headroom) + " and "
                          : "") +
            "ReservedPerPort takes " + std::to_string(GetReserved()) + " at " +
            std::to_string(GetPorts()) + " ports; it must be more than " + std::to_string(needed));
    }
}

void
FabricSwitch::DoInitialize()
{
    Validate();
    Object::DoInitialize();
}

void
FabricSwitch::DoDispose()
{
    m_outputs.clear();
    m_ports.clear();
    m_routing = nullptr;
    m_groups = nullptr;
    m_random = nullptr;
    Object::DoDispose();
}

uint32_t
FabricSwitch::GetCutThroughBytes(const SwitchPort& port) const
{
    if (!m_cutThrough)
    {
        return 0;
    }
    const DataRate rate = port.GetDataRate();
    const bool fastest = std::none_of(m_ports.begin(), m_ports.end(), [&rate](const auto& other) {
        return other->GetDataRate() > rate;
    });
    return fastest ? EthernetFrame::MIN_FRAME_BYTES : 0;
}

const SwitchBuffer&
FabricSwitch::GetBuffer()
{
    if (!m_prepared)
    {
        Prepare();
    }
    Settle();
    return m_buffer;
}

uint32_t
FabricSwitch::GetFlow(const EthernetFrame& frame) const
{
    return MixWords(frame.content ? frame.content->GetFlowHash() : ReadFlow(frame).hash, m_salt);
}

inline uint64_t
FabricSwitch::GetSharedFree() const
{
    const uint64_t free = m_buffer.GetFree();
    return free > m_keptFree ? free - m_keptFree : 0;
}

bool
FabricSwitch::HasReserve(uint32_t egress, uint32_t bytes) const
{
    uint64_t queue = 0;
    for (uint32_t i = 0; i < SwitchBuffer::CLASSES; ++i)
    {
        queue += IsLossless(i) ? 0 : m_buffer.GetEgress(egress, i);
    }
    // Lossless classes do not get here: they are paused when nothing shared is left, and what they
    // bring then fits into the headroom. Only crowds of their multicast frames may go beyond it.
    return queue + bytes <= m_reservedPerPort && bytes <= m_buffer.GetFree();
}

inline bool
FabricSwitch::HasRoom(uint32_t egress, uint32_t priority, uint32_t bytes) const
{
    if (IsLossless(priority))
    {
        return bytes <= m_buffer.GetFree();
    }
    // The headroom is for lossless classes alone, the reserve for each port's own.
    const uint64_t free = GetSharedFree();
    const uint64_t queue = m_buffer.GetEgress(egress, priority) + bytes;
    return (bytes <= free && queue <= Share(m_dropShare, free)) || HasReserve(egress, bytes);
}

bool
FabricSwitch::Admit(uint32_t ingress,
                    uint32_t egress,
                    EthernetFrame& frame,
                    uint32_t bytes,
                    int64_t now)
{
    if (m_ecn || m_exact)
    {
        // What begins at this instant has left. Otherwise it does not matter: see below.
        m_outputs[egress]->Settle(now);
    }
    const uint32_t priority = frame.GetPriority();
    if (!HasRoom(egress, priority, bytes))
    {
        // The counts may be too high: frames that have left and that nobody has asked about.
        Settle();
        if (!HasRoom(egress, priority, bytes))
        {
            Drop(ingress, frame, SwitchDropReason::BUFFER_FULL);
            return false;
        }
    }
    if (m_ecn)
    {
        Mark(egress, frame);
    }
    if (m_queueTraced)
    {
        // Before the port may tell that the frame has left it.
        TellQueue(egress, m_buffer.GetEgress(egress) + bytes);
    }
    return true;
}

// Two calls less in each hop
inline __attribute__((always_inline)) void
FabricSwitch::Pass(uint32_t ingress,
                   uint32_t egress,
                   uint32_t priority,
                   EthernetFrame&& frame,
                   uint32_t bytes,
                   int64_t now)
{
    if (!HasEasyRoom(egress, priority, bytes) && !Admit(ingress, egress, frame, bytes, now))
    {
        return;
    }
    TransmitPort& port = *m_outputs[egress];
    m_buffer.Take(ingress, priority, egress, bytes);
    if (!port.Pass(std::move(frame), bytes, now))
    {
        m_buffer.Give(ingress, priority, egress, bytes);
        if (m_queueTraced)
        {
            TellQueue(egress, m_buffer.GetEgress(egress));
        }
        Drop(ingress, frame, SwitchDropReason::PORT_REFUSED);
        return;
    }
    ++m_forwarded;
    m_buffer.Send(egress, bytes);
    // Only now: a neighbour that is paused has a frame here whose leaving lets it go on.
    if (IsLossless(priority))
    {
        LookAtQueue(ingress, priority);
    }
}

void
FabricSwitch::Forward(uint32_t ingress, EthernetFrame&& frame, uint32_t bytes, int64_t now)
{
    if (!m_prepared)
    {
        Prepare();
    }
    ++m_received;
    m_buffer.Receive(ingress, bytes);
    const uint32_t priority = frame.ReadPriority();
    frame.SetIngressAndPriority(ingress, priority);
    if (m_consumes && Consume(ingress, frame))
    {
        return;
    }
    const uint32_t host = GetHostNumber(frame.destination);
    if (host == NO_HOST)
    {
        ForwardToMany(ingress, frame);
        return;
    }
    const PortRange ports = GetPortsTo(host, ingress);
    uint32_t egress = ports.first;
    if (ports.count != 1)
    {
        if (m_detour || ports.count == 0)
        {
            ForwardAround(ingress, host, std::move(frame));
            return;
        }
        egress += Choose(ports.count, frame);
    }
    Pass(ingress, egress, priority, std::move(frame), bytes, now);
}

bool
FabricSwitch::Consume(uint32_t, EthernetFrame&)
{
    return false;
}

void
FabricSwitch::Output(uint32_t ingress, uint32_t egress, EthernetFrame&& frame)
{
    const uint32_t bytes = frame.GetSize();
    const uint32_t priority = frame.GetPriority();
    Pass(ingress, egress, priority, std::move(frame), bytes, LookaheadQueue::Now());
}

void
FabricSwitch::LookAtQueue(uint32_t ingress, uint32_t priority)
{
    if (MustPause(ingress, priority))
    {
        Settle();
        if (MustPause(ingress, priority))
        {
            Pause(ingress, priority);
        }
    }
}

uint64_t
FabricSwitch::GetPauseThreshold() const
{
    return Share(m_pauseShare, GetSharedFree());
}

bool
FabricSwitch::MustPause(uint32_t ingress, uint32_t priority) const
{
    return (m_paused[ingress] >> priority & 1) == 0 &&
           m_buffer.GetIngress(ingress, priority) > GetPauseThreshold();
}

void
FabricSwitch::Pause(uint32_t ingress, uint32_t priority)
{
    m_paused[ingress] = static_cast<uint8_t>(m_paused[ingress] | 1U << priority);
    ++m_pauses;
    NS_LOG_LOGIC("port " << ingress << " pauses class " << priority);
    ++m_pausedCount;
    CountExactly();
    TellPause(ingress, priority, true);
    m_ports[ingress]->SetReceivePausedClasses(m_paused[ingress]);
}

void
FabricSwitch::Resume(uint32_t ingress, uint32_t priority)
{
    m_paused[ingress] = static_cast<uint8_t>(m_paused[ingress] & ~(1U << priority));
    NS_LOG_LOGIC("port " << ingress << " lets class " << priority << " go on");
    --m_pausedCount;
    CountExactly();
    TellPause(ingress, priority, false);
    m_ports[ingress]->SetReceivePausedClasses(m_paused[ingress]);
}

void
FabricSwitch::Released(uint32_t egress, const EthernetFrame& frame)
{
    const uint32_t ingress = frame.GetIngress();
    const uint32_t priority = frame.GetPriority();
    if (m_queueTraced)
    {
        TellQueue(egress, m_buffer.GetEgress(egress));
    }
    if ((m_paused[ingress] >> priority & 1) != 0)
    {
        LookAtPause(ingress, priority);
    }
}

void
FabricSwitch::LookAtPause(uint32_t ingress, uint32_t priority)
{
    const uint64_t left = m_buffer.GetIngress(ingress, priority);
    if (left == 0 || left + m_resumeOffset <= GetPauseThreshold())
    {
        Resume(ingress, priority);
    }
}

void
FabricSwitch::Settle()
{
    const int64_t now = LookaheadQueue::Now();
    for (TransmitPort* output : m_outputs)
    {
        output->Settle(now);
    }
}

void
FabricSwitch::Mark(uint32_t egress, EthernetFrame& frame)
{
    const uint64_t queue = m_buffer.GetEgress(egress);
    if (queue <= m_ecnLow)
    {
        return;
    }
    const bool capable = frame.content ? frame.content->IsEcnCapable() : ReadFlow(frame).ecnCapable;
    if (!capable || frame.IsCongested())
    {
        return;
    }
    if (queue <= m_ecnHigh && m_random->GetValue() * static_cast<double>(m_ecnHigh - m_ecnLow) >=
                                  m_ecnProbability * static_cast<double>(queue - m_ecnLow))
    {
        return;
    }
    ++m_marks;
    frame.SetCongested();
    if (!frame.content)
    {
        MarkPacket(frame);
    }
    TellMark(egress, frame);
}

} // namespace offload
} // namespace ns3
