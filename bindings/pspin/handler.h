/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * What a packet handler is written against: PsPIN's handler API, from its documented semantics.
 *
 *     riscv64-unknown-elf-gcc -O3 -march=rv32imac_zicsr -mabi=ilp32 -I bindings/pspin -c handler.c
 */
#ifndef OFFLOAD_PSPIN_HANDLER_H
#define OFFLOAD_PSPIN_HANDLER_H

#include "hwsched.h"
#include "pspin.h"
#include "spin_conf.h"
#include "spin_dma.h"
#include "util.h"

// Nobody calls a handler by name, but it must stay, and under that name.
#ifdef __cplusplus
#define __handler__ extern "C" __attribute__((used))
#else
#define __handler__ __attribute__((used))
#endif

#define SPIN_OK 0
#define SPIN_FAIL 1

#define SPIN_DMA_EXT2LOC 1 //!< direction of spin_dma, which needs none
#define SPIN_DMA_LOC2EXT 0

/** Find the data of a packet with the headers of packets.h. */
#define GET_IP_UDP_PLD(pkt_ptr, pkt_pld_ptr, pkt_pld_len)                                          \
    {                                                                                              \
        ip_hdr_t* offload_ip_ = (ip_hdr_t*)(pkt_ptr);                                              \
        (pkt_pld_len) = offload_ip_->length - sizeof(ip_hdr_t) - sizeof(udp_hdr_t);                \
        (pkt_pld_ptr) = (uint8_t*)(pkt_ptr) + offload_ip_->ihl * 4 + sizeof(udp_hdr_t);            \
    }

/**
 * A task: registers of the HPU driver, each of which is loaded as a word. (PsPIN declares it
 * packed; the layout is the same, but a compiler may then load bytes, which the driver does not
 * decode.)
 */
typedef struct task
{
    void* handler_mem;                   //!< the context's memory in L2
    size_t handler_mem_size;             //!< bytes
    void* pkt_mem;                       //!< the packet in the own L1
    size_t pkt_mem_size;                 //!< bytes
    void* scratchpad[NB_CLUSTERS];       //!< the context's memory in each cluster's L1
    size_t scratchpad_size[NB_CLUSTERS]; //!< bytes
    uint32_t host_mem_high;              //!< the context's window in host memory
    uint32_t host_mem_low;               //!< lower half of its address
    size_t host_mem_size;                //!< bytes
    void* l2_pkt_mem;                    //!< the packet in L2
    uint32_t home_cluster_id;            //!< cluster that the message prefers
    uint32_t flow_id;                    //!< number of the message
} task_t;

static_assert(sizeof(void*) == 4, "compile with -march=rv32imac_zicsr -mabi=ilp32");
static_assert(offsetof(task_t, scratchpad) == 16, "as the HPU driver has it");
static_assert(offsetof(task_t, host_mem_high) == 48, "as the HPU driver has it");
static_assert(offsetof(task_t, l2_pkt_mem) == 60, "as the HPU driver has it");
static_assert(offsetof(task_t, flow_id) == 68, "as the HPU driver has it");

/** What a handler is called with. */
typedef struct handler_args
{
    task_t* task;        //!< its task
    uint32_t hpu_gid;    //!< number of its HPU in the unit
    uint32_t cluster_id; //!< number of its cluster
    uint32_t hpu_id;     //!< number of its HPU in the cluster
} handler_args_t;

typedef void (*handler_fn)(handler_args_t*);

/** Names the handlers of a file; PsPIN's runtime calls it, a bare image does not need it. */
void init_handlers(handler_fn* hh, handler_fn* ph, handler_fn* th, void** handler_mem_ptr);

typedef dma_t spin_dma_t;    //!< a copy by the cluster's DMA engine
typedef futex_t spin_lock_t; //!< a lock
typedef uint32_t spin_cmd_t; //!< a command to the NIC or the host

/** A lock for many readers or one writer. */
typedef struct spin_rw_lock
{
    spin_lock_t glock;            //!< held by the writer, or by all readers together
    volatile int32_t num_readers; //!< readers inside
} spin_rw_lock_t;

/** Copy between memories of the unit; direction and options are not needed. */
static inline int
spin_dma(void* source, void* dest, size_t size, int direction, int options, spin_dma_t* xfer)
{
    (void)direction;
    (void)options;
    if (__builtin_expect(size == 0, 0))
    {
        return SPIN_FAIL;
    }
    *xfer = spin__memcpy_nonblk(source, dest, size);
    return SPIN_OK;
}

/** Wait until a copy has ended. */
static inline int
spin_dma_wait(spin_dma_t xfer)
{
    spin__wait_for_tf_completion(xfer);
    return SPIN_OK;
}

/** Ask whether a copy has ended. */
static inline int
spin_dma_test(spin_dma_t xfer, uint32_t* completed)
{
    *completed = spin__tf_completed(xfer);
    return SPIN_OK;
}

static inline int
spin_lock_init(spin_lock_t* lock)
{
    futex_init(lock);
    return SPIN_OK;
}

/** @return whether the lock is the caller's now */
static inline int
spin_lock_try_lock(spin_lock_t* lock)
{
    return futex_try_lock(lock);
}

static inline int
spin_lock_lock(spin_lock_t* lock)
{
    futex_lock_s(lock);
    return SPIN_OK;
}

static inline int
spin_lock_unlock(spin_lock_t* lock)
{
    futex_unlock(lock);
    return SPIN_OK;
}

