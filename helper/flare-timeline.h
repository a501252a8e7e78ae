/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_TIMELINE_H
#define OFFLOAD_FLARE_TIMELINE_H

#include "fabric-helper.h"

#include "ns3/fabric-switch.h"
#include "ns3/link-net-device.h"
#include "ns3/timeline.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Draws a network that reduces into a timeline: a line per port, with its frames, and per core of a
 * FlareSwitch, with its handlers. A core's line is made when it runs its first handler: most of a
 * switch's hundreds have none in a short run. Keep it as long as the run lasts.
 */
class FlareTimeline
{
  public:
    /** @param timeline where to draw; must outlive this */
    explicit FlareTimeline(Timeline& timeline);
    ~FlareTimeline();

    FlareTimeline(const FlareTimeline&) = delete;
    FlareTimeline& operator=(const FlareTimeline&) = delete;

    /**
     * Draw all of a small network, and of a large one the first hosts and the first switches of
     * each level.
     * @param fabric the network
     * @param levels number of the first switch of each
     */
    void Connect(const Fabric& fabric, const std::vector<uint32_t>& levels);

    static constexpr uint32_t SHOWN_HOSTS = 16;   //!< that Connect draws
    static constexpr uint32_t SHOWN_SWITCHES = 4; //!< of each level

    /**
     * Draw a host's port.
     * @param number of the host
     * @param device its interface
     */
    void ConnectHost(uint32_t number, Ptr<LinkNetDevice> device);

    /**
     * Draw a switch's ports and, if it is a FlareSwitch, its cores.
     * @param number of the switch
     * @param device the switch
     */
    void ConnectSwitch(uint32_t number, Ptr<FabricSwitch> device);

  private:
    class Port;
    class Cores;

    void ConnectPort(const std::string& process, const std::string& name, Ptr<LinkNetDevice> port);

    Timeline& m_timeline;                        //!< where to draw
    std::vector<std::unique_ptr<Port>> m_ports;  //!< their lines
    std::vector<std::unique_ptr<Cores>> m_cores; //!< by switch: their lines
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_TIMELINE_H */
