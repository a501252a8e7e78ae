/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PCIE_LINK_H
#define OFFLOAD_PCIE_LINK_H

#include "busy-calendar.h"
#include "host-memory.h"
#include "host-port.h"

#include "ns3/byte-clock.h"
#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/ptr.h"
#include "ns3/traced-callback.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/** A transfer over one direction of a PCIe link, for traces. */
struct PcieTransfer
{
    /** What kind of transaction the packets belong to. */
    enum class Kind : uint8_t
    {
        WRITE,        //!< posted write of the device to host memory
        READ_REQUEST, //!< the device asks for host memory
        COMPLETION,   //!< host memory's answer
        DOORBELL,     //!< posted write of a core to the device
    };

    Kind kind;          //!< what it is
    bool toHost;        //!< direction
    uint32_t bytes;     //!< payload
    uint32_t wireBytes; //!< with headers
    int64_t begin;      //!< first byte on the link, ps
    int64_t end;        //!< last byte on the link, ps
};

/**
 * @param kind of a transfer
 * @return its name
 */
const char* ToString(PcieTransfer::Kind kind);

/**
 * The PCIe link between a device and its host: what the device sees of the host.
 *
 * Each direction is a bus that carries transaction layer packets of at most MaxPayload bytes, each
 * with its header; transfers wait for those before them. Between the two ends lies half of the
 * round-trip time. Writes are posted. A read is cut into requests of at most MaxReadRequest bytes,
 * each of which holds a tag until its data are back.
 */
class PcieLink : public Object, public HostPort
{
  public:
    static TypeId GetTypeId();
    PcieLink();
    ~PcieLink() override;

    /** @param memory the host's memory */
    void SetMemory(Ptr<HostMemory> memory);

    /** @return the host's memory */
    Ptr<HostMemory> GetMemory() const
    {
        return m_memory;
    }

    /** @return what one direction carries, headers included; 0: the attributes make no sense */
    DataRate GetRate() const;

    /**
     * @param bytes payload
     * @param largest most payload bytes of a packet
     * @param header header bytes of each packet
     * @return bytes on the link
     */
    static uint32_t Segment(uint32_t bytes, uint32_t largest, uint32_t header);

    /**
     * A core's posted write to the device.
     * @param bytes payload
     * @param start when the core writes, ps
     * @return when the device has it, ps
     */
    int64_t ReserveDoorbell(uint32_t bytes, int64_t start);

    // From HostPort
    int64_t ReserveWrite(uint32_t bytes, int64_t start) override;

    int64_t GetPostedTime() const override
    {
        return m_oneWay;
    }

    int64_t ReserveRead(uint32_t bytes, int64_t start) override;
    bool Contains(uint64_t address, uint64_t size) const override;
    void WriteBytes(uint64_t address, const uint8_t* data, uint32_t size) override;
    void ReadBytes(uint64_t address, uint8_t* data, uint32_t size) const override;

    /**
     * Signature of the Transfer trace.
     * @param transfer what was put on the link; may lie in the future
     */
    typedef void (*TransferCallback)(const PcieTransfer& transfer);

  protected:
    void DoDispose() override;

  private:
    /** One direction. */
    struct Direction
    {
        BusyCalendar calendar; //!< when it is busy
        LineTime served;       //!< service time so far, for exact sums
    };

    BusyCalendar::Slot Take(PcieTransfer::Kind kind, uint32_t bytes, int64_t start);
    int64_t ReadChunk(uint32_t bytes, int64_t start);
    void UpdateRate();

    void SetGeneration(uint32_t generation);  //!< attribute setter
    uint32_t GetGeneration() const;           //!< attribute getter
    void SetLanes(uint32_t lanes);            //!< attribute setter
    uint32_t GetLanes() const;                //!< attribute getter
    void SetUtilisation(double utilisation);  //!< attribute setter
    double GetUtilisation() const;            //!< attribute getter
    void SetReservedRate(DataRate rate);      //!< attribute setter
    DataRate GetReservedRate() const;         //!< attribute getter
    void SetFixedRate(DataRate rate);         //!< attribute setter
    DataRate GetFixedRate() const;            //!< attribute getter
    void SetRoundTrip(Time roundTrip);        //!< attribute setter
    Time GetRoundTrip() const;                //!< attribute getter
    void SetOutstandingReads(uint32_t reads); //!< attribute setter
    uint32_t GetOutstandingReads() const;     //!< attribute getter

    uint32_t m_generation{5};       //!< attribute
    uint32_t m_lanes{16};           //!< attribute
    double m_utilisation{0.95};     //!< attribute
    DataRate m_reservedRate{0};     //!< attribute
    DataRate m_fixedRate{0};        //!< attribute
    uint32_t m_maxPayload{0};       //!< attribute
    uint32_t m_maxReadRequest{0};   //!< attribute
    uint32_t m_requestHeader{0};    //!< attribute
    uint32_t m_completionHeader{0}; //!< attribute
    Time m_roundTrip;               //!< attribute
    int64_t m_oneWay{0};            //!< half of it, ps

    Ptr<HostMemory> m_memory;                            //!< host side
    uint64_t m_rate{1};                                  //!< bit/s
    ByteClock m_clock;                                   //!< time of a byte
    std::array<Direction, 2> m_direction;                //!< to the device, to the host
    std::vector<int64_t> m_tags;                         //!< when each is free again, ps
    std::size_t m_nextTag{0};                            //!< tags are used in turn
    TracedCallback<const PcieTransfer&> m_transferTrace; //!< each transfer
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PCIE_LINK_H */
