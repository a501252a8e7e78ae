/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The size of the sPIN unit that a handler runs on (PsPIN's configuration).
 */
#ifndef OFFLOAD_PSPIN_SPIN_CONF_H
#define OFFLOAD_PSPIN_SPIN_CONF_H

#ifndef NB_CORES
#define NB_CORES 8 //!< HPUs of a cluster
#endif

#ifndef NB_CLUSTERS
#define NB_CLUSTERS 4 //!< clusters of the unit
#endif

#define CORE_COUNT (NB_CORES * NB_CLUSTERS) //!< HPUs of the unit
#define NUM_CLUSTER_HPUS (NB_CORES)         //!< HPUs of a cluster

#ifndef PKT_SIZE
#define PKT_SIZE 1024 //!< payload bytes of a packet in PsPIN's own benchmarks
#endif

/** Bytes of the L2 packet buffer of 4 MiB that PsPIN's packet queue uses; three words are its own.
 */
#define PacketQueueLength (4 * (1 << 20) - 3 * 4)

#endif
