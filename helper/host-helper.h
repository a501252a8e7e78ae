/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_HELPER_H
#define OFFLOAD_HOST_HELPER_H

#include "ns3/host-cpu.h"
#include "ns3/host-memory.h"
#include "ns3/host-preset.h"
#include "ns3/node.h"
#include "ns3/object-factory.h"
#include "ns3/pcie-link.h"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * What helpers of NICs build hosts of: a PCIe link for each NIC, and, once per node, memory and
 * cores.
 *
 * Bad settings are refused as by LinkHelper.
 */
class HostHelper
{
  public:
    /**
     * Take a host from a publication; attributes set afterwards override it.
     * @param preset the host
     * @throw std::invalid_argument if it names something else than PcieLink, HostMemory and HostCpu
     */
    void UseHost(const HostPreset& preset);

    /** Set an attribute of the PCIe links; as LinkHelper::SetDeviceAttribute. */
    void SetPcieAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the memory of hosts that have none yet; as SetPcieAttribute. */
    void SetMemoryAttribute(const std::string& name, const AttributeValue& value);
    /** Set an attribute of the cores of hosts that have none yet; as SetPcieAttribute. */
    void SetCpuAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @param node a node
     * @return its memory, made if there is none yet
     */
    Ptr<HostMemory> GetMemory(Ptr<Node> node) const;

    /**
     * @param user has an attribute Core, such as HostPath and RdmaHost
     * @param cores how many the host has
     * @throw std::invalid_argument with one line if the user's core is none of them
     */
    template <class User>
    static void CheckCore(const User& user, uint32_t cores);

  protected:
    HostHelper();
    ~HostHelper() = default;

    /**
     * @return a link to no memory yet
     * @throw std::invalid_argument with one line if its attributes leave it no rate
     */
    Ptr<PcieLink> MakePcie() const;

    /**
     * @param node a node
     * @return its cores, made if there are none yet
     */
    Ptr<HostCpu> GetCpu(Ptr<Node> node) const;

    /** @return cores that a node has, or will have */
    uint32_t GetCores(Ptr<Node> node) const;

  private:
    ObjectFactory m_pcieFactory;   //!< makes the PCIe links
    ObjectFactory m_memoryFactory; //!< makes the memories
    ObjectFactory m_cpuFactory;    //!< makes the cores
};

template <class User>
void
HostHelper::CheckCore(const User& user, uint32_t cores)
{
    if (user.GetCore() >= cores)
    {
        throw std::invalid_argument(user.GetInstanceTypeId().GetName() + "::Core does not accept " +
                                    std::to_string(user.GetCore()) +
                                    ", but 0:" + std::to_string(cores - 1));
    }
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_HELPER_H */
