/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_TEST_BENCH_H
#define OFFLOAD_SPIN_TEST_BENCH_H

#include "ns3/execution-context.h"
#include "ns3/object-factory.h"
#include "ns3/packet-generator.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A sPIN unit with a test bench's host, a context with one of the shipped programs and a generator;
 * records what the traces say.
 */
class SpinTestBench
{
  public:
    static constexpr uint64_t HOST_ADDRESS = 0xDEADBEEF; //!< PsPIN's drivers use it
    static constexpr uint64_t HOST_BYTES = 1 << 20;      //!< enough for every test

    /** @param program class name without namespace, such as PingPongProgram */
    explicit SpinTestBench(const std::string& program)
        : SpinTestBench(ObjectFactory("ns3::offload::" + program).Create<HandlerProgram>())
    {
    }

    /** @param program of the context */
    explicit SpinTestBench(Ptr<HandlerProgram> program)
        : unit(CreateObject<SpinUnit>()),
          context(CreateObject<ExecutionContext>()),
          host(HOST_ADDRESS, HOST_BYTES)
    {
        context->SetProgram(program);
        context->SetAttribute("ScratchpadBytes", UintegerValue(8192));
        context->SetAttribute("NicMemoryBytes", UintegerValue(1 << 20));
        context->SetAttribute("HostMemoryAddress", UintegerValue(HOST_ADDRESS));
        context->SetAttribute("HostMemoryBytes", UintegerValue(HOST_BYTES));
        unit->SetHostPort(&host);
        unit->TraceConnectWithoutContext("Packet", MakeCallback(&SpinTestBench::OnPacket, this));
        unit->TraceConnectWithoutContext("Handler", MakeCallback(&SpinTestBench::OnHandler, this));
        context->SetEventCallback(MakeCallback(&SpinTestBench::OnEvent, this));
    }

    ~SpinTestBench()
    {
        generator.reset();
        unit->Dispose();
        Simulator::Destroy();
    }

    /** Attach the context and run the traffic to its end. */
    void Run(const PacketGenerator::Traffic& traffic, uint32_t packetBytes)
    {
        bytes = packetBytes;
        unit->Attach(context);
        Send(context, traffic);
    }

    /** Run traffic to a context that is attached, the bench's own or another one. */
    void Send(Ptr<ExecutionContext> to, const PacketGenerator::Traffic& traffic)
    {
        generator = std::make_unique<PacketGenerator>(unit, to);
        generator->SetOutputCallback(MakeCallback(&SpinTestBench::OnSend, this));
        generator->Start(traffic,
                         MakeCallback(&SpinTestBench::MakePacket, this),
                         unit->GetReadyTime());
        Simulator::Run();
    }

    /** A packet of PsPIN's generic driver: header length and packet length, the rest a pattern. */
    Ptr<Packet> MakePacket(uint32_t index)
    {
        std::vector<uint8_t> data(bytes);
        for (uint32_t i = 0; i < bytes; i++)
        {
            data[i] = static_cast<uint8_t>(index * 7 + i * 13);
        }
        data[0] = 5 << 4;
        data[2] = static_cast<uint8_t>(bytes);
        data[3] = static_cast<uint8_t>(bytes >> 8);
        return Create<Packet>(data.data(), bytes);
    }

    void OnPacket(const PacketRun& run)
    {
        packets.push_back(run);
    }

    void OnHandler(const HandlerRun& run)
    {
        handlers.push_back(run);
    }

    void OnEvent(const ContextEvent& event)
    {
        events.push_back(event);
    }

    void OnSend(Ptr<Packet> packet)
    {
        sent.push_back(packet);
    }

    Ptr<SpinUnit> unit;                         //!< under test
    Ptr<ExecutionContext> context;              //!< its one context
    TestBenchHost host;                         //!< behind it
    std::unique_ptr<PacketGenerator> generator; //!< before it
    uint32_t bytes{64};                         //!< size of packets
    std::vector<PacketRun> packets;             //!< packets done
    std::vector<HandlerRun> handlers;           //!< handlers run
    std::vector<ContextEvent> events;           //!< what the application was told
    std::vector<Ptr<Packet>> sent;              //!< what handlers sent
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_TEST_BENCH_H */
