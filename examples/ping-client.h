/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * A UDP client that measures round trips and compares what comes back.
 */
#ifndef OFFLOAD_PING_CLIENT_H
#define OFFLOAD_PING_CLIENT_H

#include "ns3/application.h"
#include "ns3/callback.h"
#include "ns3/event-id.h"
#include "ns3/inet-socket-address.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/** Sends a datagram, waits for the reply, compares it, sends the next. */
class PingClient : public Application
{
  public:
    /** Called when the last reply is there or one did not come. */
    using DoneCallback = Callback<void>;

    void Configure(InetSocketAddress remote, uint32_t bytes, uint32_t pings, DoneCallback done)
    {
        m_remote = remote;
        m_bytes = bytes;
        m_pings = pings;
        m_done = done;
    }

    /** @return round-trip times in the order of sending, without the first: it waits for ARP */
    const std::vector<Time>& GetTimes() const
    {
        return m_times;
    }

    /** @return replies whose bytes are not those sent */
    uint32_t GetWrong() const
    {
        return m_wrong;
    }

  private:
    /// Bytes of the first ping: small, since ARP holds few packets back
    static constexpr uint32_t FIRST_BYTES = 16;

    void StartApplication() override
    {
        m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
        m_socket->Bind();
        m_socket->Connect(m_remote);
        m_socket->SetRecvCallback(MakeCallback(&PingClient::Receive, this));
        Ping();
    }

    void StopApplication() override
    {
        m_timeout.Cancel();
        if (m_socket)
        {
            m_socket->Close();
            m_socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        }
    }

    void Ping()
    {
        m_payload.resize(m_sent == 0 ? std::min(m_bytes, FIRST_BYTES) : m_bytes);
        for (std::size_t i = 0; i < m_payload.size(); ++i)
        {
            m_payload[i] = static_cast<uint8_t>(i * 7 + i / 256 + m_sent * 31 + 1);
        }
        ++m_sent;
        m_sentAt = Simulator::Now();
        m_socket->Send(Create<Packet>(m_payload.data(), m_payload.size()));
        m_timeout = Simulator::Schedule(MilliSeconds(100), &PingClient::GiveUp, this);
    }

    void Receive(Ptr<Socket> socket)
    {
        while (Ptr<Packet> reply = socket->Recv())
        {
            m_timeout.Cancel();
            std::vector<uint8_t> bytes(reply->GetSize());
            reply->CopyData(bytes.data(), bytes.size());
            m_wrong += bytes == m_payload ? 0 : 1;
            if (m_sent > 1)
            {
                m_times.push_back(Simulator::Now() - m_sentAt);
            }
            if (m_sent <= m_pings)
            {
                Ping();
            }
            else
            {
                m_done();
            }
        }
    }

    void GiveUp()
    {
        m_done();
    }

    Address m_remote;               //!< whom to ping
    uint32_t m_bytes{0};            //!< UDP payload
    uint32_t m_pings{0};            //!< how many, without the first
    DoneCallback m_done;            //!< at the end
    Ptr<Socket> m_socket;           //!< to the other node
    std::vector<uint8_t> m_payload; //!< of the ping under way
    uint32_t m_sent{0};             //!< pings so far
    uint32_t m_wrong{0};            //!< replies that differ
    Time m_sentAt;                  //!< the ping under way
    EventId m_timeout;              //!< no reply
    std::vector<Time> m_times;      //!< round trips
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PING_CLIENT_H */
