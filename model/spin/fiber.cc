/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fiber.h"

#include "ns3/assert.h"

#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define OFFLOAD_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OFFLOAD_FIBER_ASAN 1
#endif
#endif
#ifdef OFFLOAD_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace ns3
{
namespace offload
{

/**
 * Both sides of the switch. The sanitizer has to be told of each change of stack.
 */
struct Fiber::State
{
    /**
     * @param stackBytes size of the stack
     */
    explicit State(size_t stackBytes)
        : allocator(stackBytes),
          stack(allocator.allocate()),
          fiber(std::allocator_arg,
                boost::context::preallocated(stack.sp, stack.size, stack),
                allocator,
                [this](boost::context::fiber&& from) { return Loop(std::move(from)); })
    {
    }

    /** The fiber's outermost function: runs one task after the other. */
    boost::context::fiber Loop(boost::context::fiber&& from)
    {
        caller = std::move(from);
        Arrived();
        while (!cancelled)
        {
            task->RunOnFiber();
            task = nullptr;
            ToCaller(false);
        }
        Leaving(true);
        return std::move(caller);
    }

    /** Go to the fiber. */
    void ToFiber()
    {
#ifdef OFFLOAD_FIBER_ASAN
        void* fake = nullptr;
        __sanitizer_start_switch_fiber(&fake,
                                       static_cast<const char*>(stack.sp) - stack.size,
                                       stack.size);
#endif
        fiber = std::move(fiber).resume();
#ifdef OFFLOAD_FIBER_ASAN
        __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
    }

    /**
     * Go back to the caller.
     * @param last the fiber will not run again
     */
    void ToCaller(bool last)
    {
        Leaving(last);
        caller = std::move(caller).resume();
        Arrived();
    }

    /** Tell the sanitizer that the fiber's stack is now in use. */
    void Arrived()
    {
#ifdef OFFLOAD_FIBER_ASAN
        __sanitizer_finish_switch_fiber(fakeStack, &callerStack, &callerStackSize);
#endif
    }

    /** Tell the sanitizer that the caller's stack is next. */
    void Leaving([[maybe_unused]] bool last)
    {
#ifdef OFFLOAD_FIBER_ASAN
        __sanitizer_start_switch_fiber(last ? nullptr : &fakeStack, callerStack, callerStackSize);
#endif
    }

    FiberTask* task{nullptr};     //!< what to run
    bool cancelled{false};        //!< leave Loop
    boost::context::fiber caller; //!< who resumed us, valid on the fiber
#ifdef OFFLOAD_FIBER_ASAN
    void* fakeStack{nullptr};         //!< the sanitizer's
    const void* callerStack{nullptr}; //!< the sanitizer's
    size_t callerStackSize{0};        //!< the sanitizer's
#endif
    boost::context::fixedsize_stack allocator; //!< of the stack
    boost::context::stack_context stack;       //!< released by the fiber
    boost::context::fiber fiber;               //!< the fiber, valid at the caller
};

Fiber::Fiber(size_t stackBytes)
    : m_state(std::make_unique<State>(stackBytes))
{
}

Fiber::~Fiber()
{
    Cancel();
}

void
Fiber::Cancel()
{
    m_state->cancelled = true;
    // A task that waits unwinds by itself (IsCancelled), then Loop ends.
    while (m_state->fiber)
    {
        m_state->ToFiber();
    }
}

bool
Fiber::Start(FiberTask& task)
{
    NS_ASSERT(!m_state->task);
    m_state->task = &task;
    return Resume();
}

bool
Fiber::Resume()
{
    m_state->ToFiber();
    return !m_state->task;
}

void
Fiber::Yield()
{
    m_state->ToCaller(false);
}

bool
Fiber::IsCancelled() const
{
    return m_state->cancelled;
}

FiberPool::FiberPool(size_t stackBytes)
    : m_stackBytes(stackBytes)
{
}

FiberPool::~FiberPool() = default;

std::unique_ptr<Fiber>
FiberPool::Take()
{
    if (m_idle.empty())
    {
        return std::make_unique<Fiber>(m_stackBytes);
    }
    auto fiber = std::move(m_idle.back());
    m_idle.pop_back();
    return fiber;
}

void
FiberPool::GiveBack(std::unique_ptr<Fiber> fiber)
{
    m_idle.push_back(std::move(fiber));
}

} // namespace offload
} // namespace ns3
