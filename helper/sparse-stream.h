/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPARSE_STREAM_H
#define OFFLOAD_SPARSE_STREAM_H

#include "sparse-allreduce.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace ns3
{
namespace offload
{

/** A host's values for an owner, generated when they are sent, and again to compare with. */
class SparseStream : public MemoryContent
{
  public:
    /// What a stream's first word says
    static constexpr uint32_t SPARSE = 0;
    static constexpr uint32_t DENSE = 1; //!< values of the whole range, without indices

    static void PutWord(uint8_t* to, uint32_t word)
    {
        std::memcpy(to, &word, sizeof(word));
    }

    static uint32_t GetWord(const uint8_t* from)
    {
        uint32_t word;
        std::memcpy(&word, from, sizeof(word));
        return word;
    }

    /** Write a stream's header. */
    static void PutHeader(uint8_t* to, bool dense, size_t values)
    {
        PutWord(to, dense ? DENSE : SPARSE);
        PutWord(to + sizeof(uint32_t), static_cast<uint32_t>(values));
    }

    /**
     * @param vectors contents
     * @param host whose
     * @param first its first value in the owner's range
     * @param last after the last one
     */
    SparseStream(Ptr<const SparseContents> vectors, uint32_t host, uint32_t first, uint32_t last)
        : m_vectors(vectors),
          m_host(host),
          m_first(first),
          m_values(last - first),
          m_pair(SparseAllreduce::INDEX_BYTES + vectors->GetValueBytes())
    {
    }

    /** @return bytes of the stream */
    uint32_t GetSize() const
    {
        return SparseAllreduce::HEADER_BYTES + m_values * m_pair;
    }

    void Read(uint64_t offset, uint8_t* to, uint32_t bytes) const override
    {
        std::array<uint8_t, SparseAllreduce::INDEX_BYTES + SparseAllreduce::MAX_VALUE_BYTES> piece;
        static_assert(SparseAllreduce::HEADER_BYTES <= piece.size());
        while (bytes > 0)
        {
            uint32_t begin = static_cast<uint32_t>(offset);
            uint32_t size = SparseAllreduce::HEADER_BYTES;
            if (begin < size)
            {
                PutHeader(piece.data(), false, m_values);
            }
            else
            {
                const uint32_t number = (begin - size) / m_pair;
                begin = (begin - size) % m_pair;
                size = m_pair;
                uint8_t* value = piece.data() + SparseAllreduce::INDEX_BYTES;
                PutWord(piece.data(), m_vectors->GetPair(m_host, m_first + number, value));
            }
            const uint32_t part = std::min(bytes, size - begin);
            std::memcpy(to, piece.data() + begin, part);
            to += part;
            offset += part;
            bytes -= part;
        }
    }

    uint32_t Write(uint64_t offset, const uint8_t* from, uint32_t bytes) override
    {
        std::array<uint8_t, CHUNK> expected;
        uint32_t wrong = 0;
        for (uint32_t done = 0; done < bytes; done += CHUNK)
        {
            const uint32_t part = std::min(CHUNK, bytes - done);
            Read(offset + done, expected.data(), part);
            wrong += CountDifferentBytes(from + done, expected.data(), part);
        }
        return wrong;
    }

  private:
    static constexpr uint32_t CHUNK = 256; //!< bytes that are compared at a time

    Ptr<const SparseContents> m_vectors; //!< contents
    uint32_t m_host;                     //!< whose
    uint32_t m_first;                    //!< value
    uint32_t m_values;                   //!< how many
    uint32_t m_pair;                     //!< bytes of an index and a value
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPARSE_STREAM_H */
