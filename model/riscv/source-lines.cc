/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "source-lines.h"

#include <algorithm>
#include <elfutils/libdw.h>
#include <memory>

namespace ns3
{
namespace offload
{

namespace
{

/** Closes the libraries' views of a file. */
struct Closer
{
    void operator()(Elf* elf) const
    {
        elf_end(elf);
    }

    void operator()(Dwarf* dwarf) const
    {
        dwarf_end(dwarf);
    }
};

} // namespace

SourceLines::SourceLines(std::vector<uint8_t> elf)
{
    elf_version(EV_CURRENT);
    const std::unique_ptr<Elf, Closer> file(
        elf_memory(reinterpret_cast<char*>(elf.data()), elf.size()));
    const std::unique_ptr<Dwarf, Closer> dwarf(dwarf_begin_elf(file.get(), DWARF_C_READ, nullptr));
    if (!dwarf)
    {
        return;
    }
    Dwarf_Off offset = 0;
    Dwarf_Off next = 0;
    size_t header = 0;
    while (dwarf_nextcu(dwarf.get(), offset, &next, &header, nullptr, nullptr, nullptr) == 0)
    {
        Dwarf_Die unit;
        Dwarf_Lines* lines = nullptr;
        size_t count = 0;
        if (dwarf_offdie(dwarf.get(), offset + header, &unit) &&
            dwarf_getsrclines(&unit, &lines, &count) == 0)
        {
            for (size_t i = 0; i < count; i++)
            {
                Dwarf_Line* line = dwarf_onesrcline(lines, i);
                Dwarf_Addr address = 0;
                int number = 0;
                bool end = false;
                const char* name = dwarf_linesrc(line, nullptr, nullptr);
                if (dwarf_lineaddr(line, &address) == 0 && dwarf_lineno(line, &number) == 0 &&
                    dwarf_lineendsequence(line, &end) == 0 && name)
                {
                    m_entries.push_back({static_cast<uint32_t>(address),
                                         NumberOf(name),
                                         end ? 0 : static_cast<uint32_t>(number)});
                }
            }
        }
        offset = next;
    }
    // Where one sequence ends and the next begins, the end comes first.
    std::stable_sort(m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) {
        return a.address != b.address ? a.address < b.address : !a.line && b.line;
    });
}

uint32_t
SourceLines::NumberOf(const std::string& file)
{
    const std::string name = file.substr(file.find_last_of('/') + 1);
    const auto known = std::find(m_files.begin(), m_files.end(), name);
    if (known == m_files.end())
    {
        m_files.push_back(name);
        return static_cast<uint32_t>(m_files.size() - 1);
    }
    return static_cast<uint32_t>(known - m_files.begin());
}

std::string
SourceLines::Find(uint32_t pc) const
{
    const auto after =
        std::upper_bound(m_entries.begin(),
                         m_entries.end(),
                         pc,
                         [](uint32_t address, const Entry& e) { return address < e.address; });
    if (after == m_entries.begin() || !(after - 1)->line)
    {
        return "";
    }
    const Entry& entry = *(after - 1);
    return m_files[entry.file] + ":" + std::to_string(entry.line);
}

} // namespace offload
} // namespace ns3
