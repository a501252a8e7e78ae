/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The bytes of RoCEv2 packets, against fields placed by hand and an independent CRC.
#include "ns3/invariant-crc.h"
#include "ns3/roce-packet.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

using Bytes = std::vector<uint8_t>;

/** Ethernet's CRC-32, bit by bit (IEEE 802.3-2018, 3.2.9). */
uint32_t
Crc32(const Bytes& bytes)
{
    uint32_t crc = 0xffffffff;
    for (const uint8_t byte : bytes)
    {
        crc ^= byte;
        for (uint32_t bit = 0; bit < 8; ++bit)
        {
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        }
    }
    return ~crc;
}

/** The invariant CRC of an IPv4 packet without its last four bytes, as annex A17.3.3 says. */
Bytes
InvariantCrc(Bytes packet)
{
    for (const std::size_t masked : {1, 8, 10, 11, 26, 27, 32})
    {
        packet[masked] = 0xff;
    }
    packet.insert(packet.begin(), 8, 0xff);
    const uint32_t crc = Crc32(packet);
    return {static_cast<uint8_t>(crc),
            static_cast<uint8_t>(crc >> 8),
            static_cast<uint8_t>(crc >> 16),
            static_cast<uint8_t>(crc >> 24)};
}

Bytes
FromHex(const std::string& text)
{
    Bytes bytes;
    std::string digits;
    for (const char c : text)
    {
        if (c != ' ')
        {
            digits += c;
        }
        if (digits.size() == 2)
        {
            bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
            digits.clear();
        }
    }
    return bytes;
}

Bytes
GetBytes(Ptr<const Packet> packet)
{
    Bytes bytes(packet->GetSize());
    packet->CopyData(bytes.data(), packet->GetSize());
    return bytes;
}

/** A packet of each opcode, and its bytes. */
class RocePacketTest : public ::testing::Test
{
  public:
    void TearDown() override
    {
        m_pool = nullptr;
        Simulator::Destroy();
    }

    RocePacketPtr Make(RoceOpcode opcode)
    {
        RocePacketPtr packet = m_pool->Create();
        packet->opcode = opcode;
        packet->source = 0x0a000001;
        packet->destination = 0x0a0203ff;
        packet->destinationQueue = 0x123456;
        packet->sequence = 0xabcdef;
        packet->sourcePort = 0xc0de;
        packet->codePoint = 26;
        packet->timeToLive = 64;
        packet->acknowledge = false;
        packet->solicited = false;
        return packet;
    }

    void AddPayload(RocePacketPtr& packet, const Bytes& payload)
    {
        packet->payloadBytes = static_cast<uint32_t>(payload.size());
        packet->bytes = m_pool->CreateBuffer();
        std::copy(payload.begin(), payload.end(), packet->bytes->begin());
    }

    /** See that the packet's bytes are IPv4, UDP, BTH, then those given, then the ICRC. */
    static void ExpectBytes(const RocePacketPtr& packet,
                            uint8_t flags,
                            uint8_t congestion,
                            uint8_t acknowledge,
                            const Bytes& behindTransport)
    {
        const Bytes bytes = GetBytes(packet->ToPacket(false));
        const auto total = static_cast<uint16_t>(20 + 8 + 12 + behindTransport.size() + 4);
        ASSERT_EQ(bytes.size(), std::max<std::size_t>(total, 46));
        ASSERT_EQ(bytes.size(), packet->GetSize());
        EXPECT_EQ(bytes[0], 0x45);
        EXPECT_EQ(bytes[1], 26 << 2 | (packet->IsEcnCapable() ? 2 : 0));
        EXPECT_EQ(bytes[2] << 8 | bytes[3], total);
        EXPECT_EQ(bytes[6] << 8 | bytes[7], 0x4000) << "don't fragment";
        EXPECT_EQ(bytes[8], 64);
        EXPECT_EQ(bytes[9], 17);
        uint32_t sum = 0;
        for (std::size_t i = 0; i < 20; i += 2)
        {
            sum += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
        }
        EXPECT_EQ((sum & 0xffff) + (sum >> 16), 0xffffu) << "header checksum";
        EXPECT_EQ(Bytes(bytes.begin() + 12, bytes.begin() + 20), FromHex("0a000001 0a0203ff"));
        Bytes udp = FromHex("c0de 12b7 0000 0000");
        udp[4] = static_cast<uint8_t>((total - 20) >> 8);
        udp[5] = static_cast<uint8_t>(total - 20);
        EXPECT_EQ(Bytes(bytes.begin() + 20, bytes.begin() + 28), udp);
        Bytes transport = FromHex("00 00 ffff 00 123456 00 abcdef");
        transport[0] = static_cast<uint8_t>(packet->opcode);
        transport[1] = flags;
        transport[4] = congestion;
        transport[8] = acknowledge;
        EXPECT_EQ(Bytes(bytes.begin() + 28, bytes.begin() + 40), transport);
        EXPECT_EQ(Bytes(bytes.begin() + 40, bytes.begin() + total - 4), behindTransport);
        EXPECT_EQ(Bytes(bytes.begin() + total - 4, bytes.begin() + total),
                  InvariantCrc(Bytes(bytes.begin(), bytes.begin() + total - 4)));
        for (std::size_t i = total; i < bytes.size(); ++i)
        {
            EXPECT_EQ(bytes[i], 0) << "Ethernet's padding";
        }
    }

