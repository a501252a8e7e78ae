/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * A UDP client pings a sPIN NIC, whose handlers answer, and a host, whose CPU does.
 *
 * The client is a node with ns-3's ordinary Internet stack. The other node has a sPIN NIC: either
 * handlers on its HPUs swap addresses and ports of each packet and send it back (from L1, from L2,
 * or from host memory once the whole datagram is there), or the datagram goes up to ns-3's
 * UdpEchoServer. Every reply is compared byte for byte.
 */
#include "ping-client.h"

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/offload-module.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

// [swap]
/** Answers a packet where it lies: swaps its addresses and ports and sends it back. */
class SwapAndReturn : public HandlerProgram
{
  public:
    explicit SwapAndReturn(bool fromL2)
        : m_fromL2(fromL2)
    {
    }

    bool Has(HandlerKind kind) const override
    {
        return kind == HandlerKind::PAYLOAD;
    }

    HandlerStatus Run(HandlerKind, Hpu& hpu) override
    {
        const MemoryWindow packet = m_fromL2 ? hpu.GetL2Packet() : hpu.GetPacket();
        Swap(hpu, packet);
        hpu.SendPacket(packet);
        return HandlerStatus::SUCCESS;
    }

  protected:
    /** Real bytes change here; the checksums do not, a sum does not care for order. */
    void Swap(Hpu& hpu, const MemoryWindow& packet) const
    {
        Exchange(packet, 0, 6, 6);   // Ethernet: destination, source
        Exchange(packet, 26, 30, 4); // IPv4: source, destination
        if (hpu.IsFirst())
        {
            Exchange(packet, 34, 36, 2); // UDP, in the datagram's first fragment: ports
        }
        InstructionMix mix;
        mix.load = 6 + 2 + 2; // half-words of the MAC addresses, IP addresses, ports
        mix.store = mix.load;
        mix.alu = 1; // address of the command registers
        hpu.Execute(m_fromL2 ? ToL2(mix) : mix);
    }

  private:
    static void Exchange(const MemoryWindow& packet, uint32_t a, uint32_t b, uint32_t bytes)
    {
        std::swap_ranges(packet.Bytes(a, bytes),
                         packet.Bytes(a, bytes) + bytes,
                         packet.Bytes(b, bytes));
    }

    /** The same, but each access to the packet goes to L2. */
    static InstructionMix ToL2(InstructionMix mix)
    {
        mix.l2Access = mix.load + mix.store;
        mix.load = 0;
        mix.store = 0;
        return mix;
    }

    bool m_fromL2; //!< work on the packet in L2 instead of its copy in L1
};

// [swap]

// [store]
/** Puts the packets of a datagram into host memory; when all are there, sends them from there. */
class StoreAndReturn : public SwapAndReturn
{
  public:
    explicit StoreAndReturn(uint32_t mtu)
        : SwapAndReturn(false),
          m_fragmentBytes((mtu - 20) / 8 * 8)
    {
    }

    /** @return bytes of host memory that a datagram takes, a slot for each packet */
    uint64_t GetHostBytes(uint64_t payloadBytes) const
    {
        const uint64_t packets = (payloadBytes + 8 + m_fragmentBytes - 1) / m_fragmentBytes;
        return packets * GetSlotBytes();
    }

    bool Has(HandlerKind kind) const override
    {
        return kind != HandlerKind::HEADER;
    }

    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override
    {
        const MemoryWindow packet = hpu.GetPacket();
        const uint32_t slot = GetSlot(packet);
        if (kind == HandlerKind::PAYLOAD)
        {
            Swap(hpu, packet);
            hpu.DmaToHost(hpu.GetHostAddress() + slot * GetSlotBytes(), packet);
            return HandlerStatus::SUCCESS;
        }
        // The completion handler runs on the last packet, after all payload handlers.
        for (uint32_t i = 0; i < slot; ++i)
        {
            hpu.SendFromHost(hpu.GetHostAddress() + i * GetSlotBytes(), GetFrameBytes());
        }
        hpu.SendFromHost(hpu.GetHostAddress() + slot * GetSlotBytes(), packet.GetSize());
        return HandlerStatus::SUCCESS;
    }

