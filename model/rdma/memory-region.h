/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_MEMORY_REGION_H
#define OFFLOAD_MEMORY_REGION_H

#include "completion-queue.h"
#include "memory-content.h"
#include "payload-pattern.h"
#include "roce-packet.h"

#include "ns3/host-memory.h"
#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/** Rights to a memory region, to be combined; the values are those of verbs. */
namespace MemoryAccess
{
constexpr uint32_t LOCAL_READ = 0;    //!< always granted
constexpr uint32_t LOCAL_WRITE = 1;   //!< receives, READ and atomics put data there
constexpr uint32_t REMOTE_WRITE = 2;  //!< the peer may WRITE
constexpr uint32_t REMOTE_READ = 4;   //!< the peer may READ
constexpr uint32_t REMOTE_ATOMIC = 8; //!< the peer may COMPARE_SWAP and FETCH_ADD
} // namespace MemoryAccess

/**
 * Memory that queue pairs may use, with its keys and rights.
 *
 * Behind it is host memory, or a pattern: memory whose every byte is known beforehand. What is read
 * from a pattern is generated, what is written to it is compared and counted, and nothing is
 * stored; so thousands of hosts can exchange gigabytes and check them. What no pattern can say, a
 * MemoryContent does.
 */
class MemoryRegion : public SimpleRefCount<MemoryRegion>
{
  public:
    /** What the regions of both kinds have. */
    struct Range
    {
        uint64_t address{0}; //!< first byte
        uint64_t length{0};  //!< bytes
        uint32_t access{0};  //!< see MemoryAccess
        uint32_t domain{0};  //!< protection domain: only its queue pairs may use the region
    };

    /**
     * @param range which addresses of the memory
     * @param key names the region
     * @param memory the bytes
     */
    MemoryRegion(const Range& range, uint32_t key, Ptr<HostMemory> memory);

    /**
     * @param range any addresses
     * @param key names the region
     * @param pattern the bytes from the first address on
     */
    MemoryRegion(const Range& range, uint32_t key, const PayloadPattern& pattern);

    /**
     * @param range any addresses
     * @param key names the region
     * @param content the bytes from the first address on
     */
    MemoryRegion(const Range& range, uint32_t key, Ptr<MemoryContent> content);

    /** @return key for own work requests */
    uint32_t GetLocalKey() const
    {
        return m_key;
    }

    /** @return key for work requests of peers */
    uint32_t GetRemoteKey() const
    {
        return m_key;
    }

    /** @return addresses and rights */
    const Range& GetRange() const
    {
        return m_range;
    }

    /** @return the bytes; null if they are not in host memory */
    const Ptr<HostMemory>& GetMemory() const
    {
        return m_memory;
    }

    /** @return whether it is a pattern */
    bool IsPattern() const
    {
        return !m_memory && !m_content;
    }

    /**
     * @param address first byte
     * @param length how many
     * @param access what is wanted
     * @param domain of the queue pair
     * @return whether all that is granted
     */
    bool Allows(uint64_t address, uint64_t length, uint32_t access, uint32_t domain) const
    {
        return (m_range.access & access) == access && m_range.domain == domain &&
               address >= m_range.address && length <= m_range.length &&
               address - m_range.address <= m_range.length - length;
    }

    /** The region may not be used from now on, not even by what is under way. */
    void Revoke()
    {
        m_revoked = true;
    }

    /** @return see Revoke */
    bool IsRevoked() const
    {
        return m_revoked;
    }

    /**
     * Put bytes of the memory, as they are now, into a packet.
     * @param address first byte
     * @param bytes how many
     * @param pool has the buffers
     * @param[out] packet gets the payload
     */
    void Load(uint64_t address, uint32_t bytes, RocePacketPool& pool, RocePacket& packet) const
    {
        packet.payloadBytes = bytes;
        if (IsPattern())
        {
            packet.pattern = m_pattern.From(address - m_range.address);
        }
        else
        {
            LoadBytes(address, bytes, pool, packet);
        }
    }

    /**
     * Put a packet's payload into the memory, or compare it with what a pattern expects.
     * @param address first byte
     * @param packet has the payload
     * @return bytes that are not what the pattern expects
     */
    uint32_t Store(uint64_t address, const RocePacket& packet)
    {
        m_stored += packet.payloadBytes;
        if (!IsPattern() || packet.bytes)
        {
            return StoreBytes(address, packet);
        }
        const uint32_t wrong =
            packet.pattern.CountDifferences(m_pattern.From(address - m_range.address),
                                            packet.payloadBytes);
        m_mismatches += wrong;
        return wrong;
    }

