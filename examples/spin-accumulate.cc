/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * Arrays of integers are added to arrays in the memory of process 0 (SC'17, section 4.4.3): by its
 * core, after the message has come, or by handlers, packet by packet.
 */
#include "use-case-scenario.h"

using namespace ns3::offload;

int
main(int argc, char* argv[])
{
    return RunScenario(
        argc,
        argv,
        {"spin-accumulate",
         "Remote accumulate by a core and by sPIN handlers, with the NICs of the SC'17 sPIN "
         "simulation. Every sum is checked."},
        [](Scenario& scenario) {
            RunUseCase<SpinAccumulate>(
                scenario,
                {"Accumulate: until the sums are in memory",
                 "who adds: a core that is woken by an interrupt and copies, a core that polls, "
                 "sPIN handlers",
                 "process 0 has the sums, each other one adds to an array of its own",
                 {2},
                 {8, 64, 512, 4096, 16384, 65536, 262144, 1048576},
                 4,
                 0,
                 false});
        });
}