  private:
    /** @return bytes of a frame with a full fragment */
    uint32_t GetFrameBytes() const
    {
        return EthernetFrame::HEADER_BYTES + 20 + m_fragmentBytes;
    }

    /** @return bytes of a slot: a frame, in whole words of the unit's ports */
    uint64_t GetSlotBytes() const
    {
        return (GetFrameBytes() + 63) / 64 * 64;
    }

    /** @return the packet's number in its datagram, from the IPv4 fragment offset */
    uint32_t GetSlot(const MemoryWindow& packet) const
    {
        const uint32_t offset = packet.Load<uint8_t>(20) % 32 * 256 + packet.Load<uint8_t>(21);
        return offset * 8 / m_fragmentBytes;
    }

    uint32_t m_fragmentBytes; //!< IPv4 payload of all fragments but the last
};

// [store]

constexpr uint16_t ECHO_PORT = 9;              //!< RFC 862 has 7; ns-3's examples use 9
constexpr uint64_t BYTES_PER_MIB = 1 << 20;    //!< unit of an option
constexpr uint64_t BYTES_PER_KIB = 1 << 10;    //!< unit of an option
constexpr uint32_t ELF_MEMORY_BYTES = 1 << 16; //!< for handlers of which nothing is known
constexpr int64_t MAX_DATAGRAM = 65507;        //!< UDP payload in an IPv4 packet
constexpr double US_PER_PS = 1e-6;             //!< results are in us

/** What the user can choose. */
struct Options
{
    explicit Options(Scenario& scenario)
        : path(scenario.AddNameInput("path",
                                     "who answers: handlers that send from L1, from L2, or from "
                                     "host memory; or ns-3's UdpEchoServer on the host",
                                     {"spin-l1", "spin-l2", "spin-store", "host-udp"},
                                     {"spin-l1", "spin-l2", "spin-store", "host-udp", "spin-elf"})),
          elf(scenario.AddFile("elf",
                               "adds the path spin-elf: RISC-V handlers that answer, a complete "
                               "PsPIN image or an object")),
          view(scenario.AddName("packet_view",
                                "what handlers of --elf see: packets as those of PsPIN's driver, "
                                "or Ethernet frames",
                                "pspin",
                                {"pspin", "ethernet"})),
          payload(scenario.AddIntegerInput("payload_bytes",
                                           "B",
                                           "UDP payload; more than the MTU holds is fragmented",
                                           {16, 64, 256, 1024, 4096, 16384},
                                           {1, MAX_DATAGRAM})),
          packets(scenario.AddIntegerInput("packets",
                                           "",
                                           "pings, one after the other's reply",
                                           {100},
                                           {1, 100'000'000})),
          rate(scenario.AddNumber("rate_gbps", "Gbit/s", "rate of the link", 400, {1, 1600})),
          delay(scenario.AddNumber("link_delay_ns",
                                   "ns",
                                   "propagation delay of the link",
                                   20,
                                   {0, 1e9})),
          mtu(scenario.AddInteger("mtu", "B", "MTU of the link", 1500, {68, 9216})),
          clusters(scenario.AddInteger("clusters", "", "clusters of the unit", 4, {1, 4})),
          hpus(scenario.AddInteger("hpus_per_cluster", "", "HPUs of a cluster", 8, {1, 64})),
          l1Packets(scenario.AddInteger("l1_packet_kib",
                                        "KiB",
                                        "packet buffer in the L1 of a cluster",
                                        64,
                                        {1, 512})),
          hostMemory(scenario.AddInteger("host_memory_mib",
                                         "MiB",
                                         "memory of the host",
                                         1024,
                                         {1, 1 << 20})),
          hostWindow(scenario.AddInteger("host_window_kib",
                                         "KiB",
                                         "piece of host memory that the context of spin-store may "
                                         "touch",
                                         128,
                                         {1, 1 << 20}))
    {
    }