    Ptr<RocePacketPool> m_pool{Create<RocePacketPool>()};
};

TEST_F(RocePacketTest, WriteOnlyWithImmediateHasAllHeaders)
{
    RocePacketPtr packet = Make(RoceOpcode::WRITE_ONLY_WITH_IMMEDIATE);
    packet->address = 0x1122334455667788;
    packet->key = 0x99aabbcc;
    packet->length = 5;
    packet->immediate = 0xdeadbeef;
    packet->acknowledge = true;
    packet->solicited = true;
    AddPayload(packet, {1, 2, 3, 4, 5});
    packet->Seal(7, 3, true);
    ExpectBytes(packet,
                0x80 | 3 << 4,
                0,
                0x80,
                FromHex("1122334455667788 99aabbcc 00000005 deadbeef 0102030405 000000"));
    EXPECT_EQ(packet->GetFlowHash(), 7u);
    EXPECT_EQ(packet->GetPriority(), 3u);
}

TEST_F(RocePacketTest, ExtendedHeadersComeWithTheirOpcodes)
{
    const Bytes payload = FromHex("0102030405060708");
    const Bytes rdma = FromHex("1122334455667788 99aabbcc 00001234");
    const Bytes atomic = FromHex("1122334455667788 99aabbcc 0102030405060708 1112131415161718");
    const Bytes acknowledge = FromHex("1f 654321");
    const Bytes immediate = FromHex("deadbeef");
    const Bytes original = FromHex("0102030405060708");
    const Bytes none;

    struct Case
    {
        RoceOpcode opcode;
        std::vector<Bytes> headers;
        bool payload;
    };

    const std::vector<Case> cases{
        {RoceOpcode::SEND_FIRST, {}, true},
        {RoceOpcode::SEND_MIDDLE, {}, true},
        {RoceOpcode::SEND_LAST, {}, true},
        {RoceOpcode::SEND_LAST_WITH_IMMEDIATE, {immediate}, true},
        {RoceOpcode::SEND_ONLY, {}, true},
        {RoceOpcode::SEND_ONLY_WITH_IMMEDIATE, {immediate}, true},
        {RoceOpcode::WRITE_FIRST, {rdma}, true},
        {RoceOpcode::WRITE_MIDDLE, {}, true},
        {RoceOpcode::WRITE_LAST, {}, true},
        {RoceOpcode::WRITE_LAST_WITH_IMMEDIATE, {immediate}, true},
        {RoceOpcode::WRITE_ONLY, {rdma}, true},
        {RoceOpcode::WRITE_ONLY_WITH_IMMEDIATE, {rdma, immediate}, true},
        {RoceOpcode::READ_REQUEST, {rdma}, false},
        {RoceOpcode::READ_RESPONSE_FIRST, {acknowledge}, true},
        {RoceOpcode::READ_RESPONSE_MIDDLE, {}, true},
        {RoceOpcode::READ_RESPONSE_LAST, {acknowledge}, true},
        {RoceOpcode::READ_RESPONSE_ONLY, {acknowledge}, true},
        {RoceOpcode::ACKNOWLEDGE, {acknowledge}, false},
        {RoceOpcode::ATOMIC_ACKNOWLEDGE, {acknowledge, original}, false},
        {RoceOpcode::COMPARE_SWAP, {atomic}, false},
        {RoceOpcode::FETCH_ADD, {atomic}, false},
    };
    for (const Case& each : cases)
    {
        SCOPED_TRACE(static_cast<int>(each.opcode));
        RocePacketPtr packet = Make(each.opcode);
        packet->address = 0x1122334455667788;
        packet->key = 0x99aabbcc;
        packet->length = 0x1234;
        packet->swapOrAdd = 0x0102030405060708;
        packet->compare = 0x1112131415161718;
        packet->syndrome = 0x1f;
        packet->messageSequence = 0x654321;
        packet->immediate = 0xdeadbeef;
        Bytes behind;
        for (const Bytes& header : each.headers)
        {
            behind.insert(behind.end(), header.begin(), header.end());
        }
        if (each.payload)
        {
            AddPayload(packet, payload);
            behind.insert(behind.end(), payload.begin(), payload.end());
        }
        packet->Seal(0, 0, false);
        ExpectBytes(packet, 0, 0, 0, behind);
    }
}

