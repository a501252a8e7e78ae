/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LIGHT_TRACE_H
#define OFFLOAD_LIGHT_TRACE_H

#include "ns3/callback.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <memory>
#include <string>

namespace ns3
{
namespace offload
{

/**
 * A trace source that is one pointer, and null, until somebody connects to it.
 *
 * ns-3's TracedCallback is a list of three words that must be looked at for every frame; a device
 * has a dozen of them. Give it to MakeTraceSourceAccessor like a TracedCallback.
 *
 * @tparam Ts what the sinks are told
 */
template <typename... Ts>
class LightTrace
{
  public:
    /** @return whether nobody listens */
    bool IsEmpty() const
    {
        return !m_sinks || m_sinks->IsEmpty();
    }

    /** @return zero if nobody has ever listened; or-ed, several traces are asked at once */
    std::uintptr_t GetTouched() const
    {
        return reinterpret_cast<std::uintptr_t>(m_sinks.get());
    }

    /** Tell all sinks. */
    void operator()(Ts... arguments) const
    {
        if (m_sinks)
        {
            (*m_sinks)(arguments...);
        }
    }

    /** @param callback a new sink */
    void ConnectWithoutContext(const CallbackBase& callback)
    {
        GetSinks().ConnectWithoutContext(callback);
    }

    /**
     * @param callback a new sink
     * @param path its first argument
     */
    void Connect(const CallbackBase& callback, std::string path)
    {
        GetSinks().Connect(callback, path);
    }

    /** @param callback the sink to forget */
    void DisconnectWithoutContext(const CallbackBase& callback)
    {
        GetSinks().DisconnectWithoutContext(callback);
    }

    /**
     * @param callback the sink to forget
     * @param path the context it was connected with
     */
    void Disconnect(const CallbackBase& callback, std::string path)
    {
        GetSinks().Disconnect(callback, path);
    }

  private:
    TracedCallback<Ts...>& GetSinks() //!< created on the first call
    {
        if (!m_sinks)
        {
            m_sinks = std::make_unique<TracedCallback<Ts...>>();
        }
        return *m_sinks;
    }

    std::unique_ptr<TracedCallback<Ts...>> m_sinks; //!< null until first connected
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LIGHT_TRACE_H */
