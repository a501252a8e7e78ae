/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "riscv-image.h"

#include "address-map.h"
#include "elf-file.h"
#include "hexadecimal.h"
#include "riscv-relocation.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

using namespace memory_map;

namespace
{

/** @return an address for people */
std::string
Hex(uint32_t address)
{
    return Hexadecimal(address, 8, true);
}

/** @return a range of addresses for people */
std::string
Range(uint32_t base, uint32_t bytes)
{
    return Hex(base) + " to " + Hex(base + bytes - 1);
}

/** @return whether a range lies within a memory */
bool
IsWithin(uint32_t address, uint32_t size, uint32_t base, uint32_t memoryBytes)
{
    return address >= base && address - base <= memoryBytes &&
           size <= memoryBytes - (address - base);
}

/** @return whether a range lies within an L1, by its own address or by the cluster's */
bool
IsInL1(uint32_t address, uint32_t size)
{
    bool found = IsWithin(address, size, L1_ALIAS, L1_BYTES);
    for (uint32_t i = 0; i < L1_WINDOWS; i++)
    {
        found = found || IsWithin(address, size, L1_BASE + i * L1_STRIDE, L1_BYTES);
    }
    return found;
}

} // namespace

std::shared_ptr<const RiscvImage>
RiscvImage::Load(const std::string& file)
{
    auto read = std::make_shared<ElfFile>(ElfFile::Read(file));
    if (read->relocatable)
    {
        RiscvRelocation::RemovePadding(*read);
    }
    return std::shared_ptr<const RiscvImage>(new RiscvImage(std::move(read)));
}

RiscvImage::RiscvImage(std::shared_ptr<const ElfFile> file)
    : m_file(std::move(file))
{
    if (m_file->relocatable)
    {
        CheckUndefined();
        LayOut();
    }
    else
    {
        CheckAddresses();
        CheckOverlaps();
    }
    CheckFunctions();
    if (m_codeBytes == 0)
    {
        Refuse("has no code");
    }
}

void
RiscvImage::Refuse(const std::string& why) const
{
    throw std::invalid_argument(m_file->name + ": " + why);
}

const std::string&
RiscvImage::GetFileName() const
{
    return m_file->name;
}

bool
RiscvImage::HasContentOf(const RiscvImage& other) const
{
    return m_file->bytes == other.m_file->bytes;
}

bool
RiscvImage::IsComplete() const
{
    return !m_file->relocatable && m_file->entry == PROGRAM_START;
}

bool
RiscvImage::IsRelocatable() const
{
    return m_file->relocatable;
}

void
RiscvImage::CheckUndefined() const
{
    for (const ElfSection& section : m_file->sections)
    {
        for (const ElfRelocation& relocation : section.relocations)
        {
            if (!section.allocated || relocation.symbol >= m_file->symbols.size())
            {
                continue;
            }
            const ElfSymbol& symbol = m_file->symbols[relocation.symbol];
            if (symbol.place == ElfSymbol::Place::UNDEFINED && !symbol.weak && !symbol.name.empty())
            {
                const bool inHeader = symbol.name == "memcpy" || symbol.name == "memmove" ||
                                      symbol.name == "memset" || symbol.name == "memcmp";
                Refuse("undefined symbol " + symbol.name +
                       (inHeader ? ": #include <string.h> of bindings/pspin, which has it"
                                 : ": link the object with what it calls, riscv64-unknown-elf-gcc "
                                   "-r -nostdlib -march=rv32imac -mabi=ilp32 … -lgcc"));
            }
        }
    }
}

