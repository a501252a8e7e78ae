/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_STORED_SPARSE_VECTORS_H
#define OFFLOAD_STORED_SPARSE_VECTORS_H

#include "sparse-contents.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Sparse vectors of hosts that reduce by themselves, in their memories: pairs of index and value.
 * Which indices the result has is known in advance, as every message's size must be; its values are
 * not.
 */
class StoredSparseVectors : public SparseContents
{
  public:
    /**
     * @param hosts how many vectors
     * @param elements of each
     * @param operation what is done
     */
    StoredSparseVectors(uint32_t hosts, uint32_t elements, Ptr<const FlareOperator> operation)
        : SparseContents(hosts, elements, operation),
          m_vectors(hosts)
    {
    }

    /**
     * Add a value to a host's vector.
     * @param host whose
     * @param index in the vector
     * @param value bytes of the operation's elements
     * @throw std::invalid_argument if there is no such element
     */
    void Add(uint32_t host, uint32_t index, const uint8_t* value);

    /** Sort what has been added; before anything is read. */
    void Seal();

    uint32_t FindFirst(uint32_t host, uint32_t index) const override;
    uint32_t GetPair(uint32_t host, uint32_t position, uint8_t* value) const override;

  private:
    /** A value's place. */
    struct Entry
    {
        uint32_t index;    //!< in the vector
        uint32_t position; //!< among the host's values

        bool operator<(const Entry& other) const
        {
            return index != other.index ? index < other.index : position < other.position;
        }
    };

    /** A host's part. */
    struct Vector
    {
        std::vector<Entry> entries;  //!< sorted by Seal
        std::vector<uint8_t> values; //!< as they were added
    };

    std::vector<Vector> m_vectors; //!< by host
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_STORED_SPARSE_VECTORS_H */
