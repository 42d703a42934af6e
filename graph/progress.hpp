// What a person sees while a run goes on: on a terminal one line that is rewritten, elsewhere a
// line every 30 s. Nodes report figures, sources their items.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace graph {

class Progress {
  public:
    enum class Lines { all, warnings, none };

    explicit Progress(Lines lines);

    void set_total(uint64_t items) { total_ = items; }
    /// Called a few times a second; prints when it is time.
    void tick(uint64_t items, uint64_t quarantined);
    void epoch(int epoch, int epochs);
    void report(const std::string& name, double value);
    /// A line of its own, such as a warning.
    void line(const std::string& text);
    /// Ends the line that is rewritten.
    void finish(uint64_t items);

  private:
    using Clock = std::chrono::steady_clock;
    std::string status(uint64_t items, uint64_t quarantined) const;

    Lines lines_;
    bool terminal_;
    bool drawn_ = false;
    uint64_t total_ = 0;
    int epoch_ = -1;
    int epochs_ = 0;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = Clock::now();
    std::map<std::string, double> figures_;
    std::mutex mutex_;
};

}  // namespace graph
