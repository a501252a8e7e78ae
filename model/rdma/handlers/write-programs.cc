/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The use cases of the sPIN paper (SC'17) as native handlers on packets of RDMA WRITE.
 */
#include "write-program.h"

#include "ns3/boolean.h"
#include "ns3/execution-context.h"
#include "ns3/hpu.h"

#include <cstring>
#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(PutBackProgram);
NS_OBJECT_ENSURE_REGISTERED(BroadcastProgram);
NS_OBJECT_ENSURE_REGISTERED(AccumulateProgram);
NS_OBJECT_ENSURE_REGISTERED(RaidDataProgram);
NS_OBJECT_ENSURE_REGISTERED(RaidParityProgram);

namespace
{

constexpr uint32_t NOTE_BYTES = 8; //!< payload of a message that only tells that all is done
/// A frame that has the NIC send from host memory
constexpr uint32_t REQUEST_BYTES =
    WriteView::PAYLOAD + WriteView::DESCRIPTOR_BYTES + WriteView::TRAILER;

/** Exclusive or of two pieces of memory, into the first. */
void
Combine(uint8_t* to, const uint8_t* from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; ++i)
    {
        to[i] ^= from[i];
    }
}

/** Make a message that only tells: the headers of a packet, and the offset as payload. */
void
MakeNote(const MemoryWindow& note, const MemoryWindow& packet, uint64_t offset)
{
    std::memcpy(note.Bytes(0, WriteView::PAYLOAD),
                packet.Bytes(0, WriteView::PAYLOAD),
                WriteView::PAYLOAD);
    WriteView(note).SetPayloadBytes(NOTE_BYTES);
    note.Store(WriteView::PAYLOAD, offset);
}

/**
 * Make the request to send a message from host memory. It is the same for all messages: the host
 * makes it once, so that no packet's handler is late because of it.
 */
void
MakeRequest(const MemoryWindow& frame,
            const WriteProgram::Setup& setup,
            const WriteProgram::Target& target)
{
    roce::Ipv4Fields ip{};
    ip.destination = setup.ownAddress;
    frame.Store(WriteView::IP, ip);
    roce::UdpFields udp{};
    udp.destination = roce::UDP_PORT;
    frame.Store(WriteView::IP + sizeof(ip), udp);
    const WriteView request(frame);
    request.SetTarget(target.queuePair, target.key, target.address);
    request.SetFromHost(setup.local, setup.localKey, setup.messageBytes);
}

} // namespace

TypeId
PutBackProgram::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::PutBackProgram")
            .SetParent<WriteProgram>()
            .SetGroupName("Offload")
            .AddConstructor<PutBackProgram>()
            .AddAttribute("Store",
                          "Put messages of several packets into host memory and send them from "
                          "there when they are complete; otherwise send each packet back as soon "
                          "as it comes (SC'17, ping-pong: store and stream)",
                          BooleanValue(false),
                          MakeBooleanAccessor(&PutBackProgram::m_store),
                          MakeBooleanChecker());
    return tid;
}

void
PutBackProgram::Prepare(ExecutionContext& context)
{
    WriteProgram::Prepare(context);
    if (!m_store)
    {
        return;
    }
    const MemoryWindow table(context.GetScratchpad(0), 0, context.GetScratchpadBytes());
    const auto setup = table.Load<Setup>(0);
    if (setup.targets == 0 || setup.ownAddress == 0)
    {
        throw std::invalid_argument("PutBackProgram: to store messages it needs a target and the "
                                    "NIC's own address");
    }
    const auto target = table.Load<Target>(sizeof(Setup));
    MakeRequest(table.Slice(GetScratchpadBytes(0), REQUEST_BYTES), setup, target);
}

HandlerStatus
PutBackProgram::Run(HandlerKind, Hpu& hpu)
{
    const WriteView packet(hpu.GetPacket());
    const Setup setup = GetSetup(hpu);
    const uint64_t offset = packet.GetAddress() - setup.address;
    const MemoryWindow payload = packet.GetPayload();
    hpu.Execute(Begin());
    if (m_store && payload.GetSize() < setup.messageBytes)
    {
        hpu.DmaToHost(hpu.GetHostAddress() + offset, payload);
        // The core that puts the last bytes there has the message sent. It need not wait for them:
        // on PCIe, a read does not overtake the writes before it. A completion handler would come
        // later, since it waits until all handlers' writes are answered.
        if (CountBytes(hpu, payload.GetSize()) == setup.messageBytes)
        {
            CountBytes(hpu, -setup.messageBytes);
            hpu.Wait(hpu.SendPacket(WriteView(GetFrame(hpu, 0)).GetFrame()));
        }
        return HandlerStatus::SUCCESS;
    }
    if (m_store)
    {
        hpu.Execute(CountMix());
    }
    const Target target = GetTarget(hpu, 0);
    packet.SetTarget(target.queuePair, target.key, target.address + offset);
    hpu.Execute(Address());
    hpu.SendPacket(packet.GetFrame());
    return HandlerStatus::SUCCESS;
}

TypeId
BroadcastProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::BroadcastProgram")
                            .SetParent<WriteProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<BroadcastProgram>();
    return tid;
}

