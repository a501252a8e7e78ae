/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-path.h"

#include "ns3/log.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(HostPath);

namespace
{

constexpr std::size_t FIRST_ENTRIES = 8; //!< first allocation of a ring

int64_t
Now()
{
    return Simulator::Now().GetTimeStep();
}

} // namespace

TypeId
HostPath::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::HostPath")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<HostPath>()
            .AddAttribute("Pcie",
                          "The NIC's way to host memory",
                          PointerValue(),
                          MakePointerAccessor(&HostPath::m_pcie),
                          MakePointerChecker<PcieLink>())
            .AddAttribute("Cpu",
                          "The host's cores",
                          PointerValue(),
                          MakePointerAccessor(&HostPath::m_cpu),
                          MakePointerChecker<HostCpu>())
            .AddAttribute("Core",
                          "Number of the core that serves this NIC's queues",
                          UintegerValue(0),
                          MakeUintegerAccessor(&HostPath::m_core),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("ReceiveRing",
                          "Entries of the receive ring; a packet that finds none free is dropped "
                          "(assumption: 1024, the default of current 100 Gbit/s NIC drivers)",
                          UintegerValue(1024),
                          MakeUintegerAccessor(&HostPath::m_receiveRing),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("TransmitRing",
                          "Entries of the transmit ring (assumption: 1024, as the receive ring)",
                          UintegerValue(1024),
                          MakeUintegerAccessor(&HostPath::m_transmitRing),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("CompletionBytes",
                          "Bytes that the NIC writes to host memory to tell of a packet "
                          "(FlexDriver's throughput model: 64)",
                          UintegerValue(64),
                          MakeUintegerAccessor(&HostPath::m_completionBytes),
                          MakeUintegerChecker<uint32_t>(1, 4096))
            .AddAttribute("DescriptorBytes",
                          "Bytes that the NIC reads from host memory to know of a packet to send "
                          "(FlexDriver's throughput model: 48)",
                          UintegerValue(48),
                          MakeUintegerAccessor(&HostPath::m_descriptorBytes),
                          MakeUintegerChecker<uint32_t>(1, 4096))
            .AddAttribute("DoorbellBytes",
                          "Bytes that a core writes to the NIC to tell of a packet to send "
                          "(assumption: one 64-bit register)",
                          UintegerValue(8),
                          MakeUintegerAccessor(&HostPath::m_doorbellBytes),
                          MakeUintegerChecker<uint32_t>(1, 4096))
            .AddAttribute("CompletionInterval",
                          "Packets sent for each completion written about them (FlexDriver's "
                          "throughput model: 16)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&HostPath::m_completionInterval),
                          MakeUintegerChecker<uint32_t>(1))
            .AddTraceSource("Receive",
                            "A packet goes to the stack: when each stage ends",
                            MakeTraceSourceAccessor(&HostPath::m_receiveTrace),
                            "ns3::offload::HostPath::ReceiveCallback")
            .AddTraceSource("Transmit",
                            "A packet comes from the stack: when each stage ends",
                            MakeTraceSourceAccessor(&HostPath::m_transmitTrace),
                            "ns3::offload::HostPath::TransmitCallback");
    return tid;
}

LogComponent HostPath::g_log("HostPath", __FILE__);

HostPath::HostPath()
    : m_deliver(this),
      m_transmit(this)
{
}

HostPath::~HostPath() = default;

void
HostPath::DoDispose()
{
    m_deliver.Clear();
    m_transmit.Clear();
    m_receptions.clear();
    m_transmissions.clear();
    m_pcie = nullptr;
    m_cpu = nullptr;
    m_user = nullptr;
    Object::DoDispose();
}

void
HostPath::SetUser(HostPathUser* user)
{
    m_user = user;
}

void
HostPath::SetHost(Ptr<PcieLink> pcie, Ptr<HostCpu> cpu)
{
    m_pcie = pcie;
    m_cpu = cpu;
}

void
HostPath::Push(Ring& ring, EthernetFrame&& frame, int64_t time)
{
    if (ring.full())
    {
        ring.set_capacity(std::max(FIRST_ENTRIES, 2 * ring.capacity()));
    }
    ring.push_back({std::move(frame), time});
}

bool
HostPath::Receive(EthernetFrame&& frame, int64_t start)
{
    if (m_receptions.size() >= m_receiveRing)
    {
        NS_LOG_LOGIC("frame of " << frame.GetSize() << " bytes refused: receive ring is full");
        return false;
    }
    HostReception run{frame.GetSize(), start, 0, 0, 0};
    m_pcie->ReserveWrite(run.bytes, start);
    // Posted writes keep their order: the completion is visible after the frame.
    run.visible = m_pcie->ReserveWrite(m_completionBytes, start);
    // Who is still working on earlier packets looks for the next one without being told.
    const bool awake = m_lastReceived >= run.visible;
    run.begin = awake ? m_lastReceived : run.visible + m_cpu->GetNotificationLatency();
    run.end =
        m_cpu->Work(m_core, "receive", run.bytes, run.begin, m_cpu->GetReceiveTime(run.bytes));
    m_lastReceived = run.end;
    m_receiveTrace(run);
    Push(m_receptions, std::move(frame), run.end);
    m_deliver.Set(m_user->GetNodeContext(), m_receptions.front().time, Now());
    return true;
}

void
HostPath::Deliver()
{
    const int64_t now = m_deliver.GetTime();
    if (!m_receptions.empty() && m_receptions.front().time <= now)
    {
        const EthernetFrame frame = std::move(m_receptions.front().frame);
        m_receptions.pop_front();
        m_user->DeliverFromHostPath(frame);
    }
    if (!m_receptions.empty())
    {
        m_deliver.Set(m_user->GetNodeContext(), std::max(m_receptions.front().time, now), now);
    }
}

bool
HostPath::Send(EthernetFrame&& frame)
{
    if (IsTransmitRingFull())
    {
        NS_LOG_LOGIC("frame of " << frame.GetSize() << " bytes refused: transmit ring is full");
        return false;
    }
    const int64_t now = Now();
    HostTransmission run{frame.GetSize(), now, 0, 0, 0, 0};
    run.rung = m_cpu->Work(m_core,
                           "send",
                           run.bytes,
                           std::max(now, m_lastSent),
                           m_cpu->GetSendTime(run.bytes));
    m_lastSent = run.rung;
    run.doorbell = m_pcie->ReserveDoorbell(m_doorbellBytes, run.rung);
    run.described = m_pcie->ReserveRead(m_descriptorBytes, run.doorbell);
    run.fetched = std::max(m_pcie->ReserveRead(run.bytes, run.described), m_lastFetched);
    m_lastFetched = run.fetched;
    if (++m_uncompleted >= m_completionInterval)
    {
        m_uncompleted = 0;
        m_pcie->ReserveWrite(m_completionBytes, run.fetched);
    }
    m_transmitTrace(run);
    Push(m_transmissions, std::move(frame), run.fetched);
    ArmTransmit(now);
    return true;
}

void
HostPath::ArmTransmit(int64_t now)
{
    if (!m_transmissions.empty())
    {
        const int64_t time = std::max({now, m_transmissions.front().time, m_user->GetHostTurn()});
        m_transmit.Set(m_user->GetNodeContext(), time, now);
    }
}

void
HostPath::Transmit()
{
    const int64_t now = m_transmit.GetTime();
    const bool full = IsTransmitRingFull();
    if (!m_transmissions.empty() &&
        std::max(m_transmissions.front().time, m_user->GetHostTurn()) <= now)
    {
        EthernetFrame frame = std::move(m_transmissions.front().frame);
        m_transmissions.pop_front();
        m_user->TransmitFromHost(std::move(frame));
        if (full)
        {
            m_user->HostTransmitReady();
        }
    }
    ArmTransmit(now);
}

void
HostPath::PortReady()
{
    ArmTransmit(Now());
}

} // namespace offload
} // namespace ns3
