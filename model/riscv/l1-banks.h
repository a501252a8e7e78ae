/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_L1_BANKS_H
#define OFFLOAD_L1_BANKS_H

#include <array>
#include <cstdint>

namespace ns3
{
namespace offload
{

/**
 * Who has which bank of a cluster's L1 in which cycle: 64 banks of 32 bits, one access a cycle each
 * (PsPIN hw/src/pulp_cluster_cfg_pkg.sv, hw/deps/pulp_cluster/rtl/cluster_interconnect_wrap.sv).
 *
 * Wide traffic (packet DMA, sends, host DMA) moves 64 bytes a cycle: 16 banks, a superbank. It
 * wins: cores are not granted anything in a superbank that a wide port wants
 * (tcdm_superbank_mux.sv). The cluster DMA and the port towards NIC and host alternate if they want
 * the same superbank.
 *
 * Cores may call with cycles that are not in order between them; who comes first is served first.
 * What happened REMEMBERED cycles ago counts as over.
 */
class L1Banks
{
  public:
    static constexpr uint32_t BANKS = 64;           //!< of a cluster
    static constexpr uint32_t WIDE_BYTES = 64;      //!< of a wide access
    static constexpr uint32_t SUPERBANKS = 4;       //!< of a cluster
    static constexpr uint32_t REMEMBERED = 1 << 10; //!< cycles

    /**
     * @param address of a wide access
     * @return number of its superbank
     */
    static uint32_t SuperbankOf(uint32_t address)
    {
        return address / WIDE_BYTES % SUPERBANKS;
    }

    /**
     * Reserve a core's access.
     * @param address of it, within a word
     * @param cycle in which the core asks
     * @return cycle in which the bank grants it, not before `cycle`
     */
    uint64_t Access(uint32_t address, uint64_t cycle)
    {
        uint64_t waited = 0;
        return Access(address, cycle, waited);
    }

    /**
     * The same.
     * @param address of it, within a word
     * @param cycle in which the core asks
     * @param waited to which the cycles are added that it waits for wide accesses
     * @return cycle in which the bank grants it, not before `cycle`
     */
    uint64_t Access(uint32_t address, uint64_t cycle, uint64_t& waited)
    {
        const uint64_t bank = GetBank(address);
        const uint32_t superbank = SuperbankOf(address);
        for (;; cycle++)
        {
            Slot& slot = m_slots[cycle % REMEMBERED];
            if (slot.cycle != cycle)
            {
                if (slot.cycle < cycle)
                {
                    slot = {cycle, bank, 0, 0};
                }
                return cycle;
            }
            const bool wide = (slot.wide >> superbank & 1) != 0;
            if (!wide && (slot.banks & bank) == 0)
            {
                slot.banks |= bank;
                return cycle;
            }
            waited += wide;
        }
    }

    /**
     * Reserve a core's atomic: the bank is busy for a second cycle, in which the result is written
     * (amo_shim.sv).
     * @param address of it
     * @param cycle in which the core asks
     * @return cycle in which the bank grants it; the data comes as with a load
     */
    uint64_t AccessAtomic(uint32_t address, uint64_t cycle)
    {
        uint64_t waited = 0;
        return AccessAtomic(address, cycle, waited);
    }

    /** The same; `waited` as above. */
    uint64_t AccessAtomic(uint32_t address, uint64_t cycle, uint64_t& waited)
    {
        const uint64_t granted = Access(address, cycle, waited);
        Mark(GetBank(address), granted + 1, 0);
        return granted;
    }

    /**
     * A beat of 64 bytes takes its superbank.
     * @param address in it
     * @param cycle in which the wide port asks
     * @return cycle in which it has it: later if the other wide port was there first
     */
    uint64_t Wide(uint32_t address, uint64_t cycle)
    {
        const uint32_t superbank = SuperbankOf(address);
        const uint8_t wide = static_cast<uint8_t>(1U << superbank);
        while (HasWide(address, cycle))
        {
            cycle++;
        }
        Mark(0, cycle, wide);
        return cycle;
    }