    /**
     * Do an atomic operation; the memory is no pattern.
     * @param address of eight bytes, in the byte order of the host (little endian)
     * @param request COMPARE_SWAP or FETCH_ADD
     * @return the value before
     */
    uint64_t DoAtomic(uint64_t address, const RocePacket& request);

    /**
     * @param address of eight bytes
     * @param value what to write there, little endian; a pattern does not notice
     */
    void StoreWord(uint64_t address, uint64_t value);

    /** @return bytes written to the region so far; a byte counts as often as it is written */
    uint64_t GetBytesStored() const
    {
        return m_stored;
    }

    /** @return bytes written that were not what the pattern expects */
    uint64_t GetMismatches() const
    {
        return m_mismatches;
    }

    /**
     * Have an application that polls the memory told of each WRITE that has ended: with a
     * completion whose id is the address of the first byte. A NIC tells nobody; this stands for the
     * loads that find the last byte changed.
     * @param monitor where the completions go; null: nobody polls
     */
    void SetMonitor(Ptr<CompletionQueue> monitor)
    {
        m_monitor = monitor;
    }

    /** @return see SetMonitor */
    const Ptr<CompletionQueue>& GetMonitor() const
    {
        return m_monitor;
    }

  private:
    void LoadBytes(uint64_t address,
                   uint32_t bytes,
                   RocePacketPool& pool,
                   RocePacket& packet) const;                        //!< from host memory
    uint32_t StoreBytes(uint64_t address, const RocePacket& packet); //!< where bytes are involved

    Range m_range;                  //!< addresses and rights
    uint32_t m_key;                 //!< both keys, as with many NICs
    bool m_revoked{false};          //!< see Revoke
    Ptr<HostMemory> m_memory;       //!< the bytes, or null
    Ptr<MemoryContent> m_content;   //!< the bytes, or null; without either, a pattern
    PayloadPattern m_pattern;       //!< what bytes there are, without memory
    Ptr<CompletionQueue> m_monitor; //!< see SetMonitor
    uint64_t m_stored{0};           //!< see GetBytesStored
    uint64_t m_mismatches{0};       //!< see GetMismatches
};

/** A NIC's memory regions by their keys. */
class MemoryTable
{
  public:
    /**
     * @param range which addresses of the memory
     * @param memory the bytes
     * @return the region, with a new key
     * @throw std::invalid_argument if the memory has no such addresses
     */
    Ptr<MemoryRegion> Register(const MemoryRegion::Range& range, Ptr<HostMemory> memory);

    /**
     * @param range any addresses
     * @param pattern the bytes from the first address on
     * @return the region, with a new key
     * @throw std::invalid_argument if it shall serve atomic operations, which have nothing to
     * change
     */
    Ptr<MemoryRegion> Register(const MemoryRegion::Range& range, const PayloadPattern& pattern);

    /**
     * @param range any addresses
     * @param content the bytes from the first address on
     * @return the region, with a new key
     * @throw std::invalid_argument if it shall serve atomic operations
     */
    Ptr<MemoryRegion> Register(const MemoryRegion::Range& range, Ptr<MemoryContent> content);

    /** @param region whose keys shall be refused from now on */
    void Deregister(Ptr<MemoryRegion> region);

    /**
     * @param key of a region
     * @param address first byte
     * @param length how many
     * @param access what is wanted
     * @param domain of the queue pair
     * @return the region; null if there is none that grants all that
     */
    MemoryRegion* Find(uint32_t key,
                       uint64_t address,
                       uint64_t length,
                       uint32_t access,
                       uint32_t domain) const
    {
        const uint32_t index = key >> VARIANT_BITS;
        MemoryRegion* region = index < m_regions.size() ? PeekPointer(m_regions[index]) : nullptr;
        return region && region->GetLocalKey() == key &&
                       region->Allows(address, length, access, domain)
                   ? region
                   : nullptr;
    }

    /**
     * @param address first byte
     * @param length how many
     * @return the first region's memory that has them, granted or not; null if there is none
     */
    Ptr<HostMemory> FindMemory(uint64_t address, uint64_t length) const;

  private:
    /// Low bits of a key, which distinguish the regions that have had the same place
    static constexpr uint32_t VARIANT_BITS = 8;

    uint32_t GetNewKey() const;                      //!< of the next region
    Ptr<MemoryRegion> Add(Ptr<MemoryRegion> region); //!< by its key

    std::vector<Ptr<MemoryRegion>> m_regions; //!< by the high bits of their keys
    uint32_t m_registered{0};                 //!< regions so far
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_MEMORY_REGION_H */
