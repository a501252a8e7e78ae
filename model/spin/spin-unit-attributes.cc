/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "execution-context.h"
#include "spin-pipeline.h"
#include "spin-unit.h"

#include "ns3/boolean.h"
#include "ns3/trace-source-accessor.h"
#include "ns3/uinteger.h"

namespace ns3
{
namespace offload
{

TypeId
SpinUnit::GetTypeId()
{
    static TypeId tid = AddMemoryAttributes(
        TypeId("ns3::offload::SpinUnit")
            .SetParent<Object>()
            .SetGroupName("Offload")
            .AddConstructor<SpinUnit>()
            .AddAttribute(
                "ClockPeriod",
                "Length of a clock cycle. 1 ns: PsPIN is timed at 1 GHz (SimControl.hpp:77)",
                TimeValue(NanoSeconds(1)),
                MakeTimeAccessor(&SpinUnit::SetClockPeriod, &SpinUnit::GetClockPeriod),
                MakeTimeChecker(PicoSeconds(1)))
            .AddAttribute(
                "MessageTimeout",
                "A message that has waited so long for a packet is aborted; 0: never. "
                "1 ms is an assumption: far above any round trip in a cluster",
                TimeValue(MilliSeconds(1)),
                MakeTimeAccessor(&SpinUnit::SetMessageTimeout, &SpinUnit::GetMessageTimeout),
                MakeTimeChecker(TimeStep(0)))
            .AddAttribute("Clusters",
                          "Clusters of HPUs. PsPIN: 4 (pspin_cfg_pkg.sv:31)",
                          UintegerValue(4),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::clusters>,
                                               &SpinUnit::Get<&SpinConfig::clusters>),
                          MakeUintegerChecker<uint32_t>(1, 64))
            .AddAttribute("HpusPerCluster",
                          "HPUs in a cluster. PsPIN: 8 (pspin_cfg_pkg.sv:32)",
                          UintegerValue(8),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hpusPerCluster>,
                                               &SpinUnit::Get<&SpinConfig::hpusPerCluster>),
                          MakeUintegerChecker<uint32_t>(1, 64))
            .AddAttribute("MessageQueues",
                          "Message processing queues: messages open at a time. PsPIN: 256 "
                          "(pspin_cfg_pkg.sv:35)",
                          UintegerValue(256),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::messageQueues>,
                                               &SpinUnit::Get<&SpinConfig::messageQueues>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute("PacketCells",
                          "Packet cells that all message queues share. PsPIN: 128 "
                          "(pspin_cfg_pkg.sv:36)",
                          UintegerValue(128),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::packetCells>,
                                               &SpinUnit::Get<&SpinConfig::packetCells>),
                          MakeUintegerChecker<uint32_t>(0, 1048576))
            .AddAttribute("PacketCellsPerQueue",
                          "Packet cells of each message queue's own. PsPIN: 1 "
                          "(pspin_cfg_pkg.sv:37)",
                          UintegerValue(1),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::packetCellsPerQueue>,
                                               &SpinUnit::Get<&SpinConfig::packetCellsPerQueue>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute("TasksBuffered",
                          "Tasks that a cluster holds beyond one per HPU. PsPIN: 12 "
                          "(BUFFERED_HERS, pspin_cfg_pkg.sv:60)",
                          UintegerValue(12),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::tasksBuffered>,
                                               &SpinUnit::Get<&SpinConfig::tasksBuffered>),
                          MakeUintegerChecker<uint32_t>(0, 65535))
            .AddAttribute("L1Bytes",
                          "Bytes of L1 in a cluster. PsPIN: 1 MiB (pspin_cfg_pkg.sv:42)",
                          UintegerValue(1048576),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::l1Bytes>,
                                               &SpinUnit::Get<&SpinConfig::l1Bytes>),
                          MakeUintegerChecker<uint32_t>(32768, 4194304))
            .AddAttribute("L1PacketBytes",
                          "Bytes of packet buffer in a cluster's L1. PsPIN: 64 KiB "
                          "(pspin_cfg_pkg.sv:50)",
                          UintegerValue(65536),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::l1PacketBytes>,
                                               &SpinUnit::Get<&SpinConfig::l1PacketBytes>),
                          MakeUintegerChecker<uint32_t>(64, 4194304))
            .AddAttribute("L1PacketRings",
                          "Rings that share a cluster's packet buffer; a packet fits into "
                          "one. PsPIN: 4 (cluster_scheduler.sv:63)",
                          UintegerValue(4),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::l1PacketRings>,
                                               &SpinUnit::Get<&SpinConfig::l1PacketRings>),
                          MakeUintegerChecker<uint32_t>(1, 1024))
            .AddAttribute("L2PacketBytes",
                          "Bytes of L2 packet buffer. PsPIN: 4 MiB (pspin_cfg_pkg.sv:82)",
                          UintegerValue(4194304),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::l2PacketBytes>,
                                               &SpinUnit::Get<&SpinConfig::l2PacketBytes>),
                          MakeUintegerChecker<uint32_t>(64, 12582912))
            .AddAttribute("L2HandlerBytes",
                          "Bytes of L2 handler memory. PsPIN: 4 MiB (pspin_cfg_pkg.sv:88)",
                          UintegerValue(4194304),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::l2HandlerBytes>,
                                               &SpinUnit::Get<&SpinConfig::l2HandlerBytes>),
                          MakeUintegerChecker<uint32_t>(0, 4194304))
            .AddAttribute("WordBytes",
                          "Bytes per cycle of NIC, host and DMA ports. PsPIN: 64 (AXI_WIDE_DW "
                          "512 bit, pspin_cfg_pkg.sv:16)",
                          UintegerValue(64),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::wordBytes>,
                                               &SpinUnit::Get<&SpinConfig::wordBytes>),
                          MakeUintegerChecker<uint32_t>(4, 4096))
            .AddAttribute("InboundLatency",
                          "Cycles from the last word written to L2 to the HER. 4, measured on "
                          "the released hardware (pspin.md, stage latencies)",
                          UintegerValue(4),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::inboundLatency>,
                                               &SpinUnit::Get<&SpinConfig::inboundLatency>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("PacketDmaLatency",
                          "Cycles of a packet DMA, start to hand-over to an HPU, beyond one per "
                          "word. 11, measured on the released hardware (pspin.md, stage latencies: "
                          "12 to the core's load of the task, which is one cycle later)",
                          UintegerValue(11),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::packetDmaLatency>,
                                               &SpinUnit::Get<&SpinConfig::packetDmaLatency>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("PacketDmaInterval",
                          "Cycles between the ends of two packet DMAs to the same cluster, at "
                          "least. 2, measured on the released hardware (Verilator: 64 B packets "
                          "reach one cluster every other cycle, four clusters every cycle)",
                          UintegerValue(2),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::packetDmaInterval>,
                                               &SpinUnit::Get<&SpinConfig::packetDmaInterval>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute(
                "PacketDmaReadLatency",
                "Cycles from a packet DMA's request at L2 to the first word; a part of "
                "PacketDmaLatency, for transfers to the same cluster, of which two can be under "
                "way. 3, measured on the released hardware (Verilator: 128 B packets reach one "
                "cluster two in five cycles)",
                UintegerValue(3),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::packetDmaReadLatency>,
                                     &SpinUnit::Get<&SpinConfig::packetDmaReadLatency>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute(
                "PacketDmaResponse",
                "Cycles from a packet's last word in L1 to its task at the HPU driver; a part of "
                "PacketDmaLatency, for conflicts in L1. 2: measured on the released hardware, "
                "where a word is in L1 3 cycles after it was on the cluster's DMA port, and the "
                "task at the HPU driver 6 cycles after the last one was there",
                UintegerValue(2),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::packetDmaResponse>,
                                     &SpinUnit::Get<&SpinConfig::packetDmaResponse>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("PickupCycles",
                          "Cycles from the HPU driver's taking a task to the handler's first "
                          "instruction: the runtime's load is granted, nop, mv, jalr. With "
                          "DoorbellCycles it makes the 7 measured on the released hardware "
                          "(pspin.md; sw/runtime/src/hpu.c)",
                          UintegerValue(5),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::pickupCycles>,
                                               &SpinUnit::Get<&SpinConfig::pickupCycles>),
                          MakeUintegerChecker<uint32_t>(1, 1000000))
            .AddAttribute("DoorbellCycles",
                          "Cycles from the handler's return to its doorbell: a nop before the "
                          "load (pspin.md; sw/runtime/src/hpu.c)",
                          UintegerValue(2),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::doorbellCycles>,
                                               &SpinUnit::Get<&SpinConfig::doorbellCycles>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("LoopCycles",
                          "Cycles from the doorbell to the runtime's load of the next task: "
                          "load, jump of 2 (sw/runtime/src/hpu.c)",
                          UintegerValue(3),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::loopCycles>,
                                               &SpinUnit::Get<&SpinConfig::loopCycles>),
                          MakeUintegerChecker<uint32_t>(1, 1000000))
            .AddAttribute("CommandsPerHpu",
                          "Commands in flight per HPU. PsPIN: 4 (NUM_HPU_CMDS, "
                          "pspin_cfg_pkg.sv:69)",
                          UintegerValue(4),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::commandsPerHpu>,
                                               &SpinUnit::Get<&SpinConfig::commandsPerHpu>),
                          MakeUintegerChecker<uint32_t>(1, 8))
            .AddAttribute(
                "StaleCommandIds",
                "Whether a RISC-V handler that issues a command while its HPU's previous feedback "
                "waits to leave is told the id that was free at first, and not the command's own: "
                "its wait is then for another command, or over at once. So it is in the released "
                "hardware (hpu_driver.sv, cmd_frontend: rdata_d in state Disabled). A handler's "
                "first command always has id 0, so that waiting for 0 is right with the fault and "
                "without. And spin_cmd_test always asks for command 0: the driver takes the id "
                "from the load's write data (hpu_driver.sv, wt_cmd_idx), and a load's are 0 "
                "(riscv_decoder.sv: regc_mux_o is REGC_ZERO). Native handlers are told the "
                "command's id and test for it in any case",
                BooleanValue(true),
                MakeBooleanAccessor(&SpinUnit::SetFlag<&SpinConfig::staleCommandIds>,
                                    &SpinUnit::GetFlag<&SpinConfig::staleCommandIds>),
                MakeBooleanChecker())
            .AddAttribute(
                "PostedHostWrites",
                "Whether a host DMA write is done for the handler, and its packet's feedback may "
                "leave, when the last byte is on the way to the host (SC'17: posted, the channel "
                "is busy, the handler goes on); otherwise when it is in host memory, as PsPIN's "
                "AXI ports say",
                BooleanValue(false),
                MakeBooleanAccessor(&SpinUnit::SetFlag<&SpinConfig::postedHostWrites>,
                                    &SpinUnit::GetFlag<&SpinConfig::postedHostWrites>),
                MakeBooleanChecker())
            .AddAttribute("CommandsPerInterface",
                          "Commands in flight per command interface, over the whole unit. "
                          "PsPIN: 7 (cmd_unit.sv:152)",
                          UintegerValue(7),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::commandsPerInterface>,
                                               &SpinUnit::Get<&SpinConfig::commandsPerInterface>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute("OutboundCommands",
                          "Commands that NIC outbound holds before their read. PsPIN: 16 "
                          "(NICOutbound.hpp:26)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::outboundCommands>,
                                               &SpinUnit::Get<&SpinConfig::outboundCommands>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute("OutboundPackets",
                          "Packets that NIC outbound reads or holds for the wire. PsPIN: 32 "
                          "(pspinsim.cpp:54)",
                          UintegerValue(32),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::outboundPackets>,
                                               &SpinUnit::Get<&SpinConfig::outboundPackets>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute("OutboundMaxPacket",
                          "Largest frame that a handler may send, bytes. 9230: an Ethernet "
                          "frame of MTU 9216; PsPIN's test bench has 2048 (pspinsim.cpp:53)",
                          UintegerValue(9230),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::outboundMaxPacket>,
                                               &SpinUnit::Get<&SpinConfig::outboundMaxPacket>),
                          MakeUintegerChecker<uint32_t>(14, 65535))
            .AddAttribute(
                "OutboundLatency",
                "Cycles from a send's acceptance to its response, beyond one per word. 1, "
                "measured on the released hardware (pspin.md, stage latencies)",
                UintegerValue(1),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::outboundLatency>,
                                     &SpinUnit::Get<&SpinConfig::outboundLatency>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute(
                "OutboundReadGap",
                "Idle cycles between two sends that read different memories, another cluster's "
                "L1 or L2: the second waits for the first one's last word; the same between host "
                "DMA's writes to different memories. 1, measured "
                "on the released hardware (pspin.md: a packet costs about s/64 + 1)",
                UintegerValue(1),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::outboundReadGap>,
                                     &SpinUnit::Get<&SpinConfig::outboundReadGap>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("HostDmaQueue",
                          "Transfers that host DMA holds per direction. PsPIN: 64 "
                          "(pspin_cfg_pkg.sv:25)",
                          UintegerValue(64),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaQueue>,
                                               &SpinUnit::Get<&SpinConfig::hostDmaQueue>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute("HostDmaWriteLatency",
                          "Cycles of a host DMA to the host beyond one per word of host memory "
                          "touched and the host's own time; measured on the released hardware "
                          "(pspin.md, stage latencies)",
                          UintegerValue(14),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaWriteLatency>,
                                               &SpinUnit::Get<&SpinConfig::hostDmaWriteLatency>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("HostDmaReadLatency",
                          "Cycles of a host DMA from the host beyond one per word of host memory "
                          "touched and the host's own time; measured on the released hardware "
                          "(Verilator run of copy_from_host)",
                          UintegerValue(15),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaReadLatency>,
                                               &SpinUnit::Get<&SpinConfig::hostDmaReadLatency>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute(
                "HostDmaReadStart",
                "Cycles from the start of a host DMA to the host to its first read of NIC memory; "
                "measured on the released hardware (Verilator run of copy_to_host)",
                UintegerValue(5),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaReadStart>,
                                     &SpinUnit::Get<&SpinConfig::hostDmaReadStart>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute(
                "HostDmaWriteStart",
                "Cycles from the start of a host DMA from the host to its request at the port of "
                "the NIC memories, where it waits for the data, and no read gets past it; measured "
                "on the released hardware (Verilator run of copy_from_host)",
                UintegerValue(4),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaWriteStart>,
                                     &SpinUnit::Get<&SpinConfig::hostDmaWriteStart>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute(
                "HostDmaWriteGap",
                "Idle cycles between two transfers' writes of NIC memory, if the first one's "
                "address "
                "in host memory is not aligned, so that it takes a word more there; measured on "
                "the released hardware (copy_from_host)",
                UintegerValue(1),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaWriteGap>,
                                     &SpinUnit::Get<&SpinConfig::hostDmaWriteGap>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("HostDmaWriteResponse",
                          "Cycles from a transfer's last word in NIC memory to its end; measured "
                          "on the released hardware (copy_from_host)",
                          UintegerValue(4),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDmaWriteResponse>,
                                               &SpinUnit::Get<&SpinConfig::hostDmaWriteResponse>),
                          MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("HostDirectQueue",
                          "Writes that host-direct holds. PsPIN: 16 (host_direct.sv:12)",
                          UintegerValue(16),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDirectQueue>,
                                               &SpinUnit::Get<&SpinConfig::hostDirectQueue>),
                          MakeUintegerChecker<uint32_t>(1, 65535))
            .AddAttribute(
                "HostDirectLatency",
                "Cycles of a host-direct write beyond one for the word and the host's own "
                "time. 2, measured on the released hardware (pspin.md, stage latencies)",
                UintegerValue(2),
                MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::hostDirectLatency>,
                                     &SpinUnit::Get<&SpinConfig::hostDirectLatency>),
                MakeUintegerChecker<uint32_t>(0, 1000000))
            .AddAttribute("FiberStackBytes",
                          "Stack of a native handler, bytes. A property of the simulator, not "
                          "of the hardware",
                          UintegerValue(65536),
                          MakeUintegerAccessor(&SpinUnit::Set<&SpinConfig::fiberStackBytes>,
                                               &SpinUnit::Get<&SpinConfig::fiberStackBytes>),
                          MakeUintegerChecker<uint32_t>(8192, 67108864))
            .AddAttribute("CoreLoadUse",
                          "Stall cycles when an instruction uses what the one before it "
                          "loaded. 1 (pspin.md, core; RI5CY user manual)",
                          UintegerValue(1),
                          MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::loadUse>,
                                               &SpinUnit::GetCore<&CoreTiming::loadUse>),
                          MakeUintegerChecker<uint32_t>(0, 1000))
            .AddAttribute("CoreBranchTaken",
                          "Cycles of a taken branch. 3 (pspin.md, core; RI5CY user manual)",
                          UintegerValue(3),
                          MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::branchTaken>,
                                               &SpinUnit::GetCore<&CoreTiming::branchTaken>),
                          MakeUintegerChecker<uint32_t>(1, 1000))
            .AddAttribute("CoreBranchNotTaken",
                          "Cycles of a branch that is not taken. 1 (pspin.md, core; RI5CY "
                          "user manual)",
                          UintegerValue(1),
                          MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::branchNotTaken>,
                                               &SpinUnit::GetCore<&CoreTiming::branchNotTaken>),
                          MakeUintegerChecker<uint32_t>(1, 1000))
            .AddAttribute("CoreJump",
                          "Cycles of jal, jalr and ret. 2 (pspin.md, core; RI5CY user manual)",
                          UintegerValue(2),
                          MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::jump>,
                                               &SpinUnit::GetCore<&CoreTiming::jump>),
                          MakeUintegerChecker<uint32_t>(1, 1000))
            .AddAttribute("CoreMultiply",
                          "Cycles of mul. 1 (RI5CY user manual)",
                          UintegerValue(1),
                          MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::multiply>,
                                               &SpinUnit::GetCore<&CoreTiming::multiply>),
                          MakeUintegerChecker<uint32_t>(1, 1000))
            .AddAttribute(
                "CoreL2Access",
                "Cycles of an uncontended load or store to L2, whichever memory of it. 21 "
                "(pspin.md, core). Native handlers; for RISC-V handlers see "
                "MemoryHandlerAccess and its like",
                UintegerValue(21),
                MakeUintegerAccessor(&SpinUnit::SetCore<&CoreTiming::l2Access>,
                                     &SpinUnit::GetCore<&CoreTiming::l2Access>),
                MakeUintegerChecker<uint32_t>(1, 10000))
            .AddTraceSource("Handler",
                            "A handler has run",
                            MakeTraceSourceAccessor(&SpinUnit::m_handlerTrace),
                            "ns3::offload::HandlerRun::TracedCallback")
            .AddTraceSource("Packet",
                            "A packet's buffers are free again",
                            MakeTraceSourceAccessor(&SpinUnit::m_packetTrace),
                            "ns3::offload::PacketRun::TracedCallback")
            .AddTraceSource("Dma",
                            "A transfer of a cluster's DMA engine: a handler's, told in advance, "
                            "or a packet's, "
                            "told when an HPU takes its task",
                            MakeTraceSourceAccessor(&SpinUnit::m_dmaTrace),
                            "ns3::offload::DmaRun::TracedCallback")
            .AddTraceSource("Command",
                            "A command has been carried out",
                            MakeTraceSourceAccessor(&SpinUnit::m_commandTrace),
                            "ns3::offload::CommandRun::TracedCallback")
            .AddTraceSource("StaleCommandId",
                            "A RISC-V handler has issued a command and was given the id of "
                            "another one, see the attribute StaleCommandIds",
                            MakeTraceSourceAccessor(&SpinUnit::m_staleIdTrace),
                            "ns3::offload::StaleCommandId::TracedCallback")
            .AddTraceSource("Drop",
                            "A packet was not handled, or a handler dropped it",
                            MakeTraceSourceAccessor(&SpinUnit::m_dropTrace),
                            "ns3::offload::SpinUnit::DropTracedCallback")
            .AddTraceSource("Send",
                            "A handler's packet goes to the wire",
                            MakeTraceSourceAccessor(&SpinUnit::m_sendTrace),
                            "ns3::Packet::TracedCallback"));
    return tid;
}

} // namespace offload
} // namespace ns3
