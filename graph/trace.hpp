// What ran when and where, for a trace viewer (chrome://tracing, ui.perfetto.dev).
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace graph {

class Trace {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Trace(std::filesystem::path file) : file_(std::move(file)) {}
    bool enabled() const { return !file_.empty(); }
    void add(const std::string& node, std::string what, Clock::time_point start,
             Clock::time_point end);
    /// Writes the file, in Chrome's trace event format; throws std::system_error.
    void write() const;

  private:
    struct Event {
        std::string node, what;
        int thread;
        double start, duration;  // microseconds
    };
    std::filesystem::path file_;
    Clock::time_point origin_ = Clock::now();
    std::mutex mutex_;
    std::vector<Event> events_;
};

}  // namespace graph
