/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_CLUSTER_H
#define OFFLOAD_SPIN_CLUSTER_H

#include "fabric-helper.h"
#include "spin-rdma-helper.h"

#include "ns3/fabric-topology.h"
#include "ns3/spin-timeline.h"
#include "ns3/timeline.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** Host memory that handlers may touch. */
struct ClusterWindow
{
    uint64_t address; //!< first byte
    uint64_t bytes;   //!< how many
};

/** A piece of a host's memory that its queue pairs may use. */
struct ClusterBuffer
{
    uint64_t address{0};      //!< first byte
    uint32_t bytes{0};        //!< how many
    Ptr<MemoryRegion> region; //!< with all rights
    Ptr<HostMemory> memory;   //!< where it is

    /** @return the bytes */
    uint8_t* GetBytes() const
    {
        return memory->GetBytes(address, bytes);
    }

    /** @return all of it */
    ClusterWindow GetWindow() const
    {
        return {address, bytes};
    }
};

/**
 * The cluster of the SC'17 sPIN simulation, on which its use cases run: hosts with sPIN NICs that
 * speak RoCEv2 on a fat tree of 36-port switches.
 */
class SpinCluster
{
  public:
    /** What can be chosen. */
    struct Config
    {
        uint32_t hosts{2};                 //!< at least one
        std::string host{"sc17-discrete"}; //!< a HostPreset
        uint64_t memoryBytes{1 << 24};     //!< of each host
        bool polling{true};                //!< cores wait for data by looking at memory
    };

    /**
     * @param config what can be chosen
     * @throw std::invalid_argument if it makes no sense
     */
    explicit SpinCluster(const Config& config);

    /** @return number of hosts */
    uint32_t GetHosts() const
    {
        return static_cast<uint32_t>(m_nics.size());
    }

    /** @return a host's NIC */
    const Ptr<SpinRdmaNetDevice>& GetNic(uint32_t host) const
    {
        return m_nics.at(host);
    }

    /** @return a host's memory */
    Ptr<HostMemory> GetMemory(uint32_t host) const
    {
        return m_nics.at(host)->GetHostPath()->GetPcie()->GetMemory();
    }

    /** @return a host's cores */
    Ptr<HostCpu> GetCpu(uint32_t host) const
    {
        return m_nics.at(host)->GetHostPath()->GetCpu();
    }

    /** @return the hosts */
    const NodeContainer& GetNodes() const
    {
        return m_nodes;
    }

    /** @return the network */
    const Fabric& GetFabric() const
    {
        return m_fabric;
    }

    /**
     * @param host a host
     * @param bytes how many, at least one
     * @return fresh memory, zero, registered with all rights
     */
    ClusterBuffer Allocate(uint32_t host, uint32_t bytes);

    /**
     * @param a a host
     * @param b another one
     * @return connected queue pairs, in the same order
     */
    RdmaHelper::Connection Connect(uint32_t a, uint32_t b) const;

    /**
     * Attach a program to queue pairs of a host; they share its context.
     * @param host whose
     * @param queuePairs on which messages come
     * @param program what handles them, set up
     * @param window host memory that the handlers may touch
     * @param tells whether handled messages are told by completions
     */
    void Attach(uint32_t host,
                const std::vector<Ptr<QueuePair>>& queuePairs,
                Ptr<HandlerProgram> program,
                const ClusterWindow& window,
                bool tells);

    /**
     * Capture what two hosts' ports send and receive.
     * @param prefix of the files
     */
    void EnablePcap(const std::string& prefix);

    /**
     * Draw what the NICs of the first hosts do.
     * @param timeline where to
     */
    void Draw(Timeline& timeline);

    /// SC'17: "o", time of a core for a message
    static constexpr int64_t OVERHEAD_PS = 65'000;

  private:
    static std::unique_ptr<FabricTopology> MakeTopology(uint32_t hosts);

    SpinRdmaHelper m_helper;                    //!< makes the NICs
    NodeContainer m_nodes;                      //!< by number
    std::vector<Ptr<SpinRdmaNetDevice>> m_nics; //!< by number
    Fabric m_fabric;                            //!< the network
    std::vector<Ptr<SpinTimeline>> m_lines;     //!< of the hosts that are drawn
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_CLUSTER_H */
