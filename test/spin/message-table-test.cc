/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/execution-context.h"
#include "ns3/message-table.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{
namespace
{

TEST(MessageTable, AgreesWithAMapOnRandomTraffic)
{
    constexpr uint32_t QUEUES = 37;
    std::mt19937 random(7);
    MessageTable table(QUEUES);
    const std::vector<Ptr<ExecutionContext>> contexts = {CreateObject<ExecutionContext>(),
                                                         CreateObject<ExecutionContext>()};
    using Key = std::pair<const ExecutionContext*, uint64_t>;
    std::map<Key, Message*> listed;
    std::vector<Message*> open;
    bool wasFull = false;
    for (int step = 0; step < 20000; step++)
    {
        ExecutionContext& context = *contexts[random() % 2];
        // Few keys, so that the same ones come back, some of them in one bucket.
        const uint64_t key = (random() % 40) << (random() % 2 ? 0 : 40);
        const auto known = listed.find({&context, key});
        ASSERT_EQ(table.Find(context, key), known == listed.end() ? nullptr : known->second);
        switch (random() % 3)
        {
        case 0:
            if (known == listed.end())
            {
                Message* message = table.Open(context, key);
                ASSERT_EQ(message == nullptr, open.size() == QUEUES);
                wasFull |= !message;
                if (message)
                {
                    ASSERT_EQ(table.Get(message->index), message);
                    ASSERT_EQ(message->key, key);
                    ASSERT_EQ(message->context, &context);
                    ASSERT_EQ(message->packetCount, 0U) << "a used one came back unclean";
                    message->packetCount = 1;
                    listed[{&context, key}] = message;
                    open.push_back(message);
                }
            }
            break;
        case 1:
            if (known != listed.end())
            {
                table.Unlist(*known->second);
                listed.erase(known);
            }
            break;
        default:
            if (!open.empty())
            {
                const size_t index = random() % open.size();
                Message* message = open[index];
                if (!message->listed)
                {
                    const uint16_t queue = message->index;
                    table.Close(*message);
                    ASSERT_EQ(table.Get(queue), nullptr);
                    open.erase(open.begin() + static_cast<long>(index));
                }
            }
        }
        ASSERT_EQ(table.GetOpen(), open.size());
    }
    EXPECT_TRUE(wasFull);
    std::set<uint32_t> indices;
    for (const Message* message : open)
    {
        indices.insert(message->index);
    }
    EXPECT_EQ(indices.size(), open.size());
}

} // namespace
} // namespace offload
} // namespace ns3
