/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "fabric-switch.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/uinteger.h"

#include <typeinfo>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(FabricSwitch);

const char*
ToString(SwitchDropReason reason)
{
    switch (reason)
    {
    case SwitchDropReason::BUFFER_FULL:
        return "buffer full";
    case SwitchDropReason::NO_ROUTE:
        return "no route";
    case SwitchDropReason::PORT_REFUSED:
        return "refused by the port";
    }
    return "?";
}

TypeId
FabricSwitch::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::FabricSwitch")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<FabricSwitch>()
            .AddAttribute("BufferSize",
                          "Bytes of the packet buffer that all ports share, below 4 GiB: ports "
                          "count in 32 bits. Default: 12 MB, the "
                          "Trident II of Zhu et al., SIGCOMM 2015 (DCQCN), section 4.",
                          UintegerValue(12'000'000),
                          MakeUintegerAccessor(&FabricSwitch::m_bufferSize),
                          MakeUintegerChecker<uint64_t>(1, UINT32_MAX))
            .AddAttribute("ReservedPerPort",
                          "Bytes of the buffer that nobody else may take: the frames of classes "
                          "that are not lossless are not dropped while those that wait for one "
                          "output port fit into as many. Default: SONiC's egress_lossy_profile "
                          "for Tomahawk (sonic-buildimage, device/common/profiles/th/gen/BALANCED/"
                          "buffers_defaults_t0.j2), a frame of 1500 bytes; there for each queue, "
                          "here for all such queues of a port.",
                          UintegerValue(1518),
                          MakeUintegerAccessor(&FabricSwitch::m_reservedPerPort),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("Latency",
                          "Time from a frame's arrival (with CutThrough: of its head) to its place "
                          "in the output queue. Default: 50 ns, Hoefler et al., SC 2017 (sPIN), "
                          "section 4.1.",
                          TimeValue(NanoSeconds(50)),
                          MakeTimeAccessor(&FabricSwitch::SetLatency, &FabricSwitch::GetLatency),
                          MakeTimeChecker(Seconds(0)))
            .AddAttribute(
                "CutThrough",
                "Pass frames on as soon as the first 64 bytes are there, where no port "
                "of the switch is faster than the one by which they come in; a corrupt "
                "frame is then dropped by the switch only after its place in the queue "
                "is known, as it would be by the next device.",
                BooleanValue(false),
                MakeBooleanAccessor(&FabricSwitch::SetCutThrough, &FabricSwitch::HasCutThrough),
                MakeBooleanChecker())
            .AddAttribute("PacketSpraying",
                          "Among several ports to a destination, let each packet take the next one "
                          "instead of choosing by the flow (addresses and ports, RFC 2992). "
                          "Packets of a flow may then overtake each other.",
                          BooleanValue(false),
                          MakeBooleanAccessor(&FabricSwitch::m_packetSpraying),
                          MakeBooleanChecker())
            .AddAttribute("LosslessClasses",
                          "Bit i is set if class i is lossless: the neighbour is paused before its "
                          "frames find no room (IEEE 802.1Qbb). The ports need "
                          "PriorityFlowControl.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&FabricSwitch::m_losslessClasses),
                          MakeUintegerChecker<uint8_t>())
            .AddAttribute("PauseShare",
                          "A lossless class of a port is paused when it occupies more than this "
                          "share of the room that is free beside headroom and reserve. Default: "
                          "beta of "
                          "Zhu et al., SIGCOMM 2015, section 4, is 8 eighths.",
                          DoubleValue(1),
                          MakeDoubleAccessor(&FabricSwitch::m_pauseShare),
                          MakeDoubleChecker<double>(0, 64))
            .AddAttribute("ResumeOffset",
                          "Bytes below the threshold at which a paused class may go on. Default: "
                          "two frames of 1500 bytes, Zhu et al., SIGCOMM 2015, section 4 (two "
                          "MTU).",
                          UintegerValue(3000),
                          MakeUintegerAccessor(&FabricSwitch::m_resumeOffset),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute(
                "DropShare",
                "Frames of another class are dropped when those that wait for the same "
                "output port occupy more than this share of the free room (Choudhury and "
                "Hahne, 1998) and more than ReservedPerPort. Assumption: 1, so that one queue "
                "may take half of the buffer.",
                DoubleValue(1),
                MakeDoubleAccessor(&FabricSwitch::SetDropShare, &FabricSwitch::GetDropShare),
                MakeDoubleChecker<double>(0, 64))
            .AddAttribute("Ecn",
                          "Mark packets that allow it when they join a long queue (RFC 3168).",
                          BooleanValue(false),
                          MakeBooleanAccessor(&FabricSwitch::SetEcn, &FabricSwitch::HasEcn),
                          MakeBooleanChecker())
            .AddAttribute("EcnLow",
                          "Bytes in the output queue below which no packet is marked. Default: "
                          "Kmin of Zhu et al., SIGCOMM 2015, table 14 and section 5.",
                          UintegerValue(5'000),
                          MakeUintegerAccessor(&FabricSwitch::m_ecnLow),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("EcnHigh",
                          "Bytes in the output queue above which each packet is marked. Default: "
                          "Kmax of Zhu et al., SIGCOMM 2015, section 5.",
                          UintegerValue(200'000),
                          MakeUintegerAccessor(&FabricSwitch::m_ecnHigh),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("EcnProbability",
                          "Probability of a mark at EcnHigh; from EcnLow on it grows with the "
                          "queue. Default: Pmax of Zhu et al., SIGCOMM 2015, section 5.",
                          DoubleValue(0.01),
                          MakeDoubleAccessor(&FabricSwitch::m_ecnProbability),
                          MakeDoubleChecker<double>(0, 1))
            .AddAttribute("FailureDetectionTime",
                          "Time from a switch's failure until all others of its fabric send around "
                          "it. Assumption: 1 ms, a lost signal and an update of the ECMP groups; "
                          "routing protocols with slower timers take longer.",
                          TimeValue(MilliSeconds(1)),
                          MakeTimeAccessor(&FabricSwitch::m_detectionTime),
                          MakeTimeChecker(Seconds(0)))
            .AddTraceSource("Drop",
                            "A frame is dropped: the frame, the port by which it came in, why.",
                            MakeTraceSourceAccessor(&FabricSwitch::m_dropTrace),
                            "ns3::offload::FabricSwitch::DropCallback")
            .AddTraceSource("Mark",
                            "A packet is marked: the frame, the port by which it leaves.",
                            MakeTraceSourceAccessor(&FabricSwitch::m_markTrace),
                            "ns3::offload::FabricSwitch::MarkCallback")
            .AddTraceSource(
                "Queue",
                "The bytes that wait for a port have changed: the port, how many. A "
                "frame for an idle port joins and leaves at the same instant. Costs an "
                "event for each frame that had to wait.",
                MakeLightTraceAccessor(&FabricSwitch::m_queueTrace, &FabricSwitch::Notice),
                "ns3::offload::FabricSwitch::QueueCallback")
            .AddTraceSource("Pause",
                            "A neighbour is told to pause a class, or to go on: the port, the "
                            "class, which of the two.",
                            MakeTraceSourceAccessor(&FabricSwitch::m_pauseTrace),
                            "ns3::offload::FabricSwitch::PauseCallback");
    return tid;
}

FabricSwitch::FabricSwitch(const FabricSwitch& prototype)
    : Object(prototype),
      FrameForwarder(),
      m_dropShare(prototype.m_dropShare),
      m_pauseShare(prototype.m_pauseShare),
      m_losslessClasses(prototype.m_losslessClasses),
      m_packetSpraying(prototype.m_packetSpraying),
      m_ecn(prototype.m_ecn),
      m_cutThrough(prototype.m_cutThrough),
      m_resumeOffset(prototype.m_resumeOffset),
      m_ecnLow(prototype.m_ecnLow),
      m_ecnHigh(prototype.m_ecnHigh),
      m_ecnProbability(prototype.m_ecnProbability),
      m_bufferSize(prototype.m_bufferSize),
      m_reservedPerPort(prototype.m_reservedPerPort),
      m_latency(prototype.m_latency),
      m_detectionTime(prototype.m_detectionTime)
{
}

Ptr<FabricSwitch>
FabricSwitch::Copy() const
{
    return typeid(*this) == typeid(FabricSwitch) ? CopyObject(Ptr<const FabricSwitch>(this))
                                                 : nullptr;
}

void
FabricSwitch::UpdatePorts()
{
    for (const auto& port : m_ports)
    {
        port->Update();
    }
}

void
FabricSwitch::SetEcn(bool ecn)
{
    m_ecn = ecn;
    FindEasyRoom();
    if (m_prepared && m_ecn && !m_random)
    {
        m_random = CreateObject<UniformRandomVariable>();
    }
}

bool
FabricSwitch::HasEcn() const
{
    return m_ecn;
}

void
FabricSwitch::SetDropShare(double share)
{
    m_dropShare = share;
    FindEasyRoom();
}

double
FabricSwitch::GetDropShare() const
{
    return m_dropShare;
}

void
FabricSwitch::SetLatency(Time latency)
{
    m_latency = latency;
    UpdatePorts();
}

void
FabricSwitch::SetCutThrough(bool cutThrough)
{
    m_cutThrough = cutThrough;
    UpdatePorts();
}

} // namespace offload
} // namespace ns3
