/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CANARY_COMMUNICATORS_H
#define OFFLOAD_CANARY_COMMUNICATORS_H

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The numbers by which packets tell the allreduces of some hosts from those of others. Hosts agree
 * on them when they form a communicator, as MPI's do on a context; how they do is not modelled.
 */
class CanaryCommunicators
{
  public:
    /** @return this simulation's; Simulator::Destroy lets go of them */
    static CanaryCommunicators& Get();

    /**
     * @param members hosts by rank
     * @return their communicator's number: the same for the same hosts in the same order
     * @throw std::invalid_argument with one line if a host is there twice, or there are no numbers
     *        left
     */
    uint16_t GetNumber(const std::vector<uint32_t>& members);

  private:
    std::map<std::vector<uint32_t>, uint16_t> m_numbers; //!< by members
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CANARY_COMMUNICATORS_H */
