/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "timeline.h"

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace ns3
{
namespace offload
{

namespace
{

/** Bytes gathered before the file is written to. */
constexpr std::size_t BUFFER_BYTES = 1 << 16;
/** Picoseconds in the format's unit of time. */
constexpr int64_t PS_PER_US = 1'000'000;
/** Decimals of a time in microseconds, down to a picosecond. */
constexpr int TIME_DECIMALS = 6;

} // namespace

void
Timeline::FileCloser::operator()(std::FILE* file) const
{
    std::fclose(file);
}

Timeline::Timeline(const std::string& path)
    : m_path(path),
      m_partial(path + ".part"),
      m_file(std::fopen(m_partial.c_str(), "wb"))
{
    if (!m_file)
    {
        throw std::runtime_error("cannot write " + path);
    }
    // Room for the event that takes the buffer over its limit.
    m_buffer.reserve(2 * BUFFER_BYTES);
    m_buffer = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
}

Timeline::~Timeline()
{
    try
    {
        Close();
    }
    catch (const std::runtime_error&)
    {
        // Whoever wants to know calls Close.
    }
}

void
Timeline::Close()
{
    if (!m_file)
    {
        return;
    }
    m_buffer += "\n]}\n";
    Flush();
    const bool isClosed = std::fclose(m_file.release()) == 0;
    if (!isClosed || m_failed || std::rename(m_partial.c_str(), m_path.c_str()) != 0)
    {
        throw std::runtime_error("cannot write " + m_path);
    }
}

void
Timeline::Discard()
{
    m_file.reset();
    std::remove(m_partial.c_str());
}

uint64_t
Timeline::GetEventCount() const
{
    return m_events;
}

void
Timeline::BeginRun(const std::string& label)
{
    m_run = label;
    m_processes.clear();
    m_threads.clear();
    m_counters.clear();
}

uint32_t
Timeline::GetProcess(const std::string& process)
{
    const auto [found, isNew] = m_processes.emplace(process, m_processCount + 1);
    if (isNew)
    {
        ++m_processCount;
        const Track track{m_processCount, 0};
        const std::string name = m_run.empty() ? process : m_run + ": " + process;
        AppendMetadata("process_name", track, {"name", name});
        AppendMetadata("process_sort_index", track, {"sort_index", int64_t{m_processCount}});
    }
    return found->second;
}

Timeline::Track
Timeline::AddTrack(const std::string& process, const std::string& thread)
{
    const uint32_t group = GetProcess(process);
    const auto [found, isNew] = m_threads.emplace(std::make_pair(group, thread), m_threadCount + 1);
    const Track track{group, found->second};
    if (isNew)
    {
        ++m_threadCount;
        AppendMetadata("thread_name", track, {"name", thread});
        AppendMetadata("thread_sort_index", track, {"sort_index", int64_t{m_threadCount}});
    }
    return track;
}

Timeline::Counter
Timeline::AddCounter(const std::string& process, const std::string& name)
{
    const uint32_t group = GetProcess(process);
    const auto next = static_cast<uint32_t>(m_counterNames.size());
    const auto [found, isNew] = m_counters.emplace(std::make_pair(group, name), next);
    if (isNew)
    {
        m_counterNames.push_back(name);
    }
    return {group, found->second};
}

void
Timeline::Complete(Track track,
                   std::string_view name,
                   int64_t beginPs,
                   int64_t endPs,
                   Arguments arguments)
{
    Begin('X', track.process, track.thread, name);
    AppendTime("ts", beginPs);
    AppendTime("dur", endPs > beginPs ? endPs - beginPs : 0);
    End(arguments);
    ++m_events;
}

void
Timeline::Instant(Track track, std::string_view name, int64_t atPs, Arguments arguments)
{
    Begin('i', track.process, track.thread, name);
    AppendTime("ts", atPs);
    m_buffer += ",\"s\":\"t\"";
    End(arguments);
    ++m_events;
}

void
Timeline::Count(Counter counter, int64_t atPs, double value)
{
    Begin('C', counter.process, 0, m_counterNames.at(counter.index));
    AppendTime("ts", atPs);
    End({{"value", value}});
    ++m_events;
}

void
Timeline::Begin(char phase, uint32_t process, uint32_t thread, std::string_view name)
{
    m_buffer += m_first ? "\n{\"ph\":\"" : ",\n{\"ph\":\"";
    m_first = false;
    m_buffer += phase;
    m_buffer += "\",\"pid\":";
    AppendInteger(process);
    if (thread != 0)
    {
        m_buffer += ",\"tid\":";
        AppendInteger(thread);
    }
    m_buffer += ",\"name\":";
    AppendQuoted(name);
}

void
Timeline::AppendTime(std::string_view key, int64_t ps)
{
    m_buffer += ",\"";
    m_buffer += key;
    m_buffer += "\":";
    if (ps < 0)
    {
        m_buffer += '-';
        ps = -ps;
    }
    AppendInteger(ps / PS_PER_US);
    int64_t fraction = ps % PS_PER_US;
    if (fraction == 0)
    {
        return;
    }
    char digits[TIME_DECIMALS];
    for (int i = TIME_DECIMALS - 1; i >= 0; --i)
    {
        digits[i] = static_cast<char>('0' + fraction % 10);
        fraction /= 10;
    }
    m_buffer += '.';
    m_buffer.append(digits, TIME_DECIMALS);
}

void
Timeline::End(Arguments arguments)
{
    if (arguments.size() > 0)
    {
        char separator = '{';
        m_buffer += ",\"args\":";
        for (const auto& argument : arguments)
        {
            m_buffer += separator;
            separator = ',';
            AppendQuoted(argument.name);
            m_buffer += ':';
            if (const auto* integer = std::get_if<int64_t>(&argument.value))
            {
                AppendInteger(*integer);
            }
            else if (const auto* number = std::get_if<double>(&argument.value))
            {
                AppendNumber(*number);
            }
            else
            {
                AppendQuoted(std::get<std::string_view>(argument.value));
            }
        }
        m_buffer += '}';
    }
    m_buffer += '}';
    if (m_buffer.size() >= BUFFER_BYTES)
    {
        Flush();
    }
}

void
Timeline::AppendQuoted(std::string_view text)
{
    static constexpr char HEX[] = "0123456789abcdef";
    m_buffer += '"';
    for (const char c : text)
    {
        if (c == '"' || c == '\\')
        {
            m_buffer += '\\';
            m_buffer += c;
        }
        else if (static_cast<unsigned char>(c) < 0x20)
        {
            m_buffer += "\\u00";
            m_buffer += HEX[c >> 4];
            m_buffer += HEX[c & 0xf];
        }
        else
        {
            m_buffer += c;
        }
    }
    m_buffer += '"';
}

void
Timeline::AppendInteger(int64_t value)
{
    char digits[24];
    m_buffer.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr - digits);
}

void
Timeline::AppendNumber(double value)
{
    if (!std::isfinite(value))
    {
        m_buffer += "null";
        return;
    }
    char digits[32];
    m_buffer.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr - digits);
}

void
Timeline::AppendMetadata(std::string_view kind, Track track, TimelineArgument value)
{
    Begin('M', track.process, track.thread, kind);
    End({value});
}

void
Timeline::Flush()
{
    const std::size_t written = std::fwrite(m_buffer.data(), 1, m_buffer.size(), m_file.get());
    m_failed = m_failed || written != m_buffer.size();
    m_buffer.clear();
}

} // namespace offload
} // namespace ns3
