/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CANARY_HELPER_H
#define OFFLOAD_CANARY_HELPER_H

#include "collective-helper.h"

#include "ns3/canary-net-device.h"
#include "ns3/canary-switch.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Builds networks whose switches sum what meets in them, without trees (Canary), and starts
 * allreduces:
 *
 *     CanaryHelper canary;
 *     NodeContainer hosts(64);
 *     const auto topology = FatTree::LeafSpine(8, 8, 8);
 *     Fabric fabric = canary.Install(*topology, hosts);
 *     CanaryJob job;
 *     job.blocks = blocks;
 *     CanaryHelper::StartAllreduce(fabric, job, vectors);
 *     Simulator::Run();
 *     // GetError says whether a host has given up
 */
class CanaryHelper : public CollectiveHelper
{
  public:
    /** Devices are CanaryNetDevice, switches CanarySwitch. */
    CanaryHelper();

    /**
     * Have all hosts begin an allreduce, now.
     * @param fabric what Install has returned
     * @param job what all have in common; rank, members and vector are filled in
     * @param vectors the hosts' data by number; they outlive the allreduce
     * @throw std::invalid_argument if there are not as many vectors as hosts, if their first blocks
     *        are malformed or of different sizes, if a node is two hosts or takes part in another
     *        allreduce, or if the job is impossible
     */
    static void StartAllreduce(const Fabric& fabric,
                               CanaryJob job,
                               const std::vector<FlareVector*>& vectors);

    /**
     * @param fabric what Install has returned
     * @return when the last host had the last result of the last allreduce, ps
     */
    static int64_t GetEnd(const Fabric& fabric);

    /**
     * @param fabric what Install has returned
     * @return why the first host that did so has given up the last allreduce, in one line; empty if
     *         none did
     */
    static std::string GetError(const Fabric& fabric);

  private:
    static void CheckHosts(const Fabric& fabric,
                           const CanaryJob& job,
                           const std::vector<FlareVector*>& vectors);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CANARY_HELPER_H */
