/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
/**
 * @file
 * The cross compiler and linker for handlers, as a user calls them, for tests.
 */
#ifndef OFFLOAD_TEST_CROSS_COMPILER_H
#define OFFLOAD_TEST_CROSS_COMPILER_H

#include "trace/temporary-directory.h"

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

namespace ns3
{
namespace offload
{

/** Compiles sources that a test has written, in a directory of their own. */
class CrossCompiler
{
  public:
    /** The options that the documentation tells users. */
    static constexpr const char* OPTIONS = "-O3 -march=rv32imac_zicsr -mabi=ilp32";

    /**
     * @param name of a handler in examples/handlers
     * @return its object file, which the build has made
     */
    static std::string ShippedHandler(const std::string& name)
    {
        return std::string(OFFLOAD_HANDLERS) + "/" + name + ".o";
    }

    /** @return the compiler's option that finds the headers of the handler API */
    static std::string Headers()
    {
        return std::string(" -I ") + OFFLOAD_SOURCE + "/bindings/pspin ";
    }

    /**
     * Write a file.
     * @param name without a folder
     * @param content all of it
     * @return its path
     */
    std::string Write(const std::string& name, const std::string& content)
    {
        std::ofstream(m_directory / name) << content;
        return m_directory / name;
    }

    /**
     * Compile, assemble or link.
     * @param options of the compiler, with the sources
     * @param output file without a folder
     * @return its path
     * @throw std::runtime_error with what the compiler says
     */
    std::string Run(const std::string& options, const std::string& output)
    {
        const std::string path = m_directory / output;
        const std::string command =
            std::string(OFFLOAD_RISCV_CC) + " " + options + " -o " + path + " 2>&1";
        std::string said;
        FILE* pipe = popen(command.c_str(), "r");
        char text[256];
        while (pipe && fgets(text, sizeof(text), pipe))
        {
            said += text;
        }
        if (!pipe || pclose(pipe) != 0)
        {
            throw std::runtime_error(command + "\n" + said);
        }
        return path;
    }

    /**
     * Compile one source to an object file.
     * @param source C, or assembly code when name ends in .s
     * @param options the compiler's
     * @param name of the source, without a folder
     * @return the object's path
     */
    std::string Compile(const std::string& source,
                        const std::string& options = OPTIONS,
                        const std::string& name = "handler.c")
    {
        return Run(options + Headers() + "-c " + Write(name, source), name + ".o");
    }

    /** @return the directory */
    const TemporaryDirectory& GetDirectory() const
    {
        return m_directory;
    }

  private:
    TemporaryDirectory m_directory; //!< of sources and objects
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TEST_CROSS_COMPILER_H */
