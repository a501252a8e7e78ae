/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * A sPIN unit with scripted handlers, traffic that can be refused, a wire that can be slow, and
 * records of all that the traces say; for tests.
 */
#ifndef OFFLOAD_SPIN_FIXTURE_H
#define OFFLOAD_SPIN_FIXTURE_H

#include "ns3/execution-context.h"
#include "ns3/handler-program.h"
#include "ns3/hpu.h"
#include "ns3/packet-generator.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/spin-pipeline.h"
#include "ns3/spin-unit.h"
#include "ns3/uinteger.h"

#include <cstring>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/** A message's three handlers. */
inline constexpr auto ALL = {HandlerKind::HEADER, HandlerKind::PAYLOAD, HandlerKind::COMPLETION};

inline constexpr int64_t US = 1000000; //!< ps

/** What a test packet says about itself in its first bytes. */
struct PacketTag
{
    uint32_t flow;    //!< number of the context in the fixture
    uint32_t message; //!< number within the flow
    uint32_t packet;  //!< number within the message
};

/** @return the byte that a test packet has at an offset after its tag */
inline uint8_t
PatternByte(const PacketTag& tag, uint32_t offset)
{
    return static_cast<uint8_t>(offset * 13 + tag.message * 7 + tag.packet * 31 + tag.flow * 101);
}

/** @return the bytes of a test packet */
inline std::vector<uint8_t>
TaggedBytes(const PacketTag& tag, uint32_t bytes)
{
    std::vector<uint8_t> data(bytes);
    std::memcpy(data.data(), &tag, sizeof(tag));
    for (uint32_t i = sizeof(tag); i < bytes; i++)
    {
        data[i] = PatternByte(tag, i);
    }
    return data;
}

/** @return a test packet */
inline Ptr<Packet>
TaggedPacket(const PacketTag& tag, uint32_t bytes)
{
    const auto data = TaggedBytes(tag, bytes);
    return Create<Packet>(data.data(), bytes);
}

/** @return a packet's bytes */
inline std::vector<uint8_t>
BytesOf(const Ptr<const Packet>& packet)
{
    std::vector<uint8_t> data(packet->GetSize());
    packet->CopyData(data.data(), packet->GetSize());
    return data;
}

/** Handlers that are a function of the test. */
class ScriptProgram : public HandlerProgram
{
  public:
    using Script = std::function<HandlerStatus(HandlerKind, Hpu&)>;

    ScriptProgram(Script script, std::initializer_list<HandlerKind> kinds)
        : m_script(std::move(script))
    {
        for (const HandlerKind kind : kinds)
        {
            m_kinds |= 1U << static_cast<unsigned>(kind);
        }
    }

    bool Has(HandlerKind kind) const override
    {
        return m_kinds >> static_cast<unsigned>(kind) & 1;
    }

    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override
    {
        return m_script(kind, hpu);
    }

  private:
    Script m_script;     //!< all handlers
    unsigned m_kinds{0}; //!< bit i: has handler i
};

/** A wire that can be slow or paused; keeps what it sends. */
class TestWire : public PacketOutput
{
  public:
    int64_t GetReadyAt() const override
    {
        return readyAt;
    }

    void Transmit(Ptr<Packet> frame) override
    {
        packets.push_back(frame);
        times.push_back(Simulator::Now().GetTimeStep());
        if (gap > 0)
        {
            readyAt = times.back() + gap;
        }
    }

    int64_t readyAt{0};               //!< ps
    int64_t gap{0};                   //!< between packets, ps
    std::vector<Ptr<Packet>> packets; //!< sent
    std::vector<int64_t> times;       //!< when, ps
};

/** Offers packets in order at their times; a refused one again when the unit says so. */
class TestSource
{
  public:
    /** A packet to come. */
    struct Item
    {
        int64_t time;                  //!< earliest, ps
        Ptr<ExecutionContext> context; //!< whose
        Ptr<Packet> packet;            //!< what
        MessagePosition position;      //!< where in its message
    };

    explicit TestSource(Ptr<SpinUnit> unit)
        : m_unit(unit)
    {
        unit->SetResumeCallback(MakeCallback(&TestSource::Resume, this));
    }

    void Add(Item item)
    {
        items.push_back(std::move(item));
    }

    /** Begin now. */
    void Start()
    {
        Simulator::Schedule(TimeStep(0), &TestSource::Send, this);
    }

    std::deque<Item> items;        //!< to come, in order
    uint64_t refusals{0};          //!< offers refused
    uint64_t resumes{0};           //!< resume callbacks
    bool synchronous{false};       //!< offer again inside the resume callback, not a cycle later
    std::function<void()> onOffer; //!< called before each offer