    Input<std::string> path;       //!< who answers
    Parameter<std::string> elf;    //!< handlers of path spin-elf
    Parameter<std::string> view;   //!< of path spin-elf
    Input<int64_t> payload;        //!< UDP payload
    Input<int64_t> packets;        //!< pings
    Parameter<double> rate;        //!< of the link
    Parameter<double> delay;       //!< of the link
    Parameter<int64_t> mtu;        //!< of the link
    Parameter<int64_t> clusters;   //!< of the unit
    Parameter<int64_t> hpus;       //!< of the unit
    Parameter<int64_t> l1Packets;  //!< of the unit
    Parameter<int64_t> hostMemory; //!< of the host
    Parameter<int64_t> hostWindow; //!< of the context
};

// [context]
/** Have handlers answer what is sent to a UDP port; @return their context. */
Ptr<ExecutionContext>
InstallPingPong(Ptr<SpinNetDevice> nic,
                Ipv4Address address,
                const std::string& path,
                const std::string& elf,
                bool pspinView,
                uint64_t hostWindow)
{
    Ptr<HandlerProgram> program;
    if (path == "spin-elf")
    {
        program = CreateObjectWithAttributes<RiscvProgram>("File", StringValue(elf));
    }
    else if (path == "spin-store")
    {
        program = CreateObject<StoreAndReturn>(nic->GetMtu());
    }
    else
    {
        program = CreateObject<SwapAndReturn>(path == "spin-l2");
    }
    Ptr<ExecutionContext> context = CreateObject<ExecutionContext>();
    context->SetProgram(program);
    context->SetAttribute("HostMemoryBytes", UintegerValue(hostWindow));
    if (path == "spin-elf")
    {
        context->SetAttribute("NicMemoryBytes", UintegerValue(ELF_MEMORY_BYTES));
        context->SetAttribute("ScratchpadBytes", UintegerValue(ELF_MEMORY_BYTES));
        context->SetAttribute("PspinView", BooleanValue(pspinView));
    }

    const MatchRule rule =
        MatchRule().WithIpv4Destination(address).WithUdp().WithDestinationPort(ECHO_PORT);
    SpinHelper::InstallContext(nic, rule, context, CreateObject<DatagramMatcher>());
    return context;
}

// [context]

/** One row: build two nodes, ping, measure. */
class PingPong
{
  public:
    PingPong(Scenario& scenario, const Options& options, const Point& point)
        : m_scenario(scenario),
          m_options(options),
          m_point(point),
          m_path(point[options.path])
    {
    }

    void Run(Results& results)
    {
        // [nodes]
        NodeContainer nodes(2);
        InternetStackHelper().Install(nodes);
        LinkHelper links;
        links.SetDeviceAttribute("DataRate", GetRate());
        links.SetDeviceAttribute("Mtu", UintegerValue(m_scenario[m_options.mtu]));
        links.SetChannelAttribute("Delay", TimeValue(PicoSeconds(GetDelay())));
        Ptr<LinkNetDevice> port = links.CreateDevice(nodes.Get(0));

        SpinHelper nics;
        Configure(nics);
        Ptr<SpinNetDevice> nic = nics.CreateDevice(nodes.Get(1));
        links.Connect(port, nic);

        Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
        NetDeviceContainer devices(port);
        devices.Add(nic);
        const Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
        // [nodes]
        if (m_path == "host-udp")
        {
            UdpEchoServerHelper(ECHO_PORT).Install(nodes.Get(1)).Start(Seconds(0));
        }
        else
        {
            InstallPingPong(nic,
                            interfaces.GetAddress(1),
                            m_path,
                            m_scenario[m_options.elf],
                            m_scenario[m_options.view] == "pspin",
                            m_scenario[m_options.hostWindow] * BYTES_PER_KIB)
                ->SetEventCallback(MakeCallback(&PingPong::OnEvent, this));
        }
        m_client = CreateObject<PingClient>();
        m_client->Configure(InetSocketAddress(interfaces.GetAddress(1), ECHO_PORT),
                            m_point[m_options.payload],
                            m_point[m_options.packets],
                            MakeCallback(&PingPong::Stop, this));
        nodes.Get(0)->AddApplication(m_client);
        Observe(links, port, nic);
        Simulator::Run();
        Report(results);
    }

