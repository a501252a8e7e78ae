/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_FLARE_BROADCAST_HANDLER_H
#define OFFLOAD_FLARE_BROADCAST_HANDLER_H

#include "flare-dense-handler.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * Passes on the values of the one child that has any, once all others are ready for them: so a
 * block's slot is never given to a later one before all hosts have its result.
 */
class FlareBroadcastHandler final : public FlareDenseHandler
{
  public:
    /** @copydoc FlareHandler::FlareHandler */
    FlareBroadcastHandler(const FlareReduction& reduction, FlareServices& services);

    uint64_t GetBlockBytes() const override;
    FlareStep Step(FlareTask& task, uint64_t cycle) override;

  private:
    enum Phase : uint8_t
    {
        ENTER,  //!< the header has been read
        COUNTED //!< the values are copied, if there are any
    };

    std::vector<FlareBufferPtr> m_buffers; //!< by slot; null: no values yet
    std::vector<uint16_t> m_values;        //!< by slot: how many
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_FLARE_BROADCAST_HANDLER_H */
