/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_DATA_RATE_RANGE_H
#define OFFLOAD_DATA_RATE_RANGE_H

#include "ns3/attribute.h"
#include "ns3/data-rate.h"
#include "ns3/ptr.h"

namespace ns3
{
namespace offload
{

/**
 * ns-3 has no checker for DataRate attributes that bounds the value; this one does.
 * @param minimum least rate accepted
 * @param maximum greatest rate accepted
 * @return a checker whose type name states the range
 */
Ptr<const AttributeChecker> MakeDataRateRangeChecker(DataRate minimum, DataRate maximum);

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_DATA_RATE_RANGE_H */
