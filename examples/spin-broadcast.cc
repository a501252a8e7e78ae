/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * A message to all processes along a binomial tree (SC'17, section 4.4.2): cores send it on, or
 * NICs do from host memory when all of it is there, or handlers packet by packet.
 */
#include "use-case-scenario.h"

using namespace ns3::offload;

int
main(int argc, char* argv[])
{
    return RunScenario(
        argc,
        argv,
        {"spin-broadcast",
         "Broadcast along a binomial tree by cores, by triggered operations and by sPIN handlers, "
         "on the SC'17 sPIN simulation's cluster. Every byte at every process is checked."},
        [](Scenario& scenario) {
            RunUseCase<SpinBroadcast>(
                scenario,
                {"Broadcast: until the last process has it",
                 "who sends on: cores that are woken by interrupts and copy, cores that poll, NICs "
                 "by triggered operations, sPIN handlers",
                 "processes, one on each host, process 0 has the message",
                 {2, 4, 16, 64, 256, 1024},
                 {8, 65536},
                 1,
                 0,
                 true});
        });
}
