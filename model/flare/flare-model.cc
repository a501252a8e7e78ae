/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-model.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace offload
{

namespace
{

constexpr double KIB = 1024;
constexpr double MIB = KIB * KIB;
constexpr double BITS_PER_BYTE = 8;
constexpr double GBPS_PER_TBPS = 1000;

/// Sizes from which on fewer buffers do (SC 2021, section 6.4), KiB
constexpr uint64_t SINGLE_ABOVE = 512;
constexpr uint64_t FOUR_ABOVE = 256;
constexpr uint64_t TWO_ABOVE = 128;

} // namespace

const char*
ToString(FlareAlgorithm algorithm)
{
    switch (algorithm)
    {
    case FlareAlgorithm::SINGLE:
        return "single";
    case FlareAlgorithm::MULTI:
        return "multi";
    case FlareAlgorithm::TREE:
        return "tree";
    }
    return "?";
}

FlareChoice
ChooseFlareAlgorithm(uint64_t dataBytes, bool reproducible, uint64_t inFlightBytes)
{
    constexpr uint64_t KIBIBYTE = 1024;
    const uint64_t spread = std::min(dataBytes, inFlightBytes);
    if (reproducible || spread <= TWO_ABOVE * KIBIBYTE)
    {
        return {FlareAlgorithm::TREE, 1};
    }
    if (spread > SINGLE_ABOVE * KIBIBYTE)
    {
        return {FlareAlgorithm::SINGLE, 1};
    }
    return {FlareAlgorithm::MULTI, spread > FOUR_ABOVE * KIBIBYTE ? 4U : 2U};
}

double
FlareModel::GetService(const FlareChoice& choice, uint32_t coresPerBlock, double spread) const
{
    const double aggregation = m_parameters.aggregation;
    const double children = m_parameters.children;
    if (choice.algorithm == FlareAlgorithm::TREE)
    {
        return aggregation * (children - 1) / children;
    }
    const double buffers = choice.algorithm == FlareAlgorithm::MULTI ? choice.buffers : 1;
    const bool alone = coresPerBlock == 1 || buffers * spread >= aggregation;
    // Whoever meets others waits for half of them, on average.
    const double waiting = alone ? aggregation : aggregation * (coresPerBlock - 1) / (2 * buffers);
    const double merging = (buffers - 1) * aggregation / children;
    return waiting + merging;
}

double
FlareModel::GetBuffers(const FlareChoice& choice) const
{
    switch (choice.algorithm)
    {
    case FlareAlgorithm::SINGLE:
        return 1;
    case FlareAlgorithm::MULTI:
        return choice.buffers;
    case FlareAlgorithm::TREE:
        break;
    }
    const double children = m_parameters.children;
    return children > 2 ? (children - 1) / std::log2(children) : 1;
}

FlareModel::Result
FlareModel::Evaluate(const FlareChoice& choice, uint32_t coresPerBlock, double dataKib) const
{
    const Parameters& p = m_parameters;
    const double cores = p.cores;
    const double children = p.children;
    // With one core a block, its packets are best sent back to back.
    const double spread = coresPerBlock == 1 ? p.interArrival : p.spreadPerKib * dataKib;
    const double service = GetService(choice, coresPerBlock, spread);
    const double packetsPerCycle = std::min(cores / service, 1 / p.interArrival);
    const double atCore = std::min(coresPerBlock * spread, cores * p.interArrival);
    const double queue = std::max(0.0, children / coresPerBlock * (1 - atCore / service));
    const double latency = (children - 1) * spread + (queue + 1) * service;
    const double buffers = GetBuffers(choice);

    Result result{};
    result.serviceCycles = service;
    result.bandwidthTbps =
        packetsPerCycle * p.packetBytes * BITS_PER_BYTE * p.clockGhz / GBPS_PER_TBPS;
    result.inputBufferMib = (queue + 1) * cores * p.packetBytes / MIB;
    result.workingMemoryMib = buffers * packetsPerCycle / children * latency * p.packetBytes / MIB;
    result.blockMemoryKib = buffers * p.packetBytes / KIB;
    result.blockLatencyCycles = latency;
    return result;
}

} // namespace offload
} // namespace ns3
