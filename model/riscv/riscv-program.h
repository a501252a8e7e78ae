/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_RISCV_PROGRAM_H
#define OFFLOAD_RISCV_PROGRAM_H

#include "ns3/handler-program.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace ns3
{
namespace offload
{

class RiscvImage;

/**
 * Handlers in a RISC-V ELF file: a complete PsPIN image or a bare object (see RiscvImage).
 *
 * Set File, and the handlers' symbols if the file has more than one of a kind. One program serves
 * any number of contexts on any number of NICs; the file is read once.
 */
class RiscvProgram : public HandlerProgram
{
  public:
    static TypeId GetTypeId();
    RiscvProgram();
    ~RiscvProgram() override;

    bool Has(HandlerKind kind) const override;
    HandlerStatus Run(HandlerKind kind, Hpu& hpu) override;
    void Load(SpinPipeline& pipeline) override;
    void Unload(SpinPipeline& pipeline) override;

    /**
     * @return the file, read when first asked for
     * @throw std::invalid_argument if it cannot be read or lacks a handler
     */
    std::shared_ptr<const RiscvImage> GetImage() const;

    /**
     * @param kind a handler
     * @return its symbol, empty if there is none
     */
    const std::string& GetSymbol(HandlerKind kind) const;

    /** @return what a unit keeps as long as it has the program, whose attributes stay until then */
    std::shared_ptr<const void> GetUse() const
    {
        return m_use;
    }

  private:
    static constexpr unsigned KINDS = 3; //!< of handlers

    void SetFile(std::string file)
    {
        Change(m_file, std::move(file));
    }

    std::string GetFile() const
    {
        return m_file;
    }

    template <unsigned kind>
    void SetName(std::string name)
    {
        Change(m_names[kind], std::move(name));
    }

    template <unsigned kind>
    std::string GetName() const
    {
        return m_names[kind];
    }

    void Change(std::string& attribute, std::string value);
    void Resolve() const;

    const std::shared_ptr<const void> m_use;           //!< see GetUse
    std::string m_file;                                //!< attribute
    std::array<std::string, KINDS> m_names;            //!< attributes
    mutable std::shared_ptr<const RiscvImage> m_image; //!< once read
    mutable std::array<std::string, KINDS> m_symbols;  //!< of the handlers
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_RISCV_PROGRAM_H */
