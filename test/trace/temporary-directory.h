/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TEST_TEMPORARY_DIRECTORY_H
#define OFFLOAD_TEST_TEMPORARY_DIRECTORY_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

/** A directory of a test's own, gone with this object. */
class TemporaryDirectory
{
  public:
    TemporaryDirectory()
    {
        std::string name =
            (std::filesystem::temp_directory_path() / "offload-test-XXXXXX").string();
        if (!mkdtemp(name.data()))
        {
            throw std::runtime_error("cannot make " + name);
        }
        m_path = name;
    }

    ~TemporaryDirectory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }

    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    /** @return the path of the directory */
    std::string GetPath() const
    {
        return m_path.string();
    }

    /** @return the path of a file in the directory */
    std::string operator/(const std::string& file) const
    {
        return (m_path / file).string();
    }

    /** @return the content of a file in the directory, empty if there is none */
    std::string Read(const std::string& file) const
    {
        std::ifstream stream(m_path / file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    }

  private:
    std::filesystem::path m_path; //!< where
};

#endif /* OFFLOAD_TEST_TEMPORARY_DIRECTORY_H */
