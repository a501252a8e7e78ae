/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_CPU_H
#define OFFLOAD_HOST_CPU_H

#include "busy-calendar.h"
#include "host-memory.h"

#include "ns3/byte-clock.h"
#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/** A piece of work of a core, for traces. */
struct CpuWork
{
    uint32_t core;    //!< which core
    const char* what; //!< "receive", "send" or what the application calls it
    uint32_t bytes;   //!< size of the packet, 0 for other work
    int64_t begin;    //!< ps; the core may have done other work in between
    int64_t end;      //!< ps
};

/**
 * The cores of a host and what packets cost them in the operating system's network stack.
 *
 * A core does one thing at a time. Work is not simulated but charged: the ns-3 stack above takes no
 * time of its own, so its costs are those that are published for a kernel's stack.
 */
class HostCpu : public Object
{
  public:
    static TypeId GetTypeId();
    HostCpu();
    ~HostCpu() override;

    /** @return number of cores */
    uint32_t GetCores() const
    {
        return static_cast<uint32_t>(m_cores.size());
    }

    /**
     * Occupy a core.
     * @param core which, below GetCores
     * @param what for traces; a string that lives for ever
     * @param bytes of the packet, 0 for other work
     * @param start earliest start, ps
     * @param duration ps
     * @return when it is done, ps
     */
    int64_t Work(uint32_t core, const char* what, uint32_t bytes, int64_t start, int64_t duration);

    /**
     * @param bytes of a packet
     * @return time of a core from finding the packet to the application having it, ps
     */
    int64_t GetReceiveTime(uint32_t bytes) const
    {
        return m_receiveCost.GetTimeStep() + GetCopyTime(bytes);
    }

    /**
     * @param bytes of a packet
     * @return time of a core from the application's call to the doorbell, ps
     */
    int64_t GetSendTime(uint32_t bytes) const
    {
        return m_sendCost.GetTimeStep() + GetCopyTime(bytes);
    }

    /**
     * @param bytes to copy
     * @return time of a core, ps
     */
    int64_t GetCopyTime(uint32_t bytes) const;

    /**
     * A loop over arrays in memory, none of which is in a cache.
     * @param memory where they are
     * @param bytes of an array
     * @param reads arrays whose lines the core fetches; also those that it only writes, unless they
     *        are among these
     * @param writes arrays that it writes
     * @return time of a core, ps: the vectors' instructions, the lines that it waits for or the
     *         memory's bandwidth, whichever takes longest
     */
    int64_t GetLoopTime(const HostMemory& memory,
                        uint32_t bytes,
                        uint32_t reads,
                        uint32_t writes) const;

    /**
     * A device's event becomes visible in memory while nobody looks at its queue.
     * @return how much later a core begins to serve the queue, ps
     */
    int64_t GetNotificationLatency() const
    {
        return (m_polling ? m_pollingLatency : m_interruptLatency).GetTimeStep();
    }

    /**
     * Signature of the Work trace.
     * @param work what a core does; may lie in the future
     */
    typedef void (*WorkCallback)(const CpuWork& work);

  private:
    void SetCores(uint32_t cores);             //!< attribute setter
    void SetCopyBandwidth(DataRate bandwidth); //!< attribute setter
    DataRate GetCopyBandwidth() const;         //!< attribute getter

    std::vector<BusyCalendar> m_cores;          //!< when each is busy
    double m_frequency{1e9};                    //!< attribute
    uint32_t m_vectorBytes{0};                  //!< attribute
    uint32_t m_outstandingLines{0};             //!< attribute
    Time m_receiveCost;                         //!< attribute
    Time m_sendCost;                            //!< attribute
    Time m_interruptLatency;                    //!< attribute
    Time m_pollingLatency;                      //!< attribute
    bool m_polling{false};                      //!< attribute
    DataRate m_copyBandwidth;                   //!< attribute
    ByteClock m_copyClock;                      //!< time of a byte copied
    TracedCallback<const CpuWork&> m_workTrace; //!< each piece of work
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_CPU_H */