    /**
     * @param address of a beat
     * @param cycle in which it wants to go
     * @return whether another one has its superbank
     */
    bool HasWide(uint32_t address, uint64_t cycle) const
    {
        const Slot& slot = m_slots[cycle % REMEMBERED];
        return slot.cycle == cycle && (slot.wide >> SuperbankOf(address) & 1) != 0;
    }

    /**
     * Of two beats that want a superbank at once, the one goes first whose port had it last
     * (tcdm_superbank_mux.sv, rr_arb_tree.sv).
     * @param address of a beat of packet DMA
     * @param cycle in which the other port wants the same superbank
     * @return whether packet DMA had the superbank last
     */
    bool IsTurnOfDma(uint32_t address, uint64_t cycle) const
    {
        const auto superbank = static_cast<uint8_t>(1U << SuperbankOf(address));
        for (uint64_t back = 1; back < REMEMBERED && back <= cycle; back++)
        {
            const Slot& slot = m_slots[(cycle - back) % REMEMBERED];
            if (slot.cycle == cycle - back && (slot.wide & superbank))
            {
                return slot.dma & superbank;
            }
        }
        return false;
    }

    /**
     * A beat of packet DMA takes its superbank, whether the other wide port has it or not.
     * @param address in it
     * @param cycle in which it goes
     */
    void MarkDma(uint32_t address, uint64_t cycle)
    {
        MarkWide(address, cycle);
        Slot& slot = m_slots[cycle % REMEMBERED];
        if (slot.cycle == cycle)
        {
            slot.dma |= static_cast<uint8_t>(1U << SuperbankOf(address));
        }
    }

    /**
     * A beat of 64 bytes takes its superbank, whether the other wide port has it or not.
     * @param address in it
     * @param cycle in which it goes
     */
    void MarkWide(uint32_t address, uint64_t cycle)
    {
        Mark(0, cycle, static_cast<uint8_t>(1U << SuperbankOf(address)));
    }

    /**
     * Give back what a beat took, if it is remembered.
     * @param address in it
     * @param cycle in which it was to go
     */
    void ReleaseWide(uint32_t address, uint64_t cycle)
    {
        const uint32_t superbank = SuperbankOf(address);
        Slot& slot = m_slots[cycle % REMEMBERED];
        if (slot.cycle == cycle)
        {
            slot.wide &= static_cast<uint8_t>(~(1U << superbank));
            slot.dma &= slot.wide;
        }
    }

    /**
     * Beats of a transfer, one a cycle.
     * @param address in the first one
     * @param beats how many
     * @param cycle in which the wide port asks for the first one
     * @param beatBytes from one to the next
     * @return cycle after the last beat
     */
    uint64_t WideTransfer(uint32_t address,
                          uint32_t beats,
                          uint64_t cycle,
                          uint32_t beatBytes = WIDE_BYTES)
    {
        for (uint32_t i = 0; i < beats; i++)
        {
            cycle = Wide(address + i * beatBytes, cycle) + 1;
        }
        return cycle;
    }

  private:
    /** A cycle. */
    struct Slot
    {
        uint64_t cycle; //!< which one
        uint64_t banks; //!< that cores have
        uint8_t wide;   //!< superbanks that a wide port has
        uint8_t dma;    //!< of these, those that packet DMA has
    };

    static uint64_t GetBank(uint32_t address)
    {
        return uint64_t{1} << (address / 4 % BANKS);
    }

    void Mark(uint64_t banks, uint64_t cycle, uint8_t wide)
    {
        Slot& slot = m_slots[cycle % REMEMBERED];
        if (slot.cycle == cycle)
        {
            slot.banks |= banks;
            slot.wide |= wide;
        }
        else if (slot.cycle < cycle)
        {
            slot = {cycle, banks, wide, 0};
        }
    }

    std::array<Slot, REMEMBERED> m_slots{}; //!< by cycle
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_L1_BANKS_H */
