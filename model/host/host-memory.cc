/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-memory.h"

#include "ns3/assert.h"
#include "ns3/data-rate-range.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <sys/mman.h>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(HostMemory);

namespace
{

/// Page size on the hosts that are simulated
constexpr uint64_t PAGE_BYTES = 4096;
/// Largest memory whose pages one simulator can still map for thousands of hosts
constexpr uint64_t MAX_BYTES = uint64_t{1} << 40;

} // namespace

/** Address space is reserved whole; the kernel gives pages as they are written. */
class HostMemory::Mapping
{
  public:
    explicit Mapping(uint64_t size)
        : m_size(size)
    {
        void* data = mmap(nullptr,
                          size,
                          PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                          -1,
                          0);
        if (data == MAP_FAILED)
        {
            throw std::bad_alloc();
        }
        m_data = static_cast<uint8_t*>(data);
    }

    ~Mapping()
    {
        munmap(m_data, m_size);
    }

    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    /** @return the first byte */
    uint8_t* Get() const
    {
        return m_data;
    }

  private:
    uint64_t m_size; //!< bytes
    uint8_t* m_data; //!< pages
};

TypeId
HostMemory::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::HostMemory")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<HostMemory>()
            .AddAttribute("Size",
                          "Bytes of memory; only what is written takes memory of the simulator "
                          "(assumption: 1 GiB holds the buffers of the scenarios)",
                          UintegerValue(uint64_t{1} << 30),
                          MakeUintegerAccessor(&HostMemory::m_size),
                          MakeUintegerChecker<uint64_t>(PAGE_BYTES, MAX_BYTES))
            .AddAttribute("Latency",
                          "From a read request at the memory to its first byte (SC'17 sPIN "
                          "simulation: 51 ns)",
                          TimeValue(NanoSeconds(51)),
                          MakeTimeAccessor(&HostMemory::m_latency),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute(
                "Bandwidth",
                "Bandwidth of the memory's channels together (SC'17 sPIN simulation: "
                "150 GB/s = 1200 Gbit/s)",
                DataRateValue(DataRate(1'200'000'000'000)),
                MakeDataRateAccessor(&HostMemory::SetBandwidth, &HostMemory::GetBandwidth),
                MakeDataRateRangeChecker(DataRate(1), DataRate(UINT64_MAX)));
    return tid;
}

HostMemory::HostMemory()
    : m_clock(1'200'000'000'000)
{
}

HostMemory::~HostMemory() = default;

void
HostMemory::SetBandwidth(DataRate bandwidth)
{
    m_bandwidth = bandwidth;
    m_clock = ByteClock(bandwidth.GetBitRate());
}

DataRate
HostMemory::GetBandwidth() const
{
    return m_bandwidth;
}

uint64_t
HostMemory::Allocate(uint64_t bytes)
{
    const uint64_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    if (!Contains(m_allocated, pages * PAGE_BYTES))
    {
        throw std::invalid_argument("HostMemory Size " + std::to_string(m_size) + " B has no " +
                                    std::to_string(bytes) + " B left");
    }
    const uint64_t address = m_allocated;
    m_allocated += pages * PAGE_BYTES;
    return address;
}

int64_t
HostMemory::GetTransferTime(uint64_t bytes) const
{
    constexpr double bitsPerByte = 8;
    constexpr double psPerSecond = 1e12;
    return static_cast<int64_t>(bitsPerByte * static_cast<double>(bytes) * psPerSecond /
                                static_cast<double>(m_bandwidth.GetBitRate()));
}

int64_t
HostMemory::Reserve(uint32_t bytes, int64_t start)
{
    const int64_t before = m_served.ps;
    m_clock.Advance(m_served, bytes);
    return m_channels.Reserve(Simulator::Now().GetTimeStep(), start, m_served.ps - before).end;
}

void
HostMemory::Write(uint64_t address, const uint8_t* data, uint64_t size)
{
    std::memcpy(GetBytes(address, size), data, size);
}

void
HostMemory::Read(uint64_t address, uint8_t* data, uint64_t size) const
{
    NS_ASSERT_MSG(Contains(address, size), "read outside host memory");
    if (m_mapping)
    {
        std::memcpy(data, m_mapping->Get() + address, size);
    }
    else
    {
        std::memset(data, 0, size);
    }
}

uint8_t*
HostMemory::GetBytes(uint64_t address, uint64_t size)
{
    NS_ASSERT_MSG(Contains(address, size), "access outside host memory");
    if (!m_mapping)
    {
        m_mapping = std::make_unique<Mapping>(m_size);
    }
    return m_mapping->Get() + address;
}

} // namespace offload
} // namespace ns3
