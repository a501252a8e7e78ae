/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-host.h"

#include "ns3/boolean.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(RdmaHost);

TypeId
RdmaHost::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::RdmaHost")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<RdmaHost>()
            .AddAttribute("PostTime",
                          "Time of a core from the call to the doorbell (SC'17 sPIN simulation, "
                          "o: 65 ns)",
                          TimeValue(NanoSeconds(65)),
                          MakeTimeAccessor(&RdmaHost::m_postTime),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("Core",
                          "Which core posts",
                          UintegerValue(0),
                          MakeUintegerAccessor(&RdmaHost::m_core),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("PushRequests",
                          "A core writes requests to the NIC (BlueFlame) instead of ringing a "
                          "doorbell for the NIC to fetch them from memory",
                          BooleanValue(true),
                          MakeBooleanAccessor(&RdmaHost::m_push),
                          MakeBooleanChecker())
            .AddAttribute("PushedBytes",
                          "Bytes of a request that a core writes to the NIC (FlexDriver: 64)",
                          UintegerValue(64),
                          MakeUintegerAccessor(&RdmaHost::m_pushedBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("RequestBytes",
                          "Bytes of a request that the NIC fetches (FlexDriver: 48)",
                          UintegerValue(48),
                          MakeUintegerAccessor(&RdmaHost::m_requestBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DoorbellBytes",
                          "Bytes of a doorbell (mlx5: 8)",
                          UintegerValue(8),
                          MakeUintegerAccessor(&RdmaHost::m_doorbellBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("CompletionBytes",
                          "Bytes of a completion (FlexDriver: 64)",
                          UintegerValue(64),
                          MakeUintegerAccessor(&RdmaHost::m_completionBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("Prefetch",
                          "Packets whose payload a queue pair fetches before they can be sent "
                          "(assumption: 16; 64 KiB, the round trip of a PCIe link at 400 Gbit/s)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&RdmaHost::m_prefetch),
                          MakeUintegerChecker<uint32_t>(1, PayloadFetch::MAX_PACKETS));
    return tid;
}

RdmaHost::RdmaHost() = default;

RdmaHost::~RdmaHost() = default;

void
RdmaHost::DoDispose()
{
    m_pcie = nullptr;
    m_cpu = nullptr;
    Object::DoDispose();
}

void
RdmaHost::SetHost(Ptr<PcieLink> pcie, Ptr<HostCpu> cpu)
{
    m_pcie = pcie;
    m_cpu = cpu;
}

int64_t
RdmaHost::Post(uint32_t inlined, int64_t now)
{
    const int64_t duration = m_postTime.GetTimeStep();
    const int64_t rung = m_cpu ? m_cpu->Work(m_core, "post", 0, now, duration) : now + duration;
    int64_t known = 0;
    if (m_push || inlined > 0)
    {
        known = m_pcie->ReserveDoorbell(m_pushedBytes + inlined, rung);
    }
    else
    {
        known = m_pcie->ReserveRead(m_requestBytes, m_pcie->ReserveDoorbell(m_doorbellBytes, rung));
    }
    m_known = std::max(m_known, known);
    return m_known;
}

int64_t
RdmaHost::FetchPayload(uint32_t bytes, int64_t now)
{
    return bytes > 0 ? m_pcie->ReserveRead(bytes, now) : now;
}

int64_t
RdmaHost::WritePayload(uint32_t bytes, int64_t now)
{
    return bytes > 0 ? m_pcie->ReserveWrite(bytes, now) : now;
}

int64_t
RdmaHost::WriteCompletion(int64_t now)
{
    return m_pcie->ReserveWrite(m_completionBytes, now);
}

int64_t
RdmaHost::GetNotificationLatency() const
{
    return m_cpu ? m_cpu->GetNotificationLatency() : 0;
}

} // namespace offload
} // namespace ns3