void
RiscvImage::LayOut()
{
    uint64_t code = 0;
    uint64_t data = 0;
    const auto take = [this, &code, &data](bool isCode, uint32_t size, uint32_t alignment) {
        alignment = std::max(alignment, 1U);
        if (alignment & (alignment - 1))
        {
            Refuse("is damaged");
        }
        uint64_t& end = isCode ? code : data;
        uint32_t& most = isCode ? m_codeAlignment : m_dataAlignment;
        const uint64_t begin = (end + alignment - 1) / alignment * alignment;
        end = begin + size;
        most = std::max(most, alignment);
        return static_cast<uint32_t>(begin);
    };
    for (const ElfSection& section : m_file->sections)
    {
        const bool used = section.allocated && section.size;
        m_sectionOffsets.push_back(used ? take(section.executable, section.size, section.alignment)
                                        : 0);
    }
    m_commonOffsets.resize(m_file->symbols.size());
    for (size_t i = 0; i < m_file->symbols.size(); i++)
    {
        const ElfSymbol& symbol = m_file->symbols[i];
        if (symbol.place == ElfSymbol::Place::COMMON)
        {
            m_commonOffsets[i] = take(false, symbol.size, symbol.value);
        }
    }
    if (code > PROGRAM_BYTES)
    {
        Refuse("its code of " + std::to_string(code) + " B is larger than the program memory of " +
               std::to_string(PROGRAM_BYTES) + " B");
    }
    if (data > L2_HANDLER_BYTES)
    {
        Refuse("its data of " + std::to_string(data) +
               " B is larger than the L2 handler memory of " + std::to_string(L2_HANDLER_BYTES) +
               " B");
    }
    m_codeBytes = static_cast<uint32_t>(code);
    m_dataBytes = static_cast<uint32_t>(data);
}

void
RiscvImage::CheckAddresses()
{
    uint32_t codeEnd = 0;
    uint32_t dataEnd = 0;
    m_codeBase = UINT32_MAX;
    m_dataBase = UINT32_MAX;
    for (const ElfSection& section : m_file->sections)
    {
        const uint32_t address = section.address;
        const uint32_t size = section.size;
        m_sectionOffsets.push_back(address);
        if (!section.allocated || size == 0)
        {
            continue;
        }
        if (section.executable && address % 2)
        {
            Refuse("section " + section.name + " is at the odd address " + Hex(address) +
                   ", instructions are at even ones");
        }
        if (IsWithin(address, size, PROGRAM_BASE, PROGRAM_BYTES))
        {
            m_codeBase = std::min(m_codeBase, address);
            codeEnd = std::max(codeEnd, address + size);
        }
        else if (!section.executable && IsWithin(address, size, L2_HANDLER_BASE, L2_HANDLER_BYTES))
        {
            m_dataBase = std::min(m_dataBase, address);
            dataEnd = std::max(dataEnd, address + size);
        }
        else if (section.executable || !IsComplete() || !IsInL1(address, size))
        {
            Refuse("section " + section.name + " (" + std::to_string(size) + " B at " +
                   Hex(address) + ") is outside " +
                   (section.executable
                        ? "program memory, " + Range(PROGRAM_BASE, PROGRAM_BYTES)
                        : "L2 handler memory, " + Range(L2_HANDLER_BASE, L2_HANDLER_BYTES)));
        }
    }
    m_codeBytes = codeEnd - std::min(m_codeBase, codeEnd);
    m_dataBytes = dataEnd - std::min(m_dataBase, dataEnd);
    m_codeBase = m_codeBytes ? m_codeBase : 0;
    m_dataBase = m_dataBytes ? m_dataBase : 0;
}

void
RiscvImage::CheckOverlaps() const
{
    std::vector<const ElfSection*> sections;
    for (const ElfSection& section : m_file->sections)
    {
        if (section.allocated && section.size)
        {
            sections.push_back(&section);
        }
    }
    std::sort(sections.begin(), sections.end(), [](const ElfSection* a, const ElfSection* b) {
        return a->address < b->address;
    });
    for (size_t i = 1; i < sections.size(); i++)
    {
        const ElfSection& before = *sections[i - 1];
        const ElfSection& section = *sections[i];
        if (section.address - before.address < before.size)
        {
            Refuse("section " + section.name + " at " + Hex(section.address) + " overlaps " +
                   before.name + ", " + Range(before.address, before.size));
        }
    }
}

void
RiscvImage::CheckFunctions() const
{
    for (const ElfSymbol& symbol : m_file->symbols)
    {
        if (symbol.type == ElfSymbol::Type::FUNCTION && IsCode(symbol) && symbol.value % 2)
        {
            Refuse("function " + symbol.name + " is at the odd address " + Hex(symbol.value) +
                   ", instructions are at even ones");
        }
    }
}

std::shared_ptr<const PlacedImage>
RiscvImage::Place(uint32_t codeBase, uint32_t dataBase) const
{
    if (!IsRelocatable())
    {
        codeBase = 0;
        dataBase = 0;
    }
    std::weak_ptr<const PlacedImage>& known = m_placed[{codeBase, dataBase}];
    std::shared_ptr<const PlacedImage> placed = known.lock();
    if (!placed)
    {
        if (IsRelocatable())
        {
            CheckPlace(codeBase, dataBase);
        }
        placed = MakePlaced(codeBase, dataBase);
        known = placed;
    }
    return placed;
}

