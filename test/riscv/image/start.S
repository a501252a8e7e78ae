/*
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * A runtime of our own that starts as PsPIN's does (pspin.md "Booting a complete image"): core 0 of
 * each cluster releases the others through the event unit; then all load tasks from their drivers.
 */
    .section .vectors, "ax"
    .option norvc
    .org 0x80
    .global _start
_start:
    j       entry

    .text
entry:
    li      s2, 0x1b204000          # event unit
    li      t0, 1 << 18
    sw      t0, 0(s2)               # mask: the dispatch event
    jal     ra, set_up
    bnez    a1, 1f
    li      t0, 0x1b201400          # instruction cache: enable, flush
    li      t1, -1
    sw      t1, 0(t0)
    li      t1, 1
    sw      t1, 4(t0)
    li      t1, -1
    sw      t1, 0x84(s2)            # dispatch to all
    sw      x0, 0x80(s2)
    j       2f
1:  .insn   i 0x03, 6, t0, 0x80(s2) # p.elw t0, 0x80(s2)
2:  la      t0, trap
    csrw    mtvec, t0
to_user:
    li      t0, 3 << 11
    csrc    mstatus, t0
    la      t0, run
    csrw    mepc, t0
    mret

/* a0, a1: cluster and core; sp: its stack, 1 KiB each from the beginning of L1 on. */
set_up:
    csrr    t0, mhartid
    srai    a0, t0, 5
    .insn   r 0x33, 3, 0x60 + 25, a0, a0, x6 # p.bclr a0, a0, 25, 6
    .insn   r 0x33, 3, 0x60 + 26, a1, t0, x5 # p.bclr a1, t0, 26, 5
    li      sp, 0x10000400
    slli    t0, a0, 22
    add     sp, sp, t0
    slli    t0, a1, 10
    add     sp, sp, t0
    ret

    .balign 256
trap:
    li      t1, 0x1b205000
    csrr    t0, mcause
    sw      t0, 0x54(t1)            # error
    lw      t0, 0x50(t1)            # doorbell
    jal     ra, set_up
    j       to_user

run:
    addi    sp, sp, -32
    slli    t0, a0, 3
    add     t0, t0, a1
    li      s1, 0x1b205000
    addi    t1, s1, 8
    sw      t1, 0(sp)
    sw      t0, 4(sp)
    sw      a0, 8(sp)
    sw      a1, 12(sp)
    .balign 16
1:  lw      a5, 0(s1)               # stalls until there is a task
    nop
    mv      a0, sp
    jalr    a5
    nop
    lw      a5, 80(s1)              # doorbell
    j       1b
