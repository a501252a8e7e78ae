/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "host-preset.h"

#include <algorithm>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

/** @return what both hosts of the SC'17 simulation have */
std::vector<HostPreset::Setting>
MakeSc17(const std::string& rate,
         const std::string& rateSource,
         const std::string& roundTrip,
         const std::string& latencySource)
{
    const std::string logGp = "the LogGP parameters have the headers in them";
    return {
        {"PcieLink", "Rate", rate, rateSource},
        {"PcieLink", "RoundTripLatency", roundTrip, latencySource},
        {"PcieLink", "RequestHeader", "0", logGp},
        {"PcieLink", "CompletionHeader", "0", logGp},
        {"PcieLink", "MaxPayload", "4096", logGp + ": transfers are not cut up"},
        {"PcieLink", "MaxReadRequest", "4096", "SC'17: MTU, a packet is one DMA"},
        {"PcieLink", "OutstandingReads", "1024", "assumption: SC'17 names no limit"},
        {"HostMemory", "Latency", "51ns", "SC'17, simulation setup: host memory latency"},
        {"HostMemory", "Bandwidth", "1200Gbps", "SC'17, simulation setup: 150 GB/s"},
        {"HostCpu", "Frequency", "2.5e9", "SC'17, simulation setup: 2.5 GHz"},
        {"HostCpu", "Polling", "true", "SC'17: the host waits in user space"},
        {"HostCpu", "PollingLatency", "51ns", "the load that finds the flag goes to memory"},
    };
}

std::vector<HostPreset>
MakeAll()
{
    std::vector<HostPreset> all;
    all.push_back({"sc17-discrete",
                   "SC'17 sPIN simulation, NIC behind PCI Express: 250 ns, 64 GB/s",
                   MakeSc17("512Gbps",
                            "SC'17: G = 15.6 ps/B (64 GB/s)",
                            "500ns",
                            "SC'17: L = 250 ns each way; a read is two traversals")});
    all.push_back({"sc17-integrated",
                   "SC'17 sPIN simulation, NIC on the host's chip: 50 ns, 150 GB/s",
                   MakeSc17("1200Gbps",
                            "SC'17: G = 6.7 ps/B (150 GB/s)",
                            "100ns",
                            "SC'17: L = 50 ns each way; a read is two traversals")});
    const std::string model = "FlexDriver's throughput model";
    all.push_back({"flexdriver",
                   "FlexDriver (ASPLOS'22), the NIC behind PCI Express 3.0 x8",
                   {
                       {"PcieLink", "Generation", "3", model + ": 8 Gbit/s a lane"},
                       {"PcieLink", "Lanes", "8", model + ": x8"},
                       {"PcieLink", "Utilisation", "0.95", model},
                       {"PcieLink", "ReservedRate", "1Gbps", model},
                       {"PcieLink", "MaxPayload", "256", model},
                       {"PcieLink", "MaxReadRequest", "512", model},
                       {"PcieLink", "RequestHeader", "24", model},
                       {"PcieLink", "CompletionHeader", "20", model},
                   }});
    return all;
}

} // namespace

const std::vector<HostPreset>&
HostPreset::GetAll()
{
    static const std::vector<HostPreset> all = MakeAll();
    return all;
}

std::vector<std::string>
HostPreset::GetNames()
{
    std::vector<std::string> names;
    for (const HostPreset& preset : GetAll())
    {
        names.push_back(preset.name);
    }
    return names;
}

const HostPreset&
HostPreset::Get(const std::string& name)
{
    const auto& all = GetAll();
    const auto found = std::find_if(all.begin(), all.end(), [&](const HostPreset& preset) {
        return preset.name == name;
    });
    if (found == all.end())
    {
        std::string known;
        for (const HostPreset& preset : all)
        {
            known += (known.empty() ? "" : ", ") + preset.name;
        }
        throw std::invalid_argument("there is no host preset \"" + name + "\", but " + known);
    }
    return *found;
}

} // namespace offload
} // namespace ns3
