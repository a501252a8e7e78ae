/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "sparse-vectors.h"

#include "ns3/hash-mix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{
SparseVectors::SparseVectors(const Shape& shape)
    : SparseContents(shape.hosts,
                     shape.elements,
                     FlareOperator::Make(shape.type, FlareOperation::SUM)),
      m_shape(shape)
{
    if (shape.hosts == 0 || shape.elements == 0 || !(shape.density > 0 && shape.density <= 1))
    {
        throw std::invalid_argument("SparseVectors: there are hosts and elements, and a density "
                                    "is above 0 and at most 1, not " +
                                    std::to_string(shape.density));
    }
    // A bucket that is wider than the vector would do no more.
    const double width = std::min(1 / shape.density, static_cast<double>(shape.elements));
    m_step = static_cast<uint64_t>(std::llround(std::ldexp(width, STEP_BITS)));
    m_buckets =
        static_cast<uint32_t>(((uint64_t{shape.elements} << STEP_BITS) + m_step - 1) / m_step);
    for (uint32_t code = 0; code < CODES; ++code)
    {
        // Half precision has 11 bits: ones only, so that sums of two thousand hosts are exact.
        PutNumber(shape.type, shape.type == FlareType::FP16 ? 1 : code, m_codes[code].data());
    }
    AddUp();
}

uint32_t
SparseVectors::FindBucket(uint32_t index) const
{
    auto bucket = static_cast<uint32_t>((uint64_t{index} << STEP_BITS) / m_step);
    while (GetBegin(uint64_t{bucket} + 1) <= index)
    {
        ++bucket; // what was cut off after the binary point
    }
    return bucket;
}

uint32_t
SparseVectors::FindFirst(uint32_t host, uint32_t index) const
{
    if (index >= m_shape.elements)
    {
        return m_buckets;
    }
    const uint32_t bucket = FindBucket(index);
    return GetEntry(host, bucket).index < index ? bucket + 1 : bucket;
}

SparseVectors::Entry
SparseVectors::GetEntry(uint32_t host, uint32_t bucket) const
{
    const uint64_t random = MixBits((uint64_t{host} << 32 | bucket) ^ MixBits(m_shape.seed + 1));
    const uint64_t begin = GetBegin(bucket);
    const uint64_t width = GetBegin(uint64_t{bucket} + 1) - begin;
    return {static_cast<uint32_t>(begin + ((random >> 32) * width >> 32)),
            static_cast<uint32_t>(1 + random % (CODES - 1))};
}

void
SparseVectors::PutValue(uint32_t code, uint8_t* to) const
{
    std::memcpy(to, m_codes[code].data(), GetValueBytes());
}

void
SparseVectors::AddUp()
{
    const bool ones = m_shape.type == FlareType::FP16;
    std::vector<uint32_t> sums;
    std::array<uint8_t, sizeof(uint32_t)> value;
    for (uint32_t bucket = 0; bucket < m_buckets; ++bucket)
    {
        const uint32_t begin = GetBegin(bucket);
        // Values are not zero, nor are their sums before they are put into their type.
        sums.assign(GetBegin(uint64_t{bucket} + 1) - begin, 0);
        for (uint32_t host = 0; host < m_shape.hosts; ++host)
        {
            const Entry entry = GetEntry(host, bucket);
            sums[entry.index - begin] += ones ? 1 : entry.code;
        }
        for (uint32_t i = 0; i < sums.size(); ++i)
        {
            if (sums[i] != 0)
            {
                m_sumIndices.push_back(begin + i);
                PutNumber(m_shape.type, sums[i], value.data());
                m_sumValues.insert(m_sumValues.end(),
                                   value.begin(),
                                   value.begin() + GetValueBytes());
            }
        }
    }
}

uint32_t
SparseVectors::GetPair(uint32_t host, uint32_t position, uint8_t* value) const
{
    const Entry entry = GetEntry(host, position);
    PutValue(entry.code, value);
    return entry.index;
}

} // namespace offload
} // namespace ns3