TEST_F(RocePacketTest, CongestionNotificationsHaveBecnAndSixteenReservedBytes)
{
    RocePacketPtr packet = Make(RoceOpcode::CONGESTION_NOTIFICATION);
    packet->Seal(0, 0, false);
    ExpectBytes(packet, 0, 0x40, 0, Bytes(16));
}

TEST_F(RocePacketTest, PayloadFromAPatternIsGenerated)
{
    RocePacketPtr packet = Make(RoceOpcode::SEND_ONLY);
    packet->payloadBytes = 1001;
    packet->pattern = PayloadPattern(3).From(77);
    packet->Seal(0, 0, false);
    Bytes payload(1004);
    PayloadPattern(3).From(77).Generate(payload.data(), 1001);
    ExpectBytes(packet, 3 << 4, 0, 0, payload);
}

TEST_F(RocePacketTest, SwitchesMarkCongestionInTheIpHeader)
{
    RocePacketPtr packet = Make(RoceOpcode::SEND_ONLY);
    packet->Seal(0, 0, true);
    const Bytes plain = GetBytes(packet->ToPacket(false));
    const Bytes marked = GetBytes(packet->ToPacket(true));
    EXPECT_EQ(plain[1] & 3, 2);
    EXPECT_EQ(marked[1] & 3, 3);
    // The invariant CRC does not change, nor anything else but the IP header's checksum.
    EXPECT_EQ(Bytes(plain.begin() + 12, plain.end()), Bytes(marked.begin() + 12, marked.end()));
}

/** A CNP that a ConnectX-4 Lx has sent, as published with Scapy's test of its RoCE layer. */
const char* const CAPTURED = "45c2003c 718c4000 40119161 0a001101 0a001201 000012b7 00280000"
                             "8100ffff 40000118 00000000 00000000000000000000000000000000 82fd002a";

TEST(InvariantCrcTest, AgreesWithWhatHardwareHasSent)
{
    Bytes packet = FromHex(CAPTURED);
    const Bytes crc(packet.end() - 4, packet.end());
    packet.resize(packet.size() - 4);
    EXPECT_EQ(InvariantCrc(packet), crc) << "this test's own CRC";
    const uint32_t computed =
        ComputeInvariantCrc(packet.data(), static_cast<uint32_t>(packet.size()));
    EXPECT_EQ(computed, 0x2a00fd82u);
}

TEST_F(RocePacketTest, WhatHardwareHasSentIsUnderstood)
{
    const Bytes bytes = FromHex(CAPTURED);
    RocePacketPtr packet;
    bool congested = false;
    EXPECT_EQ(
        RocePacket::Parse(Create<Packet>(bytes.data(), bytes.size()), *m_pool, packet, congested),
        RoceParseResult::GOOD);
    EXPECT_EQ(packet->opcode, RoceOpcode::CONGESTION_NOTIFICATION);
    EXPECT_EQ(packet->destinationQueue, 0x118u);
    EXPECT_EQ(packet->source, 0x0a001101u);
    EXPECT_EQ(packet->destination, 0x0a001201u);
    EXPECT_EQ(packet->codePoint, 48);
    EXPECT_FALSE(congested);
}

