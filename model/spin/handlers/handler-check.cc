/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "handler-check.h"

#include "filtering-program.h"

#include "ns3/boolean.h"
#include "ns3/object-factory.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t HEADERS = 28;         //!< bytes; IPv4 and UDP
constexpr uint32_t WORD = 4;             //!< bytes
constexpr uint32_t BINS = 1024;          //!< of the histogram
constexpr uint32_t TABLE = 262144;       //!< words of the filter's table
constexpr uint32_t SCRATCHPAD = 8192;    //!< bytes; the vector of reduce is the largest
constexpr uint64_t WRITTEN = 0xCAFEBEBE; //!< by host_write
constexpr uint32_t SPREAD = 2654435761;  //!< 2^32 / golden ratio; makes neighbours differ

/** A handler: its class, and what it needs. */
struct Shipped
{
    const char* type; //!< class
    bool fromL2;      //!< ping_pong only
};

const std::map<std::string, Shipped> KNOWN = {
    {"empty", {"EmptyProgram", false}},
    {"ping_pong", {"PingPongProgram", false}},
    {"ping_pong_l2", {"PingPongProgram", true}},
    {"aggregate", {"AggregateProgram", false}},
    {"reduce", {"ReduceProgram", false}},
    {"histogram", {"HistogramProgram", false}},
    {"filtering", {"FilteringProgram", false}},
    {"copy_to_host", {"CopyToHostProgram", false}},
    {"copy_from_host", {"CopyFromHostProgram", false}},
    {"host_write", {"HostWriteProgram", false}},
};

uint32_t
LoadWord(const uint8_t* bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<uint32_t>(bytes[3]) << 24;
}

void
StoreWord(uint8_t* bytes, uint32_t word)
{
    for (uint32_t i = 0; i < WORD; i++)
    {
        bytes[i] = static_cast<uint8_t>(word >> 8 * i);
    }
}

uint32_t
TableEntry(uint32_t index)
{
    return index * SPREAD + 1;
}

} // namespace

const std::vector<std::string>&
HandlerCheck::Known()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const auto& known : KNOWN)
        {
            list.push_back(known.first);
        }
        return list;
    }();
    return names;
}

HandlerCheck::HandlerCheck(std::string handler, uint32_t packetBytes)
    : m_handler(std::move(handler)),
      m_bytes(packetBytes)
{
}

Ptr<HandlerProgram>
HandlerCheck::MakeProgram() const
{
    ObjectFactory factory(std::string("ns3::offload::") + KNOWN.at(m_handler).type);
    if (KNOWN.at(m_handler).fromL2)
    {
        factory.Set("FromL2", BooleanValue(true));
    }
    return factory.Create<HandlerProgram>();
}

uint32_t
HandlerCheck::GetNicMemoryBytes() const
{
    return m_handler == "filtering" ? TABLE * WORD : 0;
}

uint32_t
HandlerCheck::GetScratchpadBytes() const
{
    // A packet that carries more words than the vector has is a protection fault, so the vector
    // grows with the packet.
    return std::max(SCRATCHPAD, m_bytes);
}

void
HandlerCheck::PrepareMemory(ExecutionContext& context, TestBenchHost& host) const
{
    for (uint32_t i = 0; i < GetNicMemoryBytes() / WORD; i++)
    {
        StoreWord(context.GetNicMemory() + i * WORD, TableEntry(i));
    }
    auto& memory = host.GetMemory();
    for (size_t i = 0; i < memory.size(); i++)
    {
        memory[i] = static_cast<uint8_t>(i * SPREAD >> 24);
    }
}

uint32_t
HandlerCheck::PayloadWords() const
{
    return (m_bytes - HEADERS) / WORD;
}

uint32_t
HandlerCheck::PayloadWord(uint32_t index, uint32_t word) const
{
    // Small enough to be a bin; the first word of a packet tells it from its neighbours.
    return (index + word * SPREAD / 64) % BINS;
}

std::vector<uint8_t>
HandlerCheck::Bytes(uint32_t index) const
{
    std::vector<uint8_t> bytes(m_bytes);
    for (uint32_t i = 0; i < HEADERS; i++)
    {
        bytes[i] = static_cast<uint8_t>((index + i) * SPREAD >> 16);
    }
    // As PsPIN's generic driver: header length in the high half, packet length little-endian.
    bytes[0] = 5 << 4;
    bytes[2] = static_cast<uint8_t>(m_bytes);
    bytes[3] = static_cast<uint8_t>(m_bytes >> 8);
    StoreWord(&bytes[12], index);
    for (uint32_t i = 0; i < PayloadWords(); i++)
    {
        StoreWord(&bytes[HEADERS + i * WORD], PayloadWord(index, i));
    }
    return bytes;
}

