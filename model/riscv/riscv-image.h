/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_IMAGE_H
#define OFFLOAD_RISCV_IMAGE_H

#include "placed-image.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace offload
{

struct ElfSymbol;

/**
 * Handlers in a RISC-V ELF file, read once and shared by all NICs that run them.
 *
 * A complete image is linked with PsPIN's runtime and starts at memory_map::PROGRAM_START. A bare
 * one has the handlers only: an object file, which goes to addresses that the unit chooses, or a
 * program linked to program memory and L2 handler memory.
 */
class RiscvImage
{
  public:
    /**
     * @param file name of an ELF file
     * @return the image
     * @throw std::invalid_argument with one line that says why the HPUs cannot run the file
     */
    static std::shared_ptr<const RiscvImage> Load(const std::string& file);

    RiscvImage(const RiscvImage&) = delete;
    RiscvImage& operator=(const RiscvImage&) = delete;

    /** @return the file's name, as it was given */
    const std::string& GetFileName() const;

    /** @param other an image @return whether both were made of the same bytes */
    bool HasContentOf(const RiscvImage& other) const;

    /** @return whether it has a start of its own, for PsPIN's runtime */
    bool IsComplete() const;

    /** @return whether the unit chooses the addresses; otherwise they are as linked */
    bool IsRelocatable() const;

    /** @return bytes that it takes in program memory, from its lowest address on */
    uint32_t GetCodeBytes() const
    {
        return m_codeBytes;
    }

    /** @return bytes that it takes in L2 handler memory, from its lowest address there on */
    uint32_t GetDataBytes() const
    {
        return m_dataBytes;
    }

    /** @return of what its place in program memory must be a multiple */
    uint32_t GetCodeAlignment() const
    {
        return m_codeAlignment;
    }

    /** @return of what its place in L2 handler memory must be a multiple */
    uint32_t GetDataAlignment() const
    {
        return m_dataAlignment;
    }

    /** @return lowest address in program memory; 0 if the image is relocatable */
    uint32_t GetCodeBase() const
    {
        return m_codeBase;
    }

    /** @return lowest address in L2 handler memory; 0 if it is relocatable or has no data */
    uint32_t GetDataBase() const
    {
        return m_dataBase;
    }

    /**
     * Put the image somewhere. Images at the same place are one object as long as one is in use.
     * @param codeBase address in program memory; ignored if the image is not relocatable
     * @param dataBase address in L2 handler memory; ignored if the image is not relocatable
     * @return the image there
     * @throw std::invalid_argument if it does not fit there
     */
    std::shared_ptr<const PlacedImage> Place(uint32_t codeBase, uint32_t dataBase) const;

    /**
     * @param name of a symbol that other files may see
     * @return whether it is a function, or a label of code
     */
    bool HasFunction(const std::string& name) const;

    /**
     * @param name of which HasFunction knows no function
     * @return what the file has by that name instead, to be said after the file's name
     */
    std::string WhyNoFunction(const std::string& name) const;

    /** @return the functions that are called like handlers: …_hh, …_ph, …_th; sorted */
    std::vector<std::string> GetHandlerCandidates() const;

  private:
    explicit RiscvImage(std::shared_ptr<const ElfFile> file);
    void LayOut();
    void CheckUndefined() const;
    void CheckAddresses();
    void CheckOverlaps() const;
    void CheckFunctions() const;
    bool IsCode(const ElfSymbol& symbol) const;
    void CheckPlace(uint32_t codeBase, uint32_t dataBase) const;
    std::shared_ptr<const PlacedImage> MakePlaced(uint32_t codeBase, uint32_t dataBase) const;
    bool IsFunction(const ElfSymbol& symbol) const;
    [[noreturn]] void Refuse(const std::string& why) const;

    std::shared_ptr<const ElfFile> m_file;  //!< what was read
    std::vector<uint32_t> m_sectionOffsets; //!< by number, in code or in data
    std::vector<uint32_t> m_commonOffsets;  //!< by number of the symbol, in data
    uint32_t m_codeBytes{0};                //!< in program memory
    uint32_t m_dataBytes{0};                //!< in L2 handler memory
    uint32_t m_codeBase{0};                 //!< as linked
    uint32_t m_dataBase{0};                 //!< as linked
    uint32_t m_codeAlignment{1};            //!< of its address
    uint32_t m_dataAlignment{1};            //!< of its address

    using Addresses = std::pair<uint32_t, uint32_t>;                        //!< of code and of data
    mutable std::map<Addresses, std::weak_ptr<const PlacedImage>> m_placed; //!< in use
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_IMAGE_H */
