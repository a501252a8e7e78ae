#! /usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only

# Which examples ns-3's test.py runs, see test.py --help.
#
# Each C++ entry: (command, "True" or a condition for it to run, "True" or a condition for it to run
# under valgrind too).
cpp_examples = [
    ("fabric-traffic", "True", "False"),
    ("flare-allreduce --vector-mib=1", "True", "False"),
    ("flare-allreduce --vector-mib=0.0625,0.25 --scheme=flare-dense", "True", "False"),
    ("flare-allreduce --scheme=sparcml,flare-sparse --vector-mib=4", "True", "False"),
    ("flare-switch --data-kib=1,64", "True", "False"),
    ("flare-tenants", "True", "False"),
    ("spin-accumulate", "True", "False"),
    ("spin-broadcast --processes=2,16", "True", "False"),
    ("spin-handler", "True", "False"),
    ("spin-ping-pong", "True", "False"),
    ("spin-raid", "True", "False"),
    ("transport-ping-pong", "True", "False"),
]

python_examples = []
