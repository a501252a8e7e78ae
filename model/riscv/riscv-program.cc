/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-program.h"

#include "riscv-hpu.h"
#include "riscv-image.h"
#include "riscv-system.h"

#include "ns3/hpu.h"
#include "ns3/spin-pipeline.h"
#include "ns3/string.h"

#include <stdexcept>

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(RiscvProgram);

namespace
{

/** How PsPIN's examples call their handlers, by kind. */
constexpr std::array<const char*, 3> SUFFIXES = {"_hh", "_ph", "_th"};

/** Attributes that name handlers, by kind. */
constexpr std::array<const char*, 3> NAMES = {"Header", "Payload", "Completion"};

bool
EndsWith(const std::string& text, const std::string& end)
{
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

} // namespace

TypeId
RiscvProgram::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::RiscvProgram")
            .SetParent<HandlerProgram>()
            .SetGroupName("Offload")
            .AddConstructor<RiscvProgram>()
            .AddAttribute("File",
                          "ELF file with the handlers, 32-bit RISC-V: a complete PsPIN image, or "
                          "an object of handlers",
                          StringValue(""),
                          MakeStringAccessor(&RiscvProgram::SetFile, &RiscvProgram::GetFile),
                          MakeStringChecker())
            .AddAttribute("Header",
                          "Symbol of the header handler. If none of the three is given: the one "
                          "symbol that ends in _hh, if there is one",
                          StringValue(""),
                          MakeStringAccessor(&RiscvProgram::SetName<0>, &RiscvProgram::GetName<0>),
                          MakeStringChecker())
            .AddAttribute("Payload",
                          "Symbol of the payload handler; the same with _ph",
                          StringValue(""),
                          MakeStringAccessor(&RiscvProgram::SetName<1>, &RiscvProgram::GetName<1>),
                          MakeStringChecker())
            .AddAttribute("Completion",
                          "Symbol of the completion handler; the same with _th",
                          StringValue(""),
                          MakeStringAccessor(&RiscvProgram::SetName<2>, &RiscvProgram::GetName<2>),
                          MakeStringChecker());
    return tid;
}

RiscvProgram::RiscvProgram()
    : m_use(std::make_shared<char>())
{
}

RiscvProgram::~RiscvProgram() = default;

/** Set an attribute; the file is read again, which may have changed under the same name, too. */
void
RiscvProgram::Change(std::string& attribute, std::string value)
{
    if (m_use.use_count() > 1)
    {
        throw std::invalid_argument(m_file + ": RiscvProgram's attributes cannot be set while a "
                                             "NIC has the program; detach its contexts first");
    }
    attribute = std::move(value);
    m_image.reset();
}

std::shared_ptr<const RiscvImage>
RiscvProgram::GetImage() const
{
    if (!m_image)
    {
        Resolve();
    }
    return m_image;
}

void
RiscvProgram::Resolve() const
{
    auto image = RiscvImage::Load(m_file);
    const bool given = !m_names[0].empty() || !m_names[1].empty() || !m_names[2].empty();
    const auto candidates = image->GetHandlerCandidates();
    auto symbols = m_names;
    bool any = given;
    for (unsigned kind = 0; kind < KINDS; kind++)
    {
        if (given)
        {
            if (!symbols[kind].empty() && !image->HasFunction(symbols[kind]))
            {
                throw std::invalid_argument(m_file + ": " + NAMES[kind] + "=" + symbols[kind] +
                                            ": it " + image->WhyNoFunction(symbols[kind]));
            }
            continue;
        }
        for (const std::string& name : candidates)
        {
            if (EndsWith(name, SUFFIXES[kind]))
            {
                if (!symbols[kind].empty())
                {
                    throw std::invalid_argument(m_file + ": " + symbols[kind] + " or " + name +
                                                "? Name the handlers");
                }
                symbols[kind] = name;
                any = true;
            }
        }
    }
    if (!any)
    {
        throw std::invalid_argument(m_file + ": no function is called ..._hh, ..._ph or ..._th "
                                             "(static ones do not count); name the handlers");
    }
    m_symbols = symbols;
    m_image = image;
}

const std::string&
RiscvProgram::GetSymbol(HandlerKind kind) const
{
    GetImage();
    return m_symbols[static_cast<unsigned>(kind)];
}

bool
RiscvProgram::Has(HandlerKind kind) const
{
    return !GetSymbol(kind).empty();
}

void
RiscvProgram::Load(SpinPipeline& pipeline)
{
    GetImage();
    if (!pipeline.riscv)
    {
        pipeline.riscv = std::make_unique<RiscvSystem>(pipeline);
    }
    pipeline.riscv->Load(*this);
}

void
RiscvProgram::Unload(SpinPipeline& pipeline)
{
    pipeline.riscv->Unload(*this);
}

HandlerStatus
RiscvProgram::Run(HandlerKind kind, Hpu& hpu)
{
    return hpu.RunRiscv(*this, kind);
}

} // namespace offload
} // namespace ns3
