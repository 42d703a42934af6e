// What ran when and where, for a trace viewer (ui.perfetto.dev, chrome://tracing). Events go to the
// file as they happen, so that a long run takes no memory for them; the file is there whole at the
// end.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>

namespace graph {

class Trace {
  public:
    using Clock = std::chrono::steady_clock;

    struct Body {
        std::string node, op;
        std::string item;                // what it worked on
        Clock::time_point arrived = {};  // when what it worked on came; none: nothing came
        Clock::time_point start, end;
    };

    /// An empty name: nothing is traced.
    explicit Trace(std::filesystem::path file) : file_(std::move(file)) {}
    ~Trace();
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    bool enabled() const { return !file_.empty(); }
    /// Throws std::system_error, as close() does.
    void open(const std::string& name);
    void add(const Body& body);
    /// A line that rises and falls, such as a queue.
    void count(const std::string& counter, int64_t value);
    /// Publishes the file; returns how many events were too many for a viewer and are not in it.
    uint64_t close();

    static constexpr uint64_t most_events = 5'000'000;  // about 1 GB

  private:
    void put(const std::string& event);
    double microseconds(Clock::time_point time) const;

    std::filesystem::path file_, temporary_;
    Clock::time_point origin_ = Clock::now();
    std::mutex mutex_;
    std::ofstream out_;
    std::set<int> threads_;  // that have a name in the file
    uint64_t events_ = 0, left_out_ = 0;
};

}  // namespace graph
