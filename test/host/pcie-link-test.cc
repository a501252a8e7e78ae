/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/double.h"
#include "ns3/host-memory.h"
#include "ns3/pcie-link.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr int64_t BYTE = 125;        //!< ps at 64 Gbit/s
constexpr int64_t ONE_WAY = 200'000; //!< ps, half of 400 ns
constexpr int64_t MEMORY = 51'000;   //!< ps

/** A link whose numbers are easy: generation 3, 8 lanes, all of it usable. */
class PcieLinkTest : public ::testing::Test
{
  protected:
    PcieLinkTest()
    {
        link->SetAttribute("Generation", UintegerValue(3));
        link->SetAttribute("Lanes", UintegerValue(8));
        link->SetAttribute("Utilisation", DoubleValue(1));
        link->SetAttribute("ReservedRate", DataRateValue(DataRate(0)));
        link->SetMemory(CreateObject<HostMemory>());
    }

    ~PcieLinkTest() override
    {
        Simulator::Destroy();
    }

    Ptr<PcieLink> link = CreateObject<PcieLink>();
};

TEST_F(PcieLinkTest, HasTheRatesOfFlexDriversModel)
{
    Ptr<PcieLink> flexDriver = CreateObject<PcieLink>();
    flexDriver->SetAttribute("Generation", UintegerValue(3));
    flexDriver->SetAttribute("Lanes", UintegerValue(8));
    EXPECT_EQ(flexDriver->GetRate().GetBitRate(), 59'800'000'000u);
    flexDriver->SetAttribute("Lanes", UintegerValue(16));
    EXPECT_EQ(flexDriver->GetRate().GetBitRate(), 120'600'000'000u);
}

TEST_F(PcieLinkTest, SegmentsAsFlexDriversModel)
{
    // "PCIe x8 limit" of the expected table: inbound bytes of a frame bound the rate.
    const auto limit = [](uint32_t size) {
        const double inbound = PcieLink::Segment(size, 256, 24) + 24 + (64 + 24) / 16.0 +
                               (size + 511) / 512 * 24 + (64 + 24);
        return 59.8 * size / inbound;
    };
    EXPECT_NEAR(limit(64), 16.68, 0.005);
    EXPECT_NEAR(limit(256), 36.32, 0.005);
    EXPECT_NEAR(limit(1024), 47.64, 0.005);
    EXPECT_NEAR(limit(1500), 48.92, 0.005);
    EXPECT_NEAR(limit(9000), 51.68, 0.005);
}

TEST_F(PcieLinkTest, WriteTakesItsPacketsAndHalfARoundTrip)
{
    EXPECT_EQ(link->ReserveWrite(64, 0), (64 + 24) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, WriteOfSeveralPacketsHasAHeaderEach)
{
    EXPECT_EQ(link->ReserveWrite(1000, 0), (1000 + 4 * 24) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, ReadTakesRequestMemoryAndData)
{
    EXPECT_EQ(link->ReserveRead(64, 0), 24 * BYTE + ONE_WAY + MEMORY + (64 + 20) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, LongReadIsARequestPer512BytesAndStreams)
{
    // Two requests leave one after the other, their data follow each other without a gap.
    EXPECT_EQ(link->ReserveRead(1024, 0),
              24 * BYTE + ONE_WAY + MEMORY + (1024 + 4 * 20) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, WritesWaitForEachOther)
{
    const int64_t first = link->ReserveWrite(256, 0);
    EXPECT_EQ(link->ReserveWrite(256, 0), first + (256 + 24) * BYTE);
}

TEST_F(PcieLinkTest, DirectionsDoNotDisturbEachOther)
{
    link->ReserveWrite(100000, 0);
    EXPECT_EQ(link->ReserveDoorbell(8, 0), (8 + 24) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, ReadRequestWaitsForWritesInItsDirection)
{
    link->ReserveWrite(256, 0);
    EXPECT_EQ(link->ReserveRead(64, 0),
              (256 + 24) * BYTE + 24 * BYTE + ONE_WAY + MEMORY + (64 + 20) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, DoorbellDoesNotWaitForDataThatComeLater)
{
    link->ReserveRead(4096, 0);
    EXPECT_EQ(link->ReserveDoorbell(8, 0), (8 + 24) * BYTE + ONE_WAY);
}

TEST_F(PcieLinkTest, ReadWaitsForAFreeTag)
{
    link->SetAttribute("OutstandingReads", UintegerValue(1));
    const int64_t first = link->ReserveRead(64, 0);
    EXPECT_EQ(link->ReserveRead(64, 0), 2 * first);
}

TEST_F(PcieLinkTest, SlowMemoryIsFelt)
{
    Ptr<HostMemory> memory = CreateObject<HostMemory>();
    memory->SetAttribute("Bandwidth", StringValue("8Gbps")); // 1 ns a byte
    link->SetMemory(memory);
    EXPECT_EQ(link->ReserveWrite(100, 0), ONE_WAY + 100'000);
    EXPECT_EQ(link->ReserveRead(100, 1'000'000),
              1'000'000 + 24 * BYTE + ONE_WAY + 100'000 + MEMORY + ONE_WAY);
}

TEST_F(PcieLinkTest, DoesNotDriftAtAnOddRate)
{
    link->SetAttribute("ReservedRate", DataRateValue(DataRate(1'000'000'000))); // 63 Gbit/s
    int64_t end = 0;
    for (int i = 0; i < 6300; ++i)
    {
        end = link->ReserveWrite(76, 0); // 100 bytes on the link
    }
    EXPECT_EQ(end, 80'000'000 + ONE_WAY); // 630,000 bytes
}

void
Record(std::vector<std::string>* log, const PcieTransfer& transfer)
{
    log->push_back(std::string(ToString(transfer.kind)) + " " + std::to_string(transfer.bytes) +
                   " " + std::to_string(transfer.wireBytes) + " " + std::to_string(transfer.begin) +
                   " " + std::to_string(transfer.end));
}

TEST_F(PcieLinkTest, TracesEachTransfer)
{
    std::vector<std::string> log;
    link->TraceConnectWithoutContext("Transfer", MakeBoundCallback(&Record, &log));
    link->ReserveWrite(64, 0);
    link->ReserveRead(64, 20'000);
    ASSERT_EQ(log.size(), 3u);
    EXPECT_EQ(log[0], "write 64 88 0 11000");
    EXPECT_EQ(log[1], "read request 64 24 20000 23000");
    EXPECT_EQ(log[2], "completion 64 84 274000 284500");
}

TEST_F(PcieLinkTest, MovesRealBytes)
{
    const std::string text = "recognisable";
    link->WriteBytes(5000, reinterpret_cast<const uint8_t*>(text.data()), text.size());
    std::string back(text.size(), ' ');
    link->ReadBytes(5000, reinterpret_cast<uint8_t*>(&back[0]), back.size());
    EXPECT_EQ(back, text);
}

} // namespace
} // namespace offload
} // namespace ns3
