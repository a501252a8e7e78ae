/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "transport-ping-pong.h"

#include "ns3/boolean.h"
#include "ns3/simulator.h"
#include "ns3/write-program.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

constexpr uint32_t MEMORY_SHARE = 8; //!< host memory is that many messages, and some

} // namespace

const std::vector<std::string>&
TransportPingPong::GetPaths()
{
    static const std::vector<std::string> paths{"tcp",
                                                "rdma-send",
                                                "rdma-write",
                                                "triggered",
                                                "spin-store",
                                                "spin-stream"};
    return paths;
}

TransportPingPong::TransportPingPong(const Config& config)
    : m_config(config)
{
    const auto& paths = GetPaths();
    if (std::find(paths.begin(), paths.end(), config.path) == paths.end())
    {
        throw std::invalid_argument("there is no path \"" + config.path + "\"");
    }
    if (config.payloadBytes == 0 || config.rounds == 0)
    {
        throw std::invalid_argument("a ping-pong needs a byte and a round, at least");
    }
    SpinCluster::Config cluster;
    cluster.host = config.host;
    cluster.memoryBytes = (1 << 16) + uint64_t{MEMORY_SHARE} * (config.payloadBytes + 4096);
    // A kernel's stack waits for interrupts, a program that uses RDMA looks at memory.
    cluster.polling = config.path != "tcp";
    m_cluster = std::make_unique<SpinCluster>(cluster);
    m_out = m_cluster->Allocate(0, config.payloadBytes);
    m_in = m_cluster->Allocate(0, config.payloadBytes);
    m_mirror = m_cluster->Allocate(1, config.payloadBytes);
    m_cluster->GetCpu(1)->TraceConnectWithoutContext(
        "Work",
        MakeCallback(&TransportPingPong::NoteWork, this));
    m_cluster->GetNic(1)->GetHostPath()->GetPcie()->TraceConnectWithoutContext(
        "Transfer",
        MakeCallback(&TransportPingPong::NoteTransfer, this));
    if (config.path == "tcp")
    {
        PrepareSockets();
    }
    else
    {
        PrepareQueuePairs();
    }
}

TransportPingPong::~TransportPingPong() = default;

void
TransportPingPong::PrepareQueuePairs()
{
    m_queuePairs = m_cluster->Connect(0, 1);
    const auto monitor = [this](uint32_t host, const ClusterBuffer& buffer, auto callback) {
        Ptr<CompletionQueue> queue =
            IsSend() ? (host == 0 ? m_queuePairs.first : m_queuePairs.second)
                           ->GetParameters()
                           .receiveCompletions
                     : m_cluster->GetNic(host)->GetEngine()->CreateCompletionQueue(
                           m_config.payloadBytes);
        queue->SetNotifyCallback(MakeCallback(callback, this));
        if (!IsSend())
        {
            buffer.region->SetMonitor(queue);
        }
    };
    monitor(0, m_in, &TransportPingPong::ClientTold);
    if (m_config.path == "rdma-write" || IsSend())
    {
        monitor(1, m_mirror, &TransportPingPong::ServerTold);
    }
    else if (m_config.path == "triggered")
    {
        PrepareTriggered();
    }
    else
    {
        PrepareSpin();
    }
    if (IsSend())
    {
        PostReceive(1);
    }
}

void
TransportPingPong::PrepareTriggered()
{
    m_counter = m_cluster->GetNic(1)->GetEngine()->CreateCounter();
    m_queuePairs.second->SetCounter(m_counter);
    Arm(1);
}

void
TransportPingPong::Arm(uint64_t round)
{
    WorkRequest work;
    work.opcode = WorkOpcode::WRITE;
    work.localAddress = m_mirror.address;
    work.localKey = m_mirror.region->GetLocalKey();
    work.remoteAddress = m_in.address;
    work.remoteKey = m_in.region->GetRemoteKey();
    work.length = m_config.payloadBytes;
    m_counter->Trigger(round, m_queuePairs.second, work);
}

void
TransportPingPong::PrepareSpin()
{
    Ptr<PutBackProgram> program = CreateObject<PutBackProgram>();
    program->SetAttribute("Store", BooleanValue(m_config.path == "spin-store"));
    WriteProgram::Setup setup;
    setup.address = m_mirror.address;
    setup.local = m_mirror.address;
    setup.localKey = m_mirror.region->GetLocalKey();
    setup.messageBytes = m_config.payloadBytes;
    setup.ownAddress = m_cluster->GetNic(1)->GetEngine()->GetAddress().Get();
    program->SetUp(setup,
                   {{m_queuePairs.second->GetNumber(), m_in.region->GetRemoteKey(), m_in.address}});
    m_cluster->Attach(1, {m_queuePairs.second}, program, m_mirror.GetWindow(), false);
}

TransportPingPong::Outcome
TransportPingPong::Run()
{
    if (!m_client)
    {
        m_measuring = true;
        Ping();
    }
    Simulator::Run();
    m_requests.Check();
    if (m_outcome.rounds > 0)
    {
        m_outcome.roundTrip /= m_outcome.rounds;
        m_outcome.cpuTime /= m_outcome.rounds;
    }
    return m_outcome;
}