void
RiscvImage::CheckPlace(uint32_t codeBase, uint32_t dataBase) const
{
    if (!IsWithin(codeBase, m_codeBytes, PROGRAM_BASE, PROGRAM_BYTES))
    {
        Refuse("its code of " + std::to_string(m_codeBytes) + " B does not fit at " +
               Hex(codeBase) + " into program memory, " + Range(PROGRAM_BASE, PROGRAM_BYTES));
    }
    if (m_dataBytes && !IsWithin(dataBase, m_dataBytes, L2_HANDLER_BASE, L2_HANDLER_BYTES))
    {
        Refuse("its data of " + std::to_string(m_dataBytes) + " B does not fit at " +
               Hex(dataBase) + " into L2 handler memory, " +
               Range(L2_HANDLER_BASE, L2_HANDLER_BYTES));
    }
    if (codeBase % m_codeAlignment)
    {
        Refuse("its code must be placed at a multiple of " + std::to_string(m_codeAlignment) +
               ", not at " + Hex(codeBase));
    }
    if (m_dataBytes && dataBase % m_dataAlignment)
    {
        Refuse("its data must be placed at a multiple of " + std::to_string(m_dataAlignment) +
               ", not at " + Hex(dataBase));
    }
}

std::shared_ptr<const PlacedImage>
RiscvImage::MakePlaced(uint32_t codeBase, uint32_t dataBase) const
{
    std::vector<uint32_t> sections;
    for (size_t i = 0; i < m_file->sections.size(); i++)
    {
        const ElfSection& section = m_file->sections[i];
        const uint32_t base = section.executable ? codeBase : dataBase;
        sections.push_back(section.allocated ? base + m_sectionOffsets[i] : 0);
    }
    std::vector<uint32_t> symbols;
    for (size_t i = 0; i < m_file->symbols.size(); i++)
    {
        const ElfSymbol& symbol = m_file->symbols[i];
        switch (symbol.place)
        {
        case ElfSymbol::Place::SECTION:
            symbols.push_back(symbol.value + (IsRelocatable() ? sections[symbol.section] : 0));
            break;
        case ElfSymbol::Place::COMMON:
            symbols.push_back(dataBase + m_commonOffsets[i]);
            break;
        case ElfSymbol::Place::UNDEFINED:
            symbols.push_back(0); // weak
            break;
        default:
            symbols.push_back(symbol.value);
        }
    }
    try
    {
        return std::make_shared<const PlacedImage>(m_file, std::move(sections), std::move(symbols));
    }
    catch (const std::invalid_argument& error)
    {
        Refuse(error.what());
    }
}

bool
RiscvImage::IsCode(const ElfSymbol& symbol) const
{
    return symbol.place == ElfSymbol::Place::SECTION &&
           (symbol.type == ElfSymbol::Type::FUNCTION || symbol.type == ElfSymbol::Type::LABEL) &&
           m_file->sections[symbol.section].executable;
}

bool
RiscvImage::IsFunction(const ElfSymbol& symbol) const
{
    return symbol.global && IsCode(symbol);
}

bool
RiscvImage::HasFunction(const std::string& name) const
{
    return std::any_of(
        m_file->symbols.begin(),
        m_file->symbols.end(),
        [&](const ElfSymbol& symbol) { return symbol.name == name && IsFunction(symbol); });
}

std::string
RiscvImage::WhyNoFunction(const std::string& name) const
{
    const bool local =
        std::any_of(m_file->symbols.begin(), m_file->symbols.end(), [&](const ElfSymbol& symbol) {
            return symbol.name == name && IsCode(symbol);
        });
    return local ? "has a function of that name that is local: a handler must not be static"
                 : "has no function of that name";
}

std::vector<std::string>
RiscvImage::GetHandlerCandidates() const
{
    std::vector<std::string> names;
    for (const ElfSymbol& symbol : m_file->symbols)
    {
        const std::string& name = symbol.name;
        const std::string ending = name.substr(name.size() - std::min<size_t>(name.size(), 3));
        if (IsFunction(symbol) && (ending == "_hh" || ending == "_ph" || ending == "_th"))
        {
            names.push_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace offload
} // namespace ns3
