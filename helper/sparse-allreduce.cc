/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "sparse-allreduce.h"

#include "sparse-stream.h"

#include "ns3/power-of-two.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace ns3
{
namespace offload
{
namespace
{

/**
 * A part of what all hosts must have in the end: sent from here, and compared on arrival. What
 * begins near the end goes on at the beginning.
 */
class SharedContent : public MemoryContent
{
  public:
    /**
     * @param bytes of the result; those who still send keep them
     * @param offset of the part
     */
    SharedContent(std::shared_ptr<const std::vector<uint8_t>> bytes, uint64_t offset)
        : m_bytes(std::move(bytes)),
          m_offset(offset)
    {
    }

    void Read(uint64_t offset, uint8_t* to, uint32_t bytes) const override
    {
        const uint64_t from = (m_offset + offset) % m_bytes->size();
        const auto part = static_cast<uint32_t>(std::min<uint64_t>(bytes, m_bytes->size() - from));
        std::memcpy(to, m_bytes->data() + from, part);
        std::memcpy(to + part, m_bytes->data(), bytes - part);
    }

    uint32_t Write(uint64_t offset, const uint8_t* from, uint32_t bytes) override
    {
        const uint64_t at = (m_offset + offset) % m_bytes->size();
        const auto part = static_cast<uint32_t>(std::min<uint64_t>(bytes, m_bytes->size() - at));
        return CountDifferentBytes(from, m_bytes->data() + at, part) +
               CountDifferentBytes(from + part, m_bytes->data(), bytes - part);
    }

  private:
    std::shared_ptr<const std::vector<uint8_t>> m_bytes; //!< of the result
    uint64_t m_offset;                                   //!< of the part
};

constexpr const char* DSAR = "dsar-split-allgather";
constexpr const char* SSAR = "ssar-split-allgather";

} // namespace

SparseAlgorithm
SparseAllreduce::Parse(const std::string& name)
{
    if (name == DSAR)
    {
        return SparseAlgorithm::DSAR_SPLIT_ALLGATHER;
    }
    if (name == SSAR)
    {
        return SparseAlgorithm::SSAR_SPLIT_ALLGATHER;
    }
    throw std::invalid_argument(name + " is not " + DSAR + " or " + SSAR);
}

std::vector<std::string>
SparseAllreduce::GetNames()
{
    return {DSAR, SSAR};
}

void
SparseAllreduce::Check(uint64_t hosts, uint64_t elements, uint32_t valueBytes)
{
    if (hosts < 2 || hosts > MAX_HOSTS)
    {
        throw std::invalid_argument("sparcml: the number of hosts, " + std::to_string(hosts) +
                                    ", must be 2 to " + std::to_string(MAX_HOSTS));
    }
    if (valueBytes > MAX_VALUE_BYTES)
    {
        throw std::invalid_argument("sparcml: a value has at most " +
                                    std::to_string(MAX_VALUE_BYTES) + " bytes, not " +
                                    std::to_string(valueBytes));
    }
    if (elements * (INDEX_BYTES + valueBytes) + HEADER_BYTES * hosts > UINT32_MAX)
    {
        throw std::invalid_argument("sparcml: a vector of " + std::to_string(elements) +
                                    " elements makes messages that are too long");
    }
}

SparseAllreduce::SparseAllreduce(NetDeviceContainer hosts,
                                 Ptr<const SparseContents> vectors,
                                 SparseAlgorithm algorithm)
    : m_devices(hosts),
      m_vectors(vectors),
      m_algorithm(algorithm),
      m_hosts(hosts.GetN()),
      m_result(std::make_shared<std::vector<uint8_t>>())
{
    const uint32_t count = hosts.GetN();
    const uint32_t elements = vectors->GetElements();
    Check(count, elements, vectors->GetValueBytes());
    if (vectors->GetHosts() != count)
    {
        throw std::invalid_argument("sparcml: there are " + std::to_string(vectors->GetHosts()) +
                                    " vectors for " + std::to_string(count) + " hosts");
    }
    while (1U << m_steps < count)
    {
        ++m_steps;
    }
    uint64_t offset = 0;
    for (uint32_t i = 0; i < count; ++i)
    {
        Host& host = m_hosts[i];
        host.begin = static_cast<uint32_t>(uint64_t{elements} * i / count);
        host.end = static_cast<uint32_t>(uint64_t{elements} * (i + 1) / count);
        host.offset = offset;
        offset += GetResultBytes(host);
        host.has.resize(m_steps);
        host.inbox.resize(count);
    }
    m_result->resize(offset);
}

SparseAllreduce::~SparseAllreduce()
{
    m_event.Cancel();
}

bool
SparseAllreduce::IsDense(uint64_t values, uint64_t range) const
{
    // SparCML, section 5.1: the number of values from which on indices cost more than they save.
    const uint32_t size = m_vectors->GetValueBytes();
    return m_algorithm == SparseAlgorithm::DSAR_SPLIT_ALLGATHER ||
           values * (INDEX_BYTES + size) > range * size;
}

uint64_t
SparseAllreduce::GetResultBytes(const Host& owner) const
{
    const uint64_t range = owner.end - owner.begin;
    const uint64_t values = m_vectors->FindSum(owner.end) - m_vectors->FindSum(owner.begin);
    const uint32_t size = m_vectors->GetValueBytes();
    return HEADER_BYTES + (IsDense(values, range) ? range * size : values * (INDEX_BYTES + size));
}

void
SparseAllreduce::Start(DoneCallback done)
{
    m_doneCallback = done;
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    m_messenger =
        std::make_unique<RdmaMessenger>(m_devices,
                                        hosts + m_steps,
                                        MakeCallback(&SparseAllreduce::HandleArrival, this));
    m_messenger->SetFailedCallback(MakeCallback(&SparseAllreduce::Finish, this));
    m_event = Simulator::ScheduleNow(&SparseAllreduce::Begin, this);
}

void
SparseAllreduce::Finish()
{
    if (!std::exchange(m_finished, true))
    {
        m_event = Simulator::ScheduleNow(&SparseAllreduce::Tell, this);
    }
}

void
SparseAllreduce::Tell()
{
    if (!m_doneCallback.IsNull())
    {
        const DoneCallback done = m_doneCallback;
        done();
    }
}

void
SparseAllreduce::Begin()
{
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    for (Host& host : m_hosts)
    {
        const uint32_t size = m_vectors->GetValueBytes();
        host.sums.resize(uint64_t{host.end - host.begin} * size);
        host.present.resize(host.end - host.begin);
    }
    for (uint32_t from = 0; from < hosts; ++from)
    {
        // To begin with the next one lets no owner be everybody's first.
        for (uint32_t turn = 0; turn < hosts; ++turn)
        {
            const uint32_t to = (from + turn) % hosts;
            Ptr<SparseStream> stream = MakeStream(from, m_hosts[to]);
            if (to == from)
            {
                AddStream(m_hosts[from], *stream);
                continue;
            }
            m_hosts[to].inbox[turn] = MakeStream(from, m_hosts[to]);
            RdmaMessenger::Message message;
            message.from = from;
            message.to = to;
            message.number = turn; // the distance: nobody else's, at both ends
            message.bytes = stream->GetSize();
            message.source = stream;
            message.target = m_hosts[to].inbox[turn];
            m_messenger->Send(message);
        }
    }
}

void
SparseAllreduce::HandleArrival(uint32_t number, uint32_t message)
{
    Host& host = m_hosts[number];
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    if (message < hosts)
    {
        AddStream(host, *host.inbox[message]);
        host.inbox[message] = nullptr;
    }
    else
    {
        host.has[message - hosts] = true;
        ++host.received;
    }
    if (host.streams == hosts)
    {
        if (!host.sums.empty())
        {
            m_right = WriteResult(host) && m_right;
        }
        Gather(number);
        if (host.received == m_steps)
        {
            ++m_done;
            m_end = std::max(m_end, Simulator::Now().GetTimeStep());
        }
    }
    if (m_done == hosts || !m_right)
    {
        Finish();
    }
}

Ptr<SparseStream>
SparseAllreduce::MakeStream(uint32_t from, const Host& owner) const
{
    return Create<SparseStream>(m_vectors,
                                from,
                                m_vectors->FindFirst(from, owner.begin),
                                m_vectors->FindFirst(from, owner.end));
}

void
SparseAllreduce::AddStream(Host& owner, const SparseStream& stream)
{
    const uint32_t size = m_vectors->GetValueBytes();
    std::array<uint8_t, INDEX_BYTES + MAX_VALUE_BYTES> pair;
    for (uint64_t at = HEADER_BYTES; at < stream.GetSize(); at += INDEX_BYTES + size)
    {
        stream.Read(at, pair.data(), INDEX_BYTES + size);
        const uint32_t place = SparseStream::GetWord(pair.data()) - owner.begin;
        if (place >= owner.present.size())
        {
            m_right = false; // not in the owner's range
            return;
        }
        uint8_t* sum = &owner.sums[uint64_t{place} * size];
        if (owner.present[place])
        {
            m_vectors->GetOperation().Combine(sum, pair.data() + INDEX_BYTES, 1);
        }
        else
        {
            std::memcpy(sum, pair.data() + INDEX_BYTES, size);
            owner.present[place] = true;
        }
    }
    ++owner.streams;
}

bool
SparseAllreduce::WriteResult(Host& owner)
{
    const uint32_t size = m_vectors->GetValueBytes();
    const std::vector<uint32_t>& indices = m_vectors->GetSumIndices();
    const size_t first = m_vectors->FindSum(owner.begin);
    const size_t last = m_vectors->FindSum(owner.end);
    const uint32_t range = owner.end - owner.begin;
    const bool dense = IsDense(last - first, range);
    uint8_t* to = m_result->data() + owner.offset;
    SparseStream::PutHeader(to, dense, dense ? range : last - first);
    to += HEADER_BYTES;
    size_t position = first;
    bool right = true;
    for (uint32_t i = 0; i < range; ++i)
    {
        const bool expected = position < last && indices[position] == owner.begin + i;
        const uint8_t* sum = &owner.sums[uint64_t{i} * size];
        const uint8_t* known = expected ? m_vectors->GetSumValue(position) : nullptr;
        right =
            right && owner.present[i] == expected && (!known || std::memcmp(sum, known, size) == 0);
        position += expected;
        if (dense)
        {
            std::memcpy(to, sum, size);
            to += size;
        }
        else if (expected)
        {
            SparseStream::PutWord(to, owner.begin + i);
            std::memcpy(to + INDEX_BYTES, sum, size);
            to += INDEX_BYTES + size;
        }
    }
    std::vector<uint8_t>().swap(owner.sums);
    std::vector<bool>().swap(owner.present);
    return right;
}

uint64_t
SparseAllreduce::GetBytes(uint32_t first, uint32_t parts) const
{
    const uint32_t end = first + parts;
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    const uint64_t begin = m_hosts[first].offset;
    return end < hosts ? m_hosts[end].offset - begin
                       : m_result->size() - begin + m_hosts[end - hosts].offset;
}

void
SparseAllreduce::Gather(uint32_t number)
{
    Host& host = m_hosts[number];
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    while (host.next < m_steps && (host.next == 0 || host.has[host.next - 1]))
    {
        const uint32_t step = host.next++;
        RdmaMessenger::Message message;
        message.from = number;
        message.number = hosts + step;
        // What this host has got so far: the parts of as many owners.
        uint32_t first = number;
        uint32_t parts = 1U << step;
        if (IsPowerOfTwo(hosts))
        {
            first = number >> step << step;
            message.to = number ^ parts; // recursive doubling
        }
        else
        {
            message.to = (number + hosts - parts) % hosts; // Bruck's algorithm
            parts = std::min(parts, hosts - parts);
        }
        message.bytes = static_cast<uint32_t>(GetBytes(first, parts));
        message.source = Create<SharedContent>(m_result, m_hosts[first].offset);
        message.target = message.source;
        m_messenger->Send(message);
    }
}

SparseAllreduce::Result
SparseAllreduce::GetResult() const
{
    Result result;
    const uint32_t size = m_vectors->GetValueBytes();
    for (const Host& owner : m_hosts)
    {
        const uint8_t* from = m_result->data() + owner.offset;
        const bool dense = SparseStream::GetWord(from) == SparseStream::DENSE;
        const uint32_t values = SparseStream::GetWord(from + sizeof(uint32_t));
        from += HEADER_BYTES;
        for (uint32_t i = 0; i < values; ++i)
        {
            const uint32_t index = dense ? owner.begin + i : SparseStream::GetWord(from);
            from += dense ? 0 : INDEX_BYTES;
            if (!m_vectors->GetOperation().IsZero(from))
            {
                result.indices.push_back(index);
                result.values.insert(result.values.end(), from, from + size);
            }
            from += size;
        }
    }
    return result;
}

bool
SparseAllreduce::IsComplete() const
{
    return m_right && m_done == m_hosts.size() && m_messenger && !m_messenger->HasFailed() &&
           m_messenger->GetMismatches() == 0;
}

} // namespace offload
} // namespace ns3
