/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_CYCLE_SCHEDULER_H
#define OFFLOAD_CYCLE_SCHEDULER_H

#include "invariant-divisor.h"

#include "ns3/lookahead-queue.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * The order in which the blocks of the unit look at one clock cycle.
 *
 * Upstream blocks look first: a register that a downstream block empties in this cycle is seen as
 * full until the next one, as flip-flops have it. Feedback is late, its effect is seen one cycle
 * later. Packets that were refused are offered again when all blocks have looked.
 */
enum class CyclePhase : uint8_t
{
    ARRIVAL,
    NIC_INBOUND,
    MPQ_ENGINE,
    CLUSTER_ACCEPT,
    CLUSTER_DISPATCH,
    HPU,
    CLUSTER_COMMAND,
    COMMAND_UNIT,
    COMMAND_ENGINE,
    COMMAND_RESPONSE,
    CLUSTER_FEEDBACK,
    GLOBAL_FEEDBACK,
    RETRY,
};

constexpr unsigned CYCLE_PHASES = static_cast<unsigned>(CyclePhase::RETRY) + 1; //!< how many

/**
 * Something that happens in one clock cycle of one block. A member of the block, never allocated.
 */
class CycleEvent
{
  public:
    /**
     * @tparam T the block
     * @tparam method what the block does in that cycle
     * @param owner the block
     * @param phase when in the cycle
     * @return the event, not scheduled
     */
    template <typename T, void (T::*method)()>
    static CycleEvent Of(T* owner, CyclePhase phase)
    {
        return CycleEvent(&Call<T, method>, owner, phase);
    }

    /**
     * Allow the event to be worked off late: nothing outside the unit can see its effect earlier
     * than so many cycles after it, so it may wait for the ns-3 event of a later cycle.
     * @param cycles how many
     */
    void SetSlack(uint32_t cycles)
    {
        SetSlack(cycles, cycles);
    }

    /**
     * The same with a slack of its own for when nothing of the unit is noticed but what it sends.
     * @param cycles how many, otherwise
     * @param unnoticed how many then, beside the common slack
     */
    void SetSlack(uint32_t cycles, uint32_t unnoticed)
    {
        SetSlack(cycles, unnoticed, unnoticed);
    }

    /**
     * The same with a third one for when, besides, no part of the unit waits for an answer.
     * @param cycles how many, otherwise
     * @param unnoticed how many when nothing is noticed but what the unit sends
     * @param unawaited how many then, when nobody waits
     */
    void SetSlack(uint32_t cycles, uint32_t unnoticed, uint32_t unawaited)
    {
        m_slack = Limit(cycles);
        m_unnoticedSlack = Limit(unnoticed);
        m_unawaitedSlack = Limit(unawaited);
    }

    /** The event happens in its own time, whatever the slack of others; until the next SetSlack. */
    void SetPunctual()
    {
        m_slack = PUNCTUAL;
    }

    /** @return whether the event is scheduled */
    bool IsPending() const
    {
        return m_pending;
    }

    /** @return the cycle it is scheduled for, if pending */
    uint64_t GetCycle() const
    {
        return m_cycle;
    }

  private:
    friend class CycleScheduler;
    using Function = void (*)(void*);
    static constexpr uint16_t PUNCTUAL = UINT16_MAX; //!< no slack, not even the common one

    /** What the block does, as the scheduler calls it. */
    template <typename T, void (T::*method)()>
    [[gnu::hot]] static void Call(void* owner)
    {
        (static_cast<T*>(owner)->*method)();
    }

    /** @return the number of cycles, or what fits of it: less slack is always right */
    static uint16_t Limit(uint32_t cycles)
    {
        return static_cast<uint16_t>(cycles < PUNCTUAL ? cycles : PUNCTUAL - 1);
    }

    CycleEvent(Function function, void* owner, CyclePhase phase)
        : m_function(function),
          m_owner(owner),
          m_phase(phase)
    {
    }

    /** The owner does its work. */
    void Happen()
    {
        m_pending = false;
        m_function(m_owner);
    }

