/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TIME_RESOLUTION_H
#define OFFLOAD_TIME_RESOLUTION_H

#include "ns3/nstime.h"

namespace ns3
{
namespace offload
{

/**
 * Refuse to go on unless a time step is one picosecond, as all models of this module assume: 64
 * bytes at 400 Gbit/s last 1.28 ns, which ns-3's default resolution rounds to 1 ns. Called where
 * devices are set up.
 * @param resolution what a time step is
 * @throw std::runtime_error with the line to add to the scenario
 */
void RequirePicoseconds(Time::Unit resolution = Time::GetResolution());

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TIME_RESOLUTION_H */
