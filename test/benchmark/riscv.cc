/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
// Simulated instructions per second of the RISC-V core, with the timing of its pipeline,
// instruction fetch and L1 banks, beside a packet over one hop of ns-3's PointToPointNetDevice, in
// one process.
#include "ns3/instruction-cache.h"
#include "ns3/l1-banks.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/prefetch-buffer.h"
#include "ns3/riscv-core.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/string.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

constexpr uint32_t CODE = 0x1d000000;   //!< program memory
constexpr uint32_t PACKET = 0x10004400; //!< own memory: L1
constexpr uint32_t OUTPUT = 0x10014400; //!< own memory: L1
constexpr uint32_t TABLE = 0x1b014400;  //!< behind the port
constexpr uint32_t BYTES = 1024;        //!< of the packet, and of the table
constexpr uint16_t IPV4 = 0x0800;       //!< EtherType

/** A handler: registers a0 packet, a1 words of it, a2 where the result goes. */
struct Handler
{
    const char* name;
    uint32_t output;            //!< a2
    std::vector<uint32_t> code; //!< riscv64-unknown-elf-gcc -march=rv32ima
};

const std::vector<Handler>&
GetHandlers()
{
    static const std::vector<Handler> handlers = {{"checksum of the packet",
                                                   0,
                                                   {0x00000793,   //    li a5,0
                                                    0x00052703,   // 1: lw a4,0(a0)
                                                    0x00450513,   //    addi a0,a0,4
                                                    0x00e787b3,   //    add a5,a5,a4
                                                    0x00e7b6b3,   //    sltu a3,a5,a4
                                                    0x00d787b3,   //    add a5,a5,a3
                                                    0xfff58593,   //    addi a1,a1,-1
                                                    0xfe0594e3,   //    bnez a1,1b
                                                    0x00078513,   //    mv a0,a5
                                                    0x00008067}}, //    ret
                                                  {"copy of the packet",
                                                   OUTPUT,
                                                   {0x00052703,   // 1: lw a4,0(a0)
                                                    0x00452783,   //    lw a5,4(a0)
                                                    0x00e62023,   //    sw a4,0(a2)
                                                    0x00f62223,   //    sw a5,4(a2)
                                                    0x00850513,   //    addi a0,a0,8
                                                    0x00860613,   //    addi a2,a2,8
                                                    0xffe58593,   //    addi a1,a1,-2
                                                    0xfe0592e3,   //    bnez a1,1b
                                                    0x00008067}}, //    ret
                                                  {"histogram, atomics through the port",
                                                   TABLE,
                                                   {0x00100793,    //    li a5,1
                                                    0x00052703,    // 1: lw a4,0(a0)
                                                    0x00450513,    //    addi a0,a0,4
                                                    0x3fc77713,    //    andi a4,a4,1020
                                                    0x00c70733,    //    add a4,a4,a2
                                                    0x00f7202f,    //    amoadd.w zero,a5,(a4)
                                                    0xfff58593,    //    addi a1,a1,-1
                                                    0xfe0594e3,    //    bnez a1,1b
                                                    0x00008067}}}; //    ret
    return handlers;
}

/** The table of the histogram. */
class TablePort : public CorePort
{
  public:
    explicit TablePort(L1Banks& banks)
        : m_banks(banks)
    {
    }

    MemoryReply Access(CoreAccess& access) override
    {
        if (access.address - TABLE >= BYTES || access.operation != MemoryOperation::ATOMIC_ADD)
        {
            return MemoryReply::FAULT;
        }
        uint32_t& word = table[(access.address - TABLE) / 4];
        const uint32_t old = word;
        word += access.data;
        access.data = old;
        access.done = m_banks.AccessAtomic(access.address, access.cycle) + 1;
        return MemoryReply::DONE;
    }

    std::vector<uint32_t> table = std::vector<uint32_t>(BYTES / 4); //!< counts

  private:
    L1Banks& m_banks; //!< that the table lies in
};

/** CPU time of one run. */
struct Cost
{
    double nanoseconds; //!< of CPU per instruction, or packet
    double cycles;      //!< simulated, per instruction
    bool complete;      //!< all that was asked for
};

double
GetNanoseconds(std::clock_t begin)
{
    return static_cast<double>(std::clock() - begin) * 1e9 / CLOCKS_PER_SEC;
}

