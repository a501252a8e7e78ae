/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LIGHT_TRACE_H
#define OFFLOAD_LIGHT_TRACE_H

#include "ns3/callback.h"
#include "ns3/ptr.h"
#include "ns3/trace-source-accessor.h"
#include "ns3/traced-callback.h"

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

    /** Tell all sinks. */
    void operator()(Ts... arguments) const
    {
        if (m_sinks)
        {
            Tell(arguments...);
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
    /** Compilers keep calls of what is cold out of the way of all else. */
    [[gnu::cold]] void Tell(Ts... arguments) const
    {
        (*m_sinks)(arguments...);
    }

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

/**
 * Accessor of a LightTrace whose owner is told when sinks come and go.
 * @tparam T the owner
 * @tparam S the trace
 */
template <typename T, typename S>
class LightTraceAccessor : public TraceSourceAccessor
{
  public:
    /**
     * @param source the trace
     * @param changed called after a sink has come or gone
     */
    LightTraceAccessor(S T::*source, void (T::*changed)())
        : m_source(source),
          m_changed(changed)
    {
    }

    bool ConnectWithoutContext(ObjectBase* object, const CallbackBase& sink) const override
    {
        return Change(object, [&sink](S& source) { source.ConnectWithoutContext(sink); });
    }

    bool Connect(ObjectBase* object, std::string context, const CallbackBase& sink) const override
    {
        return Change(object, [&](S& source) { source.Connect(sink, context); });
    }

    bool DisconnectWithoutContext(ObjectBase* object, const CallbackBase& sink) const override
    {
        return Change(object, [&sink](S& source) { source.DisconnectWithoutContext(sink); });
    }

    bool Disconnect(ObjectBase* object,
                    std::string context,
                    const CallbackBase& sink) const override
    {
        return Change(object, [&](S& source) { source.Disconnect(sink, context); });
    }

  private:
    template <typename F>
    bool Change(ObjectBase* object, F change) const //!< false if it has no such trace
    {
        T* owner = dynamic_cast<T*>(object);
        if (!owner)
        {
            return false;
        }
        change(owner->*m_source);
        (owner->*m_changed)();
        return true;
    }

    S T::*m_source;         //!< the trace
    void (T::*m_changed)(); //!< tells the owner
};

/**
 * @param source a LightTrace
 * @param changed member of its owner, called after a sink has come or gone
 * @return the accessor for TypeId::AddTraceSource
 */
template <typename T, typename S>
Ptr<const TraceSourceAccessor>
MakeLightTraceAccessor(S T::*source, void (T::*changed)())
{
    return Ptr<const TraceSourceAccessor>(new LightTraceAccessor<T, S>(source, changed), false);
}

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LIGHT_TRACE_H */
