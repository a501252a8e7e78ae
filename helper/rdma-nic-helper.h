/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RDMA_NIC_HELPER_H
#define OFFLOAD_RDMA_NIC_HELPER_H

#include "link-helper.h"

#include "ns3/ipv4-address.h"
#include "ns3/queue-pair-config.h"
#include "ns3/rdma-engine.h"
#include "ns3/rdma-host.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * What helpers of NICs that speak RoCEv2 share: engines, the settings of their queue pairs, their
 * addresses and the MTU.
 *
 * Bad settings are refused as by LinkHelper.
 */
class RdmaNicHelper
{
  public:
    /**
     * Set an attribute of the engines created from now on.
     * @param name the attribute
     * @param value its value
     * @throw std::invalid_argument if there is no such attribute or it refuses the value
     */
    void SetEngineAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Set an attribute of queue pairs of the engines created from now on; as SetEngineAttribute.
     * They share one QueuePairConfig.
     */
    void SetQueuePairAttribute(const std::string& name, const AttributeValue& value);

    /**
     * Give the NICs created from now on addresses one after the other. Default: from 10.0.0.1.
     * @param first the first one
     */
    void SetFirstAddress(Ipv4Address first);

    /**
     * @param device a NIC
     * @param config of its queue pairs
     * @throw std::invalid_argument with one line if their packets exceed the NIC's MTU
     */
    static void CheckPackets(const LinkNetDevice& device, const QueuePairConfig& config);

  protected:
    /** @param nics its devices get an MTU that fits the greatest RoCEv2 packet */
    explicit RdmaNicHelper(LinkHelper& nics);
    ~RdmaNicHelper() = default;

    /** Set an attribute of what requests and completions take; as SetEngineAttribute. */
    void SetRdmaHostAttribute(const std::string& name, const AttributeValue& value);

    /** @return a way to no host yet */
    Ptr<RdmaHost> MakeRdmaHost() const;

    /** @return what the engines share until an attribute of queue pairs is set */
    Ptr<QueuePairConfig> GetConfig();

    /**
     * @param host the way to it; null: it is at no distance
     * @return an engine with the next address
     */
    Ptr<RdmaEngine> MakeEngine(Ptr<RdmaHost> host);

    /** @param use whether a LinkHelper::Series has begun, or is over */
    void UseEnginePattern(bool use);

  private:
    Ptr<RdmaEngine> MakeFirstEngine(); //!< from the attributes

    ObjectFactory m_engineFactory;    //!< makes the engines
    ObjectFactory m_queuePairFactory; //!< makes the settings of queue pairs
    ObjectFactory m_rdmaHostFactory;  //!< makes the ways to the hosts
    Ptr<QueuePairConfig> m_config;    //!< see GetConfig; null: to be made
    Ptr<RdmaEngine> m_enginePattern;  //!< what engines of a LinkHelper::Series are copied from
    uint32_t m_nextAddress;           //!< of the next NIC
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RDMA_NIC_HELPER_H */
