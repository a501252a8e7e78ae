/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What log components say, for tests.
 */
#ifndef OFFLOAD_LOG_CAPTURE_H
#define OFFLOAD_LOG_CAPTURE_H

#include "ns3/log.h"

#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

/** Turns log components on for its lifetime, and keeps what they say. */
class LogCapture
{
  public:
    /// Whether ns-3 was built with logs; without them nothing is ever said
#ifdef NS3_LOG_ENABLE
    static constexpr bool HAS_LOGS = true;
#else
    static constexpr bool HAS_LOGS = false;
#endif

    /** @param components which */
    explicit LogCapture(std::vector<std::string> components)
        : m_components(std::move(components)),
          m_before(std::clog.rdbuf(m_log.rdbuf()))
    {
        for ([[maybe_unused]] const auto& component : m_components)
        {
            LogComponentEnable(component.c_str(), LOG_LEVEL_LOGIC);
        }
    }

    ~LogCapture()
    {
        for ([[maybe_unused]] const auto& component : m_components)
        {
            LogComponentDisable(component.c_str(), LOG_LEVEL_ALL);
        }
        std::clog.rdbuf(m_before);
    }

    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    /** @return whether a text was said since the beginning or the last Clear */
    bool Says(const std::string& text) const
    {
        return m_log.str().find(text) != std::string::npos;
    }

    /** Forget what was said. */
    void Clear()
    {
        m_log.str("");
    }

  private:
    std::ostringstream m_log;              //!< what was said
    std::vector<std::string> m_components; //!< that are on
    std::streambuf* m_before;              //!< where it goes otherwise
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LOG_CAPTURE_H */