TEST_F(RocePacketTest, EveryOpcodeIsReadBackAsItWasSent)
{
    for (uint32_t opcode = 0; opcode < 256; ++opcode)
    {
        const RoceTraits& traits = roce::TRAITS[opcode];
        if (traits.family == RoceTraits::Family::UNKNOWN)
        {
            continue;
        }
        SCOPED_TRACE(opcode);
        RocePacketPtr packet = Make(static_cast<RoceOpcode>(opcode));
        packet->address = 0x1122334455667788;
        packet->key = 0x99aabbcc;
        packet->length = 0x1234;
        packet->swapOrAdd = 0x0102030405060708;
        packet->compare = 0x1112131415161718;
        packet->syndrome = 0x62;
        packet->messageSequence = 0x654321;
        packet->immediate = 0xdeadbeef;
        packet->acknowledge = opcode % 2 == 0;
        packet->solicited = opcode % 3 == 0;
        if (traits.payload)
        {
            AddPayload(packet, {9, 8, 7, 6, 5, 4, 3});
        }
        packet->Seal(0, 0, true);
        RocePacketPtr read;
        bool congested = false;
        // Behind the packet comes what a link may have padded.
        Ptr<Packet> bytes = packet->ToPacket(true);
        bytes->AddPaddingAtEnd(3);
        ASSERT_EQ(RocePacket::Parse(bytes, *m_pool, read, congested), RoceParseResult::GOOD);
        EXPECT_TRUE(congested);
        EXPECT_EQ(read->sequence, packet->sequence);
        EXPECT_EQ(read->destinationQueue, packet->destinationQueue);
        EXPECT_EQ(read->sourcePort, packet->sourcePort);
        EXPECT_EQ(GetBytes(read->ToPacket(true)), GetBytes(packet->ToPacket(true)));
    }
}

TEST_F(RocePacketTest, WhatRoutersChangeIsForgivenAndNothingElse)
{
    RocePacketPtr packet = Make(RoceOpcode::SEND_ONLY_WITH_IMMEDIATE);
    packet->immediate = 1;
    AddPayload(packet, Bytes(32, 7));
    packet->Seal(0, 0, true);
    const Bytes good = GetBytes(packet->ToPacket(false));
    const auto parse = [&](const Bytes& bytes) {
        RocePacketPtr read;
        bool congested = false;
        return RocePacket::Parse(Create<Packet>(bytes.data(), bytes.size()),
                                 *m_pool,
                                 read,
                                 congested);
    };
    Bytes routed = good;
    routed[8] -= 1; // time to live, and the checksum that goes with it
    routed[10] += 1;
    EXPECT_EQ(parse(routed), RoceParseResult::GOOD);
    routed[10] += 1;
    EXPECT_EQ(parse(routed), RoceParseResult::BAD_PACKET) << "checksum";
    for (std::size_t i = 0; i < good.size(); ++i)
    {
        const bool masked = i == 26 || i == 27 || i == 32;
        for (uint32_t bit = 0; bit < 8; ++bit)
        {
            Bytes bad = good;
            bad[i] ^= 1 << bit;
            EXPECT_EQ(parse(bad) == RoceParseResult::GOOD, masked) << i;
            if (i >= 40)
            {
                EXPECT_EQ(parse(bad), RoceParseResult::BAD_ICRC);
            }
        }
    }
    for (std::size_t size = 0; size < good.size(); ++size)
    {
        EXPECT_NE(parse(Bytes(good.begin(), good.begin() + static_cast<long>(size))),
                  RoceParseResult::GOOD);
    }
}

TEST_F(RocePacketTest, PacketsAndBuffersAreUsedAgain)
{
    const RocePacket* first = nullptr;
    for (uint32_t i = 0; i < 1'000; ++i)
    {
        RocePacketPtr packet = Make(RoceOpcode::SEND_ONLY);
        AddPayload(packet, {1});
        first = first ? first : packet.get();
        EXPECT_EQ(packet.get(), first);
    }
    EXPECT_EQ(m_pool->GetCapacity(), 64u);
    EXPECT_LE(sizeof(RocePacket), 160u);
}

TEST_F(RocePacketTest, APacketMayOutliveItsSimulation)
{
    RocePacketPtr packet = RocePacketPool::Get()->Create();
    AddPayload(packet, {1, 2, 3});
    Simulator::Destroy();
    packet->opcode = RoceOpcode::SEND_ONLY;
    packet->Seal(0, 0, false);
    EXPECT_EQ(packet->ToPacket(false)->GetSize(), 48u);
    packet = nullptr;
}

} // namespace
} // namespace offload
} // namespace ns3
