/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "ns3/make-topology.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{
namespace
{

/** @return what the error says */
std::string
GetError(const std::string& text)
{
    try
    {
        MakeTopology(text);
    }
    catch (const std::invalid_argument& error)
    {
        return error.what();
    }
    return "";
}

TEST(MakeTopology, MakesEachKindByName)
{
    EXPECT_EQ(MakeTopology("single-switch:hosts=5")->GetHosts(), 5U);
    EXPECT_EQ(MakeTopology("leaf-spine:leaves=3,hosts=5,spines=2")->GetHosts(), 15U);
    EXPECT_EQ(MakeTopology("leaf-spine:leaves=3,hosts=5,spines=2")->GetSwitches(), 5U);
    EXPECT_EQ(MakeTopology("fat-tree:k=4,levels=3,oversubscription=1")->GetHosts(), 16U);
    EXPECT_EQ(MakeTopology("fat-tree:oversubscription=3,levels=2,k=8")->GetHosts(), 48U);
    EXPECT_EQ(MakeTopology("xgft:m1=2,m2=3,m3=4,w2=5,w3=6")->GetSwitches(), 12U + 20 + 30);
    EXPECT_EQ(MakeTopology("dragonfly:p=2,a=4,h=2")->GetHosts(), 72U);
    EXPECT_EQ(MakeTopology("dragonfly:p=2,a=4,h=2,g=3")->GetHosts(), 24U);
}

TEST(MakeTopology, WhatIsLeftOutIsInTheHelp)
{
    EXPECT_EQ(MakeTopology("single-switch")->GetHosts(), 16U);
    EXPECT_EQ(MakeTopology("fat-tree:")->GetHosts(), 128U);
    EXPECT_EQ(MakeTopology("fat-tree:levels=2")->GetHosts(), 32U);
    EXPECT_EQ(GetTopologyHelp(),
              "single-switch:hosts=16; leaf-spine:leaves=8,hosts=8,spines=8; "
              "fat-tree:k=8,levels=3,oversubscription=1; xgft:m1=4,m2=4,m3=8,w2=4,w3=4; "
              "dragonfly:p=2,a=4,h=2,g=0");
}

TEST(MakeTopology, ErrorsNameWhatIsKnown)
{
    EXPECT_EQ(GetError("torus:k=4"),
              "topology \"torus\" is unknown; known are single-switch, leaf-spine, fat-tree, xgft, "
              "dragonfly");
    EXPECT_EQ(GetError(""),
              "topology \"\" is unknown; known are single-switch, leaf-spine, fat-tree, xgft, "
              "dragonfly");
    EXPECT_EQ(GetError("fat-tree:n=4"),
              "topology fat-tree: no parameter \"n\"; there are k, levels, oversubscription");
    EXPECT_EQ(GetError("fat-tree:k=4,,levels=3"),
              "topology fat-tree: no parameter \"\"; there are k, levels, oversubscription");
    EXPECT_EQ(GetError("fat-tree:k=4,k=6"), "topology fat-tree: k is given twice");
    EXPECT_EQ(GetError("fat-tree:k=5"),
              "topology fat-tree: FatTree: the number of ports must be even");
}

TEST(MakeTopology, OnlyWholeNumbersAreValues)
{
    for (const auto* value : {"", "-4", "+4", " 4", "4 ", "4.0", "0x4", "4k", "4294967296"})
    {
        EXPECT_EQ(GetError(std::string("fat-tree:k=") + value),
                  std::string("topology fat-tree: k=") + value +
                      " is not a whole number from 0 to 4294967295");
    }
    EXPECT_EQ(GetError("fat-tree:k"),
              "topology fat-tree: k= is not a whole number from 0 to 4294967295");
}

TEST(MakeTopologyFor, HasAsManyHostsAsAskedFor)
{
    EXPECT_EQ(MakeTopologyFor("single-switch", 7)->GetHosts(), 7U);
    EXPECT_EQ(MakeTopologyFor("leaf-spine", 64)->GetHosts(), 64U);
    EXPECT_EQ(MakeTopologyFor("leaf-spine", 64)->GetSwitches(), 16U);
    EXPECT_EQ(MakeTopologyFor("leaf-spine", 24)->GetSwitches(), 6U + 4);
    EXPECT_EQ(MakeTopologyFor("fat-tree", 1024)->GetSwitches(), 320U);
    EXPECT_EQ(MakeTopologyFor("dragonfly", 342)->GetHosts(), 342U);
}

TEST(MakeTopologyFor, ErrorsNameSizesThatThereAre)
{
    const auto getError = [](const char* kind, uint32_t hosts) {
        try
        {
            MakeTopologyFor(kind, hosts);
        }
        catch (const std::invalid_argument& error)
        {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(getError("fat-tree", 100),
              "fat-tree of 100 hosts: there is none; the nearest have 54 and 128 hosts");
    EXPECT_EQ(getError("fat-tree", 3),
              "fat-tree of 3 hosts: there is none; the nearest have 2 and 16 hosts");
    EXPECT_NE(getError("leaf-spine", 13), "");
    EXPECT_NE(getError("dragonfly", 71), "");
    EXPECT_NE(getError("single-switch", 1), "");
    EXPECT_NE(getError("torus", 8), "");
}

} // namespace
} // namespace offload
} // namespace ns3
