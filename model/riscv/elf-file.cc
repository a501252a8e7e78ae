/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "elf-file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <libelf.h>
#include <memory>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

const char* const HOW_TO_COMPILE = ": compile with -march=rv32imac_zicsr -mabi=ilp32";

const char* const TRUNCATED = "is truncated: its end is missing";

/** Refuse a file. */
[[noreturn]] void
Refuse(const std::string& file, const std::string& why)
{
    throw std::invalid_argument(file + ": " + why);
}

/** Closes libelf's view of a file. */
struct ElfDeleter
{
    void operator()(Elf* elf) const
    {
        elf_end(elf);
    }
};

using ElfHandle = std::unique_ptr<Elf, ElfDeleter>;

/** Far more than PsPIN's memories hold with all that debuggers want to know of it. */
constexpr size_t MAX_FILE_BYTES = size_t{64} << 20;

/** Append up to so many bytes of a file; @return whether there were as many. */
bool
Append(std::ifstream& stream, std::vector<uint8_t>& bytes, size_t count)
{
    const size_t before = bytes.size();
    bytes.resize(before + count);
    stream.read(reinterpret_cast<char*>(bytes.data() + before),
                static_cast<std::streamsize>(count));
    bytes.resize(before + static_cast<size_t>(stream.gcount()));
    return bytes.size() == before + count;
}

/**
 * Refuse what is not for a 32-bit RISC-V core without floating point.
 * @param file its name
 * @param bytes its beginning
 * @return its header
 */
Elf32_Ehdr
CheckHeader(const std::string& file, const std::vector<uint8_t>& bytes)
{
    if (bytes.empty())
    {
        Refuse(file, "cannot be read, or is empty");
    }
    if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    {
        Refuse(file, "is not an ELF file");
    }
    if (bytes.size() < sizeof(Elf32_Ehdr))
    {
        Refuse(file, TRUNCATED);
    }
    Elf32_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.e_ident[EI_DATA] != ELFDATA2LSB)
    {
        Refuse(file, "is not little endian, as the HPUs are");
    }
    if (header.e_machine != EM_RISCV)
    {
        Refuse(file,
               "is for another machine (ELF machine number " + std::to_string(header.e_machine) +
                   "), not for RISC-V");
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS32)
    {
        Refuse(file, std::string("is 64 bit, the HPUs are 32 bit") + HOW_TO_COMPILE);
    }
    if (header.e_flags & EF_RISCV_FLOAT_ABI)
    {
        Refuse(file,
               std::string("was built for the hard-float ABI, the HPUs have no floating-point "
                           "unit") +
                   HOW_TO_COMPILE);
    }
    if (header.e_type == ET_DYN)
    {
        Refuse(file,
               "is position independent or shared: link with -static -no-pie, or with -r to an "
               "object");
    }
    if (header.e_type != ET_EXEC && header.e_type != ET_REL)
    {
        Refuse(file, "is neither a program nor an object file");
    }
    return header;
}

/** @return all bytes of a file that CheckHeader takes; of others no more than that is read */
std::vector<uint8_t>
ReadBytes(const std::string& name)
{
    constexpr size_t piece = 1 << 16;
    std::ifstream stream(name, std::ios::binary);
    if (!stream)
    {
        Refuse(name, std::strerror(errno));
    }
    std::vector<uint8_t> bytes;
    bool more = Append(stream, bytes, sizeof(Elf32_Ehdr));
    const Elf32_Ehdr header = CheckHeader(name, bytes);
    while (more)
    {
        more = Append(stream, bytes, piece);
        if (bytes.size() > MAX_FILE_BYTES)
        {
            Refuse(name, "is larger than 64 MiB");
        }
    }
    // The sections' headers are mostly what comes last.
    if (header.e_shoff + uint64_t{header.e_shnum} * header.e_shentsize > bytes.size())
    {
        Refuse(name, TRUNCATED);
    }
    return bytes;
}

/** Reads the build attributes (RISC-V psABI, "Attributes"). */
class AttributeReader
{
  public:
    AttributeReader(const uint8_t* begin, size_t size)
        : m_next(begin),
          m_end(begin + size)
    {
    }

    /** @return the architecture string, empty if there is none */
    std::string FindArchitecture()
    {
        constexpr uint32_t lengthBytes = 4;
        constexpr uint64_t tagArchitecture = 5;
        if (m_next == m_end || *m_next++ != 'A')
        {
            return "";
        }
        Skip(lengthBytes);
        String(); // vendor
        Number(); // tag of the whole file
        Skip(lengthBytes);
        while (m_next != m_end)
        {
            // Odd attributes are strings, even ones numbers.
            const uint64_t tag = Number();
            if (tag % 2 == 0)
            {
                Number();
                continue;
            }
            const std::string value = String();
            if (tag == tagArchitecture)
            {
                return value;
            }
        }
        return "";
    }

