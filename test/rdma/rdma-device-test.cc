/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// The NIC around the engine: bytes on the wire, other protocols, captures, running ahead.
#include "rdma-test.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/error-model.h"
#include "ns3/frame-window.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/link-helper.h"
#include "ns3/pointer.h"
#include "ns3/roce-matcher.h"
#include "ns3/udp-echo-helper.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace ns3
{
namespace offload
{
namespace
{

/** Frames that were turned into bytes on their way, as by a device that does not know RoCE. */
class RdmaDevice : public RdmaTest
{
  public:
    void BuildBytes()
    {
        Build();
        m_channel->change = [](uint32_t, EthernetFrame& frame) { frame.Materialise(); };
    }

    /** A link as LinkHelper makes it, on which engines run ahead. */
    void BuildPlain()
    {
        NodeContainer nodes;
        nodes.Create(2);
        m_helper.SetChannelAttribute("Delay", TimeValue(NanoSeconds(500)));
        const NetDeviceContainer devices = m_helper.Install(nodes);
        for (uint32_t i = 0; i < 2; ++i)
        {
            AddHost(m_hosts[i], DynamicCast<RdmaNetDevice>(devices.Get(i)));
        }
        ConnectHosts();
    }
};

TEST_F(RdmaDevice, EveryVerbWorksOnBytes)
{
    BuildBytes();
    Fill(m_a, 0, 100'000, 1);
    PostReceive(m_b, 500'000, 50'001);
    Post(MakeWork(WorkOpcode::WRITE, 0, 1, 100'000));
    Post(MakeWork(WorkOpcode::SEND_WITH_IMMEDIATE, 7, 0, 50'001));
    Post(MakeWork(WorkOpcode::READ, 300'000, 1, 70'003));
    WorkRequest work = MakeWork(WorkOpcode::FETCH_ADD, 400'000, 600'000, 8);
    work.compareOrAdd = 5;
    Post(work);
    RunToSuccess(4, 1);
    EXPECT_EQ(GetBytes(m_b, 1, 100'000), GetBytes(m_a, 0, 100'000));
    EXPECT_EQ(GetBytes(m_b, 500'000, 50'001), GetBytes(m_a, 7, 50'001));
    EXPECT_EQ(GetBytes(m_a, 300'000, 70'003), GetBytes(m_a, 0, 70'003));
    EXPECT_EQ(GetWord(m_b, 600'000), 5u);
}

TEST_F(RdmaDevice, ACorruptPacketIsDroppedWithATraceAndSentAgain)
{
    Build();
    Watch();
    uint32_t count = 0;
    m_channel->change = [&](uint32_t side, EthernetFrame& frame) {
        frame.Materialise();
        if (side == 0 && ++count == 3)
        {
            std::vector<uint8_t> bytes(frame.payload->GetSize());
            frame.payload->CopyData(bytes.data(), bytes.size());
            bytes[2'000] ^= 4;
            frame.payload = Create<Packet>(bytes.data(), bytes.size());
        }
    };
    Fill(m_a, 0, 100'000, 1);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 100'000));
    RunToSuccess(1);
    EXPECT_EQ(GetBytes(m_b, 0, 100'000), GetBytes(m_a, 0, 100'000));
    EXPECT_EQ(std::count(m_b.drops.begin(), m_b.drops.end(), RdmaDropReason::BAD_ICRC), 1);
    EXPECT_EQ(m_a.retransmissions, 1u);
}

TEST_F(RdmaDevice, ErrorModelsSeeRealFrames)
{
    BuildPlain();
    Ptr<RateErrorModel> errors = CreateObject<RateErrorModel>();
    errors->SetAttribute("ErrorRate", DoubleValue(0.02));
    errors->SetAttribute("ErrorUnit", EnumValue(RateErrorModel::ERROR_UNIT_PACKET));
    m_b.device->SetReceiveErrorModel(errors);
    Fill(m_a, 0, 1'000'000, 1);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 1'000'000));
    Post(MakeWork(WorkOpcode::READ, 2'000'000, 0, 1'000'000));
    RunToSuccess(2);
    EXPECT_EQ(GetBytes(m_a, 2'000'000, 1'000'000), GetBytes(m_a, 0, 1'000'000));
}

TEST_F(RdmaDevice, WatchedOrNotTheTimesAreTheSame)
{
    std::vector<std::vector<int64_t>> times;
    for (const bool watched : {false, true})
    {
        BuildPlain();
        if (watched)
        {
            Watch();
        }
        for (uint32_t i = 0; i < 20; ++i)
        {
            Post(MakeWork(i % 3 ? WorkOpcode::WRITE : WorkOpcode::READ, 0, 0, 10'000 * i));
        }
        WorkRequest work = MakeWork(WorkOpcode::WRITE, 0, 0, 300'000);
        work.localKey = m_b.region->GetLocalKey();
        work.remoteKey = m_a.region->GetRemoteKey();
        EXPECT_EQ(m_b.queuePair->PostSend(work), PostResult::POSTED);
        RunToSuccess(20, 1);
        times.emplace_back();
        for (const Host& host : m_hosts)
        {
            for (const Done& done : host.done)
            {
                times.back().push_back(done.ps);
            }
        }
        TearDown();
    }
    EXPECT_EQ(times[0], times[1]);
}

TEST_F(RdmaDevice, PacketsAndCompletionsAreToldAndTheTimesStayTheSame)
{
    /** What an engine has told. */
    struct Told
    {
        static void Note(std::vector<uint32_t>* sizes, uint32_t, Ptr<const Packet> packet)
        {
            sizes->push_back(packet->GetSize());
        }

        static void NoteCompletion(std::vector<uint64_t>* ids, const Completion& completion)
        {
            ids->push_back(completion.id);
        }

        std::vector<uint32_t> sent;
        std::vector<uint32_t> received;
        std::vector<uint64_t> completed;
    };

    std::vector<int64_t> times;
    for (const bool traced : {false, true})
    {
        BuildPlain();
        std::array<Told, 2> told;
        for (uint32_t i = 0; traced && i < 2; ++i)
        {
            RdmaEngine& engine = *m_hosts[i].engine;
            engine.TraceConnectWithoutContext("Tx", MakeBoundCallback(&Told::Note, &told[i].sent));
            engine.TraceConnectWithoutContext("Rx",
                                              MakeBoundCallback(&Told::Note, &told[i].received));
            engine.TraceConnectWithoutContext(
                "Completion",
                MakeBoundCallback(&Told::NoteCompletion, &told[i].completed));
        }
        const uint64_t id = Post(MakeWork(WorkOpcode::WRITE, 0, 0, 10'000));
        RunToSuccess(1);
        times.push_back(m_a.done[0].ps);
        if (traced)
        {
            // IPv4, UDP, BTH and ICRC; the first one has an RETH, the answer an AETH.
            constexpr uint32_t least = 20 + 8 + 12 + 4;
            EXPECT_EQ(told[0].sent,
                      (std::vector<uint32_t>{least + 16 + 4096, least + 4096, least + 1808}));
            EXPECT_EQ(told[1].received, told[0].sent);
            EXPECT_EQ(told[1].sent, std::vector<uint32_t>{least + 4});
            EXPECT_EQ(told[0].received, told[1].sent);
            EXPECT_EQ(told[0].completed, std::vector<uint64_t>{id});
            EXPECT_TRUE(told[1].completed.empty());
        }
        TearDown();
    }
    EXPECT_EQ(times[0], times[1]);
}

TEST_F(RdmaDevice, APausedClassHoldsTheEngineAndItsEndLetsItGoOn)
{
    std::vector<int64_t> times;
    for (const bool paused : {false, true})
    {
        m_helper.SetDeviceAttribute("PriorityFlowControl", BooleanValue(true));
        BuildPlain();
        Post(MakeWork(WorkOpcode::WRITE, 0, 0, 1'000'000));
        if (paused)
        {
            constexpr uint8_t classes = 1 << 3;
            Simulator::Schedule(MicroSeconds(20),
                                &LinkNetDevice::SetReceivePausedClasses,
                                m_b.device,
                                classes);
            Simulator::Schedule(MicroSeconds(50),
                                &LinkNetDevice::SetReceivePausedClasses,
                                m_b.device,
                                uint8_t{0});
        }
        RunToSuccess(1);
        times.push_back(m_a.done[0].ps);
        TearDown();
    }
    // The pause lasts 30 us, give or take a packet; unended it would have lasted 335 us.
    EXPECT_NEAR(static_cast<double>(times[1] - times[0]), 30e6, 0.7e6);
}

TEST_F(RdmaDevice, TheIpStackWorksBesideTheEngine)
{
    BuildPlain();
    NodeContainer nodes;
    nodes.Add(m_a.device->GetNode());
    nodes.Add(m_b.device->GetNode());
    InternetStackHelper().Install(nodes);
    NetDeviceContainer devices;
    devices.Add(m_a.device);
    devices.Add(m_b.device);
    // The addresses of the engines: the stack must not get their packets.
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
    addresses.Assign(devices);
    ApplicationContainer server = UdpEchoServerHelper(9).Install(nodes.Get(1));
    UdpEchoClientHelper helper(Address(InetSocketAddress(m_b.engine->GetAddress(), 9)));
    helper.SetAttribute("MaxPackets", UintegerValue(3));
    helper.SetAttribute("Interval", TimeValue(MicroSeconds(10)));
    ApplicationContainer client = helper.Install(nodes.Get(0));
    uint32_t echoed = 0;
    client.Get(0)->TraceConnectWithoutContext(
        "Rx",
        MakeBoundCallback(
            +[](uint32_t* count, Ptr<const Packet>) { ++*count; },
            &echoed));
    Fill(m_a, 0, 1'000'000, 1);
    Post(MakeWork(WorkOpcode::WRITE, 0, 0, 1'000'000));
    RunToSuccess(1);
    EXPECT_EQ(GetBytes(m_b, 0, 1'000'000), GetBytes(m_a, 0, 1'000'000));
    EXPECT_EQ(echoed, 3u);
}

TEST_F(RdmaDevice, AMessageMayGoToAConsumerPacketByPacket)
{
    /** Collects messages; has no room now and then. */
    struct Consumer : QueuePairConsumer
    {
        ConsumeResult Consume(QueuePair&,
                              const EthernetFrame&,
                              const RocePacket& packet,
                              uint64_t address) override
        {
            if (++asked % 5 == 0)
            {
                return ConsumeResult::NO_ROOM;
            }
            EXPECT_EQ(address, bytes.size() % 100'000);
            const RoceTraits& traits = roce::GetTraits(packet.opcode);
            firsts += traits.first;
            lasts += traits.last;
            std::vector<uint8_t> payload(packet.payloadBytes);
            packet.CopyPayload(payload.data());
            bytes.insert(bytes.end(), payload.begin(), payload.end());
            return ConsumeResult::TAKEN;
        }

        uint32_t asked{0};
        uint32_t firsts{0};
        uint32_t lasts{0};
        std::vector<uint8_t> bytes;
    } consumer;

    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1));
    Build();
    m_channel->loss = 0.01;
    m_b.queuePair->SetConsumer(&consumer);
    Fill(m_a, 0, 1'000'000, 1);
    for (uint32_t i = 0; i < 10; ++i)
    {
        Post(MakeWork(i % 2 ? WorkOpcode::WRITE : WorkOpcode::SEND, 100'000 * i, 0, 100'000));
    }
    RunToSuccess(10);
    EXPECT_EQ(consumer.bytes, GetBytes(m_a, 0, 1'000'000));
    EXPECT_EQ(consumer.firsts, 10u);
    EXPECT_EQ(consumer.lasts, 10u);
    EXPECT_EQ(m_b.region->GetBytesStored(), 0u);
}

TEST_F(RdmaDevice, TheMatcherFindsMessagesByTheirOpcodes)
{
    BuildPlain();
    Ptr<RoceMatcher> matcher = CreateObject<RoceMatcher>();
    const auto see = [&](RoceOpcode opcode, MessagePosition& position) {
        RocePacketPtr packet = m_a.queuePair->MakePacket(opcode, 0);
        packet->acknowledge = packet->solicited = false;
        packet->Seal(0, 0, false);
        EthernetFrame frame;
        frame.protocol = 0x0800;
        frame.payload = packet->ToPacket(false);
        if (!matcher->Locate(FrameWindow(frame), position))
        {
            return false;
        }
        matcher->Accept(position);
        return true;
    };
    MessagePosition first;
    MessagePosition position;
    ASSERT_TRUE(see(RoceOpcode::WRITE_FIRST, first));
    EXPECT_TRUE(first.first);
    EXPECT_FALSE(first.last);
    EXPECT_FALSE(see(RoceOpcode::ACKNOWLEDGE, position));
    EXPECT_FALSE(see(RoceOpcode::READ_REQUEST, position));
    EXPECT_FALSE(see(RoceOpcode::SEND_ONLY, position)) << "the message has not ended";
    ASSERT_TRUE(see(RoceOpcode::WRITE_MIDDLE, position));
    EXPECT_FALSE(position.first || position.last);
    EXPECT_EQ(position.key, first.key);
    ASSERT_TRUE(see(RoceOpcode::WRITE_LAST, position));
    EXPECT_TRUE(position.last);
    EXPECT_EQ(position.key, first.key);
    EXPECT_FALSE(see(RoceOpcode::WRITE_MIDDLE, position)) << "no message is open";
    ASSERT_TRUE(see(RoceOpcode::SEND_ONLY, position));
    EXPECT_TRUE(position.first && position.last);
    EXPECT_NE(position.key, first.key);

    // The rule looks at address, port and queue pair number.
    const MatchRule rule =
        RoceMatcher::GetRule(m_b.engine->GetAddress(), m_b.queuePair->GetNumber());
    EXPECT_EQ(rule.GetMask().minBytes, 14u + 20 + 8 + 8);
}

/** Captures of all kinds of packets, looked at by tshark. */
class RdmaCapture : public RdmaDevice
{
  public:
    RdmaCapture()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "offload-XXXXXX").string();
        m_folder = mkdtemp(pattern.data());
    }

    ~RdmaCapture() override
    {
        std::filesystem::remove_all(m_folder);
    }

    std::string Dissect(const std::string& arguments) const
    {
        const std::string out = (m_folder / "out").string();
        // RPC over RDMA would take short messages for its own and read behind their end.
        const std::string command = "tshark --disable-protocol rpcordma -r " +
                                    (m_folder / "a.pcap").string() + " " + arguments + " > " + out +
                                    " 2> " + out + ".errors";
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        std::ifstream file(out);
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }

    std::filesystem::path m_folder;
};

TEST_F(RdmaCapture, TsharkUnderstandsEveryPacket)
{
    m_helper.SetQueuePairAttribute("Mtu", UintegerValue(256));
    m_helper.SetQueuePairAttribute("RnrTimer", UintegerValue(1));
    m_helper.SetQueuePairAttribute("Dcqcn", PointerValue(CreateObject<DcqcnConfig>()));
    Build();
    m_helper.EnablePcap((m_folder / "a.pcap").string(), m_b.device, true, true);
    uint32_t count = 0;
    m_channel->change = [&](uint32_t, EthernetFrame& frame) {
        if (++count % 10 == 0)
        {
            frame.SetCongested();
        }
    };
    uint32_t sent = 0;
    m_channel->lose = [&](uint32_t side, const EthernetFrame&) {
        return side == 0 && ++sent % 12 == 0;
    };
    Fill(m_a, 0, 10'000, 1);
    for (uint32_t i = 0; i < 4; ++i)
    {
        const uint32_t length = std::vector<uint32_t>{0, 5, 256, 1'001}[i];
        for (const WorkOpcode opcode : {WorkOpcode::SEND,
                                        WorkOpcode::SEND_WITH_IMMEDIATE,
                                        WorkOpcode::WRITE,
                                        WorkOpcode::WRITE_WITH_IMMEDIATE,
                                        WorkOpcode::READ})
        {
            WorkRequest work = MakeWork(opcode, 0, 0, length);
            work.solicited = i == 1;
            Post(work);
        }
        Post(MakeWork(WorkOpcode::FETCH_ADD, 0, 0, 8));
        Post(MakeWork(WorkOpcode::COMPARE_SWAP, 0, 0, 8));
    }
    for (uint32_t i = 0; i < 12; ++i)
    {
        Simulator::Schedule(MicroSeconds(5 * i),
                            &RdmaCapture::PostReceive,
                            this,
                            std::ref(m_b),
                            0,
                            2'000);
    }
    RunToSuccess(28, 12);
    m_hosts = {};
    m_channel = nullptr;
    Simulator::Destroy();

    std::istringstream lines(
        Dissect("-T fields -E occurrence=f -o ip.check_checksum:TRUE -e infiniband.bth.opcode "
                "-e udp.dstport -e ip.checksum.status -e frame.protocols "
                "-e infiniband.invariant.crc"));
    std::set<int> opcodes;
    uint32_t packets = 0;
    for (std::string line; std::getline(lines, line); ++packets)
    {
        std::istringstream fields(line);
        int opcode = -1;
        uint32_t port = 0;
        int checksum = 0;
        std::string protocols;
        std::string crc;
        fields >> opcode >> port >> checksum >> protocols >> crc;
        EXPECT_EQ(port, 4791u) << line;
        EXPECT_EQ(checksum, 1) << "good: " << line;
        EXPECT_EQ(protocols.substr(0, 31), "eth:ethertype:ip:udp:infiniband") << line;
        // Wireshark 4.0 does not look into congestion notifications.
        EXPECT_EQ(crc.size(), opcode == 0x81 ? 0u : 10u) << line;
        opcodes.insert(opcode);
    }
    EXPECT_GT(packets, 100u);
    // Every opcode of the reliable connected service, and congestion notifications.
    std::set<int> all{0x81};
    for (int i = 0; i <= 0x14; ++i)
    {
        all.insert(i);
    }
    EXPECT_EQ(opcodes, all);
    EXPECT_EQ(Dissect("-Y \"_ws.malformed || _ws.expert.severity >= warning\""), "");
    EXPECT_EQ(Dissect("-Y \"!infiniband\""), "");
}

} // namespace
} // namespace offload
} // namespace ns3
