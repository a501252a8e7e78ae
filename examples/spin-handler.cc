/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Runs handlers on a sPIN unit fed by a packet generator: instructions, cycles, latency,
 * throughput.
 */
#include "ns3/execution-context.h"
#include "ns3/function-timeline.h"
#include "ns3/handler-check.h"
#include "ns3/instruction-trace.h"
#include "ns3/packet-generator.h"
#include "ns3/riscv-image.h"
#include "ns3/riscv-program.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/spin-timeline.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <vector>

using namespace ns3;
using namespace ns3::offload;

namespace
{

/** What the traces say of one run. */
class Recorder
{
  public:
    /** @param unit the unit to listen to */
    explicit Recorder(Ptr<SpinUnit> unit)
    {
        unit->TraceConnectWithoutContext("Handler", MakeCallback(&Recorder::OnHandler, this));
        unit->TraceConnectWithoutContext("Packet", MakeCallback(&Recorder::OnPacket, this));
    }

    /**
     * @param values a sample
     * @return its median; the mean of the middle two of an even number
     */
    static double Median(std::vector<int64_t> values)
    {
        std::sort(values.begin(), values.end());
        const size_t n = values.size();
        return (values[(n - 1) / 2] + values[n / 2]) / 2.0;
    }

    std::vector<int64_t> instructions; //!< of each payload handler
    std::vector<int64_t> cycles;       //!< entry to return of each payload handler
    std::vector<int64_t> latencies;    //!< arrival to feedback of each packet, ps
    int64_t firstArrival{INT64_MAX};   //!< ps
    int64_t lastFeedback{0};           //!< ps
    std::string cause;                 //!< why a handler failed

    /** @param event of the context */
    void OnEvent(const ContextEvent& event)
    {
        if (event.type == ContextEvent::Type::HANDLER_ERROR)
        {
            cause = event.cause;
        }
    }

  private:
    void OnHandler(const HandlerRun& run)
    {
        if (run.kind == HandlerKind::PAYLOAD)
        {
            instructions.push_back(static_cast<int64_t>(run.instructions));
            cycles.push_back(static_cast<int64_t>(run.cycles));
        }
    }

