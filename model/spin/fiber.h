/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FIBER_H
#define OFFLOAD_FIBER_H

#include <cstddef>
#include <memory>
#include <vector>

namespace ns3
{
namespace offload
{

/** The work that a fiber does: one task after the other. */
class FiberTask
{
  public:
    virtual ~FiberTask() = default;

    /** The task's code, on the fiber's stack. May call Fiber::Yield. Must not throw. */
    virtual void RunOnFiber() = 0;
};

/**
 * A stack of its own on which straight-line code can stop and go on later (Boost.Context).
 *
 * A fiber runs one task at a time and stays on its stack between tasks, so that starting the next
 * one costs a switch and no set-up.
 */
class Fiber
{
  public:
    /**
     * @param stackBytes size of the stack
     */
    explicit Fiber(size_t stackBytes);
    /** Cancels first. */
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /**
     * Run a task until it ends or yields.
     * @param task the task
     * @return whether the task has ended
     */
    [[gnu::hot]] bool Start(FiberTask& task);

    /**
     * Go on with a task that yielded.
     * @return whether the task has ended
     */
    bool Resume();

    /** Have a task that yielded unwind, now; the fiber runs none after that. */
    void Cancel();

    /** Called by the task: go back to whoever started or resumed the fiber. */
    void Yield();

    /**
     * Called by the task after Yield returned.
     * @return whether the fiber was cancelled, so that the task must unwind
     */
    bool IsCancelled() const;

  private:
    struct State;
    std::unique_ptr<State> m_state; //!< hides Boost.Context from whoever includes this
};

/** Fibers waiting for a task; grows to the largest number in use at a time. */
class FiberPool
{
  public:
    /**
     * @param stackBytes size of the stacks
     */
    explicit FiberPool(size_t stackBytes);
    ~FiberPool();

    /** @return a fiber without a task */
    [[gnu::hot]] std::unique_ptr<Fiber> Take();

    /**
     * @param fiber a fiber whose task has ended
     */
    [[gnu::hot]] void GiveBack(std::unique_ptr<Fiber> fiber);

  private:
    size_t m_stackBytes;                        //!< for new ones
    std::vector<std::unique_ptr<Fiber>> m_idle; //!< ready
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FIBER_H */
