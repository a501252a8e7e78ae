/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_MEMORY_H
#define OFFLOAD_HOST_MEMORY_H

#include "busy-calendar.h"

#include "ns3/byte-clock.h"
#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <memory>

namespace ns3
{
namespace offload
{

/**
 * The main memory of a host: real bytes, resident only where they were written, and the time that
 * its channels take.
 *
 * One object per node, shared by all its devices and cores.
 */
class HostMemory : public Object
{
  public:
    static TypeId GetTypeId();
    HostMemory();
    ~HostMemory() override;

    /** @return bytes of memory, at addresses from 0 */
    uint64_t GetSize() const
    {
        return m_size;
    }

    /** @return time from a read request at the memory to its first byte */
    Time GetLatency() const
    {
        return m_latency;
    }

    /**
     * @param address first byte
     * @param size how many
     * @return whether the range lies in the memory
     */
    bool Contains(uint64_t address, uint64_t size) const
    {
        return size <= m_size && address <= m_size - size;
    }

    /**
     * Set a piece of memory aside, for a ring or for an application's buffer; never given back.
     * @param bytes how many
     * @return the address, a multiple of 4096
     * @throw std::invalid_argument if there is not that much left
     */
    uint64_t Allocate(uint64_t bytes);

    /**
     * @param bytes how many are read or written
     * @return time of the memory's channels, ps; latency not included
     */
    int64_t GetTransferTime(uint64_t bytes) const;

    /**
     * Take the memory's channels.
     * @param bytes how many are read or written
     * @param start earliest start, ps
     * @return when the channels are through with them, ps; latency not included
     */
    int64_t Reserve(uint32_t bytes, int64_t start);

    /**
     * Write bytes now.
     * @param address first byte; the range must be contained
     * @param data source
     * @param size how many
     */
    void Write(uint64_t address, const uint8_t* data, uint64_t size);

    /**
     * Read bytes now. What was never written is zero, and stays without cost.
     * @param address first byte; the range must be contained
     * @param data destination
     * @param size how many
     */
    void Read(uint64_t address, uint8_t* data, uint64_t size) const;

    /**
     * The bytes themselves, for an application on this host (takes no simulated time).
     * @param address first byte; the range must be contained
     * @param size how many
     * @return the bytes, valid as long as the memory
     */
    uint8_t* GetBytes(uint64_t address, uint64_t size);

  private:
    /** The operating system's pages behind the memory. */
    class Mapping;

    void SetBandwidth(DataRate bandwidth); //!< attribute setter
    DataRate GetBandwidth() const;         //!< attribute getter

    uint64_t m_size{0};                 //!< attribute
    Time m_latency;                     //!< attribute
    DataRate m_bandwidth;               //!< attribute
    ByteClock m_clock;                  //!< time of a byte
    LineTime m_served;                  //!< service time so far, for exact sums
    BusyCalendar m_channels;            //!< when they are busy
    uint64_t m_allocated{0};            //!< bytes set aside
    std::unique_ptr<Mapping> m_mapping; //!< the bytes, once written
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_MEMORY_H */
