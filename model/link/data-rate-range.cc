/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "data-rate-range.h"

#include <sstream>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/** Accepts a DataRateValue within bounds. */
class DataRateRangeChecker : public DataRateChecker
{
  public:
    DataRateRangeChecker(DataRate minimum, DataRate maximum)
        : m_minimum(minimum),
          m_maximum(maximum)
    {
    }

    bool Check(const AttributeValue& value) const override
    {
        const auto* rate = dynamic_cast<const DataRateValue*>(&value);
        return rate && rate->Get() >= m_minimum && rate->Get() <= m_maximum;
    }

    std::string GetValueTypeName() const override
    {
        return "ns3::DataRateValue";
    }

    bool HasUnderlyingTypeInformation() const override
    {
        return true;
    }

    std::string GetUnderlyingTypeInformation() const override
    {
        std::ostringstream range;
        range << "ns3::DataRate " << m_minimum << ":" << m_maximum;
        return range.str();
    }

    Ptr<AttributeValue> Create() const override
    {
        return ns3::Create<DataRateValue>();
    }

    bool Copy(const AttributeValue& source, AttributeValue& destination) const override
    {
        const auto* from = dynamic_cast<const DataRateValue*>(&source);
        auto* to = dynamic_cast<DataRateValue*>(&destination);
        if (!from || !to)
        {
            return false;
        }
        *to = *from;
        return true;
    }

  private:
    DataRate m_minimum; //!< least accepted
    DataRate m_maximum; //!< greatest accepted
};

} // namespace

Ptr<const AttributeChecker>
MakeDataRateRangeChecker(DataRate minimum, DataRate maximum)
{
    return Create<DataRateRangeChecker>(minimum, maximum);
}

} // namespace offload
} // namespace ns3