  private:
    DataRateValue GetRate() const
    {
        return DataRateValue(DataRate(static_cast<uint64_t>(m_scenario[m_options.rate] * 1e9)));
    }

    int64_t GetDelay() const
    {
        return static_cast<int64_t>(m_scenario[m_options.delay] * 1e3);
    }

    void Configure(SpinHelper& nics) const
    {
        nics.SetDeviceAttribute("DataRate", GetRate());
        nics.SetDeviceAttribute("Mtu", UintegerValue(m_scenario[m_options.mtu]));
        nics.SetUnitAttribute("Clusters", UintegerValue(m_scenario[m_options.clusters]));
        nics.SetUnitAttribute("HpusPerCluster", UintegerValue(m_scenario[m_options.hpus]));
        nics.SetUnitAttribute("L1PacketBytes",
                              UintegerValue(m_scenario[m_options.l1Packets] * BYTES_PER_KIB));
        nics.SetMemoryAttribute("Size",
                                UintegerValue(m_scenario[m_options.hostMemory] * BYTES_PER_MIB));
    }

    void Observe(LinkHelper& links, Ptr<LinkNetDevice> port, Ptr<SpinNetDevice> nic)
    {
        if (m_scenario.IsPcapEnabled())
        {
            links.EnablePcap(m_scenario.GetPcapPrefix() + ".pcap", port, false, true);
        }
        if (Timeline* timeline = m_scenario.GetTimeline())
        {
            m_clientLines = Create<SpinTimeline>(*timeline, "client");
            m_clientLines->ConnectPort(port);
            m_nicLines = Create<SpinTimeline>(*timeline, "sPIN NIC");
            m_nicLines->Connect(nic);
        }
    }

    void Stop()
    {
        Simulator::Stop();
    }

    void OnEvent(const ContextEvent& event)
    {
        if (event.type == ContextEvent::Type::HANDLER_ERROR)
        {
            m_scenario.Check(false, "a handler failed: " + event.cause);
        }
    }

    void Report(Results& results)
    {
        const std::vector<Time>& times = m_client->GetTimes();
        const auto packets = static_cast<std::size_t>(m_point[m_options.packets]);
        m_scenario.Check(m_client->GetWrong() == 0, "a reply differs from what was sent");
        m_scenario.Check(times.size() == packets, "a ping was not answered");
        Results::Row row = m_scenario.AddRow(results, m_point);
        if (times.empty())
        {
            return;
        }
        int64_t sum = 0;
        for (const Time& time : times)
        {
            sum += time.GetTimeStep();
        }
        const auto [least, most] = std::minmax_element(times.begin(), times.end());
        row.Set("rtt_min_us", least->GetTimeStep() * US_PER_PS);
        row.Set("rtt_mean_us",
                static_cast<double>(sum) / static_cast<double>(times.size()) * US_PER_PS);
        row.Set("rtt_max_us", most->GetTimeStep() * US_PER_PS);
    }

    Scenario& m_scenario;            //!< options and results
    const Options& m_options;        //!< how to ask for them
    const Point& m_point;            //!< which row
    std::string m_path;              //!< who answers
    Ptr<PingClient> m_client;        //!< measures
    Ptr<SpinTimeline> m_clientLines; //!< draws the client's port
    Ptr<SpinTimeline> m_nicLines;    //!< draws the NIC
};

