// The progress line.
#include "graph/progress.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace graph {

namespace {

std::string duration(double seconds) {
    const auto s = static_cast<int64_t>(seconds);
    if (s < 60) return fmt::format("{}s", s);
    if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
    return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
}

}  // namespace

Progress::Progress(Lines lines) : lines_(lines), terminal_(isatty(STDERR_FILENO) == 1) {}

std::string Progress::status(uint64_t items, uint64_t quarantined) const {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const double rate = static_cast<double>(items) / std::max(seconds, 1e-3);
    std::string text;
    if (epochs_ > 1) text += fmt::format("epoch {}/{}  ", epoch_ + 1, epochs_);
    for (const auto& [name, value] : figures_) text += fmt::format("{} {:.4g}  ", name, value);
    text += fmt::format("{:.0f} items/s", rate);
    if (total_ > items && items > 0)
        text += "  ETA " + duration(static_cast<double>(total_ - items) / rate);
    if (quarantined > 0) text += fmt::format("  {} quarantined", quarantined);
    return text;
}

void Progress::tick(uint64_t items, uint64_t quarantined) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (lines_ != Lines::all ||
        now - last_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(30)))
        return;
    last_ = now;
    const std::string text = status(items, quarantined);
    if (terminal_)
        fmt::print(stderr, "\r\x1b[K{}", text);
    else
        fmt::print(stderr, "{}\n", text);
    std::fflush(stderr);
    drawn_ = terminal_;
}

void Progress::epoch(int epoch, int epochs) {
    const std::lock_guard lock(mutex_);
    epoch_ = epoch;
    epochs_ = epochs;
}

void Progress::report(const std::string& name, double value) {
    const std::lock_guard lock(mutex_);
    figures_[name] = value;
}

void Progress::line(const std::string& text) {
    if (lines_ == Lines::none) return;
    const std::lock_guard lock(mutex_);
    fmt::print(stderr, "{}{}\n", drawn_ ? "\r\x1b[K" : "", text);
    std::fflush(stderr);
    drawn_ = false;
}

void Progress::finish(uint64_t items) {
    const std::lock_guard lock(mutex_);
    if (lines_ != Lines::all) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    fmt::print(stderr, "{}{} items in {}, {:.0f} items/s\n", drawn_ ? "\r\x1b[K" : "", items,
               duration(seconds), static_cast<double>(items) / std::max(seconds, 1e-3));
    drawn_ = false;
}

}  // namespace graph