    void OnPacket(const PacketRun& run)
    {
        latencies.push_back(run.feedback - run.arrival);
        firstArrival = std::min(firstArrival, run.arrival);
        lastFeedback = std::max(lastFeedback, run.feedback);
    }
};

constexpr uint64_t HOST_ADDRESS = 0xDEADBEEF; //!< host window of PsPIN's drivers, not aligned
constexpr uint64_t HOST_BYTES = 1 << 16;      //!< any packet fits

// What an ELF file's handlers get, as from PsPIN's generic driver (gdriver.c, spin_hw_conf.h).
constexpr uint32_t ELF_NIC_BYTES = 1 << 20;          //!< L2 handler memory
constexpr uint32_t ELF_SCRATCHPAD_BYTES = 400 << 10; //!< in each cluster's L1
constexpr uint64_t ELF_HOST_BYTES = 1 << 26;         //!< of PsPIN's 512 MiB, to be quick

/** The options that say which handlers run. */
struct HandlerOptions
{
    Input<std::string> handler;
    Input<std::string> implementation;
    Parameter<std::string> elf;
    Parameter<std::string> header;
    Parameter<std::string> payload;
    Parameter<std::string> completion;
    Parameter<std::string> instructionTrace;
};

HandlerOptions
AddHandlerOptions(Scenario& scenario)
{
    return {scenario.AddNameInput("handler",
                                  "handlers to run",
                                  {"empty", "ping_pong", "copy_to_host", "aggregate"},
                                  HandlerCheck::Known()),
            scenario.AddNameInput("implementation",
                                  "how handlers run: C++ that says what it takes, or the same in C "
                                  "on RISC-V cores",
                                  {"native"},
                                  {"native", "riscv"}),
            scenario.AddFile("elf",
                             "run the handlers of this ELF file instead: a complete PsPIN image "
                             "or an object; packets are those of PsPIN's driver; what its handlers "
                             "leave in packets and memories is not checked"),
            scenario.AddText("header", "with --elf: symbol of the header handler [..._hh]"),
            scenario.AddText("payload", "with --elf: symbol of the payload handler [..._ph]"),
            scenario.AddText("completion", "with --elf: symbol of the completion handler [..._th]"),
            scenario.AddText("instruction_trace",
                             "file that gets a line for each instruction of RISC-V handlers")};
}

/** Reject options that name what is no handler of the file. */
void
CheckSymbols(const Scenario& scenario, const HandlerOptions& options)
{
    for (const auto* option : {&options.header, &options.payload, &options.completion})
    {
        const std::string& name = scenario[*option];
        if (name.empty())
        {
            continue;
        }
        const std::string& file = scenario[options.elf];
        const auto image = RiscvImage::Load(file);
        if (!image->HasFunction(name))
        {
            scenario.Reject(*option, file + " " + image->WhyNoFunction(name));
        }
    }
}

/** Make --elf a handler like the others, called as the file. */
void
CheckHandlerOptions(Scenario& scenario, const HandlerOptions& options)
{
    const std::string& elf = scenario[options.elf];
    if (scenario.IsGiven(options.instructionTrace) && elf.empty())
    {
        const auto& points = scenario.GetPoints();
        if (std::none_of(points.begin(), points.end(), [&](const Point& point) {
                return point[options.implementation] == "riscv";
            }))
        {
            scenario.Reject(options.instructionTrace,
                            "native handlers have no instructions; give --implementation=riscv or "
                            "--elf=FILE");
        }
    }
    if (!elf.empty())
    {
        if (scenario.IsGiven(options.handler))
        {
            scenario.Reject(options.handler, "--elf says what runs; give one of the two");
        }
        if (scenario.IsGiven(options.implementation))
        {
            scenario.Reject(options.implementation, "an ELF file is riscv; leave the option out");
        }
        scenario.SetNames(options.handler, {std::filesystem::path(elf).stem().string()});
        scenario.SetNames(options.implementation, {"riscv"});
        CheckSymbols(scenario, options);
        return;
    }
    for (const auto* symbol : {&options.header, &options.payload, &options.completion})
    {
        if (scenario.IsGiven(*symbol))
        {
            scenario.Reject(*symbol, "it names a symbol of the file that --elf=FILE gives");
        }
    }
}

/** @return the file of a shipped handler in C, compiled for the HPUs */
std::string
GetObjectFile(const Scenario& scenario, const HandlerOptions& options, std::string handler)
{
#ifdef OFFLOAD_HANDLERS
    (void)scenario;
    (void)options;
    std::replace(handler.begin(), handler.end(), '_', '-');
    return std::string(OFFLOAD_HANDLERS "/") + handler + ".o";
#else
    scenario.Reject(options.implementation,
                    "the handlers in examples/handlers are not compiled in this build; compile " +
                        handler + " and give it with --elf=FILE");
#endif
}

/** @return the program of a point */
Ptr<HandlerProgram>
MakeProgram(const Scenario& scenario,
            const HandlerOptions& options,
            const Point& point,
            const HandlerCheck& check)
{
    const std::string& elf = scenario[options.elf];
    if (point[options.implementation] == "native")
    {
        return check.MakeProgram();
    }
    auto program = CreateObject<RiscvProgram>();
    program->SetAttribute(
        "File",
        StringValue(elf.empty() ? GetObjectFile(scenario, options, point[options.handler]) : elf));
    program->SetAttribute("Header", StringValue(scenario[options.header]));
    program->SetAttribute("Payload", StringValue(scenario[options.payload]));
    program->SetAttribute("Completion", StringValue(scenario[options.completion]));
    return program;
}

/** What a point's packets are. */
struct TrafficOptions
{
    Input<int64_t> bytes;
    Input<int64_t> messages;
    Input<int64_t> packets;
    Input<int64_t> gap;
    Parameter<int64_t> messageGap;
};

TrafficOptions
AddTrafficOptions(Scenario& scenario)
{
    return {
        scenario.AddIntegerInput("packet_bytes",
                                 "B",
                                 "size of a packet, headers included",
                                 {64, 128, 256, 512, 1024},
                                 {36, 9216}),
        scenario.AddIntegerInput("messages", "", "messages, one after the other", {1}, {1, 100000}),
        scenario.AddIntegerInput("packets", "", "packets of a message", {32}, {1, 1000000}),
        scenario.AddIntegerInput("gap_ns",
                                 "ns",
                                 "time from packet to packet; 0: one a cycle",
                                 {20},
                                 {0, 1000000000}),
        scenario.AddInteger("message_gap_ns",
                            "ns",
                            "time from a message's last packet to the next",
                            40,
                            {0, 1000000000})};
}

PacketGenerator::Traffic
MakeTraffic(const Scenario& scenario, const TrafficOptions& options, const Point& point)
{
    PacketGenerator::Traffic traffic;
    traffic.messages = static_cast<uint32_t>(point[options.messages]);
    traffic.packets = static_cast<uint32_t>(point[options.packets]);
    traffic.packetGap = point[options.gap] * 1000;
    traffic.messageGap = scenario[options.messageGap] * 1000;
    return traffic;
}

/** The unit must not take a message for dead whose next packet is on its way. */
void
OutlastGap(SpinUnit& unit, const PacketGenerator::Traffic& traffic)
{
    TimeValue timeout;
    unit.GetAttribute("MessageTimeout", timeout);
    const Time gaps = PicoSeconds(2 * traffic.packetGap);
    if (!timeout.Get().IsZero() && timeout.Get() < gaps)
    {
        unit.SetAttribute("MessageTimeout", TimeValue(gaps));
    }
}

/** @return the execution context of a point */
Ptr<ExecutionContext>
MakeContext(const Scenario& scenario,
            const HandlerOptions& options,
            const Point& point,
            HandlerCheck& check)
{
    const bool isElf = !scenario[options.elf].empty();
    auto context = CreateObject<ExecutionContext>();
    context->SetProgram(MakeProgram(scenario, options, point, check));
    context->SetAttribute("NicMemoryBytes",
                          UintegerValue(isElf ? ELF_NIC_BYTES : check.GetNicMemoryBytes()));
    context->SetAttribute("ScratchpadBytes",
                          UintegerValue(isElf ? ELF_SCRATCHPAD_BYTES : check.GetScratchpadBytes()));
    context->SetAttribute("HostMemoryAddress", UintegerValue(HOST_ADDRESS));
    context->SetAttribute("HostMemoryBytes", UintegerValue(isElf ? ELF_HOST_BYTES : HOST_BYTES));
    return context;
}

/** Fill in a row. What no handler or packet tells of stays empty. */
void
Report(const Recorder& recorder, int64_t packetBytes, Results::Row row)
{
    if (!recorder.cycles.empty())
    {
        const auto cycles = std::minmax_element(recorder.cycles.begin(), recorder.cycles.end());
        row.Set("instructions_median", Recorder::Median(recorder.instructions))
            .Set("cycles_min", *cycles.first)
            .Set("cycles_median", Recorder::Median(recorder.cycles))
            .Set("cycles_max", *cycles.second);
    }
    if (!recorder.latencies.empty())
    {
        const auto latency =
            std::minmax_element(recorder.latencies.begin(), recorder.latencies.end());
        const auto count = static_cast<double>(recorder.latencies.size());
        const double sum =
            std::accumulate(recorder.latencies.begin(), recorder.latencies.end(), 0.0);
        const auto duration = static_cast<double>(recorder.lastFeedback - recorder.firstArrival);
        row.Set("latency_min_ns", static_cast<double>(*latency.first) / 1e3)
            .Set("latency_median_ns", Recorder::Median(recorder.latencies) / 1e3)
            .Set("latency_mean_ns", sum / count / 1e3)
            .Set("latency_max_ns", static_cast<double>(*latency.second) / 1e3)
            .Set("throughput_gbps", count * static_cast<double>(packetBytes) * 8e3 / duration);
    }
}

/** Tell of handlers that were misled about their commands. */
void
WarnOfStaleIds(Scenario& scenario, uint64_t used)
{
    if (used > 0)
    {
        scenario.Warn(
            std::to_string(used) +
            (used == 1 ? " wait or test of a handler was" : " waits or tests of handlers were") +
            " for another command than meant, a fault of PsPIN's HPU driver; without it: "
            "--ns3::offload::SpinUnit::StaleCommandIds=false");
    }
}

/** @return throughput and latency over the packet's size, with the hardware's runs */
std::vector<Figure>
MakeFigures(const Results& results)
{
    Figure throughput("throughput", "Packets through the sPIN unit");
    throughput.SetX("Packet", "B", Figure::Scale::LOG2);
    throughput.AddSeries(results, "packet_bytes", "throughput_gbps");
    Figure latency("latency", "Packet arrival to feedback");
    latency.SetX("Packet", "B", Figure::Scale::LOG2);
    latency.AddSeries(results, "packet_bytes", "latency_median_ns");
    // Verilator runs of the released hardware description (pspin.md), 20 ns apart.
    latency.AddPublished("PsPIN hardware, empty", {{64, 32}, {128, 34}, {256, 38}, {512, 46}});
    latency.AddPublished("PsPIN hardware, ping_pong",
                         {{64, 60}, {128, 63}, {256, 70}, {512, 83}, {1024, 112}});
    latency.AddPublished("PsPIN hardware, copy_to_host",
                         {{64, 62}, {128, 65}, {256, 71}, {512, 84}});
    return {throughput, latency};
}

/** The scenario. */
void
SpinHandler(Scenario& scenario)
{
    const HandlerOptions options = AddHandlerOptions(scenario);
    const TrafficOptions packets = AddTrafficOptions(scenario);
    scenario.AddPreset("pspin-saturated",
                       "the unit's own limit: a packet a cycle, 512 packets",
                       {{"gap_ns", "0"}, {"packets", "512"}, {"message_gap_ns", "0"}});
    scenario.Sets(options.elf, {"ns3::offload::RiscvProgram::File"});
    scenario.Sets(options.header, {"ns3::offload::RiscvProgram::Header"});
    scenario.Sets(options.payload, {"ns3::offload::RiscvProgram::Payload"});
    scenario.Sets(options.completion, {"ns3::offload::RiscvProgram::Completion"});
    scenario.Sets({"ns3::offload::ExecutionContext::NicMemoryBytes",
                   "ns3::offload::ExecutionContext::ScratchpadBytes",
                   "ns3::offload::ExecutionContext::HostMemoryAddress",
                   "ns3::offload::ExecutionContext::HostMemoryBytes"});
    scenario.Parse();
    CheckHandlerOptions(scenario, options);
    const bool isElf = !scenario[options.elf].empty();
    if (scenario.IsPcapEnabled())
    {
        throw ScenarioError("--pcap=true; the generator feeds the unit without a wire, see "
                            "spin-ping-pong for captures");
    }

    Results results = scenario.MakeResults();
    results.AddColumn("instructions_median", "")
        .AddColumn("cycles_min", "cycles")
        .AddColumn("cycles_median", "cycles")
        .AddColumn("cycles_max", "cycles")
        .AddColumn("latency_min_ns", "ns")
        .AddColumn("latency_median_ns", "ns")
        .AddColumn("latency_mean_ns", "ns")
        .AddColumn("latency_max_ns", "ns")
        .AddColumn("throughput_gbps", "Gbit/s")
        .AddColumn("hpus_busy_max", "");

    std::unique_ptr<InstructionTrace> instructions;
    if (scenario.IsGiven(options.instructionTrace))
    {
        instructions = std::make_unique<InstructionTrace>(scenario[options.instructionTrace]);
    }
    uint64_t staleIdsUsed = 0;
    scenario.ForEachPoint([&](const Point& point) {
        auto unit = CreateObject<SpinUnit>();
        if (point[packets.bytes] > unit->GetMaxPacketBytes())
        {
            scenario.Reject(packets.bytes,
                            "the unit takes up to " + std::to_string(unit->GetMaxPacketBytes()) +
                                " B");
        }
        HandlerCheck check(point[options.handler], static_cast<uint32_t>(point[packets.bytes]));
        const Ptr<ExecutionContext> context = MakeContext(scenario, options, point, check);
        TestBenchHost host(HOST_ADDRESS, isElf ? ELF_HOST_BYTES : HOST_BYTES);
        unit->SetHostPort(&host);
        const PacketGenerator::Traffic traffic = MakeTraffic(scenario, packets, point);
        OutlastGap(*unit, traffic);
        unit->Attach(context);
        check.PrepareMemory(*context, host);
        Recorder recorder(unit);
        context->SetEventCallback(MakeCallback(&Recorder::OnEvent, &recorder));
        const bool isRiscv = point[options.implementation] == "riscv";
        Ptr<SpinTimeline> lines;
        std::unique_ptr<FunctionTimeline> functions;
        if (Timeline* timeline = scenario.GetTimeline())
        {
            lines = Create<SpinTimeline>(*timeline, "sPIN unit");
            lines->ConnectUnit(unit);
            if (isRiscv)
            {
                functions = std::make_unique<FunctionTimeline>(*timeline, "sPIN unit");
                unit->AddInstructionObserver(*functions);
            }
        }
        if (instructions && isRiscv)
        {
            instructions->Comment(point[options.handler] + " " + point.GetLabel());
            unit->AddInstructionObserver(*instructions);
        }
        PacketGenerator generator(unit, context);
        generator.SetOutputCallback(MakeCallback(&HandlerCheck::OnSend, &check));
        generator.Start(traffic,
                        MakeCallback(&HandlerCheck::MakePacket, &check),
                        unit->GetReadyTime());
        Simulator::Run();

        const uint32_t total = traffic.messages * traffic.packets;
        scenario.Check(recorder.latencies.size() == total, "a packet was lost in the unit");
        scenario.Check(context->IsEnabled(), "a handler failed: " + recorder.cause);
        scenario.Check(isElf || check.Verify(*context, host, traffic.messages, total),
                       point[options.handler] + " left a wrong result");
        Results::Row row = scenario.AddRow(results, point);
        Report(recorder, point[packets.bytes], row);
        row.Set("hpus_busy_max", unit->GetCounters().hpusBusyMax);
        staleIdsUsed += unit->GetCounters().staleIdsUsed;
        unit->Dispose();
    });
    if (instructions)
    {
        instructions->Close();
    }
    WarnOfStaleIds(scenario, staleIdsUsed);
    scenario.Finish(results, MakeFigures(results));
}

} // namespace

int
main(int argc, char* argv[])
{
    return RunScenario(argc,
                       argv,
                       {"spin-handler",
                        "Runs handlers on a sPIN unit fed by a packet generator, in the manner of "
                        "PsPIN's driver: instructions, cycles, latency and throughput"},
                       SpinHandler);
}
