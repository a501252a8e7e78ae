/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_COMMAND_UNIT_H
#define OFFLOAD_COMMAND_UNIT_H

#include "arbiter-tree.h"
#include "cycle-scheduler.h"
#include "spin-types.h"

#include <vector>

namespace ns3
{
namespace offload
{

class SpinPipeline;

/** What carries out the commands of one interface. */
class CommandEngine
{
  public:
    virtual ~CommandEngine() = default;

    /**
     * @param command the next one
     * @return whether there is room for it
     */
    virtual bool CanAccept(const Command& command) const = 0;

    /**
     * Take a command in this cycle; CommandUnit::Complete says that it is done.
     * @param command there is room for it
     */
    virtual void Accept(Command& command) = 0;
};

/**
 * The command unit: brings commands from the clusters to the three interfaces, one a cycle each,
 * round robin over clusters, with a bounded number in flight per interface; and responses back, one
 * a cycle (pspin.md "Command interface"; PsPIN hw/src/cmds/cmd_unit.sv).
 */
class CommandUnit
{
  public:
    /** @param pipeline the unit */
    explicit CommandUnit(SpinPipeline& pipeline);

    /**
     * @param interface an interface
     * @param engine what carries out its commands
     */
    void SetEngine(CommandInterface interface, CommandEngine& engine);

    /**
     * A cluster has a command.
     * @param command the command
     */
    [[gnu::hot]] void CommandReady(const Command& command);

    /**
     * @param driver an HPU's
     * @param id one of its commands
     * @return whether its response is delivered in this cycle
     */
    bool Delivers(const HpuDriver& driver, uint32_t id) const;

    /** An engine has room again. */
    [[gnu::hot]] void EngineReady();

    /**
     * An engine has carried out a command in this cycle.
     * @param command the command
     */
    [[gnu::hot]] void Complete(Command& command);

    /**
     * @param interface an interface
     * @return commands in flight on it
     */
    uint32_t GetInFlight(CommandInterface interface) const
    {
        return m_interfaces[static_cast<unsigned>(interface)].inFlight;
    }

  private:
    /** One interface. */
    struct Interface
    {
        /** @param clusters that issue commands */
        explicit Interface(uint32_t clusters)
            : arbiter(clusters)
        {
        }

        ArbiterTree arbiter;            //!< of the clusters
        CommandEngine* engine{nullptr}; //!< carries out its commands
        LinkedQueue<Command> responses; //!< carried out
        uint32_t offered{0};            //!< commands in the clusters' registers
        uint32_t inFlight{0};           //!< accepted, response not yet chosen
        bool blocked{false};            //!< a command waits for others to be done
    };

    [[gnu::hot]] void Arbitrate();
    void WakeArbiter(uint64_t cycle);
    [[gnu::hot]] void ChooseResponse();
    void DeliverResponse();
    [[gnu::hot]] void ServeInterface(Interface& entry, CommandInterface interface);

    SpinPipeline& m_pipeline;                          //!< the unit
    std::vector<Interface> m_interfaces;               //!< all
    uint32_t m_leastBytes{0};                          //!< of those offered, at least
    uint64_t m_offering{0};                            //!< bit i: cluster i has commands
    uint64_t m_responding{0};                          //!< bit i: interface i has responses
    uint32_t m_offered{0};                             //!< commands to all interfaces
    ArbiterTree m_responseArbiter{COMMAND_INTERFACES}; //!< of the responses
    LinkedQueue<Command> m_delivery;                   //!< register towards the HPUs
    CycleEvent m_arbitrate;                            //!< commands may go
    CycleEvent m_choose;                               //!< responses may go
    CycleEvent m_deliver;                              //!< a response reaches its HPU
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_COMMAND_UNIT_H */
