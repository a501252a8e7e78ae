/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/fiber.h"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

constexpr size_t STACK = 65536;

/** A task that is a function. */
struct Work : FiberTask
{
    explicit Work(std::function<void()> f)
        : function(std::move(f))
    {
    }

    void RunOnFiber() override
    {
        function();
    }

    std::function<void()> function;
};

/** Says when it goes. */
struct Witness
{
    explicit Witness(int& count)
        : gone(count)
    {
    }

    ~Witness()
    {
        gone++;
    }

    int& gone;
};

struct Stop
{
};

TEST(Fiber, RunsATaskToItsEndAndThenAnother)
{
    Fiber fiber(STACK);
    std::vector<int> order;
    Work first([&] { order.push_back(1); });
    Work second([&] { order.push_back(2); });
    EXPECT_TRUE(fiber.Start(first));
    EXPECT_TRUE(fiber.Start(second));
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Fiber, GoesOnWhereItYielded)
{
    Fiber fiber(STACK);
    std::vector<int> order;
    Work work([&] {
        for (int i = 0; i < 3; i++)
        {
            order.push_back(i);
            fiber.Yield();
            EXPECT_FALSE(fiber.IsCancelled());
        }
    });
    EXPECT_FALSE(fiber.Start(work));
    order.push_back(10);
    EXPECT_FALSE(fiber.Resume());
    order.push_back(11);
    EXPECT_FALSE(fiber.Resume());
    EXPECT_TRUE(fiber.Resume());
    EXPECT_EQ(order, (std::vector<int>{0, 10, 1, 11, 2}));
}

TEST(Fiber, UnwindsAWaitingTaskWhenItIsDestroyed)
{
    int gone = 0;
    bool cancelled = false;
    auto fiber = std::make_unique<Fiber>(STACK);
    {
        Fiber& self = *fiber;
        Work work([&] {
            try
            {
                Witness outer(gone);
                const std::string text(1000, 'x'); // heap: a leak would show
                auto owned = std::make_unique<Witness>(gone);
                self.Yield();
                cancelled = self.IsCancelled();
                if (cancelled)
                {
                    throw Stop();
                }
            }
            catch (const Stop&)
            {
            }
        });
        EXPECT_FALSE(self.Start(work));
        EXPECT_EQ(gone, 0);
        fiber.reset();
    }
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(gone, 2);
}

TEST(Fiber, LetsExceptionsPassWithinItsStack)
{
    Fiber fiber(STACK);
    std::string caught;
    Work work([&] {
        try
        {
            fiber.Yield();
            throw std::runtime_error("from the fiber");
        }
        catch (const std::exception& error)
        {
            caught = error.what();
        }
        fiber.Yield();
    });
    EXPECT_FALSE(fiber.Start(work));
    // An exception here while the fiber is in the middle of its own must not meet it.
    EXPECT_THROW(throw std::logic_error("outside"), std::logic_error);
    EXPECT_FALSE(fiber.Resume());
    EXPECT_TRUE(fiber.Resume());
    EXPECT_EQ(caught, "from the fiber");
}

/** Fills a piece of stack, deep enough to show if stacks overlapped. */
int
Deep(Fiber& fiber, int depth, int mark)
{
    volatile char filler[512];
    for (size_t i = 0; i < sizeof(filler); i++)
    {
        filler[i] = static_cast<char>(mark);
    }
    if (depth == 0)
    {
        fiber.Yield();
    }
    int wrong = depth == 0 ? 0 : Deep(fiber, depth - 1, mark);
    for (size_t i = 0; i < sizeof(filler); i++)
    {
        wrong += filler[i] != static_cast<char>(mark);
    }
    return wrong;
}

TEST(Fiber, KeepsManyStacksApart)
{
    constexpr int COUNT = 40;
    std::vector<std::unique_ptr<Fiber>> fibers;
    std::vector<std::unique_ptr<Work>> works;
    std::vector<int> wrong(COUNT, -1);
    for (int i = 0; i < COUNT; i++)
    {
        fibers.push_back(std::make_unique<Fiber>(STACK));
        works.push_back(std::make_unique<Work>([&, i] { wrong[i] = Deep(*fibers[i], 30, i); }));
        EXPECT_FALSE(fibers[i]->Start(*works[i]));
    }
    for (int i = COUNT - 1; i >= 0; i--)
    {
        EXPECT_TRUE(fibers[i]->Resume());
    }
    EXPECT_EQ(wrong, std::vector<int>(COUNT, 0));
}

TEST(FiberPool, GivesTheSameFiberAgain)
{
    FiberPool pool(STACK);
    auto fiber = pool.Take();
    const Fiber* first = fiber.get();
    bool ran = false;
    Work work([&] { ran = true; });
    EXPECT_TRUE(fiber->Start(work));
    pool.GiveBack(std::move(fiber));
    auto again = pool.Take();
    EXPECT_EQ(again.get(), first);
    EXPECT_NE(pool.Take().get(), first);
    EXPECT_TRUE(ran);
}

} // namespace
} // namespace offload
} // namespace ns3
