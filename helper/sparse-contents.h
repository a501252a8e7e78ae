/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPARSE_CONTENTS_H
#define OFFLOAD_SPARSE_CONTENTS_H

#include "ns3/flare-operator.h"
#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Sparse vectors of hosts that reduce by themselves (SparseAllreduce): values with their indices,
 * what is done with them, and which indices the result has.
 */
class SparseContents : public SimpleRefCount<SparseContents>
{
  public:
    virtual ~SparseContents() = default;

    /** @return how many vectors */
    uint32_t GetHosts() const
    {
        return m_hosts;
    }

    /** @return of each vector, those that are zero included */
    uint32_t GetElements() const
    {
        return m_elements;
    }

    /** @return what is done with two values of the same index; in any order of the hosts */
    const FlareOperator& GetOperation() const
    {
        return *m_operation;
    }

    /** @return bytes of a value */
    uint32_t GetValueBytes() const
    {
        return m_valueBytes;
    }

    /**
     * @param host a host
     * @param index up to the number of elements
     * @return how many of the host's values are before it
     */
    virtual uint32_t FindFirst(uint32_t host, uint32_t index) const = 0;

    /**
     * @param host a host
     * @param position of one of its values, in the order of their indices
     * @param[out] value GetValueBytes bytes
     * @return its index
     */
    virtual uint32_t GetPair(uint32_t host, uint32_t position, uint8_t* value) const = 0;

    /** @return indices of the result's values, ascending */
    const std::vector<uint32_t>& GetSumIndices() const
    {
        return m_sumIndices;
    }

    /**
     * @param index up to the number of elements
     * @return position in GetSumIndices of the first one that is not before it
     */
    size_t FindSum(uint64_t index) const
    {
        return static_cast<size_t>(
            std::lower_bound(m_sumIndices.begin(), m_sumIndices.end(), index) -
            m_sumIndices.begin());
    }

    /**
     * @param position in GetSumIndices
     * @return the value that the result must have there, GetValueBytes bytes; null if only those
     *         who reduce know it
     */
    const uint8_t* GetSumValue(size_t position) const
    {
        return m_sumValues.empty() ? nullptr : &m_sumValues[position * m_valueBytes];
    }

  protected:
    /**
     * @param hosts how many vectors
     * @param elements of each
     * @param operation what is done
     */
    SparseContents(uint32_t hosts, uint32_t elements, Ptr<const FlareOperator> operation)
        : m_hosts(hosts),
          m_elements(elements),
          m_operation(operation),
          m_valueBytes(operation->GetElementBytes())
    {
    }

    std::vector<uint32_t> m_sumIndices; //!< see GetSumIndices
    std::vector<uint8_t> m_sumValues;   //!< see GetSumValue; or none

  private:
    uint32_t m_hosts;                     //!< see GetHosts
    uint32_t m_elements;                  //!< see GetElements
    Ptr<const FlareOperator> m_operation; //!< see GetOperation
    uint32_t m_valueBytes;                //!< see GetValueBytes
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPARSE_CONTENTS_H */
