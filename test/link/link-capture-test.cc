/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Capture files, read back byte by byte.
#include "link-test.h"

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/string.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace ns3
{
namespace offload
{
namespace
{

/** A record of a capture file. */
struct CapturedFrame
{
    int64_t ns;
    uint32_t originalLength;
    std::vector<uint8_t> bytes;
};

class LinkCapture : public LinkTest
{
  public:
    LinkCapture()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "offload-XXXXXX").string();
        m_folder = mkdtemp(pattern.data());
        m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
        m_helper.SetChannelAttribute("Delay", TimeValue(MicroSeconds(1)));
    }

    ~LinkCapture() override
    {
        std::filesystem::remove_all(m_folder);
    }

    /** Files are complete when the devices are gone. */
    void Finish()
    {
        Simulator::Run();
        m_a = nullptr;
        m_b = nullptr;
        Simulator::Destroy();
    }

    std::string ReadFile(const std::string& name) const
    {
        std::ifstream file(m_folder / name, std::ios::binary);
        EXPECT_TRUE(file) << name;
        return {std::istreambuf_iterator<char>(file), {}};
    }

    /** The file format as described by the IETF draft "PCAP Capture File Format". */
    std::vector<CapturedFrame> ReadPcap(const std::string& name) const
    {
        const std::string file = ReadFile(name);
        std::size_t position = 0;
        const auto read32 = [&] {
            uint32_t value = 0;
            EXPECT_LE(position + sizeof(value), file.size());
            std::memcpy(&value, file.data() + position, sizeof(value));
            position += sizeof(value);
            return value;
        };
        EXPECT_EQ(read32(), 0xa1b23c4dU) << "nanoseconds, this machine's byte order";
        EXPECT_EQ(read32(), 0x00040002U) << "version 2.4";
        read32(); // time zone
        read32(); // accuracy
        read32(); // snap length
        EXPECT_EQ(read32(), 1U) << "Ethernet";
        std::vector<CapturedFrame> records;
        while (position < file.size())
        {
            CapturedFrame record;
            record.ns = static_cast<int64_t>(read32()) * 1'000'000'000;
            record.ns += read32();
            record.bytes.resize(read32());
            record.originalLength = read32();
            EXPECT_LE(position + record.bytes.size(), file.size());
            std::memcpy(record.bytes.data(), file.data() + position, record.bytes.size());
            position += record.bytes.size();
            records.push_back(record);
        }
        return records;
    }

    /** @return the frame as it must appear */
    std::vector<uint8_t> Frame(std::vector<uint8_t> payload) const
    {
        std::vector<uint8_t> bytes(12);
        Mac48Address::ConvertFrom(m_to).CopyTo(bytes.data());
        Mac48Address::ConvertFrom(m_from).CopyTo(bytes.data() + 6);
        bytes.push_back(EXPERIMENT >> 8);
        bytes.push_back(EXPERIMENT & 0xff);
        bytes.insert(bytes.end(), payload.begin(), payload.end());
        bytes.resize(std::max<std::size_t>(bytes.size(), 60), 0);
        return bytes;
    }

    void BuildAndName()
    {
        Build();
        m_from = m_a->GetAddress();
        m_to = m_b->GetAddress();
    }

    std::filesystem::path m_folder;
    Address m_from;
    Address m_to;
};

TEST_F(LinkCapture, PcapHoldsFramesWithHeaderAndPaddingAndWithoutFcs)
{
    BuildAndName();
    m_helper.EnablePcap((m_folder / "sent.pcap").string(), m_a, true, true);
    m_helper.EnablePcap((m_folder / "received.pcap").string(), m_b, true, true);
    const auto big = Pattern(1500, 1);
    const auto small = Pattern(3, 2);
    SendAt(5'000'000, MakePacket(big));
    SendAt(5'000'000, MakePacket(small));
    Finish();

    const auto sent = ReadPcap("sent.pcap");
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].bytes, Frame(big));
    EXPECT_EQ(sent[1].bytes, Frame(small));
    EXPECT_EQ(sent[0].originalLength, 1514U);
    EXPECT_EQ(sent[1].originalLength, 60U);
    // The second begins 1538 byte times of 80 ps after the first: 123.04 ns.
    EXPECT_EQ(sent[0].ns, 5000);
    EXPECT_EQ(sent[1].ns, 5123);

    const auto received = ReadPcap("received.pcap");
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[0].bytes, Frame(big));
    EXPECT_EQ(received[1].bytes, Frame(small));
    EXPECT_EQ(received[0].ns, 5000 + 122 + 1000); // 1526 B take 122.08 ns
}