    Function m_function;          //!< calls the owner's method
    void* m_owner;                //!< the block
    CycleEvent* m_next{nullptr};  //!< next in the cycle's list
    uint64_t m_cycle{0};          //!< when
    CyclePhase m_phase;           //!< when in the cycle
    bool m_pending{false};        //!< scheduled
    uint16_t m_slack{0};          //!< see SetSlack
    uint16_t m_unnoticedSlack{0}; //!< see SetSlack
    uint16_t m_unawaitedSlack{0}; //!< see SetSlack
};

/** The unit around a clock. */
class ClockUser
{
  public:
    virtual ~ClockUser() = default;

    /**
     * @return whether what the unit does now may be of concern to anybody beside its output, so
     * that it must not happen ahead of Simulator::Now()
     */
    virtual bool IsVisible() const = 0;
};

/**
 * The clock of a sPIN unit: turns clock cycles into simulation time and calls the blocks that have
 * work in a cycle, and none in a cycle without work.
 *
 * All blocks share one event of the LookaheadQueue, the next cycle whose work someone outside could
 * notice; cycles before it that only move things within the unit are worked off together with it,
 * in their order and with their own time. Within the unit an event is appended to a list: near
 * cycles sit in a wheel with a bit map, far ones in a heap; a cycle's list is dealt out to its
 * phases when its turn comes.
 */
class CycleScheduler
{
  public:
    CycleScheduler();
    CycleScheduler(const CycleScheduler&) = delete;
    CycleScheduler& operator=(const CycleScheduler&) = delete;

    /**
     * @param period length of a cycle, ps
     */
    void SetPeriod(int64_t period);

    /** @return length of a cycle, ps */
    int64_t GetPeriod() const
    {
        return static_cast<int64_t>(m_period.Get());
    }

    /** @return the cycle being processed, or the one that the current time falls in */
    uint64_t Now() const
    {
        return m_running ? m_current : Present();
    }

    /**
     * Work off what lies before the present. Whoever comes from outside the unit calls this first.
     */
    [[gnu::hot]] void CatchUp();

    /**
     * The same for who has looked at the simulator's clock already.
     * @param now the present, ps
     */
    [[gnu::hot]] void CatchUp(int64_t now);

    /**
     * @param user asked whether it is visible when something happens; without one it is
     */
    void SetUser(const ClockUser* user)
    {
        m_user = user;
    }

    /** @param context id of the node in whose context things happen */
    void SetContext(uint32_t context)
    {
        m_context = context;
    }

    /** @param lazy whether events may use their slack; otherwise each happens in its own time */
    void SetLazy(bool lazy)
    {
        m_lazy = lazy;
    }

    /** @return whether events may use their slack */
    bool IsLazy() const
    {
        return m_lazy;
    }

    /** @param cycles that all events may wait beyond their own slack, if they may at all */
    [[gnu::hot]] void SetCommonSlack(uint32_t cycles);

    /** @param awaited whether part of the unit waits for an answer of another one */
    void SetAwaited(bool awaited);

    /**
     * @param time simulation time, ps
     * @return the first cycle that begins at or after that time
     */
    uint64_t CycleAt(int64_t time) const
    {
        return m_period.DivideUp(static_cast<uint64_t>(time));
    }

    /**
     * @param cycle a cycle
     * @return when it begins, ps
     */
    int64_t TimeOf(uint64_t cycle) const
    {
        return static_cast<int64_t>(cycle * m_period.Get());
    }

    /**
     * Schedule an event that is not pending. Out of line, as Wake: the code of all blocks together
     * is more than a first-level instruction cache holds.
     * @param event the event
     * @param cycle when; not in the past, and in the current cycle only for a later phase
     */
    [[gnu::hot, gnu::noinline]] void Schedule(CycleEvent& event, uint64_t cycle)
    {
        if (m_running && cycle - m_current < WHEEL)
        {
            event.m_cycle = cycle;
            event.m_pending = true;
            Append(event);
        }
        else
        {
            ScheduleFar(event, cycle);
        }
    }

