/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * \file
 * Cost of the sPIN unit: CPU time per packet that a native ping-pong answers, beside
 * PointToPointNetDevice, and memory of an idle unit.
 */
#include "ns3/boolean.h"
#include "ns3/execution-context.h"
#include "ns3/link-helper.h"
#include "ns3/link-net-device.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/results.h"
#include "ns3/scenario.h"
#include "ns3/simulator.h"
#include "ns3/spin-unit.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"
