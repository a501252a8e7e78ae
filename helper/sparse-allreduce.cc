/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "sparse-allreduce.h"

#include "ns3/power-of-two.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace ns3
{
namespace offload
{
namespace
{

/// What a stream's first word says
constexpr uint32_t SPARSE_STREAM = 0;
constexpr uint32_t DENSE_STREAM = 1; //!< values of the whole range, without indices

void
PutWord(uint8_t* to, uint32_t word)
{
    std::memcpy(to, &word, sizeof(word));
}

uint32_t
GetWord(const uint8_t* from)
{
    uint32_t word;
    std::memcpy(&word, from, sizeof(word));
    return word;
}

/** Write a stream's header. */
void
PutHeader(uint8_t* to, bool dense, size_t values)
{
    PutWord(to, dense ? DENSE_STREAM : SPARSE_STREAM);
    PutWord(to + sizeof(uint32_t), static_cast<uint32_t>(values));
}

/** A part of what all hosts must have in the end: sent from here, and compared on arrival. */
class SharedContent : public MemoryContent
{
  public:
    explicit SharedContent(const uint8_t* first)
        : m_first(first)
    {
    }

    void Read(uint64_t offset, uint8_t* to, uint32_t bytes) const override
    {
        std::memcpy(to, m_first + offset, bytes);
    }

    uint32_t Write(uint64_t offset, const uint8_t* from, uint32_t bytes) override
    {
        return CountDifferentBytes(from, m_first + offset, bytes);
    }

  private:
    const uint8_t* m_first; //!< outlives this
};

constexpr const char* DSAR = "dsar-split-allgather";
constexpr const char* SSAR = "ssar-split-allgather";

} // namespace

/** A host's values for an owner, generated when they are sent, and again to compare with. */
class SparseStream : public MemoryContent
{
  public:
    /**
     * @param vectors contents
     * @param host whose
     * @param first its first bucket in the owner's range
     * @param last after the last one
     */
    SparseStream(const SparseVectors& vectors, uint32_t host, uint32_t first, uint32_t last)
        : m_vectors(vectors),
          m_host(host),
          m_first(first),
          m_values(last - first),
          m_pair(SparseAllreduce::INDEX_BYTES + vectors.GetValueBytes())
    {
    }

    /** @return bytes of the stream */
    uint32_t GetSize() const
    {
        return SparseAllreduce::HEADER_BYTES + m_values * m_pair;
    }

    void Read(uint64_t offset, uint8_t* to, uint32_t bytes) const override
    {
        std::array<uint8_t, sizeof(uint64_t)> piece;
        static_assert(SparseAllreduce::HEADER_BYTES <= piece.size());
        while (bytes > 0)
        {
            uint32_t begin = static_cast<uint32_t>(offset);
            uint32_t size = SparseAllreduce::HEADER_BYTES;
            if (begin < size)
            {
                PutHeader(piece.data(), false, m_values);
            }
            else
            {
                const uint32_t number = (begin - size) / m_pair;
                begin = (begin - size) % m_pair;
                size = m_pair;
                const SparseVectors::Entry entry = m_vectors.GetEntry(m_host, m_first + number);
                PutWord(piece.data(), entry.index);
                m_vectors.PutValue(entry.code, piece.data() + SparseAllreduce::INDEX_BYTES);
            }
            const uint32_t part = std::min(bytes, size - begin);
            std::memcpy(to, piece.data() + begin, part);
            to += part;
            offset += part;
            bytes -= part;
        }
    }

    uint32_t Write(uint64_t offset, const uint8_t* from, uint32_t bytes) override
    {
        std::array<uint8_t, CHUNK> expected;
        uint32_t wrong = 0;
        for (uint32_t done = 0; done < bytes; done += CHUNK)
        {
            const uint32_t part = std::min(CHUNK, bytes - done);
            Read(offset + done, expected.data(), part);
            wrong += CountDifferentBytes(from + done, expected.data(), part);
        }
        return wrong;
    }

  private:
    static constexpr uint32_t CHUNK = 256; //!< bytes that are compared at a time

    const SparseVectors& m_vectors; //!< contents
    uint32_t m_host;                //!< whose
    uint32_t m_first;               //!< bucket
    uint32_t m_values;              //!< how many
    uint32_t m_pair;                //!< bytes of an index and a value
};

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
SparseAllreduce::Check(const SparseVectors::Shape& shape)
{
    constexpr uint32_t MOST_ONES = 2048; // 11 bits: beyond it, one more is lost
    if (shape.hosts < 2 || shape.hosts > MAX_HOSTS || !IsPowerOfTwo(shape.hosts))
    {
        throw std::invalid_argument("sparcml: the number of hosts, " + std::to_string(shape.hosts) +
                                    ", must be a power of two, 2 to " + std::to_string(MAX_HOSTS));
    }
    static_assert(MAX_HOSTS <= MOST_ONES, "sums of half precision are exact in any order");
    const uint64_t bytes = uint64_t{shape.elements} * (INDEX_BYTES + GetBytes(shape.type));
    if (bytes + HEADER_BYTES * uint64_t{shape.hosts} > UINT32_MAX)
    {
        throw std::invalid_argument("sparcml: a vector of " + std::to_string(shape.elements) +
                                    " elements makes messages that are too long");
    }
}

SparseAllreduce::SparseAllreduce(NetDeviceContainer hosts,
                                 const SparseVectors& vectors,
                                 SparseAlgorithm algorithm)
    : m_devices(hosts),
      m_vectors(vectors),
      m_algorithm(algorithm),
      m_operation(FlareOperator::Make(vectors.GetShape().type, FlareOperation::SUM)),
      m_hosts(hosts.GetN())
{
    const SparseVectors::Shape& shape = vectors.GetShape();
    Check(shape);
    if (shape.hosts != hosts.GetN())
    {
        throw std::invalid_argument("sparcml: there are " + std::to_string(shape.hosts) +
                                    " vectors for " + std::to_string(hosts.GetN()) + " hosts");
    }
    while (1U << m_steps < shape.hosts)
    {
        ++m_steps;
    }
    uint64_t offset = 0;
    for (uint32_t i = 0; i < shape.hosts; ++i)
    {
        Host& host = m_hosts[i];
        host.begin = static_cast<uint32_t>(uint64_t{shape.elements} * i / shape.hosts);
        host.end = static_cast<uint32_t>(uint64_t{shape.elements} * (i + 1) / shape.hosts);
        host.offset = offset;
        offset += GetResultBytes(host);
        host.has.resize(m_steps);
        host.inbox.resize(shape.hosts);
    }
    m_result.resize(offset);
}

SparseAllreduce::~SparseAllreduce() = default;

bool
SparseAllreduce::IsDense(uint64_t values, uint64_t range) const
{
    // SparCML, section 5.1: the number of values from which on indices cost more than they save.
    const uint32_t size = m_vectors.GetValueBytes();
    return m_algorithm == SparseAlgorithm::DSAR_SPLIT_ALLGATHER ||
           values * (INDEX_BYTES + size) > range * size;
}

uint64_t
SparseAllreduce::GetResultBytes(const Host& owner) const
{
    const uint64_t range = owner.end - owner.begin;
    const uint64_t values = m_vectors.FindSum(owner.end) - m_vectors.FindSum(owner.begin);
    const uint32_t size = m_vectors.GetValueBytes();
    return HEADER_BYTES + (IsDense(values, range) ? range * size : values * (INDEX_BYTES + size));
}

void
SparseAllreduce::Start()
{
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    m_messenger =
        std::make_unique<RdmaMessenger>(m_devices,
                                        hosts + m_steps,
                                        MakeCallback(&SparseAllreduce::HandleArrival, this));
    Simulator::ScheduleNow(&SparseAllreduce::Begin, this);
}

void
SparseAllreduce::Begin()
{
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    for (Host& host : m_hosts)
    {
        const uint32_t size = m_vectors.GetValueBytes();
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
}

Ptr<SparseStream>
SparseAllreduce::MakeStream(uint32_t from, const Host& owner) const
{
    return Create<SparseStream>(m_vectors,
                                from,
                                m_vectors.FindFirst(from, owner.begin),
                                m_vectors.FindFirst(from, owner.end));
}

void
SparseAllreduce::AddStream(Host& owner, const SparseStream& stream)
{
    const uint32_t size = m_vectors.GetValueBytes();
    std::array<uint8_t, INDEX_BYTES + sizeof(uint32_t)> pair;
    for (uint64_t at = HEADER_BYTES; at < stream.GetSize(); at += INDEX_BYTES + size)
    {
        stream.Read(at, pair.data(), INDEX_BYTES + size);
        const uint32_t place = GetWord(pair.data()) - owner.begin;
        if (place >= owner.present.size())
        {
            m_right = false; // not in the owner's range
            return;
        }
        uint8_t* sum = &owner.sums[uint64_t{place} * size];
        if (owner.present[place])
        {
            m_operation->Combine(sum, pair.data() + INDEX_BYTES, 1);
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
    const uint32_t size = m_vectors.GetValueBytes();
    const std::vector<uint32_t>& indices = m_vectors.GetSumIndices();
    const size_t first = m_vectors.FindSum(owner.begin);
    const size_t last = m_vectors.FindSum(owner.end);
    const uint32_t range = owner.end - owner.begin;
    const bool dense = IsDense(last - first, range);
    uint8_t* to = &m_result[owner.offset];
    PutHeader(to, dense, dense ? range : last - first);
    to += HEADER_BYTES;
    size_t position = first;
    bool right = true;
    for (uint32_t i = 0; i < range; ++i)
    {
        const bool expected = position < last && indices[position] == owner.begin + i;
        const uint8_t* sum = &owner.sums[uint64_t{i} * size];
        right = right && owner.present[i] == expected &&
                (!expected || std::memcmp(sum, m_vectors.GetSumValue(position), size) == 0);
        position += expected;
        if (dense)
        {
            std::memcpy(to, sum, size);
            to += size;
        }
        else if (expected)
        {
            PutWord(to, owner.begin + i);
            std::memcpy(to + INDEX_BYTES, sum, size);
            to += INDEX_BYTES + size;
        }
    }
    std::vector<uint8_t>().swap(owner.sums);
    std::vector<bool>().swap(owner.present);
    return right;
}

void
SparseAllreduce::Gather(uint32_t number)
{
    Host& host = m_hosts[number];
    const auto hosts = static_cast<uint32_t>(m_hosts.size());
    while (host.next < m_steps && (host.next == 0 || host.has[host.next - 1]))
    {
        // What this host has got so far: the parts of as many owners.
        const uint32_t step = host.next++;
        const uint32_t first = number >> step << step;
        const uint32_t end = first + (1U << step);
        const uint64_t begin = m_hosts[first].offset;
        const uint64_t bytes = (end == hosts ? m_result.size() : m_hosts[end].offset) - begin;
        RdmaMessenger::Message message;
        message.from = number;
        message.to = number ^ 1U << step;
        message.number = hosts + step;
        message.bytes = static_cast<uint32_t>(bytes);
        message.source = Create<SharedContent>(&m_result[begin]);
        message.target = message.source;
        m_messenger->Send(message);
    }
}

bool
SparseAllreduce::IsComplete() const
{
    return m_right && m_done == m_hosts.size() && m_messenger && !m_messenger->HasFailed() &&
           m_messenger->GetMismatches() == 0;
}

} // namespace offload
} // namespace ns3
