/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "loaded-program.h"

#include "address-map.h"
#include "handler-memory.h"
#include "placed-image.h"
#include "riscv-code.h"
#include "riscv-image.h"

namespace ns3
{
namespace offload
{

LoadedProgram::LoadedProgram(std::shared_ptr<const RiscvImage> image,
                             std::shared_ptr<const PlacedImage> placed,
                             std::shared_ptr<const RiscvCode> code,
                             ReservedRange&& codeRange,
                             ReservedRange&& dataRange)
    : m_image(std::move(image)),
      m_placed(std::move(placed)),
      m_code(std::move(code)),
      m_codeRange(std::move(codeRange)),
      m_dataRange(std::move(dataRange))
{
}

LoadedProgram::~LoadedProgram() = default;

bool
LoadedProgram::IsComplete() const
{
    return m_image->IsComplete();
}

uint32_t
LoadedProgram::GetCodeBytes() const
{
    return m_image->GetCodeBytes();
}

uint32_t
LoadedProgram::FindSymbol(const std::string& name) const
{
    return m_placed->FindSymbol(name).value_or(0);
}

void
LoadedProgram::AddMemory(HandlerMemory& memory, uint32_t cluster) const
{
    for (const ImageSegment& segment : m_placed->GetSegments())
    {
        const auto bytes = static_cast<uint32_t>(segment.bytes.size() + segment.zeroBytes);
        if (!memory_map::IsProgram(segment.address))
        {
            memory.Add(memory_map::ToGlobal(segment.address, cluster), bytes);
        }
    }
}

} // namespace offload
} // namespace ns3
