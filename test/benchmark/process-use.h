/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_PROCESS_USE_H
#define OFFLOAD_PROCESS_USE_H

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

// What this process uses of the machine, for benchmarks and tests.

// A sanitizer's own memory and time say nothing.
#if defined(__SANITIZE_ADDRESS__)
#define OFFLOAD_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OFFLOAD_SANITIZED
#endif
#endif

/** @return CPU time of the process so far, ns */
inline double
CpuNanoseconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/** @return CPU time of the process in user mode so far, s */
inline double
UserSeconds()
{
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_utime.tv_sec) +
           static_cast<double>(use.ru_utime.tv_usec) * 1e-6;
}

/** @return memory that is resident now, bytes */
inline uint64_t
ResidentBytes()
{
    std::ifstream statm("/proc/self/statm");
    uint64_t total = 0;
    uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

/** Begin to look for the peak of the memory again. */
inline void
ResetPeakMemory()
{
    // Linux: see proc(5).
    std::ofstream("/proc/self/clear_refs") << "5";
}

/** @return most memory resident since ResetPeakMemory, MiB */
inline double
PeakMemoryMebibytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
    {
        const std::string name = "VmHWM:";
        if (line.compare(0, name.size(), name) == 0)
        {
            return std::stod(line.substr(name.size())) / 1024; // it is in KiB
        }
    }
    return 0;
}

/** @return the value in the middle */
inline double
Median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

#endif /* OFFLOAD_PROCESS_USE_H */
