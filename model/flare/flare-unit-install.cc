/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-broadcast-handler.h"
#include "flare-dense-handler.h"
#include "flare-sparse-handler.h"
#include "flare-unit.h"

#include "ns3/power-of-two.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

namespace
{

/** @return cores among which a block's packets are spread */
uint32_t
GetCoresPerBlock(const FlareReduction& reduction, uint32_t coresPerCluster)
{
    const uint32_t cores = reduction.coresPerBlock == 0 ? coresPerCluster : reduction.coresPerBlock;
    if (!IsPowerOfTwo(cores) || cores > coresPerCluster)
    {
        throw std::invalid_argument(
            "FlareReduction: coresPerBlock is " + std::to_string(cores) +
            ", and must be a power of two up to the " + std::to_string(coresPerCluster) +
            " cores of a cluster (FlareSwitch::CoresPerCluster), or 0 for all of them");
    }
    return cores;
}

} // namespace

std::unique_ptr<FlareHandler>
MakeFlareHandler(const FlareReduction& asked, FlareServices& services, uint32_t coresPerCluster)
{
    FlareReduction reduction = asked;
    constexpr uint32_t MOST_CHILDREN = 256; // an octet names one
    reduction.Check();
    if (reduction.children == 0 || reduction.children > MOST_CHILDREN || reduction.window == 0)
    {
        throw std::invalid_argument("FlareReduction: it needs 1 to 256 children and a window of at "
                                    "least one block");
    }
    if (!reduction.operation->IsForSwitches())
    {
        throw std::invalid_argument("FlareReduction: a switch cannot do the operation");
    }
    if (reduction.NeedsOrder() &&
        (reduction.sparse || reduction.choice.algorithm != FlareAlgorithm::TREE))
    {
        throw std::invalid_argument("FlareReduction: an operator that is not commutative needs "
                                    "dense vectors and the tree algorithm");
    }
    reduction.coresPerBlock = GetCoresPerBlock(reduction, coresPerCluster);
    if (reduction.sparse)
    {
        // A broadcast is a sum to which the others have nothing to add.
        return std::make_unique<FlareSparseHandler>(reduction, services);
    }
    if (reduction.collective == FlareCollective::BROADCAST)
    {
        return std::make_unique<FlareBroadcastHandler>(reduction, services);
    }
    if (reduction.choice.algorithm == FlareAlgorithm::TREE)
    {
        return std::make_unique<FlareTreeHandler>(reduction, services);
    }
    if (reduction.choice.buffers == 0 || reduction.choice.buffers > FlareSpinLock::MOST)
    {
        throw std::invalid_argument("FlareReduction: a block has 1 to 32 buffers");
    }
    return std::make_unique<FlareBufferedHandler>(reduction, services);
}

uint64_t
FlareUnit::GetL1Bytes(const FlareReduction& reduction) const
{
    // Blocks take turns among the clusters.
    const uint64_t blocks =
        (reduction.window + m_config.spin.clusters - 1) / m_config.spin.clusters;
    FlareReduction one = reduction;
    one.window = 1;
    return blocks *
           MakeFlareHandler(one, *const_cast<FlareUnit*>(this), m_perCluster)->GetBlockBytes();
}

FlareHandler&
FlareUnit::Install(const FlareReduction& reduction)
{
    const uint64_t bytes = GetL1Bytes(reduction);
    if (bytes > m_l1Free)
    {
        throw std::invalid_argument("FlareUnit: reduction " + std::to_string(reduction.id) +
                                    " takes " + std::to_string(bytes) +
                                    " bytes of each L1, and there are " + std::to_string(m_l1Free));
    }
    m_l1Free -= bytes;
    uint32_t number = 0;
    while (number < m_handlers.size() && m_handlers[number].handler)
    {
        ++number;
    }
    if (number == m_handlers.size())
    {
        m_handlers.emplace_back();
        for (Core& core : m_cores)
        {
            core.warm.push_back(0);
        }
    }
    for (Core& core : m_cores)
    {
        core.warm[number] = 0;
    }
    Installed& installed = m_handlers[number];
    installed.handler = MakeFlareHandler(reduction, *this, m_perCluster);
    installed.handler->SetNumber(number);
    installed.l1Bytes = bytes;
    installed.inside = 0;
    installed.sizeLog =
        static_cast<uint32_t>(__builtin_ctz(installed.handler->GetReduction().coresPerBlock));
    installed.removed = false;
    installed.lanes.assign(m_cores.size() >> installed.sizeLog, Lane());
    installed.shares.assign(m_config.spin.clusters, Share());
    installed.portBytes.assign(m_ports.size(), 0);
    ++m_installed;
    return *installed.handler;
}

void
FlareUnit::Remove(FlareHandler& handler)
{
    Installed& installed = m_handlers[handler.GetNumber()];
    installed.removed = true;
    m_l1Free += installed.l1Bytes;
    ++installed.inside;
    Leave(handler);
}

} // namespace offload
} // namespace ns3