/** The first reader takes the lock for all of them. */
static inline int
spin_rw_lock_r_lock(spin_rw_lock_t* rwlock)
{
    if (amo_add(&rwlock->num_readers, 1) == 0)
    {
        spin_lock_lock(&rwlock->glock);
    }
    return SPIN_OK;
}

/** The last reader gives it back. */
static inline int
spin_rw_lock_r_unlock(spin_rw_lock_t* rwlock)
{
    if (amo_add(&rwlock->num_readers, -1) == 1)
    {
        spin_lock_unlock(&rwlock->glock);
    }
    return SPIN_OK;
}

static inline int
spin_rw_lock_w_lock(spin_rw_lock_t* rwlock)
{
    return spin_lock_lock(&rwlock->glock);
}

static inline int
spin_rw_lock_w_unlock(spin_rw_lock_t* rwlock)
{
    return spin_lock_unlock(&rwlock->glock);
}

/**
 * Wait until a command has ended. Of a handler's first command the released hardware may have given
 * a wrong handle; its right one is always 0.
 */
static inline int
spin_cmd_wait(spin_cmd_t handle)
{
    MMIO_WRITE(CMD_WAIT, handle);
    __asm__ volatile("" ::: "memory"); // what the command has brought must be read again
    return SPIN_OK;
}

/** Ask whether a command has ended. */
static inline int
spin_cmd_test(spin_cmd_t handle, bool* completed)
{
    MMIO_WRITE(CMD_TEST, handle);
    *completed = MMIO_READ(CMD_TEST) == 1;
    __asm__ volatile("" ::: "memory");
    return SPIN_OK;
}

// Interfaces of commands, as CMD_INFO has them.
#define OFFLOAD_PSPIN_HOST_DMA (0U << 1)
#define OFFLOAD_PSPIN_NIC_SEND (1U << 1)
#define OFFLOAD_PSPIN_HOST_DIRECT (2U << 1)

/**
 * Issue a command: six stores and a load, which may wait until the command is accepted.
 * @param handle where its number goes; null if nobody asks
 */
static inline int
spin_issue_(uint32_t info,
            uint32_t word0,
            uint32_t word1,
            uint32_t word2,
            uint32_t word3,
            uint32_t word4,
            spin_cmd_t* handle)
{
    uint32_t id;
    __asm__ volatile("sw %[word0], 0x90(%[base])\n"
                     "sw %[word1], 0x94(%[base])\n"
                     "sw %[word2], 0x98(%[base])\n"
                     "sw %[word3], 0x9C(%[base])\n"
                     "sw %[word4], 0xA0(%[base])\n"
                     "sw %[info], 0x8C(%[base])\n"
                     "lw %[id], 0x80(%[base])"
                     : [id] "=r"(id)
                     : [base] "r"(HWSCHED_BASE),
                       [info] "r"(info),
                       [word0] "r"(word0),
                       [word1] "r"(word1),
                       [word2] "r"(word2),
                       [word3] "r"(word3),
                       [word4] "r"(word4)
                     : "memory");
    if (handle)
    {
        *handle = id;
    }
    return SPIN_OK;
}

/** Send data to a queue pair; the NIC makes packets of it. */
static inline int
spin_rdma_put(uint32_t dest, void* data, uint32_t length, spin_cmd_t* handle)
{
    return spin_issue_(OFFLOAD_PSPIN_NIC_SEND, dest, 1, (uint32_t)data, 0, length, handle);
}

/** Send a packet as it is. */
static inline int
spin_send_packet(void* data, uint32_t length, spin_cmd_t* handle)
{
    return spin_issue_(OFFLOAD_PSPIN_NIC_SEND, 0, 0, (uint32_t)data, 0, length, handle);
}

/** Copy between the NIC and host memory. */
static inline int
spin_transfer_(uint64_t host_addr,
               uint32_t nic_addr,
               uint32_t length,
               bool generate_event,
               uint32_t to_host,
               spin_cmd_t* xfer)
{
    return spin_issue_(OFFLOAD_PSPIN_HOST_DMA | generate_event,
                       (uint32_t)host_addr,
                       (uint32_t)(host_addr >> 32),
                       nic_addr,
                       length,
                       to_host,
                       xfer);
}

/** Copy from the NIC to host memory. */
static inline int
spin_dma_to_host(uint64_t host_addr,
                 uint32_t nic_addr,
                 uint32_t length,
                 bool generate_event,
                 spin_cmd_t* xfer)
{
    return spin_transfer_(host_addr, nic_addr, length, generate_event, 1, xfer);
}

/** Copy from host memory to the NIC. */
static inline int
spin_dma_from_host(uint64_t host_addr,
                   uint32_t nic_addr,
                   uint32_t length,
                   bool generate_event,
                   spin_cmd_t* xfer)
{
    return spin_transfer_(host_addr, nic_addr, length, generate_event, 0, xfer);
}

/** Write eight bytes to host memory. */
static inline int
spin_write_to_host(uint64_t host_addr, uint64_t user_data, spin_cmd_t* xfer)
{
    const uint32_t bytes = 8;
    const uint32_t to_host = 1;
    return spin_issue_(OFFLOAD_PSPIN_HOST_DIRECT,
                       (uint32_t)host_addr,
                       (uint32_t)(host_addr >> 32),
                       bytes << 1 | to_host,
                       (uint32_t)user_data,
                       (uint32_t)(user_data >> 32),
                       xfer);
}

#define spin_host_write spin_write_to_host //!< its former name

#endif
