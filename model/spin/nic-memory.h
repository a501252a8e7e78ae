/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_NIC_MEMORY_H
#define OFFLOAD_NIC_MEMORY_H

#include <cstdint>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * PsPIN's memory map as a handler sees it (pspin.md "Parameters"; PsPIN hw/src/pspin_cfg_pkg.sv).
 */
namespace memory_map
{
constexpr uint32_t L1_BASE = 0x10000000;         //!< first cluster's L1
constexpr uint32_t L1_STRIDE = 0x400000;         //!< address window of a cluster, 4 MiB
constexpr uint32_t L2_HANDLER_BASE = 0x1C000000; //!< L2 handler memory
constexpr uint32_t L2_PACKET_BASE = 0x1C400000;  //!< L2 packet buffer
constexpr uint32_t L1_PACKET_OFFSET =
    0x4400; //!< packet buffer in an L1: 1 KiB reserved, 16 KiB runtime before it

/**
 * @param address in an L1
 * @return the cluster; of an address elsewhere a number that no cluster has
 */
constexpr uint32_t
ClusterOf(uint32_t address)
{
    return (address - L1_BASE) / L1_STRIDE;
}
} // namespace memory_map

/** Which memory of the unit. */
enum class NicMemoryKind : uint8_t
{
    L1,
    L2_HANDLER,
    L2_PACKET,
};

/**
 * The memories of a sPIN unit: one L1 per cluster, the L2 handler memory and the L2 packet buffer.
 *
 * The bytes are real. They are reserved from the operating system at first use and cost resident
 * memory page by page as they are touched, so that an idle unit costs nothing.
 */
class NicMemory
{
  public:
    NicMemory();
    ~NicMemory();
    NicMemory(const NicMemory&) = delete;
    NicMemory& operator=(const NicMemory&) = delete;

    /**
     * Set the sizes; only before the first use.
     * @param clusters number of L1 memories
     * @param l1Bytes bytes per cluster, at most L1_STRIDE
     * @param l2HandlerBytes bytes
     * @param l2PacketBytes bytes
     */
    void Configure(uint32_t clusters,
                   uint32_t l1Bytes,
                   uint32_t l2HandlerBytes,
                   uint32_t l2PacketBytes);

    /**
     * @param address NIC address
     * @param size bytes
     * @return the bytes, or null when the range is not within one memory
     */
    [[gnu::hot]] uint8_t* Find(uint32_t address, uint32_t size);

    /**
     * @param address NIC address
     * @return which kind of memory it is in, going by its window
     */
    static NicMemoryKind RegionOf(uint32_t address);

  private:
    /** One mapped range of addresses. */
    class Mapping;

    uint32_t m_clusters{0};             //!< L1 memories
    uint32_t m_l1Bytes{0};              //!< per cluster
    uint32_t m_l2HandlerBytes{0};       //!< size
    uint32_t m_l2PacketBytes{0};        //!< size
    std::unique_ptr<Mapping> m_mapping; //!< all of it, once used
};

/**
 * First-fit allocator of a range of addresses; for set-up, not for packets.
 */
class RangeAllocator
{
  public:
    static constexpr uint32_t ALIGNMENT = 64; //!< bytes; the width of L2 and of the DMA engines

    /**
     * @param begin first address
     * @param size bytes
     */
    void Reset(uint32_t begin, uint32_t size);

    /**
     * @param size bytes; rounded up to ALIGNMENT
     * @param address where the range begins
     * @param alignment of that, a power of two; ALIGNMENT at least
     * @return false when no free range is large enough
     */
    bool Allocate(uint32_t size, uint32_t& address, uint32_t alignment = ALIGNMENT);

    /**
     * @param size bytes; rounded up as by Allocate
     * @param address where the range must begin, a multiple of ALIGNMENT
     * @return false when some of that is taken or outside
     */
    bool AllocateAt(uint32_t size, uint32_t address);

    /**
     * @param address as allocated
     * @param size as allocated
     */
    void Free(uint32_t address, uint32_t size);

    /** @return bytes free in total */
    uint32_t GetFreeBytes() const;

  private:
    /** A free range. */
    struct Range
    {
        uint32_t begin; //!< first address
        uint32_t size;  //!< bytes
    };

    uint32_t m_begin{0};       //!< first address of all
    std::vector<Range> m_free; //!< by address, never adjacent
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_NIC_MEMORY_H */