HandlerStatus
BroadcastProgram::Run(HandlerKind, Hpu& hpu)
{
    const WriteView packet(hpu.GetPacket());
    const Setup setup = GetSetup(hpu);
    const uint64_t offset = packet.GetAddress() - setup.address;
    hpu.Execute(Begin());
    // Others wait for it more than this host does.
    for (uint32_t i = 0; i < setup.targets; ++i)
    {
        const Target target = GetTarget(hpu, i);
        packet.SetTarget(target.queuePair, target.key, target.address + offset);
        hpu.Execute(Address());
        // The next copy has other headers in the same place.
        hpu.Wait(hpu.SendPacket(packet.GetFrame()));
    }
    hpu.DmaToHost(hpu.GetHostAddress() + offset, packet.GetPayload());
    return HandlerStatus::SUCCESS;
}

TypeId
AccumulateProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::AccumulateProgram")
                            .SetParent<WriteProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<AccumulateProgram>();
    return tid;
}

HandlerStatus
AccumulateProgram::Run(HandlerKind, Hpu& hpu)
{
    const WriteView packet(hpu.GetPacket());
    const uint64_t address = hpu.GetHostAddress() + packet.GetAddress() - GetSetup(hpu).address;
    hpu.Execute(Begin());
    const MemoryWindow payload = packet.GetPayload();
    const MemoryWindow old = GetFrame(hpu, hpu.GetHpuId()).Slice(0, payload.GetSize());
    hpu.Wait(hpu.DmaFromHost(address, old));
    const uint32_t words = payload.GetSize() / sizeof(uint32_t);
    for (uint32_t i = 0; i < words; ++i)
    {
        const auto at = static_cast<uint32_t>(i * sizeof(uint32_t));
        payload.Store(at, payload.Load<uint32_t>(at) + old.Load<uint32_t>(at));
    }
    hpu.Execute(Loop(payload.GetSize(), 2, 1));
    // The sum lies in the packet, which stays until it is in host memory.
    hpu.DmaToHost(address, payload);
    return HandlerStatus::SUCCESS;
}

TypeId
RaidDataProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::RaidDataProgram")
                            .SetParent<WriteProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<RaidDataProgram>();
    return tid;
}

bool
RaidDataProgram::Has(HandlerKind kind) const
{
    return kind != HandlerKind::HEADER;
}

HandlerStatus
RaidDataProgram::Run(HandlerKind kind, Hpu& hpu)
{
    const WriteView packet(hpu.GetPacket());
    const uint64_t offset = packet.GetAddress() - GetSetup(hpu).address;
    const MemoryWindow frame = GetFrame(hpu, hpu.GetHpuId());
    hpu.Execute(Begin());
    // Targets: the parity node, the client.
    const Target target = GetTarget(hpu, kind == HandlerKind::PAYLOAD ? 0 : 1);
    if (kind == HandlerKind::PAYLOAD)
    {
        const MemoryWindow payload = packet.GetPayload();
        const uint32_t bytes = payload.GetSize();
        const MemoryWindow difference = frame.Slice(WriteView::PAYLOAD, bytes);
        hpu.Wait(hpu.DmaFromHost(hpu.GetHostAddress() + offset, difference));
        hpu.DmaToHost(hpu.GetHostAddress() + offset, payload);
        Combine(difference.Bytes(0, bytes), payload.Bytes(0, bytes), bytes);
        hpu.Execute(Loop(bytes, 2, 1));
        std::memcpy(frame.Bytes(0, WriteView::PAYLOAD),
                    hpu.GetPacket().Bytes(0, WriteView::PAYLOAD),
                    WriteView::PAYLOAD);
        WriteView(frame).SetTarget(target.queuePair, target.key, target.address + offset);
        hpu.Execute(CopyHeaders() + Address());
    }
    else
    {
        // All data are in host memory: the completion handler runs when those before are through.
        MakeNote(frame, hpu.GetPacket(), offset);
        WriteView(frame).SetTarget(target.queuePair, target.key, target.address);
        hpu.Execute(CopyHeaders() + Address());
    }
    hpu.Wait(hpu.SendPacket(WriteView(frame).GetFrame()));
    return HandlerStatus::SUCCESS;
}

TypeId
RaidParityProgram::GetTypeId()
{
    static TypeId tid = TypeId("ns3::offload::RaidParityProgram")
                            .SetParent<WriteProgram>()
                            .SetGroupName("Offload")
                            .AddConstructor<RaidParityProgram>();
    return tid;
}

HandlerStatus
RaidParityProgram::Run(HandlerKind, Hpu& hpu)
{
    const WriteView packet(hpu.GetPacket());
    const uint64_t offset = packet.GetAddress() - GetSetup(hpu).address;
    const MemoryWindow payload = packet.GetPayload();
    const uint32_t bytes = payload.GetSize();
    const MemoryWindow frame = GetFrame(hpu, hpu.GetHpuId());
    const MemoryWindow old = frame.Slice(0, bytes);
    hpu.Execute(Begin());
    hpu.Wait(hpu.DmaFromHost(hpu.GetHostAddress() + offset, old));
    Combine(payload.Bytes(0, bytes), old.Bytes(0, bytes), bytes);
    hpu.Execute(Loop(bytes, 2, 1));
    // The client is told of what is safe only.
    hpu.Wait(hpu.DmaToHost(hpu.GetHostAddress() + offset, payload));
    const Target target = GetTarget(hpu, 0);
    MakeNote(frame, hpu.GetPacket(), offset);
    WriteView(frame).SetTarget(target.queuePair, target.key, target.address);
    hpu.Execute(CopyHeaders() + Address());
    hpu.Wait(hpu.SendPacket(WriteView(frame).GetFrame()));
    return HandlerStatus::SUCCESS;
}

} // namespace offload
} // namespace ns3
