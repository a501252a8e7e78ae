/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-cpu.h"

#include "ns3/boolean.h"
#include "ns3/data-rate-range.h"
#include "ns3/double.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cstdint>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(HostCpu);

TypeId
HostCpu::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::HostCpu")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<HostCpu>()
            .AddAttribute("Cores",
                          "Number of cores (assumption)",
                          UintegerValue(8),
                          MakeUintegerAccessor(&HostCpu::SetCores, &HostCpu::GetCores),
                          MakeUintegerChecker<uint32_t>(1, 1024))
            .AddAttribute("Frequency",
                          "A core's clock, Hz (SC'17 sPIN simulation: 2.5 GHz)",
                          DoubleValue(2.5e9),
                          MakeDoubleAccessor(&HostCpu::m_frequency),
                          MakeDoubleChecker<double>(1e6, 1e12))
            .AddAttribute("VectorBytes",
                          "Bytes of each operand that a loop over arrays goes through in a cycle "
                          "(assumption: 32, AVX2; two loads and a store a cycle, Intel 64 and "
                          "IA-32 Architectures Optimization Reference Manual, Haswell)",
                          UintegerValue(32),
                          MakeUintegerAccessor(&HostCpu::m_vectorBytes),
                          MakeUintegerChecker<uint32_t>(1, 4096))
            .AddAttribute("OutstandingLines",
                          "Cache lines of 64 bytes that a core can wait for at a time (assumption: "
                          "16, the second level cache's, hardware prefetch included; the first "
                          "level's are 10; both Haswell, as above)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&HostCpu::m_outstandingLines),
                          MakeUintegerChecker<uint32_t>(1, 4096))
            .AddAttribute(
                "ReceiveCost",
                "Core time of a received packet in driver, stack and system call, copy not "
                "included (assumption: 1.5 us, a core that takes some 650,000 small UDP "
                "packets a second, the order that Cloudflare measured in \"How to receive "
                "a million packets per second\", 2015)",
                TimeValue(NanoSeconds(1500)),
                MakeTimeAccessor(&HostCpu::m_receiveCost),
                MakeTimeChecker(Seconds(0)))
            .AddAttribute("SendCost",
                          "Core time of a sent packet in system call, stack and driver, copy not "
                          "included (assumption: 1 us, two thirds of a reception)",
                          TimeValue(NanoSeconds(1000)),
                          MakeTimeAccessor(&HostCpu::m_sendCost),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute("Polling",
                          "Cores poll for packets instead of waiting for interrupts",
                          BooleanValue(false),
                          MakeBooleanAccessor(&HostCpu::m_polling),
                          MakeBooleanChecker())
            .AddAttribute(
                "InterruptLatency",
                "From the event in memory to a core serving the queue: interrupt, softirq "
                "and waking the thread (assumption: 5 us; a UDP echo between two tuned "
                "Linux hosts takes about 30 us there and back, Cloudflare, \"How to achieve "
                "low latency with 10Gbps Ethernet\", 2015, which leaves 5 to 10 us for each "
                "host's notification)",
                TimeValue(NanoSeconds(5000)),
                MakeTimeAccessor(&HostCpu::m_interruptLatency),
                MakeTimeChecker(Seconds(0)))
            .AddAttribute(
                "PollingLatency",
                "From the event in memory to a core that polls for it (assumption: 50 ns, "
                "half a short polling loop)",
                TimeValue(NanoSeconds(50)),
                MakeTimeAccessor(&HostCpu::m_pollingLatency),
                MakeTimeChecker(Seconds(0)))
            .AddAttribute(
                "CopyBandwidth",
                "Bandwidth of a core's copy between application and stack (assumption: 80 "
                "Gbit/s; SIGCOMM'21 \"Understanding Host Network Stack Overheads\" has one "
                "core at 42 Gbit/s with about half of its cycles in copies)",
                DataRateValue(DataRate(80'000'000'000)),
                MakeDataRateAccessor(&HostCpu::SetCopyBandwidth, &HostCpu::GetCopyBandwidth),
                MakeDataRateRangeChecker(DataRate(1), DataRate(UINT64_MAX)))
            .AddTraceSource("Work",
                            "A core was given work; its times may lie in the future",
                            MakeTraceSourceAccessor(&HostCpu::m_workTrace),
                            "ns3::offload::HostCpu::WorkCallback");
    return tid;
}

HostCpu::HostCpu()
    : m_copyClock(80'000'000'000)
{
}

HostCpu::~HostCpu() = default;

void
HostCpu::SetCores(uint32_t cores)
{
    m_cores.resize(cores);
}

void
HostCpu::SetCopyBandwidth(DataRate bandwidth)
{
    m_copyBandwidth = bandwidth;
    m_copyClock = ByteClock(bandwidth.GetBitRate());
}

DataRate
HostCpu::GetCopyBandwidth() const
{
    return m_copyBandwidth;
}

int64_t
HostCpu::GetCopyTime(uint32_t bytes) const
{
    LineTime time;
    m_copyClock.Advance(time, bytes);
    return time.ps;
}

int64_t
HostCpu::GetLoopTime(const HostMemory& memory,
                     uint32_t bytes,
                     uint32_t reads,
                     uint32_t writes) const
{
    constexpr int64_t lineBytes = 64;
    const int64_t latency = memory.GetLatency().GetTimeStep();
    const int64_t vectors = (int64_t{bytes} + m_vectorBytes - 1) / m_vectorBytes;
    constexpr double psPerSecond = 1e12;
    const auto computing =
        static_cast<int64_t>(static_cast<double>(vectors) * psPerSecond / m_frequency);
    // Little's law: so many lines come in each latency.
    const int64_t lines = (int64_t{bytes} + lineBytes - 1) / lineBytes * reads;
    const int64_t waiting = lines * latency / m_outstandingLines;
    const int64_t streaming = memory.GetTransferTime(uint64_t{bytes} * (reads + writes));
    return latency + std::max({computing, waiting, streaming});
}

int64_t
HostCpu::Work(uint32_t core, const char* what, uint32_t bytes, int64_t start, int64_t duration)
{
    const BusyCalendar::Slot slot =
        m_cores.at(core).Reserve(Simulator::Now().GetTimeStep(), start, duration);
    m_workTrace(CpuWork{core, what, bytes, slot.begin, slot.end});
    return slot.end;
}

} // namespace offload
} // namespace ns3
