/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * A RAID-5 update (SC'17, section 5.3): data nodes put new data in the place of old ones and send
 * the difference to the parity node; by their cores, or by handlers, packet by packet.
 */
#include "use-case-scenario.h"

using namespace ns3::offload;

int
main(int argc, char* argv[])
{
    return RunScenario(
        argc,
        argv,
        {"spin-raid",
         "RAID-5 update by cores and by sPIN handlers, with the NICs of the SC'17 sPIN simulation. "
         "All data and parity are checked."},
        [](Scenario& scenario) {
            RunUseCase<SpinRaid>(
                scenario,
                {"RAID-5 update: until the client knows that data and parity are safe",
                 "who works: cores that are woken by interrupts and copy, cores that poll, sPIN "
                 "handlers",
                 "data nodes and the parity node; the client is one more",
                 {5},
                 {64, 512, 4096, 16384, 65536, 262144, 1048576},
                 1,
                 1,
                 false});
        });
}
