/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "time-resolution.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

void
RequirePicoseconds(Time::Unit resolution)
{
    if (resolution != Time::PS)
    {
        throw std::runtime_error("offload needs picosecond time steps; add as the first statement "
                                 "of main(): Time::SetResolution(Time::PS);");
    }
}

} // namespace offload
} // namespace ns3
