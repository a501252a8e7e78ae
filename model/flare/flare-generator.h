/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_GENERATOR_H
#define OFFLOAD_FLARE_GENERATOR_H

#include "flare-unit.h"

#include "ns3/random-variable-stream.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/** What is sent to a switch's unit (SC 2021, sections 6.5 and 7.2). */
struct FlareTraffic
{
    FlareType type{FlareType::INT32}; //!< of the values
    uint32_t blocks{1};               //!< that each child sends a packet of, or several if sparse
    double density{1};                //!< share of values that are sent, with a sparse reduction
    double gbps{400};                 //!< of packet bytes, all children together
    bool staggered{true};             //!< children begin at different blocks
};

/** What came out. */
struct FlareMeasurement
{
    double gbps{0};              //!< data (sparse: packets) handled, from the first packet's
                                 //!< feedback to the last one's, as PsPIN's test bench counts
    double elementsPerSecond{0}; //!< values summed in the same time
    uint64_t inputBytes{0};      //!< most of packets in the unit
    double workingBytes{0};      //!< aggregation state on average
    double blockBytes{0};        //!< the same for one block, over its life
    double extraTraffic{0};      //!< values sent beyond one for each index, over these
    bool verified{false};        //!< each result is what scalar arithmetic says
};

/**
 * Feeds a switch's unit with the contributions of many hosts, in the manner of the paper's
 * evaluation: exponential times between packets, hosts in random order, each sending its blocks
 * one after the other and beginning at another one; and checks what comes out. Sparse packets are
 * all 1 KiB long, however many values they hold, as those of the authors' PsPIN driver.
 */
class FlareGenerator : private FlareOutput, private FlareObserver
{
  public:
    /**
     * @param config the unit
     * @param reduction handlers; its window is as large as L1 allows
     * @param traffic what is sent
     * @param stream number of the random variables' first stream
     * @throw std::invalid_argument with one line if it is impossible
     */
    FlareGenerator(const FlareUnitConfig& config,
                   const FlareReduction& reduction,
                   const FlareTraffic& traffic,
                   int64_t stream);
    ~FlareGenerator() override;

    /** @return what came out of one run on a new unit, instruction caches cold */
    FlareMeasurement Run();

    /** @param observer told of each handler's run, or null */
    void SetObserver(FlareObserver* observer)
    {
        m_outer = observer;
    }

    /**
     * @param density share of values that are sent
     * @param elementBytes of a value
     * @return indices of a block that fills a packet, with some slack (SC 2021, section 7.2)
     */
    static uint32_t GetBlockRange(double density, uint32_t elementBytes);

    /**
     * @param elementBytes of a value
     * @return entries of a block's hash table: 256 for 4 bytes
     */
    static uint32_t GetHashSize(uint32_t elementBytes);

  private:
    /** A packet that will be sent. */
    struct Arrival
    {
        uint32_t child; //!< by whom
        uint32_t block; //!< of which block
    };

    void SendReduced(FlareHandler& handler, FlarePacketPtr&& packet, int64_t time) override;
    void ResendReduced(FlareHandler& handler,
                       FlarePacketPtr&& packet,
                       uint32_t child,
                       int64_t time) override;
    void HandlerRan(const FlareRun& run) override;

    void SendWindow(uint32_t first, uint32_t blocks);
    void SendDense(const Arrival& arrival);
    void SendSparse(const Arrival& arrival);
    void Offer(FlarePacketPtr&& packet);
    FlarePacketPtr MakePacket(const Arrival& arrival) const;
    /// @return such that all sums of values from one to it are exact, in any order
    static uint32_t GetLargest(FlareType type, uint32_t children);
    bool IsPresent(const Arrival& arrival, uint32_t index) const;
    int64_t GetValue(const Arrival& arrival, uint32_t index) const;
    void Put(uint8_t* to, int64_t value) const;
    void AddExpected(const Arrival& arrival, uint32_t index);
    void Check(uint32_t block);

    FlareUnitConfig m_config;                  //!< the unit
    FlareReduction m_reduction;                //!< handlers
    FlareTraffic m_traffic;                    //!< what is sent
    uint32_t m_elementBytes;                   //!< of a value
    uint32_t m_largest;                        //!< value that is sent; none is zero
    uint32_t m_range;                          //!< indices of a block
    FlareObserver* m_outer{nullptr};           //!< see SetObserver
    Ptr<ExponentialRandomVariable> m_interval; //!< between packets, mean 1
    Ptr<UniformRandomVariable> m_order;        //!< of hosts
    uint64_t m_salt{0};                        //!< which values are sent: changes with each run

    std::unique_ptr<FlareUnit> m_unit;            //!< of this run
    FlareHandler* m_handler{nullptr};             //!< in the unit
    double m_now{0};                              //!< ps
    uint64_t m_firstFeedback{0};                  //!< cycle
    uint64_t m_lastFeedback{0};                   //!< cycle
    uint64_t m_bytes{0};                          //!< handled, without the first packet
    uint64_t m_values{0};                         //!< the same in values
    uint64_t m_handled{0};                        //!< packets
    uint64_t m_valuesOut{0};                      //!< sent by handlers
    uint64_t m_indicesOut{0};                     //!< different ones
    uint32_t m_complete{0};                       //!< blocks whose result has come
    bool m_good{true};                            //!< so far
    std::vector<std::vector<uint8_t>> m_expected; //!< by block of the window: values
    std::vector<std::vector<uint8_t>> m_seen;     //!< sparse, by block: what came out
    std::vector<std::vector<uint8_t>> m_present;  //!< sparse, by block: bit 0 sent, bit 1 came out
    uint32_t m_first{0};                          //!< first block of the window
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_GENERATOR_H */
