/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_POSTED_REQUESTS_H
#define OFFLOAD_POSTED_REQUESTS_H

#include "ns3/rdma-work.h"

#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * Whether queue pairs took all requests of a program. An exception must not leave an event, so a
 * program notes what became of each and asks when the simulation is over.
 */
class PostedRequests
{
  public:
    /** @param result of posting a request */
    void Note(PostResult result)
    {
        m_first = m_first == PostResult::POSTED ? result : m_first;
    }

    /** @throw std::runtime_error with one line that says why, if a request was not taken */
    void Check() const
    {
        if (m_first != PostResult::POSTED)
        {
            throw std::runtime_error(std::string("a request could not be posted: ") +
                                     ToString(m_first));
        }
    }

  private:
    PostResult m_first{PostResult::POSTED}; //!< of the first request that was not taken
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_POSTED_REQUESTS_H */
