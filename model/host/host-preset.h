/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_HOST_PRESET_H
#define OFFLOAD_HOST_PRESET_H

#include <string>
#include <vector>

namespace ns3
{
namespace offload
{

/**
 * A host as a publication describes it: values for attributes of PcieLink, HostMemory and HostCpu,
 * each with its source. What a preset does not name keeps its default.
 */
struct HostPreset
{
    /** The value of an attribute. */
    struct Setting
    {
        std::string object;    //!< "PcieLink", "HostMemory" or "HostCpu"
        std::string attribute; //!< its name
        std::string value;     //!< as text
        std::string source;    //!< where the value comes from
    };

    std::string name;              //!< as a user writes it
    std::string description;       //!< one line
    std::vector<Setting> settings; //!< in the order in which they are set

    /** @return all presets */
    static const std::vector<HostPreset>& GetAll();

    /** @return the names of all presets */
    static std::vector<std::string> GetNames();

    /**
     * @param name of a preset
     * @return it
     * @throw std::invalid_argument with one line that names those there are
     */
    static const HostPreset& Get(const std::string& name);
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_HOST_PRESET_H */
