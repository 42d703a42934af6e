// What a person sees while a run goes on: on a terminal a picture that is drawn in place, elsewhere
// a line every 30 s; and, in their own lines, warnings and bad items.
#pragma once

#include "graph/display.hpp"
#include "graph/log.hpp"
#include "graph/status.hpp"
#include "graph/stdout_tap.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace graph {

class Progress {
  public:
    enum class Lines { all, warnings, none };

    Progress(Lines lines, LogFormat format);

    /// What nodes tell, from any thread.
    void report(const std::string& name, double value);
    void warn(const std::string& node, const std::string& message);
    void quarantined(const std::string& node, const std::string& what);
    void note(const std::string& message);
    void epoch(int epoch, int epochs);
    /// Puts epochs and figures into a status.
    void fill(RunStatus& status) const;

    /// From here on it is drawn, until finish().
    void begin();
    /// Whether it is time to show how the run stands.
    bool due() const;
    void show(const RunStatus& status);
    /// How it stood at its end, which stays.
    void finish(const RunStatus& status);

  private:
    using Clock = std::chrono::steady_clock;
    void say(const LogEntry& entry);
    LogEntry entry(const RunStatus& status) const;

    const Lines lines_;
    const LogFormat format_;
    Display display_;
    const bool drawn_;  // in place
    Clock::time_point last_ = Clock::now();
    int epoch_ = 0, epochs_ = 0;
    std::map<std::string, double> figures_;
    mutable std::mutex mutex_;
    std::optional<StdoutTap> tap_;  // its thread ends first
};

}  // namespace graph
