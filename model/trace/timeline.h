/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef OFFLOAD_TIMELINE_H
#define OFFLOAD_TIMELINE_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ns3
{
namespace offload
{

/** A named value that a viewer shows when an event is selected. */
struct TimelineArgument
{
    std::string_view name;                                 //!< the name, with its unit
    std::variant<int64_t, double, std::string_view> value; //!< the value
};

/**
 * A file of what every unit did when, in the Chrome trace event format that Perfetto and
 * chrome://tracing open: a track per HPU, DMA engine, PCIe direction or port.
 *
 * Events go straight to the file through a buffer; nothing is kept. Units know nothing of this
 * class: a scenario that has a timeline connects it to their trace sources, one that has none
 * connects nothing and pays nothing. Times are picoseconds of simulated time; the file has
 * microseconds with six decimals, as the format wants (viewers may round to nanoseconds).
 */
class Timeline
{
  public:
    /** A line of the display; made by AddTrack. */
    struct Track
    {
        uint32_t process{0}; //!< group of lines
        uint32_t thread{0};  //!< line, numbered through all groups; 0 for the group itself
    };

    /** A graph of a value over time; made by AddCounter. */
    struct Counter
    {
        uint32_t process{0}; //!< group of lines
        uint32_t index{0};   //!< which counter
    };

    using Arguments = std::initializer_list<TimelineArgument>; //!< values beside an event

    /**
     * @param path the file to write, under another name until Close; std::runtime_error if it
     *             cannot be opened
     */
    explicit Timeline(const std::string& path);
    /** Completes the file. Errors are only told by Close(). */
    ~Timeline();
    Timeline(const Timeline&) = delete;
    Timeline& operator=(const Timeline&) = delete;

    /**
     * Put what follows under its own groups, since each run of a scenario begins at time zero.
     * @param label put before the groups' names, empty for none
     */
    void BeginRun(const std::string& label);

    /**
     * A line of the display, made on first use; groups and lines are shown in the order of making.
     * @param process the group: a node or a unit
     * @param thread the line: an HPU, an engine, a direction
     * @return the line
     */
    Track AddTrack(const std::string& process, const std::string& thread);
    /**
     * A graph of a value, made on first use.
     * @param process the group
     * @param name what is counted, with its unit
     * @return the graph
     */
    Counter AddCounter(const std::string& process, const std::string& name);

    /**
     * Something that took a while.
     * @param track where
     * @param name what
     * @param beginPs when it began
     * @param endPs when it ended, not before it began
     * @param arguments values to show with it
     */
    void Complete(Track track,
                  std::string_view name,
                  int64_t beginPs,
                  int64_t endPs,
                  Arguments arguments = {});
    /**
     * Something that happened at one moment, such as a drop.
     * @param track where
     * @param name what
     * @param atPs when
     * @param arguments values to show with it
     */
    void Instant(Track track, std::string_view name, int64_t atPs, Arguments arguments = {});
    /**
     * A value from now on.
     * @param counter the graph
     * @param atPs when
     * @param value the value
     */
    void Count(Counter counter, int64_t atPs, double value);

    /** Complete the file; std::runtime_error when something could not be written. */
    void Close();

    /** Write nothing: a file of an earlier run stays as it is. */
    void Discard();

    /** @return the number of events written, names of tracks not counted */
    uint64_t GetEventCount() const;

  private:
    /** Closes a C stream. */
    struct FileCloser
    {
        void operator()(std::FILE* file) const;
    };

    /** @return the number of a group, made on first use */
    uint32_t GetProcess(const std::string& process);
    /** Begin an event object with its common members. */
    void Begin(char phase, uint32_t process, uint32_t thread, std::string_view name);
    /** Append a member with a time in microseconds. */
    void AppendTime(std::string_view key, int64_t ps);
    /** Append the arguments and end the event object. */
    void End(Arguments arguments);
    /** Append a string with quotes and escapes. */
    void AppendQuoted(std::string_view text);
    /** Append an integer. */
    void AppendInteger(int64_t value);
    /** Append a number, null if it is not finite. */
    void AppendNumber(double value);
    /** Append a metadata event that names or sorts a group or line. */
    void AppendMetadata(std::string_view kind, Track track, TimelineArgument value);
    /** Hand the buffer to the file. */
    void Flush();

    std::string m_path;                                              //!< of the complete file
    std::string m_partial;                                           //!< until it is complete
    std::unique_ptr<std::FILE, FileCloser> m_file;                   //!< null after Close
    std::string m_buffer;                                            //!< not yet handed to the file
    std::string m_run;                                               //!< label of the run
    std::map<std::string, uint32_t> m_processes;                     //!< groups of this run by name
    std::map<std::pair<uint32_t, std::string>, uint32_t> m_threads;  //!< lines of this run
    std::map<std::pair<uint32_t, std::string>, uint32_t> m_counters; //!< graphs of this run
    std::vector<std::string> m_counterNames;                         //!< by index
    uint32_t m_processCount{0};                                      //!< groups made so far
    uint32_t m_threadCount{0};                                       //!< lines made so far
    uint64_t m_events{0};                                            //!< events written
    bool m_first{true};   //!< no comma before the first event
    bool m_failed{false}; //!< a write failed
};

} // namespace offload
} // namespace ns3

#endif /* OFFLOAD_TIMELINE_H */
