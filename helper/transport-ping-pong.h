/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TRANSPORT_PING_PONG_H
#define OFFLOAD_TRANSPORT_PING_PONG_H

#include "posted-requests.h"
#include "spin-cluster.h"

#include "ns3/socket.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A host sends a message, another one sends it back (SC'17, section 4.4.1): over TCP sockets, with
 * RDMA, by triggered operations or by sPIN handlers. Every byte is checked.
 */
class TransportPingPong
{
  public:
    /** What can be chosen. */
    struct Config
    {
        std::string path{"spin-stream"};   //!< see GetPaths
        std::string host{"sc17-discrete"}; //!< a HostPreset
        uint32_t payloadBytes{64};         //!< at least one
        uint32_t rounds{10};               //!< one after the other
    };

    /** What came of it. */
    struct Outcome
    {
        uint32_t rounds{0};    //!< that came to their end
        uint32_t wrong{0};     //!< of these, with wrong bytes
        int64_t roundTrip{0};  //!< mean, ps
        int64_t cpuTime{0};    //!< of the answering host's cores, mean of a round, ps
        uint64_t cpuBytes{0};  //!< that they copy, all rounds
        uint64_t hostBytes{0}; //!< that cross its PCIe, all rounds
    };

    /** @return who may answer */
    static const std::vector<std::string>& GetPaths();

    /**
     * @param config what can be chosen
     * @throw std::invalid_argument if it makes no sense
     */
    explicit TransportPingPong(const Config& config);
    ~TransportPingPong();

    TransportPingPong(const TransportPingPong&) = delete;
    TransportPingPong& operator=(const TransportPingPong&) = delete;

    /** @return the hosts; the first one pings */
    SpinCluster& GetCluster()
    {
        return *m_cluster;
    }

    /**
     * Simulate it.
     * @return what came of it
     * @throw std::runtime_error if a request could not be posted
     */
    Outcome Run();

  private:
    void PrepareQueuePairs();
    void PrepareSpin();
    void PrepareTriggered();
    void Arm(uint64_t round);
    void PrepareSockets();
    void Ping();
    void PostReceive(uint32_t host);
    void PostAnswer();
    void ClientTold(Ptr<CompletionQueue> queue);
    void ServerTold(Ptr<CompletionQueue> queue);
    void Arrived(uint32_t bytes);
    bool Accept(Ptr<Socket> socket, const Address& from);
    void Accepted(Ptr<Socket> socket, const Address& from);
    void Connected(Ptr<Socket> socket);
    void Begin();
    void ClientReads(Ptr<Socket> socket);
    void ServerReads(Ptr<Socket> socket);
    void Flush(Ptr<Socket> socket, uint32_t room);
    void NoteWork(const CpuWork& work);
    void NoteTransfer(const PcieTransfer& transfer);
    void FillMessage();

    bool IsSend() const
    {
        return m_config.path == "rdma-send";
    }

    Config m_config;                        //!< as given
    std::unique_ptr<SpinCluster> m_cluster; //!< two hosts
    ClusterBuffer m_out;                    //!< the client's, to be sent
    ClusterBuffer m_in;                     //!< the client's, for the answer
    ClusterBuffer m_mirror;                 //!< the server's
    RdmaHelper::Connection m_queuePairs;    //!< client, server
    Ptr<TriggerCounter> m_counter;          //!< the server's
    Ptr<Socket> m_listener;                 //!< the server's
    Ptr<Socket> m_client;                   //!< the client's
    Ptr<Socket> m_server;                   //!< the server's
    std::vector<uint8_t> m_message;         //!< of this round
    std::vector<uint8_t> m_pending;         //!< what a socket has no room for yet
    std::vector<uint8_t> m_received;        //!< by TCP, at the client
    std::vector<uint8_t> m_mirrored;        //!< by TCP, at the server
    uint32_t m_bytes{0};                    //!< of the answer that have come
    uint32_t m_round{0};                    //!< this one
    int64_t m_started{0};                   //!< it began, ps
    bool m_measuring{false};                //!< rounds are under way
    PostedRequests m_requests;              //!< so far
    Outcome m_outcome;                      //!< so far; times are sums
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TRANSPORT_PING_PONG_H */