  private:
    void Skip(size_t bytes)
    {
        m_next += std::min<size_t>(bytes, m_end - m_next);
    }

    uint64_t Number()
    {
        uint64_t value = 0;
        for (uint32_t shift = 0; m_next != m_end && shift < 64; shift += 7)
        {
            const uint8_t byte = *m_next++;
            value |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (!(byte & 0x80))
            {
                break;
            }
        }
        return value;
    }

    std::string String()
    {
        const uint8_t* zero = std::find(m_next, m_end, 0);
        std::string text(m_next, zero);
        m_next = zero == m_end ? zero : zero + 1;
        return text;
    }

    const uint8_t* m_next; //!< not read yet
    const uint8_t* m_end;  //!< end
};

/** Refuse extensions that would only show when the first instruction traps. */
void
CheckArchitecture(const std::string& file, const std::string& architecture)
{
    // One-letter extensions are separated by '_' and followed by a version, after "rv32" and the
    // base; a compiler writes them all out: rv32i2p1_m2p0_f2p2_zicsr2p0.
    for (size_t i = 0; (i = architecture.find('_', i)) != std::string::npos; i++)
    {
        const std::string extension = architecture.substr(i + 1, 2);
        if (extension.size() == 2 && std::strchr("fdqv", extension[0]) &&
            std::isdigit(static_cast<unsigned char>(extension[1])))
        {
            const auto letter = static_cast<char>(std::toupper(extension[0]));
            Refuse(file,
                   std::string("needs the ") + letter + " extension, which the HPUs do not have" +
                       HOW_TO_COMPILE);
        }
    }
}

/** Reads sections and symbols through libelf. */
class Reader
{
  public:
    explicit Reader(ElfFile& file)
        : m_file(file)
    {
        elf_version(EV_CURRENT);
        m_elf.reset(elf_memory(reinterpret_cast<char*>(file.bytes.data()), file.bytes.size()));
        Elf32_Ehdr* header = m_elf ? elf32_getehdr(m_elf.get()) : nullptr;
        if (!header || header->e_shoff % alignof(Elf32_Shdr) ||
            elf_getshdrstrndx(m_elf.get(), &m_names) != 0)
        {
            Damaged();
        }
        file.relocatable = header->e_type == ET_REL;
        file.entry = header->e_entry;
        size_t count = 0;
        elf_getshdrnum(m_elf.get(), &count);
        file.sections.resize(std::max<size_t>(count, 1));
    }

