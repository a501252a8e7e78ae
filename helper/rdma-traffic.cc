/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "rdma-traffic.h"

#include "rdma-helper.h"

#include "ns3/payload-pattern.h"
#include "ns3/rdma-engine.h"
#include "ns3/rdma-net-device.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace ns3
{
namespace offload
{

std::vector<RdmaFlow>
MakePermutation(uint32_t hosts, uint64_t bytes, uint64_t seed)
{
    // Not ns-3's generator, which computes for 10 ms before its first number. This one is defined
    // to the bit by the C++ standard.
    std::mt19937_64 random(seed);
    // Sattolo's shuffle makes one cycle of all hosts: nobody sends to itself.
    std::vector<uint32_t> target(hosts);
    std::iota(target.begin(), target.end(), 0);
    for (uint32_t i = hosts - 1; i > 0; --i)
    {
        std::swap(target[i], target[random() % i]);
    }
    std::vector<RdmaFlow> flows;
    for (uint32_t i = 0; i < hosts; ++i)
    {
        flows.push_back({i, target[i], bytes});
    }
    return flows;
}

std::vector<RdmaFlow>
MakeIncast(uint32_t senders, uint64_t bytes)
{
    std::vector<RdmaFlow> flows;
    for (uint32_t i = 1; i <= senders; ++i)
    {
        flows.push_back({i, 0, bytes});
    }
    return flows;
}

std::vector<RdmaFlow>
MakeAllToAll(uint32_t hosts, uint64_t bytes)
{
    std::vector<RdmaFlow> flows;
    for (uint32_t distance = 1; distance < hosts; ++distance)
    {
        for (uint32_t i = 0; i < hosts; ++i)
        {
            flows.push_back({i, (i + distance) % hosts, bytes});
        }
    }
    return flows;
}

std::string
RdmaTraffic::Outcome::Describe() const
{
    if (!done)
    {
        return "has not ended";
    }
    return posted == PostResult::POSTED ? std::string("has ended with ") + ToString(status)
                                        : std::string("could not be sent: ") + ToString(posted);
}

RdmaTraffic::RdmaTraffic(NetDeviceContainer hosts)
    : m_hosts(hosts)
{
}

RdmaTraffic::~RdmaTraffic()
{
    for (const auto& queue : m_queues)
    {
        if (queue)
        {
            queue->SetNotifyCallback(CompletionQueue::NotifyCallback());
        }
    }
}

void
RdmaTraffic::Start(const std::vector<RdmaFlow>& flows)
{
    m_flows = flows;
    m_posted.assign(flows.size(), 0);
    m_outcomes.assign(flows.size(), Outcome());
    m_queues.resize(m_hosts.GetN());
    // A host's flows share a completion queue, which has room for all of them.
    std::vector<uint32_t> depths(m_hosts.GetN(), 1);
    for (const auto& flow : flows)
    {
        ++depths[flow.source];
    }
    const auto getQueue = [this, &depths](uint32_t host) {
        if (!m_queues[host])
        {
            Ptr<RdmaNetDevice> device = DynamicCast<RdmaNetDevice>(m_hosts.Get(host));
            m_queues[host] = device->GetEngine()->CreateCompletionQueue(depths[host]);
            m_queues[host]->SetNotifyCallback(MakeCallback(&RdmaTraffic::NotifyCompletion, this));
        }
        return m_queues[host];
    };
    for (uint32_t i = 0; i < flows.size(); ++i)
    {
        const RdmaFlow& flow = flows[i];
        Ptr<RdmaEngine> source = DynamicCast<RdmaNetDevice>(m_hosts.Get(flow.source))->GetEngine();
        Ptr<RdmaEngine> target =
            DynamicCast<RdmaNetDevice>(m_hosts.Get(flow.destination))->GetEngine();
        QueuePair::Parameters parameters;
        parameters.sendCompletions = getQueue(flow.source);
        parameters.receiveCompletions = parameters.sendCompletions;
        m_queuePairs.push_back(source->CreateQueuePair(parameters));
        parameters.sendCompletions = getQueue(flow.destination);
        parameters.receiveCompletions = parameters.sendCompletions;
        RdmaHelper::ConnectQueuePairs(m_queuePairs.back(), target->CreateQueuePair(parameters));
        // Each flow has a pattern of its own: what goes astray is noticed.
        const PayloadPattern pattern(i + 1);
        m_sources.push_back(
            source->RegisterPattern(pattern, {0, flow.bytes, MemoryAccess::LOCAL_READ, 0}));
        m_targets.push_back(target->RegisterPattern(
            pattern,
            {0, flow.bytes, MemoryAccess::LOCAL_WRITE | MemoryAccess::REMOTE_WRITE, 0}));
    }
    Simulator::ScheduleNow(&RdmaTraffic::Post, this);
}

void
RdmaTraffic::Post()
{
    for (uint32_t i = 0; i < m_flows.size(); ++i)
    {
        PostFlow(i);
    }
}

void
RdmaTraffic::PostFlow(uint32_t flow)
{
    WorkRequest work;
    work.id = flow;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = m_posted[flow];
    work.remoteAddress = m_posted[flow];
    work.length =
        static_cast<uint32_t>(std::min<uint64_t>(m_flows[flow].bytes - m_posted[flow],
                                                 m_queuePairs[flow]->GetConfig().GetMaxMessage()));
    work.localKey = m_sources[flow]->GetLocalKey();
    work.remoteKey = m_targets[flow]->GetRemoteKey();
    m_posted[flow] += work.length;
    m_outcomes[flow].posted = m_queuePairs[flow]->PostSend(work);
    if (m_outcomes[flow].posted != PostResult::POSTED)
    {
        End(flow);
    }
}

void
RdmaTraffic::End(uint32_t flow)
{
    m_outcomes[flow].done = true;
    m_outcomes[flow].end = Simulator::Now().GetTimeStep();
    ++m_done;
}

void
RdmaTraffic::NotifyCompletion(Ptr<CompletionQueue> queue)
{
    for (Completion completion; queue->Poll(completion);)
    {
        const auto flow = static_cast<uint32_t>(completion.id);
        if (completion.status == WorkStatus::SUCCESS && m_posted[flow] < m_flows[flow].bytes)
        {
            PostFlow(flow);
            continue;
        }
        m_outcomes[flow].status = completion.status;
        End(flow);
    }
}

bool
RdmaTraffic::IsComplete() const
{
    for (uint32_t i = 0; i < m_flows.size(); ++i)
    {
        const MemoryRegion& target = *m_targets[i];
        if (!m_outcomes[i].IsGood() || target.GetMismatches() != 0 ||
            target.GetBytesStored() != m_flows[i].bytes)
        {
            return false;
        }
    }
    return true;
}

double
RdmaTraffic::GetFraction() const
{
    uint64_t arrived = 0;
    uint64_t all = 0;
    for (uint32_t i = 0; i < m_flows.size(); ++i)
    {
        arrived += m_targets[i]->GetBytesStored();
        all += m_flows[i].bytes;
    }
    return all > 0 ? static_cast<double>(arrived) / static_cast<double>(all) : 1;
}

uint64_t
RdmaTraffic::GetMismatches() const
{
    uint64_t sum = 0;
    for (const auto& target : m_targets)
    {
        sum += target->GetMismatches();
    }
    return sum;
}

} // namespace offload
} // namespace ns3