TEST_F(LinkCapture, CapturingChangesNoArrival)
{
    const auto run = [this](bool capture) {
        Build();
        m_arrivals.clear();
        if (capture)
        {
            m_helper.EnablePcapAll((m_folder / "all").string());
        }
        for (int i = 0; i < 20; ++i)
        {
            SendAt(i * 5000, 46 + 100 * (i % 3));
        }
        Finish();
        return GetArrivalTimes();
    };
    const auto without = run(false);
    EXPECT_EQ(without.size(), 20U);
    EXPECT_EQ(run(true), without);
}

TEST_F(LinkCapture, OrdinaryCaptureLeavesOutWhatIsForOthers)
{
    BuildAndName();
    m_helper.EnablePcap((m_folder / "mine.pcap").string(), m_b, false, true);
    m_helper.EnablePcap((m_folder / "all.pcap").string(), m_b, true, true);
    m_a->Send(Create<Packet>(50), Mac48Address("00:00:00:00:55:55"), EXPERIMENT);
    m_a->Send(Create<Packet>(50), m_to, EXPERIMENT);
    Finish();
    EXPECT_EQ(ReadPcap("mine.pcap").size(), 1U);
    EXPECT_EQ(ReadPcap("all.pcap").size(), 2U);
}

TEST_F(LinkCapture, CorruptAndRefusedFramesAreNotCaptured)
{
    m_helper.SetDeviceAttribute("QueueSize", StringValue("0p"));
    BuildAndName();
    m_helper.EnablePcap((m_folder / "sent.pcap").string(), m_a, true, true);
    SendAt(0, 46);
    SendAt(0, 46);
    Finish();
    EXPECT_EQ(ReadPcap("sent.pcap").size(), 1U);
}

TEST_F(LinkCapture, FilesAreNamedAsInNs3)
{
    Build();
    NetDeviceContainer devices(m_a);
    devices.Add(m_b);
    m_helper.EnablePcap((m_folder / "link").string(), devices);
    m_helper.EnableAscii((m_folder / "link").string(), devices);
    Finish();
    for (const auto* name : {"link-0-0.pcap", "link-1-0.pcap", "link-0-0.tr", "link-1-0.tr"})
    {
        EXPECT_TRUE(std::filesystem::exists(m_folder / name)) << name;
    }
}

TEST_F(LinkCapture, AFileThatCannotBeWrittenIsAnError)
{
    Build();
    const std::string taken = (m_folder / "taken").string();
    std::filesystem::create_directory(taken);
    EXPECT_THROW(m_helper.EnablePcap(taken, m_a, true, true), std::runtime_error);
    Finish();
}

TEST_F(LinkCapture, AsciiTellsOfEnqueueDequeueDropAndReceive)
{
    m_helper.SetDeviceAttribute("QueueSize", StringValue("1p"));
    Build();
    m_helper.EnableAscii((m_folder / "a.tr").string(), m_a, true);
    m_helper.EnableAscii((m_folder / "b.tr").string(), m_b, true);
    for (int i = 0; i < 3; ++i)
    {
        SendAt(0, 46);
    }
    Finish();
    const auto firstLetters = [](const std::string& text) {
        std::istringstream lines(text);
        std::string letters;
        for (std::string line; std::getline(lines, line);)
        {
            letters += line.substr(0, 1);
        }
        return letters;
    };
    EXPECT_EQ(firstLetters(ReadFile("a.tr")), "+-++d-");
    EXPECT_EQ(firstLetters(ReadFile("b.tr")), "rr");
    EXPECT_NE(ReadFile("b.tr").find("ns3::EthernetHeader"), std::string::npos);
}

TEST_F(LinkCapture, AsciiOfAllDevicesSharesAStreamWithContexts)
{
    Build();
    AsciiTraceHelper ascii;
    m_helper.EnableAsciiAll(ascii.CreateFileStream((m_folder / "all.tr").string()));
    SendAt(0, 46);
    Finish();
    const std::string text = ReadFile("all.tr");
    EXPECT_NE(text.find("/NodeList/0/DeviceList/0/$ns3::offload::LinkNetDevice/MacTx"),
              std::string::npos);
    EXPECT_NE(text.find("/NodeList/1/DeviceList/0/$ns3::offload::LinkNetDevice/MacRx"),
              std::string::npos);
}

} // namespace
} // namespace offload
} // namespace ns3
