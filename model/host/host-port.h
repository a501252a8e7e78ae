/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_PORT_H
#define OFFLOAD_HOST_PORT_H

#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * A device's view of its host: the memory behind PCIe and the time that reaching it takes.
 *
 * Time and content are two calls, because a device knows at once when a transfer will be over (the
 * channel is a queue) but the bytes must move at that later moment, not before. All times are
 * absolute simulation times in picoseconds.
 */
class HostPort
{
  public:
    virtual ~HostPort() = default;

    /**
     * Take the channel for a posted write from the device to host memory.
     * @param bytes payload size in bytes
     * @param start earliest start, ps
     * @return when the last byte is visible in host memory, ps
     */
    virtual int64_t ReserveWrite(uint32_t bytes, int64_t start) = 0;

    /**
     * A posted write has left the device before it is visible: the device knows only that.
     * @return how much earlier, ps
     */
    virtual int64_t GetPostedTime() const
    {
        return 0;
    }

    /**
     * Take the channel for a read of host memory by the device: the request there, the data back.
     * @param bytes payload size in bytes
     * @param start earliest start, ps
     * @return when the last byte is at the device, ps
     */
    virtual int64_t ReserveRead(uint32_t bytes, int64_t start) = 0;

    /**
     * @param address host address
     * @param size bytes
     * @return whether the range lies in host memory
     */
    virtual bool Contains(uint64_t address, uint64_t size) const = 0;

    /**
     * Write bytes to host memory now.
     * @param address host address, the range must be contained
     * @param data source
     * @param size bytes
     */
    virtual void WriteBytes(uint64_t address, const uint8_t* data, uint32_t size) = 0;

    /**
     * Read bytes of host memory now.
     * @param address host address, the range must be contained
     * @param data destination
     * @param size bytes
     */
    virtual void ReadBytes(uint64_t address, uint8_t* data, uint32_t size) const = 0;
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_PORT_H */