Ptr<Packet>
HandlerCheck::MakePacket(uint32_t index)
{
    const auto bytes = Bytes(index);
    return Create<Packet>(bytes.data(), m_bytes);
}

void
HandlerCheck::OnSend(Ptr<Packet> packet)
{
    std::vector<uint8_t> bytes(packet->GetSize());
    packet->CopyData(bytes.data(), packet->GetSize());
    m_sent.push_back(std::move(bytes));
}

bool
HandlerCheck::VerifySent(uint32_t total) const
{
    std::vector<bool> seen(total);
    for (const auto& sent : m_sent)
    {
        if (sent.size() != m_bytes)
        {
            return false;
        }
        const uint32_t index = LoadWord(&sent[16]); // addresses are swapped
        if (index >= total || seen[index])
        {
            return false;
        }
        seen[index] = true;
        auto expected = Bytes(index);
        std::swap_ranges(&expected[12], &expected[16], &expected[16]);
        std::swap_ranges(&expected[20], &expected[22], &expected[22]);
        if (sent != expected)
        {
            return false;
        }
    }
    return m_sent.size() == total;
}

bool
HandlerCheck::VerifyScratchpads(ExecutionContext& context, uint32_t total) const
{
    const bool reduce = m_handler == "reduce";
    std::vector<uint32_t> expected(SCRATCHPAD / WORD + PayloadWords());
    const uint32_t words = reduce ? PayloadWords() : std::max(PayloadWords(), 1U) - 1;
    for (uint32_t index = 0; index < total; index++)
    {
        for (uint32_t i = 0; i < words; i++)
        {
            const uint32_t word = PayloadWord(index, i);
            expected[reduce ? i : word] += reduce ? word : 1;
        }
    }
    std::vector<uint32_t> sum(expected.size());
    for (uint32_t cluster = 0; context.GetScratchpad(cluster); cluster++)
    {
        for (uint32_t i = 0; i < context.GetScratchpadBytes() / WORD; i++)
        {
            sum[i] += LoadWord(context.GetScratchpad(cluster) + i * WORD);
        }
    }
    return sum == expected;
}

bool
HandlerCheck::VerifySum(TestBenchHost& host, uint32_t messages, uint32_t total) const
{
    uint32_t sum = 0;
    for (uint32_t index = 0; index < total; index++)
    {
        for (uint32_t i = 0; i < PayloadWords(); i++)
        {
            sum += PayloadWord(index, i);
        }
    }
    // Each message's completion handler writes what has been added until then; messages that
    // overlap may share it out otherwise, but nothing is lost.
    return host.GetSumOfWords() == sum &&
           (messages > 1 || LoadWord(host.GetMemory().data()) == sum);
}

bool
HandlerCheck::Verify(ExecutionContext& context,
                     TestBenchHost& host,
                     uint32_t messages,
                     uint32_t total) const
{
    const auto& memory = host.GetMemory();
    if (m_handler == "ping_pong" || m_handler == "ping_pong_l2")
    {
        return VerifySent(total);
    }
    if (m_handler == "copy_from_host")
    {
        return m_sent.size() == total &&
               std::all_of(m_sent.begin(), m_sent.end(), [&](const std::vector<uint8_t>& sent) {
                   return sent.size() == m_bytes &&
                          std::equal(sent.begin(), sent.end(), memory.begin());
               });
    }
    if (m_handler == "copy_to_host" || m_handler == "filtering")
    {
        // All packets go to the same place; the last one to arrive is there.
        const uint32_t index = LoadWord(&memory[12]);
        auto expected = Bytes(index);
        if (m_handler == "filtering")
        {
            const uint32_t hash = FilteringProgram::Hash(expected.data()) % TABLE;
            StoreWord(expected.data(), TableEntry(hash));
        }
        return index < total && std::equal(expected.begin(), expected.end(), memory.begin());
    }
    if (m_handler == "host_write")
    {
        return LoadWord(memory.data()) == WRITTEN && LoadWord(&memory[WORD]) == 0;
    }
    if (m_handler == "aggregate")
    {
        return VerifySum(host, messages, total);
    }
    if (m_handler == "reduce" || m_handler == "histogram")
    {
        return VerifyScratchpads(context, total) && LoadWord(memory.data()) == 1;
    }
    return m_sent.empty();
}

} // namespace offload
} // namespace ns3
