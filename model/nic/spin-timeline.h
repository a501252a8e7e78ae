/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_SPIN_TIMELINE_H
#define OFFLOAD_SPIN_TIMELINE_H

#include "spin-net-device.h"

#include "ns3/host-cpu.h"
#include "ns3/link-net-device.h"
#include "ns3/pcie-link.h"
#include "ns3/simple-ref-count.h"
#include "ns3/spin-unit.h"
#include "ns3/timeline.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Draws what a sPIN NIC does into a timeline: a line per HPU, command interface, PCIe direction,
 * core and port. Connects trace sources; keep it as long as the run lasts.
 *
 * The lines are made when it is connected, so that they always have the same order.
 */
class SpinTimeline : public SimpleRefCount<SpinTimeline>
{
  public:
    /**
     * @param timeline where to draw; must outlive this
     * @param process the group of lines, such as the node's name
     */
    SpinTimeline(Timeline& timeline, const std::string& process);

    /** @param device a NIC with all its parts */
    void Connect(Ptr<SpinNetDevice> device);
    /** @param device a port; its transmissions */
    void ConnectPort(Ptr<LinkNetDevice> device);
    /** @param unit a sPIN unit, wherever it sits */
    void ConnectUnit(Ptr<SpinUnit> unit);
    /** @param pcie both directions */
    void ConnectPcie(Ptr<PcieLink> pcie);
    /** @param cpu the cores that get work */
    void ConnectCpu(Ptr<HostCpu> cpu);

  private:
    /** Lines for one thing that does several at a time: as many as it takes, each without overlap.
     */
    struct Lanes
    {
        std::string name;                    //!< of the first line; others are numbered
        std::vector<Timeline::Track> tracks; //!< the lines
        std::vector<int64_t> freeAt;         //!< when each is free again, ps
    };

    Timeline::Track Choose(Lanes& lanes, int64_t begin, int64_t end);
    void Dma(const DmaRun& run);
    void Handler(const HandlerRun& run);
    void PacketDone(const PacketRun& run);
    void Command(const CommandRun& run);
    void UnitDrop(Ptr<const Packet> frame, SpinDropReason reason);
    void NicDrop(Ptr<const Packet> frame, NicDropReason reason);
    void Match(Ptr<const Packet> frame, const SteeringTable::Result& result);
    void Buffered(uint32_t bytes);
    void Transfer(const PcieTransfer& transfer);
    void Work(const CpuWork& work);
    void Transmitted(Ptr<const Packet> packet, Time start, Time end);

    Timeline& m_timeline;                 //!< where to draw
    std::string m_process;                //!< group of lines
    uint32_t m_hpusPerCluster{0};         //!< to number the HPUs
    std::vector<Timeline::Track> m_hpus;  //!< by number
    Lanes m_packets;                      //!< packets in the unit
    std::vector<Lanes> m_dma;             //!< a cluster's DMA engine, by cluster
    std::vector<Lanes> m_commands;        //!< by interface
    std::vector<Timeline::Track> m_pcie;  //!< to the device, to the host
    std::vector<Timeline::Track> m_cores; //!< by number
    Timeline::Track m_steering;           //!< matches and drops
    Timeline::Track m_port;               //!< transmissions
    Timeline::Counter m_buffer;           //!< bytes in the input buffer
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_SPIN_TIMELINE_H */