Cost
RunHandler(const Handler& handler, uint64_t instructions)
{
    std::vector<uint8_t> bytes(4 * handler.code.size());
    std::memcpy(bytes.data(), handler.code.data(), bytes.size());
    std::vector<uint8_t> packet(BYTES);
    for (uint32_t i = 0; i < BYTES; i++)
    {
        packet[i] = static_cast<uint8_t>(i * 37 + i / 256);
    }
    std::vector<uint8_t> output(BYTES);
    auto banks = std::make_unique<L1Banks>();
    InstructionCache cache;
    PrefetchBuffer fetch(cache, 0);
    TablePort port(*banks);
    RiscvCore core(port, 0);
    core.SetCode(std::make_shared<RiscvCode>(CODE, bytes));
    core.SetFetch(&fetch);
    core.SetOwnMemory(0, {PACKET, BYTES, packet.data()}, banks.get());
    core.SetOwnMemory(1, {OUTPUT, BYTES, output.data()}, banks.get());
    const std::clock_t begin = std::clock();
    bool complete = true;
    while (complete && core.GetInstructions() < instructions)
    {
        core.SetPc(CODE);
        core.SetRegister(1, RiscvCore::RETURN_ADDRESS);
        core.SetRegister(10, PACKET);
        core.SetRegister(11, BYTES / 4);
        core.SetRegister(12, handler.output);
        complete = core.Run(UINT64_MAX) == RiscvCore::Stop::RETURN;
    }
    const double time = GetNanoseconds(begin);
    const auto count = static_cast<double>(core.GetInstructions());
    return {time / count, static_cast<double>(core.GetCycle()) / count, complete};
}

/** Counts packets. */
class Sink
{
  public:
    bool Receive(Ptr<NetDevice>, Ptr<const Packet>, uint16_t, const Address&)
    {
        received++;
        return true;
    }

    uint64_t received{0}; //!< so far
};

Cost
RunPointToPoint(uint64_t packets)
{
    constexpr uint32_t BURST = 16; //!< packets queued at a time
    NodeContainer nodes(2);
    PointToPointHelper helper;
    helper.SetDeviceAttribute("DataRate", StringValue("400Gbps"));
    helper.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("1000p"));
    NetDeviceContainer devices = helper.Install(nodes);
    Sink sink;
    devices.Get(1)->SetReceiveCallback(MakeCallback(&Sink::Receive, &sink));
    const Address destination = devices.Get(1)->GetAddress();
    Ptr<Packet> packet = Create<Packet>(BYTES);
    const std::clock_t begin = std::clock();
    for (uint64_t i = 0; i < packets; i += BURST)
    {
        for (uint32_t j = 0; j < BURST; j++)
        {
            devices.Get(0)->Send(packet->Copy(), destination, IPV4);
        }
        Simulator::Run();
    }
    const double time = GetNanoseconds(begin);
    Simulator::Destroy();
    return {time / static_cast<double>(packets), 0, sink.received >= packets};
}

/** @return the run in the middle */
template <typename Run>
Cost
GetMedian(int64_t repetitions, Scenario& scenario, Run run)
{
    std::vector<Cost> costs;
    for (int64_t i = 0; i < repetitions; i++)
    {
        costs.push_back(run());
        scenario.Check(costs.back().complete, "a handler or a packet did not arrive");
    }
    std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) {
        return a.nanoseconds < b.nanoseconds;
    });
    return costs[costs.size() / 2];
}

/** The benchmark. */
void
RiscvBenchmark(Scenario& scenario)
{
    const auto instructions =
        scenario.AddInteger("instructions", "", "instructions of a run", 50000000, {1, 1LL << 40});
    const auto packets =
        scenario.AddInteger("packets", "", "packets of a run", 200000, {1, 1000000000});
    const auto riscvOnly =
        scenario.AddSwitch("riscv_only", "leave out PointToPointNetDevice, for profiling");
    const auto repetitions =
        scenario.AddInteger("repetitions", "", "runs, the median counts", 5, {1, 99});
    scenario.Parse();
    Results results("benchmark-riscv");
    results.AddColumn("benchmark", "")
        .AddColumn("device", "")
        .AddColumn("ns_per_operation", "ns")
        .AddColumn("million_per_second", "")
        .AddColumn("cycles_per_instruction", "");
    for (const auto& handler : GetHandlers())
    {
        const Cost cost = GetMedian(scenario[repetitions], scenario, [&] {
            return RunHandler(handler, static_cast<uint64_t>(scenario[instructions]));
        });
        results.AddRow()
            .Set("benchmark", std::string("instruction: ") + handler.name)
            .Set("device", "RiscvCore")
            .Set("ns_per_operation", cost.nanoseconds)
            .Set("million_per_second", 1e3 / cost.nanoseconds)
            .Set("cycles_per_instruction", cost.cycles);
    }
    if (!scenario[riscvOnly])
    {
        const Cost cost = GetMedian(scenario[repetitions], scenario, [&] {
            return RunPointToPoint(static_cast<uint64_t>(scenario[packets]));
        });
        results.AddRow()
            .Set("benchmark", "packet: one hop")
            .Set("device", "PointToPointNetDevice")
            .Set("ns_per_operation", cost.nanoseconds)
            .Set("million_per_second", 1e3 / cost.nanoseconds);
    }
    scenario.Finish(results);
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(
        argc,
        argv,
        {"benchmark-riscv", "Simulated instructions per second of the RISC-V core, timing on"},
        RiscvBenchmark);
}
