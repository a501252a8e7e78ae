/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_MODEL_H
#define OFFLOAD_FLARE_MODEL_H

#include <algorithm>
#include <cstdint>
#include <string>

namespace ns3
{
namespace offload
{

/** How packets of a block are summed in a switch (De Sensi et al., SC 2021, section 6). */
enum class FlareAlgorithm : uint8_t
{
    SINGLE, //!< one buffer a block: handlers wait for each other
    MULTI,  //!< B buffers a block: take any idle one, the last handler merges them
    TREE,   //!< a buffer a child: handlers merge upwards and never wait
};

/**
 * @param algorithm an algorithm
 * @return "single", "multi" or "tree"
 */
const char* ToString(FlareAlgorithm algorithm);

/** Which algorithm serves an allreduce, and with how many buffers a block. */
struct FlareChoice
{
    FlareAlgorithm algorithm; //!< how
    uint32_t buffers;         //!< of a block; MULTI only, otherwise 1
};

/**
 * The rule of SC 2021, section 6.4: the more data, the farther apart are the packets of a block,
 * and the fewer buffers keep handlers from waiting. Hosts that begin at different blocks can be
 * apart by what they may have in flight, and no more: that counts if it is less than their data.
 * @param dataBytes of a host
 * @param reproducible whether the order of floating-point operations must be fixed
 * @param inFlightBytes of a host at most: its window. The paper has none: all of the data
 * @return what serves it best
 */
FlareChoice ChooseFlareAlgorithm(uint64_t dataBytes,
                                 bool reproducible,
                                 uint64_t inFlightBytes = UINT64_MAX);

/** The closed form of a switch's throughput and memory (SC 2021, sections 4 to 6). */
class FlareModel
{
  public:
    /** What the model is given; the defaults are the paper's figures 7 and 10. */
    struct Parameters
    {
        uint32_t cores{512};         //!< K: 64 clusters of 8 (SC 2021, section 3)
        uint32_t coresPerCluster{8}; //!< C
        uint32_t children{64};       //!< P: packets of a block
        uint32_t packetBytes{1024};  //!< of data
        double aggregation{1024};    //!< L: cycles to add a packet, 4 for each of 256 fp32
        double interArrival{1.28};   //!< delta: cycles from packet to packet; 64 ports, 100 Gbit/s
        double clockGhz{1};          //!< cycles a nanosecond
        /// delta_c for each KiB of a host's data, with staggered sending and S > 1, cycles
        double spreadPerKib{2};

        /**
         * Offer less or more than the ports' rate. With less, packets of a block come farther
         * apart, too: by delta * Z / N at most. With more they come no closer: what the switch does
         * not take waits.
         * @param load share of the ports' rate
         */
        void SetLoad(double load)
        {
            interArrival /= load;
            spreadPerKib /= std::min(load, 1.0);
        }
    };

    /** What it says. */
    struct Result
    {
        double serviceCycles;      //!< tau: a handler's time on its core, waiting included
        double bandwidthTbps;      //!< B_sw as data, Tbit/s
        double inputBufferMib;     //!< Q_tot packets that wait or are being handled
        double workingMemoryMib;   //!< R buffers in which blocks are summed
        double blockMemoryKib;     //!< M buffers of a block, on average over its life
        double blockLatencyCycles; //!< first packet to result

        /** @return input buffers and working memory */
        double GetTotalMib() const
        {
            return inputBufferMib + workingMemoryMib;
        }
    };

    FlareModel() = default;

    /** @param parameters the switch and its traffic */
    explicit FlareModel(const Parameters& parameters)
        : m_parameters(parameters)
    {
    }

    /**
     * @param choice algorithm and buffers
     * @param coresPerBlock S: cores among which the packets of a block are spread, 1 to C
     * @param dataKib a host's data, KiB
     * @return the switch's throughput and memory
     */
    Result Evaluate(const FlareChoice& choice, uint32_t coresPerBlock, double dataKib) const;

  private:
    double GetService(const FlareChoice& choice, uint32_t coresPerBlock, double spread) const;
    double GetBuffers(const FlareChoice& choice) const;

    Parameters m_parameters; //!< see there
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_MODEL_H */