  private:
    void Send()
    {
        m_waiting = false;
        const int64_t now = Simulator::Now().GetTimeStep();
        while (!items.empty())
        {
            const Item& item = items.front();
            if (item.time > now)
            {
                Simulator::Schedule(TimeStep(item.time - now), &TestSource::Send, this);
                return;
            }
            if (onOffer)
            {
                onOffer();
            }
            if (!m_unit->Receive(item.context, item.packet, item.position))
            {
                refusals++;
                m_waiting = true;
                return;
            }
            items.pop_front();
        }
    }

    void Resume()
    {
        resumes++;
        if (!m_waiting)
        {
            return;
        }
        m_waiting = false;
        if (synchronous)
        {
            Send();
        }
        else
        {
            Simulator::Schedule(TimeStep(1000), &TestSource::Send, this);
        }
    }

    Ptr<SpinUnit> m_unit;  //!< receives
    bool m_waiting{false}; //!< for the resume callback
};

/** A run of a handler and the packet that it ran on. */
struct TaggedRun
{
    HandlerRun run; //!< as traced
    PacketTag tag;  //!< as the handler read it
    size_t order;   //!< number of the handler's first instruction among all
};

/** A context of the fixture and what it was told. */
struct Flow
{
    /** An event with its time. */
    struct Told
    {
        int64_t time;       //!< ps
        ContextEvent event; //!< as called back
    };

    Ptr<ExecutionContext> context;                    //!< the context
    std::vector<Told> events;                         //!< all events
    std::function<void(const ContextEvent&)> onEvent; //!< the test's own reaction

    void On(const ContextEvent& event)
    {
        events.push_back({Simulator::Now().GetTimeStep(), event});
        if (onEvent)
        {
            onEvent(event);
        }
    }

    /** @return how many events of a type came */
    size_t Count(ContextEvent::Type type) const
    {
        size_t count = 0;
        for (const Told& told : events)
        {
            count += told.event.type == type;
        }
        return count;
    }
};

/** The unit under test and its surroundings. */
class SpinFixture
{
  public:
    static constexpr uint64_t HOST_ADDRESS = 0x4000; //!< where host memory begins
    static constexpr uint64_t HOST_BYTES = 1 << 16;  //!< all of it

    SpinFixture()
        : unit(CreateObject<SpinUnit>()),
          host(HOST_ADDRESS, HOST_BYTES),
          source(unit)
    {
        unit->SetHostPort(&host);
        unit->SetOutput(&wire);
        unit->SetHostPathCallback(MakeCallback(&SpinFixture::OnHostPath, this));
        unit->TraceConnectWithoutContext("Packet", MakeCallback(&SpinFixture::OnPacket, this));
        unit->TraceConnectWithoutContext("Handler", MakeCallback(&SpinFixture::OnHandler, this));
        unit->TraceConnectWithoutContext("Command", MakeCallback(&SpinFixture::OnCommand, this));
        unit->TraceConnectWithoutContext("Drop", MakeCallback(&SpinFixture::OnDrop, this));
    }

    ~SpinFixture()
    {
        unit->Dispose();
        Simulator::Destroy();
    }

    /** Set an attribute of the unit. */
    void Set(const std::string& name, uint64_t value)
    {
        unit->SetAttribute(name, UintegerValue(value));
    }

    /** @return a context with 4 KiB of NIC memory, 1 KiB of scratchpad, half the host memory */
    Flow& MakeFlow(ScriptProgram::Script script,
                   std::initializer_list<HandlerKind> kinds = {HandlerKind::PAYLOAD})
    {
        const auto number = static_cast<uint32_t>(flows.size());
        flows.push_back(std::make_unique<Flow>());
        Flow& flow = *flows.back();
        flow.context = CreateObject<ExecutionContext>();
        auto wrapped = [this, script](HandlerKind kind, Hpu& hpu) {
            Note(hpu);
            return script(kind, hpu);
        };
        flow.context->SetProgram(CreateObject<ScriptProgram>(wrapped, kinds));
        flow.context->SetAttribute("NicMemoryBytes", UintegerValue(4096));
        flow.context->SetAttribute("ScratchpadBytes", UintegerValue(1024));
        flow.context->SetAttribute("HostMemoryAddress",
                                   UintegerValue(HOST_ADDRESS + number % 2 * HOST_BYTES / 2));
        flow.context->SetAttribute("HostMemoryBytes", UintegerValue(HOST_BYTES / 2));
        flow.context->SetEventCallback(MakeCallback(&Flow::On, &flow));
        return flow;
    }