/** The window of spin-store must hold a datagram. */
void
CheckHostWindow(const Scenario& scenario, const Options& options)
{
    const auto store = CreateObject<StoreAndReturn>(scenario[options.mtu]);
    for (const Point& point : scenario.GetPoints())
    {
        const uint64_t needed = store->GetHostBytes(point[options.payload]);
        if (point[options.path] == "spin-store" &&
            needed > scenario[options.hostWindow] * BYTES_PER_KIB)
        {
            scenario.Reject(options.hostWindow,
                            "a datagram of " + std::to_string(point[options.payload]) +
                                " B needs at least " +
                                std::to_string((needed + BYTES_PER_KIB - 1) / BYTES_PER_KIB));
        }
    }
}

/** --elf=FILE and the path spin-elf belong together. */
void
CheckElf(Scenario& scenario, const Options& options)
{
    const bool given = !scenario[options.elf].empty();
    if (given && !scenario.IsGiven(options.path))
    {
        scenario.SetNames(options.path, {"spin-elf", "spin-l1", "host-udp"}); // beside its like
    }
    if (given && !scenario.IsGiven(options.payload))
    {
        scenario.SetIntegers(options.payload, {16, 64, 256, 1024}); // without fragments
    }
    if (!given && scenario.IsGiven(options.view))
    {
        scenario.Reject(options.view, "it says what the handlers of --elf=FILE see");
    }
    bool used = false;
    for (const Point& point : scenario.GetPoints())
    {
        used |= point[options.path] == "spin-elf";
    }
    if (used != given)
    {
        scenario.Reject(options.elf,
                        given ? "give --path=spin-elf, too, or no --path"
                              : "--path=spin-elf needs --elf=FILE");
    }
}

void
RunPingPong(Scenario& scenario)
{
    const Options options(scenario);
    scenario.AddPreset("pspin",
                       "PsPIN as released and as in SC'22: 4 clusters of 8 HPUs, 400 Gbit/s, 20 ns",
                       {{"clusters", "4"},
                        {"hpus_per_cluster", "8"},
                        {"rate_gbps", "400"},
                        {"link_delay_ns", "20"}});
    scenario.Sets(options.rate, {"ns3::offload::LinkNetDevice::DataRate"});
    scenario.Sets(options.delay, {"ns3::offload::LinkChannel::Delay"});
    scenario.Sets(options.mtu, {"ns3::offload::LinkNetDevice::Mtu"});
    scenario.Sets(options.clusters, {"ns3::offload::SpinUnit::Clusters"});
    scenario.Sets(options.hpus, {"ns3::offload::SpinUnit::HpusPerCluster"});
    scenario.Sets(options.l1Packets, {"ns3::offload::SpinUnit::L1PacketBytes"});
    scenario.Sets(options.hostMemory, {"ns3::offload::HostMemory::Size"});
    scenario.Sets(options.hostWindow, {"ns3::offload::ExecutionContext::HostMemoryBytes"});
    scenario.Sets(options.view, {"ns3::offload::ExecutionContext::PspinView"});
    scenario.Sets({"ns3::offload::ExecutionContext::NicMemoryBytes",
                   "ns3::offload::ExecutionContext::ScratchpadBytes"});
    scenario.Parse();
    CheckElf(scenario, options);
    CheckHostWindow(scenario, options);
    // Real checksums: the replies must still be right after the swap.
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    Results results = scenario.MakeResults();
    results.AddColumn("rtt_min_us", "us");
    results.AddColumn("rtt_mean_us", "us");
    results.AddColumn("rtt_max_us", "us");
    scenario.ForEachPoint(
        [&](const Point& point) { PingPong(scenario, options, point).Run(results); });
    Figure figure("spin-ping-pong", "UDP ping-pong: who answers");
    figure.SetX("payload", "B", Figure::Scale::LOG2);
    figure.SetY("mean round trip", "us", Figure::Scale::LOG10);
    figure.AddSeries(results, "payload_bytes", "rtt_mean_us");
    scenario.Finish(results, {figure});
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"spin-ping-pong",
                        "A UDP client pings a sPIN NIC, whose handlers answer, and a host, whose "
                        "CPU does. Every reply is compared byte for byte."},
                       RunPingPong);
}