    /**
     * Make sure that the event happens in this cycle or earlier.
     * @param event the event
     * @param cycle when
     */
    [[gnu::hot, gnu::noinline]] void Wake(CycleEvent& event, uint64_t cycle)
    {
        if (!event.m_pending)
        {
            Schedule(event, cycle);
        }
        else if (event.m_cycle > cycle)
        {
            Remove(event);
            Schedule(event, cycle);
        }
    }

    /** @return cycles in which some block had work, since the beginning */
    uint64_t GetActiveCycles() const
    {
        return m_activeCycles;
    }

  private:
    static constexpr unsigned WHEEL = 64; //!< slots, one bit of the map each

    /** Events in the order in which they were scheduled: a ring, known by its last one. */
    struct Queue
    {
        CycleEvent* last{nullptr}; //!< its next one is the first; null: no event

        void Push(CycleEvent& event)
        {
            if (last)
            {
                event.m_next = last->m_next;
                last->m_next = &event;
            }
            else
            {
                event.m_next = &event;
            }
            last = &event;
        }
    };

    /** @param event of one of the next WHEEL cycles */
    void Append(CycleEvent& event)
    {
        if (m_running && event.m_cycle == m_current)
        {
            Deal(event);
            return;
        }
        const unsigned index = event.m_cycle % WHEEL;
        m_wheel[index].Push(event);
        m_map |= uint64_t{1} << index;
    }

    /** @param event of the cycle being processed */
    void Deal(CycleEvent& event)
    {
        const auto phase = static_cast<unsigned>(event.m_phase);
        m_phases[phase].Push(event);
        m_phaseMap |= 1U << phase;
    }

    /** @return the map with the present cycle's slot as bit 0 */
    uint64_t RotatedMap() const
    {
        const unsigned start = m_current % WHEEL;
        return m_map >> start | m_map << (-start % WHEEL);
    }

    void ScheduleFar(CycleEvent& event, uint64_t cycle);
    [[gnu::hot]] void Insert(CycleEvent& event);
    [[gnu::cold]] void InsertFar(CycleEvent& event);
    [[gnu::hot]] void Remove(CycleEvent& event);
    uint64_t Present() const;
    uint64_t NextCycle() const;
    uint64_t SlackOf(const CycleEvent& event) const;
    [[gnu::hot]] uint64_t NextDeadline(uint64_t limit) const;
    [[gnu::hot]] void ProcessUntil(uint64_t last);
    void ProcessNext();
    [[gnu::cold]] void PullFar();
    [[gnu::hot]] void Arm();
    void Run();

    InvariantDivisor m_period{1000};          //!< ps
    uint64_t m_current{0};                    //!< the cycle being processed or processed last
    uint64_t m_map{0};                        //!< bit i: slot i is not empty
    uint64_t m_activeCycles{0};               //!< for statistics
    bool m_running{false};                    //!< inside Run
    bool m_lazy{true};                        //!< see SetLazy
    bool m_awaited{false};                    //!< see SetAwaited
    uint32_t m_commonSlack{0};                //!< see SetCommonSlack
    uint32_t m_phaseMap{0};                   //!< bit i: there are events of phase i
    std::array<Queue, WHEEL> m_wheel;         //!< cycles m_current .. m_current + WHEEL - 1
    std::array<Queue, CYCLE_PHASES> m_phases; //!< of the cycle being processed
    std::vector<CycleEvent*> m_far;           //!< later cycles, a heap

    /** Calls Run. */
    class Alarm final : public LookaheadEvent
    {
      public:
        explicit Alarm(CycleScheduler& clock)
            : m_clock(clock)
        {
        }

      private:
        [[gnu::hot]] void Happen(int64_t) override
        {
            m_clock.Run();
        }

        [[gnu::hot]] bool IsVisible() const override
        {
            return !m_clock.m_user || m_clock.m_user->IsVisible();
        }

        CycleScheduler& m_clock; //!< whose
    };

    Alarm m_alarm;                    //!< the next cycle that matters
    uint64_t m_alarmCycle{0};         //!< it, if the alarm is set
    uint32_t m_context;               //!< see SetContext
    const ClockUser* m_user{nullptr}; //!< see SetUser
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_CYCLE_SCHEDULER_H */
