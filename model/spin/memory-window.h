/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_WINDOW_H
#define OFFLOAD_MEMORY_WINDOW_H

#include <cstdint>
#include <cstring>

namespace ns3
{
namespace offload
{

/** A handler left its context's memory; stops the handler with SEGV. */
struct ProtectionFault
{
    uint64_t address; //!< first address outside, NIC or host
    uint32_t bytes;   //!< size of the access
};

/**
 * A range of NIC memory that a handler may touch, every access checked.
 */
class MemoryWindow
{
  public:
    MemoryWindow() = default;

    /**
     * @param data the bytes
     * @param address their NIC address
     * @param size how many
     */
    MemoryWindow(uint8_t* data, uint32_t address, uint32_t size)
        : m_data(data),
          m_address(address),
          m_size(size)
    {
    }

    /** @return bytes */
    uint32_t GetSize() const
    {
        return m_size;
    }

    /** @return NIC address of the first byte */
    uint32_t GetAddress() const
    {
        return m_address;
    }

    /**
     * @tparam T a trivially copyable type, in the core's byte order (little-endian)
     * @param offset bytes from the beginning
     * @return the value there
     */
    template <typename T>
    T Load(uint32_t offset) const
    {
        T value;
        std::memcpy(&value, Bytes(offset, sizeof(T)), sizeof(T));
        return value;
    }

    /**
     * @tparam T a trivially copyable type
     * @param offset bytes from the beginning
     * @param value what to put there
     */
    template <typename T>
    void Store(uint32_t offset, T value) const
    {
        std::memcpy(Bytes(offset, sizeof(T)), &value, sizeof(T));
    }

    /**
     * @param offset bytes from the beginning
     * @param bytes how many
     * @return the bytes, for a copy or a loop whose bounds are checked here once
     */
    uint8_t* Bytes(uint32_t offset, uint32_t bytes) const
    {
        if (offset > m_size || bytes > m_size - offset)
        {
            throw ProtectionFault{uint64_t{m_address} + offset, bytes};
        }
        return m_data + offset;
    }

    /**
     * @param offset bytes from the beginning
     * @param bytes how many
     * @return a part of the window
     */
    MemoryWindow Slice(uint32_t offset, uint32_t bytes) const
    {
        return {Bytes(offset, bytes), m_address + offset, bytes};
    }

  private:
    uint8_t* m_data{nullptr}; //!< the bytes
    uint32_t m_address{0};    //!< NIC address
    uint32_t m_size{0};       //!< bytes
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_WINDOW_H */