    /** The same, attached. */
    Flow& AddFlow(ScriptProgram::Script script,
                  std::initializer_list<HandlerKind> kinds = {HandlerKind::PAYLOAD})
    {
        Flow& flow = MakeFlow(std::move(script), kinds);
        unit->Attach(flow.context);
        return flow;
    }

    /** Add a packet to the source. */
    void Offer(int64_t time,
               uint32_t flow,
               uint32_t message,
               uint32_t packet,
               bool first,
               bool last,
               uint32_t bytes = 64)
    {
        source.Add({time,
                    flows[flow]->context,
                    TaggedPacket({flow, message, packet}, bytes),
                    {message, first, last}});
    }

    /** Add a whole message. */
    void OfferMessage(int64_t time,
                      uint32_t flow,
                      uint32_t message,
                      uint32_t count,
                      uint32_t bytes = 64,
                      int64_t gap = 1000)
    {
        for (uint32_t i = 0; i < count; i++)
        {
            Offer(time + i * gap, flow, message, i, i == 0, i + 1 == count, bytes);
        }
    }

    /** Let the source send and the simulation end. */
    void Run()
    {
        source.Start();
        Simulator::Run();
    }

    /** @return runs of one kind */
    std::vector<TaggedRun> RunsOf(HandlerKind kind) const
    {
        std::vector<TaggedRun> chosen;
        for (const TaggedRun& run : runs)
        {
            if (run.run.kind == kind)
            {
                chosen.push_back(run);
            }
        }
        return chosen;
    }

    /** @return drops for one reason */
    size_t DropsFor(SpinDropReason reason) const
    {
        size_t count = 0;
        for (const auto& drop : drops)
        {
            count += drop.second == reason;
        }
        return count;
    }

    Ptr<SpinUnit> unit;                                              //!< under test
    TestBenchHost host;                                              //!< behind it
    TestWire wire;                                                   //!< before it, outbound
    TestSource source;                                               //!< before it, inbound
    std::vector<std::unique_ptr<Flow>> flows;                        //!< its contexts
    std::vector<TaggedRun> runs;                                     //!< handlers
    std::vector<PacketRun> packets;                                  //!< packets that left the unit
    std::vector<CommandRun> commands;                                //!< commands carried out
    std::vector<std::pair<Ptr<const Packet>, SpinDropReason>> drops; //!< packets dropped
    std::vector<Ptr<const Packet>> hostPath;                         //!< packets of PROCEED
    std::function<void(const TaggedRun&)> onHandler;                 //!< the test's own reaction

  private:
    /** A handler begins: read the tag, check the bytes. */
    void Note(Hpu& hpu)
    {
        const MemoryWindow packet = hpu.GetPacket();
        PacketTag tag = {};
        if (packet.GetSize() >= sizeof(tag))
        {
            tag = packet.Load<PacketTag>(0);
        }
        m_running[{hpu.GetClusterId(), hpu.GetHpuId()}] = {tag, m_order++};
    }

    void OnHandler(const HandlerRun& run)
    {
        const auto& [tag, order] = m_running[{run.cluster, run.hpu}];
        runs.push_back({run, tag, order});
        if (onHandler)
        {
            onHandler(runs.back());
        }
    }

    void OnPacket(const PacketRun& run)
    {
        packets.push_back(run);
    }

    void OnCommand(const CommandRun& run)
    {
        commands.push_back(run);
    }

    void OnDrop(Ptr<const Packet> packet, SpinDropReason reason)
    {
        drops.emplace_back(packet, reason);
    }

    void OnHostPath(Ptr<const Packet> packet, uint64_t)
    {
        hostPath.push_back(packet);
    }

    std::map<std::pair<uint32_t, uint32_t>, std::pair<PacketTag, size_t>> m_running; //!< by HPU
    size_t m_order{0}; //!< handlers begun
};

/** @return whether a packet's window holds what the packet with this tag was sent with */
inline bool
HoldsPattern(const MemoryWindow& window)
{
    const auto tag = window.Load<PacketTag>(0);
    const uint8_t* bytes = window.Bytes(0, window.GetSize());
    for (uint32_t i = sizeof(tag); i < window.GetSize(); i++)
    {
        if (bytes[i] != PatternByte(tag, i))
        {
            return false;
        }
    }
    return true;
}

inline constexpr uint64_t HOST = SpinFixture::HOST_ADDRESS;

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_FIXTURE_H */
