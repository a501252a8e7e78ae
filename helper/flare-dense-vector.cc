/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flare-dense-vector.h"

#include <cstring>

namespace ns3
{
namespace offload
{

DenseVectors::DenseVectors(uint32_t hosts, FlareType type)
    : m_bytes(GetBytes(type))
{
    // Half precision has 11 bits: ones and zeros.
    const uint32_t mask = type == FlareType::FP16 ? 1 : CODES - 1;
    for (uint32_t code = 0; code < CODES; ++code)
    {
        PutNumber(type, code & mask, m_values[code].data());
        uint32_t sum = 0;
        for (uint32_t host = 0; host < hosts; ++host)
        {
            sum += (code + host * HOST_STEP) % CODES & mask;
        }
        PutNumber(type, sum, m_sums[code].data());
    }
}

void
DenseVectors::Write(const Codes& codes, uint32_t first, uint8_t* bytes) const
{
    // The sequence repeats after CODES values.
    for (uint32_t i = 0; i < CODES; ++i)
    {
        std::memcpy(bytes + i * m_bytes, codes[(first + i * INDEX_STEP) % CODES].data(), m_bytes);
    }
    for (uint32_t done = CODES * m_bytes; done < flare::MAX_DATA_BYTES; done *= 2)
    {
        std::memcpy(bytes + done, bytes, done);
    }
}

bool
FlareDenseVector::Read(uint32_t block, uint32_t, FlarePacket& packet)
{
    packet.values = static_cast<uint16_t>(m_vectors.GetElements());
    packet.dataBytes = flare::MAX_DATA_BYTES;
    m_vectors.Fill(m_host, block, packet.data->bytes.data());
    return false;
}

void
FlareDenseVector::Write(const FlarePacket& packet)
{
    std::array<uint8_t, flare::MAX_DATA_BYTES> sum;
    m_vectors.FillSum(packet.block, sum.data());
    ++m_blocks;
    m_right = m_right && packet.dataBytes == sum.size() &&
              std::memcmp(packet.data->bytes.data(), sum.data(), sum.size()) == 0;
}

} // namespace offload
} // namespace ns3