void
TransportPingPong::FillMessage()
{
    m_message.resize(m_config.payloadBytes);
    for (std::size_t i = 0; i < m_message.size(); ++i)
    {
        // Neighbouring bytes, packets and rounds differ.
        m_message[i] = static_cast<uint8_t>(i * 7 + i / 256 * 13 + i / 65536 * 17 + m_round * 31);
    }
}

void
TransportPingPong::Ping()
{
    FillMessage();
    m_bytes = 0;
    m_started = Simulator::Now().GetTimeStep();
    if (m_client)
    {
        m_received.clear();
        m_pending = m_message;
        Flush(m_client, 0);
        return;
    }
    std::copy(m_message.begin(), m_message.end(), m_out.GetBytes());
    std::fill_n(m_in.GetBytes(), m_in.bytes, uint8_t{0});
    if (IsSend())
    {
        PostReceive(0);
    }
    WorkRequest work;
    work.opcode = IsSend() ? WorkOpcode::SEND : WorkOpcode::WRITE;
    work.localAddress = m_out.address;
    work.localKey = m_out.region->GetLocalKey();
    work.remoteAddress = m_mirror.address;
    work.remoteKey = m_mirror.region->GetRemoteKey();
    work.length = m_config.payloadBytes;
    work.signaled = false;
    m_requests.Note(m_queuePairs.first->PostSend(work));
}

void
TransportPingPong::PostReceive(uint32_t host)
{
    const ClusterBuffer& buffer = host == 0 ? m_in : m_mirror;
    ReceiveRequest receive;
    receive.address = buffer.address;
    receive.length = buffer.bytes;
    receive.localKey = buffer.region->GetLocalKey();
    const auto& queuePair = host == 0 ? m_queuePairs.first : m_queuePairs.second;
    m_requests.Note(queuePair->PostReceive(receive));
}

void
TransportPingPong::ServerTold(Ptr<CompletionQueue> queue)
{
    Completion completion;
    while (queue->Poll(completion))
    {
        // A core finds the message, as it posts one, in "o".
        const int64_t found = m_cluster->GetCpu(1)->Work(0,
                                                         "poll",
                                                         0,
                                                         Simulator::Now().GetTimeStep(),
                                                         SpinCluster::OVERHEAD_PS);
        Simulator::Schedule(PicoSeconds(found - Simulator::Now().GetTimeStep()),
                            &TransportPingPong::PostAnswer,
                            this);
    }
}

void
TransportPingPong::PostAnswer()
{
    WorkRequest work;
    work.opcode = IsSend() ? WorkOpcode::SEND : WorkOpcode::WRITE;
    work.localAddress = m_mirror.address;
    work.localKey = m_mirror.region->GetLocalKey();
    work.remoteAddress = m_in.address;
    work.remoteKey = m_in.region->GetRemoteKey();
    work.length = m_config.payloadBytes;
    work.signaled = false;
    m_requests.Note(m_queuePairs.second->PostSend(work));
    if (IsSend())
    {
        m_cluster->GetCpu(1)->Work(0,
                                   "post receive",
                                   0,
                                   Simulator::Now().GetTimeStep(),
                                   SpinCluster::OVERHEAD_PS);
        PostReceive(1);
    }
}

void
TransportPingPong::ClientTold(Ptr<CompletionQueue> queue)
{
    Completion completion;
    while (queue->Poll(completion))
    {
        Arrived(completion.bytes);
    }
}

void
TransportPingPong::Arrived(uint32_t bytes)
{
    m_bytes += bytes;
    if (m_bytes < m_config.payloadBytes)
    {
        return;
    }
    const uint8_t* got = m_client ? m_received.data() : m_in.GetBytes();
    const bool right =
        m_bytes == m_config.payloadBytes && std::equal(m_message.begin(), m_message.end(), got);
    m_outcome.wrong += right ? 0 : 1;
    m_outcome.roundTrip += Simulator::Now().GetTimeStep() - m_started;
    ++m_outcome.rounds;
    if (++m_round < m_config.rounds)
    {
        if (m_counter)
        {
            Arm(m_round + 1);
        }
        // Acknowledgements of this round are not the next one's affair.
        Simulator::Schedule(MicroSeconds(2), &TransportPingPong::Ping, this);
    }
    else if (m_client)
    {
        m_client->Close();
    }
}

void
TransportPingPong::NoteWork(const CpuWork& work)
{
    if (m_measuring)
    {
        m_outcome.cpuTime += work.end - work.begin;
        m_outcome.cpuBytes += work.bytes;
    }
}

void
TransportPingPong::NoteTransfer(const PcieTransfer& transfer)
{
    if (m_measuring && (transfer.kind == PcieTransfer::Kind::WRITE ||
                        transfer.kind == PcieTransfer::Kind::COMPLETION))
    {
        m_outcome.hostBytes += transfer.bytes;
    }
}

} // namespace offload
} // namespace ns3
