/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PLACED_IMAGE_H
#define OFFLOAD_PLACED_IMAGE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace offload
{

struct CoreTiming;
struct ElfFile;
class RiscvCode;
class SourceLines;

/** A piece of an image with the address where it belongs. */
struct ImageSegment
{
    uint32_t address;           //!< of the first byte
    std::vector<uint8_t> bytes; //!< what to write there
    uint32_t zeroBytes;         //!< zeroes to write after them
    bool executable;            //!< code
};

/** A function, or a label of assembly code. */
struct ImageFunction
{
    uint32_t address; //!< of its first instruction
    uint32_t end;     //!< address after the last one
    std::string name; //!< symbol
};

/**
 * A RISC-V image at its final addresses: what to write into the memories of a unit, and what is
 * where. It is the same for all units that have it at the same place.
 */
class PlacedImage
{
  public:
    /**
     * @param file the file
     * @param sections address of each section
     * @param symbols address of each symbol
     * @throw std::invalid_argument if the file cannot be relocated to there
     */
    PlacedImage(std::shared_ptr<const ElfFile> file,
                std::vector<uint32_t> sections,
                std::vector<uint32_t> symbols);
    ~PlacedImage();
    PlacedImage(const PlacedImage&) = delete;
    PlacedImage& operator=(const PlacedImage&) = delete;

    /** @return what to write into the memories */
    const std::vector<ImageSegment>& GetSegments() const
    {
        return m_segments;
    }

    /**
     * @param timing of the cores that run it
     * @return its code, decoded once for all cores with the same timing as long as one uses it
     * @throw std::invalid_argument if it has none
     */
    std::shared_ptr<const RiscvCode> GetCode(const CoreTiming& timing) const;

    /**
     * @param name of a symbol that other files may see, such as a handler
     * @return its address, if there is one
     */
    std::optional<uint32_t> FindSymbol(const std::string& name) const;

    /**
     * @param pc address of an instruction
     * @return the function that it belongs to, or null; the same object each time
     */
    const ImageFunction* FunctionAt(uint32_t pc) const;

    /** Read the debugging information now, not when a source line is first asked for. */
    void ReadSourceLines() const;

    /**
     * @param pc address of an instruction
     * @return "file.c:123", or nothing when the image was built without -g
     */
    std::string SourceLineAt(uint32_t pc) const;

  private:
    void MakeSegments();
    void MakeFunctions();
    std::shared_ptr<const RiscvCode> Decode(const CoreTiming& timing) const;

    std::shared_ptr<const ElfFile> m_file;                      //!< what it was made of
    std::vector<uint32_t> m_sectionAddresses;                   //!< by number
    std::vector<uint32_t> m_symbolAddresses;                    //!< by number
    std::vector<ImageSegment> m_segments;                       //!< to write
    std::vector<ImageFunction> m_functions;                     //!< by address, not overlapping
    std::unordered_map<std::string, uint32_t> m_globals;        //!< addresses by name
    mutable std::unique_ptr<const SourceLines> m_lines;         //!< read when first asked for
    mutable std::vector<std::weak_ptr<const RiscvCode>> m_code; //!< one for each timing in use
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_PLACED_IMAGE_H */
