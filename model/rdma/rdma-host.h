/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_HOST_H
#define OFFLOAD_RDMA_HOST_H

#include "ns3/host-cpu.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/pcie-link.h"
#include "ns3/ptr.h"

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * The way between an RDMA engine and its host, and what it takes: a core posts requests, the NIC
 * fetches them and their payload, writes what arrives and tells of what is done.
 *
 * All of it are reservations of the PCIe link, so that everything that crosses it contends. An
 * engine without an RdmaHost has its host's memory and cores at no distance.
 */
class RdmaHost : public Object
{
  public:
    /** @return the type's id */
    static TypeId GetTypeId();
    RdmaHost();
    ~RdmaHost() override;

    /**
     * @param pcie the link to host memory
     * @param cpu the host's cores; null: posting takes its time, but no core is busy
     */
    void SetHost(Ptr<PcieLink> pcie, Ptr<HostCpu> cpu);

    /** @return the link to host memory */
    Ptr<PcieLink> GetPcie() const
    {
        return m_pcie;
    }

    /** @return the host's cores */
    Ptr<HostCpu> GetCpu() const
    {
        return m_cpu;
    }

    /**
     * A core posts a request.
     * @param inlined bytes of data that the request carries itself
     * @param now ps
     * @return when the NIC knows the request, ps
     */
    int64_t Post(uint32_t inlined, int64_t now);

    /**
     * The NIC fetches payload.
     * @param bytes how many
     * @param now ps
     * @return when it has them, ps
     */
    int64_t FetchPayload(uint32_t bytes, int64_t now);

    /**
     * The NIC writes payload.
     * @param bytes how many
     * @param now ps
     * @return when they can be seen, ps
     */
    int64_t WritePayload(uint32_t bytes, int64_t now);

    /**
     * The NIC writes a completion.
     * @param now ps
     * @return when it can be seen, ps
     */
    int64_t WriteCompletion(int64_t now);

    /** @return how much later than a completion can be seen a core begins to work on it, ps */
    int64_t GetNotificationLatency() const;

    /** @return which core posts */
    uint32_t GetCore() const
    {
        return m_core;
    }

    /** @return packets whose payload is fetched before they can be sent, per queue pair */
    uint32_t GetPrefetch() const
    {
        return m_prefetch;
    }

  protected:
    void DoDispose() override;

  private:
    Ptr<PcieLink> m_pcie;          //!< see SetHost
    Ptr<HostCpu> m_cpu;            //!< see SetHost
    Time m_postTime;               //!< attribute
    uint32_t m_core{0};            //!< attribute
    uint32_t m_doorbellBytes{0};   //!< attribute
    uint32_t m_requestBytes{0};    //!< attribute
    uint32_t m_pushedBytes{0};     //!< attribute
    uint32_t m_completionBytes{0}; //!< attribute
    uint32_t m_prefetch{1};        //!< attribute
    bool m_push{true};             //!< attribute
    int64_t m_known{0};            //!< when the NIC knows the latest request, ps
};

/** When the payload of a queue pair's next packets is there. */
class PayloadFetch
{
  public:
    /** @return packets whose payload has been asked for */
    uint32_t GetSize() const
    {
        return m_size;
    }

    /** @return when the next packet's payload is there, ps; there must be one */
    int64_t GetFront() const
    {
        return m_times[m_first];
    }

    /** @return whether there is no place for another packet */
    bool IsFull() const
    {
        return m_size == MAX_PACKETS;
    }

    /** @param time when the payload of one more packet will be there, ps */
    void Push(int64_t time)
    {
        // Packets leave in order.
        m_last = time > m_last ? time : m_last;
        m_times[(m_first + m_size++) % MAX_PACKETS] = m_last;
    }

    /** The next packet is sent. */
    void Pop()
    {
        m_first = (m_first + 1) % MAX_PACKETS;
        --m_size;
    }

    /** Forget all: packets are sent again from elsewhere. */
    void Clear()
    {
        m_size = 0;
    }

    /// Most packets that can be fetched ahead
    static constexpr uint32_t MAX_PACKETS = 32;

  private:
    int64_t m_times[MAX_PACKETS]; //!< a ring
    int64_t m_last{0};            //!< the latest
    uint32_t m_first{0};          //!< where the ring begins
    uint32_t m_size{0};           //!< how many there are
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_HOST_H */
