/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "placed-image.h"

#include "elf-file.h"
#include "riscv-code.h"
#include "riscv-relocation.h"
#include "source-lines.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace ns3
{
namespace offload
{

PlacedImage::PlacedImage(std::shared_ptr<const ElfFile> file,
                         std::vector<uint32_t> sections,
                         std::vector<uint32_t> symbols)
    : m_file(std::move(file)),
      m_sectionAddresses(std::move(sections)),
      m_symbolAddresses(std::move(symbols))
{
    MakeSegments();
    MakeFunctions();
    for (size_t i = 0; i < m_file->symbols.size(); i++)
    {
        const ElfSymbol& symbol = m_file->symbols[i];
        if (symbol.global && symbol.place != ElfSymbol::Place::UNDEFINED)
        {
            m_globals.emplace(symbol.name, m_symbolAddresses[i]);
        }
    }
}

PlacedImage::~PlacedImage() = default;

void
PlacedImage::MakeSegments()
{
    for (size_t i = 0; i < m_file->sections.size(); i++)
    {
        const ElfSection& section = m_file->sections[i];
        if (!section.allocated || section.size == 0)
        {
            continue;
        }
        ImageSegment segment;
        segment.address = m_sectionAddresses[i];
        segment.bytes = section.bytes;
        segment.zeroBytes = section.size - static_cast<uint32_t>(section.bytes.size());
        segment.executable = section.executable;
        RiscvRelocation(section, segment.address, m_symbolAddresses).Apply(segment.bytes);
        m_segments.push_back(std::move(segment));
    }
    for (size_t i = 0; i < m_file->symbols.size(); i++)
    {
        const ElfSymbol& symbol = m_file->symbols[i];
        if (symbol.place == ElfSymbol::Place::COMMON)
        {
            m_segments.push_back({m_symbolAddresses[i], {}, symbol.size, false});
        }
    }
}

void
PlacedImage::MakeFunctions()
{
    // Of several names for one place, a function's global name is the best.
    struct Candidate
    {
        ImageFunction function;
        bool label;
        bool local;
    };

    std::vector<Candidate> candidates;
    for (size_t i = 0; i < m_file->symbols.size(); i++)
    {
        const ElfSymbol& symbol = m_file->symbols[i];
        const bool label = symbol.type == ElfSymbol::Type::LABEL;
        if ((!label && symbol.type != ElfSymbol::Type::FUNCTION) ||
            symbol.place != ElfSymbol::Place::SECTION || symbol.name.empty() ||
            symbol.name[0] == '.' || symbol.name[0] == '$')
        {
            continue;
        }
        const ElfSection& section = m_file->sections[symbol.section];
        const uint32_t address = m_symbolAddresses[i];
        const uint32_t sectionEnd = m_sectionAddresses[symbol.section] + section.size;
        if (section.allocated && section.executable && address < sectionEnd)
        {
            const uint32_t end = symbol.size ? address + symbol.size : sectionEnd;
            candidates.push_back({{address, end, symbol.name}, label, !symbol.global});
        }
    }
    std::stable_sort(candidates.begin(),
                     candidates.end(),
                     [](const Candidate& a, const Candidate& b) {
                         return std::tie(a.function.address, a.label, a.local) <
                                std::tie(b.function.address, b.label, b.local);
                     });
    uint32_t functionEnd = 0; // of the last one that is not a label
    for (Candidate& candidate : candidates)
    {
        const uint32_t address = candidate.function.address;
        if (candidate.label && address < functionEnd)
        {
            continue; // within a function
        }
        if (!m_functions.empty())
        {
            if (m_functions.back().address == address)
            {
                continue;
            }
            // Labels and functions of unknown size go on to the next one.
            m_functions.back().end = std::min(m_functions.back().end, address);
        }
        functionEnd = candidate.label ? functionEnd : candidate.function.end;
        m_functions.push_back(std::move(candidate.function));
    }
}

std::shared_ptr<const RiscvCode>
PlacedImage::GetCode(const CoreTiming& timing) const
{
    const auto old = std::remove_if(m_code.begin(), m_code.end(), [](const auto& code) {
        return code.expired();
    });
    m_code.erase(old, m_code.end());
    for (const auto& known : m_code)
    {
        const auto code = known.lock();
        if (code->GetTiming() == timing)
        {
            return code;
        }
    }
    const auto code = Decode(timing);
    m_code.push_back(code);
    return code;
}

std::shared_ptr<const RiscvCode>
PlacedImage::Decode(const CoreTiming& timing) const
{
    // One piece, gaps between sections included: zeroes are no instructions.
    uint32_t begin = UINT32_MAX;
    uint32_t end = 0;
    for (const ImageSegment& segment : m_segments)
    {
        if (segment.executable)
        {
            begin = std::min(begin, segment.address);
            end = std::max(end, segment.address + static_cast<uint32_t>(segment.bytes.size()));
        }
    }
    if (begin >= end)
    {
        throw std::invalid_argument(m_file->name + ": has no code");
    }
    std::vector<uint8_t> bytes(end - begin);
    for (const ImageSegment& segment : m_segments)
    {
        if (segment.executable)
        {
            std::copy(segment.bytes.begin(),
                      segment.bytes.end(),
                      bytes.begin() + (segment.address - begin));
        }
    }
    return std::make_shared<const RiscvCode>(begin, bytes, timing);
}

std::optional<uint32_t>
PlacedImage::FindSymbol(const std::string& name) const
{
    const auto found = m_globals.find(name);
    return found == m_globals.end() ? std::nullopt : std::optional<uint32_t>(found->second);
}

const ImageFunction*
PlacedImage::FunctionAt(uint32_t pc) const
{
    const auto after = std::upper_bound(
        m_functions.begin(),
        m_functions.end(),
        pc,
        [](uint32_t address, const ImageFunction& function) { return address < function.address; });
    if (after == m_functions.begin() || pc >= (after - 1)->end)
    {
        return nullptr;
    }
    return &*(after - 1);
}

void
PlacedImage::ReadSourceLines() const
{
    if (!m_lines)
    {
        // The debugging sections of an object are relocated in a copy of the whole file.
        std::vector<uint8_t> elf = m_file->bytes;
        try
        {
            for (size_t i = 0; i < m_file->sections.size(); i++)
            {
                const ElfSection& section = m_file->sections[i];
                if (section.debug)
                {
                    std::vector<uint8_t> bytes = section.bytes;
                    RiscvRelocation(section, m_sectionAddresses[i], m_symbolAddresses).Apply(bytes);
                    std::copy(bytes.begin(), bytes.end(), elf.begin() + section.fileOffset);
                }
            }
        }
        catch (const std::invalid_argument&)
        {
            elf.clear(); // an unknown form of debugging information: the program runs without
        }
        m_lines = std::make_unique<const SourceLines>(std::move(elf));
    }
}

std::string
PlacedImage::SourceLineAt(uint32_t pc) const
{
    ReadSourceLines();
    return m_lines->Find(pc);
}

} // namespace offload
} // namespace ns3