    void Read()
    {
        for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(m_elf.get(), scn));)
        {
            ReadSection(scn, Header(scn));
        }
        // Relocations come after all sections that they may belong to.
        for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(m_elf.get(), scn));)
        {
            const Elf32_Shdr& header = Header(scn);
            if (header.sh_type == SHT_SYMTAB)
            {
                ReadSymbols(scn, header);
            }
            else if (header.sh_type == SHT_RELA && m_file.relocatable)
            {
                ReadRelocations(scn, header);
            }
        }
        if (m_file.symbols.empty())
        {
            Refuse(m_file.name, "has no symbols: do not strip it, handlers are found by name");
        }
    }

  private:
    [[noreturn]] void Damaged()
    {
        Refuse(m_file.name, "is damaged");
    }

    const Elf32_Shdr& Header(Elf_Scn* scn)
    {
        const Elf32_Shdr* header = elf32_getshdr(scn);
        return header ? *header : (Damaged(), *header);
    }

    /**
     * @return a name that can stand in messages of one line and in traces: the assembler's local
     *         labels have control characters, and damaged files have anything
     */
    std::string Name(size_t table, size_t offset)
    {
        const char* text = elf_strptr(m_elf.get(), table, offset);
        std::string name = text ? text : (Damaged(), "");
        std::replace_if(
            name.begin(),
            name.end(),
            [](unsigned char character) { return std::iscntrl(character); },
            '?');
        return name;
    }

    const Elf_Data& Data(Elf_Scn* scn)
    {
        const Elf_Data* data = elf_getdata(scn, nullptr);
        return data && (data->d_buf || !data->d_size) ? *data : (Damaged(), *data);
    }

    void ReadSection(Elf_Scn* scn, const Elf32_Shdr& header)
    {
        ElfSection& section = m_file.sections[elf_ndxscn(scn)];
        section.name = Name(m_names, header.sh_name);
        section.address = header.sh_addr;
        section.size = header.sh_size;
        section.alignment = std::max<uint32_t>(header.sh_addralign, 1);
        section.fileOffset = header.sh_offset;
        section.allocated = header.sh_flags & SHF_ALLOC;
        section.executable = header.sh_flags & SHF_EXECINSTR;
        section.debug = !section.allocated && section.name.rfind(".debug_", 0) == 0 &&
                        !(header.sh_flags & SHF_COMPRESSED);
        if (header.sh_flags & SHF_TLS)
        {
            Refuse(m_file.name,
                   "has thread-local data (" + section.name + "), HPUs have no threads");
        }
        if (header.sh_type == SHT_INIT_ARRAY && section.size)
        {
            Refuse(m_file.name, "has constructors (" + section.name + "), which nobody would run");
        }
        // What only debuggers and unwinders read takes no room on the NIC.
        if (header.sh_type == SHT_NOTE || section.name == ".eh_frame")
        {
            section.allocated = false;
        }
        if (header.sh_type != SHT_NOBITS &&
            uint64_t{header.sh_offset} + header.sh_size > m_file.bytes.size())
        {
            Refuse(m_file.name, TRUNCATED);
        }
        if (header.sh_type != SHT_NOBITS && (section.allocated || section.debug))
        {
            const Elf_Data& data = Data(scn);
            const auto* begin = static_cast<const uint8_t*>(data.d_buf);
            section.bytes.assign(begin, begin + data.d_size);
            if (section.bytes.size() != section.size)
            {
                Damaged();
            }
        }
        if (section.name == ".riscv.attributes")
        {
            const Elf_Data& data = Data(scn);
            AttributeReader attributes(static_cast<const uint8_t*>(data.d_buf), data.d_size);
            CheckArchitecture(m_file.name, attributes.FindArchitecture());
        }
    }

    void ReadSymbols(Elf_Scn* scn, const Elf32_Shdr& header)
    {
        const Elf_Data& data = Data(scn);
        const auto* first = static_cast<const Elf32_Sym*>(data.d_buf);
        for (size_t i = 0; i < data.d_size / sizeof(Elf32_Sym); i++)
        {
            const Elf32_Sym& from = first[i];
            ElfSymbol symbol;
            symbol.name = Name(header.sh_link, from.st_name);
            symbol.value = from.st_value;
            symbol.size = from.st_size;
            symbol.section = from.st_shndx;
            switch (ELF32_ST_TYPE(from.st_info))
            {
            case STT_NOTYPE:
                symbol.type = ElfSymbol::Type::LABEL;
                break;
            case STT_OBJECT:
            case STT_COMMON:
                symbol.type = ElfSymbol::Type::OBJECT;
                break;
            case STT_FUNC:
                symbol.type = ElfSymbol::Type::FUNCTION;
                break;
            default:
                symbol.type = ElfSymbol::Type::OTHER;
            }
            switch (from.st_shndx)
            {
            case SHN_UNDEF:
                symbol.place = ElfSymbol::Place::UNDEFINED;
                break;
            case SHN_ABS:
                symbol.place = ElfSymbol::Place::ABSOLUTE;
                break;
            case SHN_COMMON:
                symbol.place = ElfSymbol::Place::COMMON;
                break;
            default:
                symbol.place = ElfSymbol::Place::SECTION;
                if (symbol.section >= m_file.sections.size())
                {
                    Damaged();
                }
            }
            symbol.global = ELF32_ST_BIND(from.st_info) != STB_LOCAL;
            symbol.weak = ELF32_ST_BIND(from.st_info) == STB_WEAK;
            m_file.symbols.push_back(std::move(symbol));
        }
    }

    void ReadRelocations(Elf_Scn* scn, const Elf32_Shdr& header)
    {
        const Elf_Data& data = Data(scn);
        if (header.sh_info >= m_file.sections.size())
        {
            Damaged();
        }
        ElfSection& section = m_file.sections[header.sh_info];
        const auto* first = static_cast<const Elf32_Rela*>(data.d_buf);
        for (size_t i = 0; i < data.d_size / sizeof(Elf32_Rela); i++)
        {
            const Elf32_Rela& from = first[i];
            section.relocations.push_back({from.r_offset,
                                           ELF32_R_TYPE(from.r_info),
                                           ELF32_R_SYM(from.r_info),
                                           static_cast<uint32_t>(from.r_addend)});
        }
    }

    ElfFile& m_file;   //!< where it goes
    ElfHandle m_elf;   //!< libelf's view
    size_t m_names{0}; //!< section with the sections' names
};

} // namespace

ElfFile
ElfFile::Read(const std::string& name)
{
    ElfFile file;
    file.name = name;
    file.bytes = ReadBytes(name);
    Reader(file).Read();
    return file;
}

} // namespace offload
} // namespace ns3
