/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "matcher.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(Matcher);

TypeId
Matcher::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::Matcher").SetParent<Object>().SetGroupName("Offload");
    return tid;
}

Matcher::~Matcher() = default;

void
Matcher::Accept(const MessagePosition&)
{
}

void
Matcher::Abort(uint64_t)
{
}

MatchRule
Matcher::GetFollowingRule(const MatchRule& rule) const
{
    return rule;
}

} // namespace offload
} // namespace ns3
