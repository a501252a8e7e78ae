/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_LOADED_PROGRAM_H
#define OFFLOAD_LOADED_PROGRAM_H

#include "reserved-range.h"

#include "ns3/handler-program.h"

#include <cstdint>
#include <memory>
#include <string>

namespace ns3
{
namespace offload
{

class HandlerMemory;
class PlacedImage;
class RiscvCode;
class RiscvImage;

/** A RISC-V image in the memories of one unit. */
class LoadedProgram
{
  public:
    /**
     * @param image the file
     * @param placed at its addresses
     * @param code decoded
     * @param codeRange its place in program memory
     * @param dataRange its place in L2 handler memory
     */
    LoadedProgram(std::shared_ptr<const RiscvImage> image,
                  std::shared_ptr<const PlacedImage> placed,
                  std::shared_ptr<const RiscvCode> code,
                  ReservedRange&& codeRange,
                  ReservedRange&& dataRange);
    ~LoadedProgram();

    /** @return whether it has PsPIN's runtime */
    bool IsComplete() const;

    /** @return bytes in program memory */
    uint32_t GetCodeBytes() const;

    /** @return decoded instructions */
    const std::shared_ptr<const RiscvCode>& GetCode() const
    {
        return m_code;
    }

    /** @return the file */
    const std::shared_ptr<const RiscvImage>& GetImage() const
    {
        return m_image;
    }

    /** @return what is where */
    const PlacedImage& GetPlaced() const
    {
        return *m_placed;
    }

    /**
     * @param name a symbol
     * @return its address, 0 if there is none
     */
    uint32_t FindSymbol(const std::string& name) const;

    /**
     * Add the program's own data to what a handler of it may touch.
     * @param memory of the handler
     * @param cluster where it runs
     */
    void AddMemory(HandlerMemory& memory, uint32_t cluster) const;

  private:
    std::shared_ptr<const RiscvImage> m_image;   //!< the file
    std::shared_ptr<const PlacedImage> m_placed; //!< at its addresses
    std::shared_ptr<const RiscvCode> m_code;     //!< decoded
    ReservedRange m_codeRange;                   //!< in program memory
    ReservedRange m_dataRange;                   //!< in L2 handler memory
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_LOADED_PROGRAM_H */
