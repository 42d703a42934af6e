// See progress.hpp.
#include "graph/progress.hpp"

#include "graph/time_text.hpp"
#include "graph/top_view.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace graph {

Progress::Progress(Lines lines, LogFormat format)
    : lines_(lines),
      format_(format),
      display_(STDERR_FILENO),
      drawn_(lines == Lines::all && format == LogFormat::text && display_.able()) {}

void Progress::report(const std::string& name, double value) {
    const std::lock_guard lock(mutex_);
    figures_[name] = value;
}

void Progress::epoch(int epoch, int epochs) {
    const std::lock_guard lock(mutex_);
    epoch_ = epoch + 1;
    epochs_ = epochs;
}

void Progress::warn(const std::string& node, const std::string& message) {
    say({.level = "warning", .event = "warning", .node = node, .message = message});
}

void Progress::quarantined(const std::string& node, const std::string& what) {
    say({.level = "warning", .event = "quarantine", .node = node, .message = what});
}

void Progress::note(const std::string& message) { say({.event = "note", .message = message}); }

void Progress::say(const LogEntry& entry) {
    if (lines_ == Lines::none) return;
    const std::lock_guard lock(mutex_);
    display_.erase();
    log(entry, format_);
}

void Progress::fill(RunStatus& status) const {
    const std::lock_guard lock(mutex_);
    status.epoch = epoch_;
    status.epochs = epochs_;
    status.figures = figures_;
}

void Progress::begin() {
    if (!drawn_ || !StdoutTap::needed(STDERR_FILENO)) return;
    tap_.emplace([this](std::string_view text) {
        const std::lock_guard lock(mutex_);
        display_.erase();
        display_.put(text);
    });
}

bool Progress::due() const {
    if (lines_ != Lines::all) return false;
    return Clock::now() - last_ >=
           (drawn_ ? std::chrono::milliseconds(200) : std::chrono::seconds(30));
}

void Progress::show(const RunStatus& status) {
    const std::lock_guard lock(mutex_);
    last_ = Clock::now();
    if (drawn_)
        display_.draw(top_view(status, display_.size(), Display::colored()));
    else
        log(entry(status), format_);
}

void Progress::finish(const RunStatus& status) {
    tap_.reset();
    if (lines_ != Lines::all) return;
    const std::lock_guard lock(mutex_);
    if (drawn_) {
        display_.draw(top_view(status, display_.size(), Display::colored()));
        display_.keep();
    } else if (format_ == LogFormat::text) {  // as JSON, what the run came to has it all
        log({.event = "progress",
             .message = fmt::format(
                 "{} items in {}, {:.0f} items/s", status.items, duration_text(status.seconds),
                 static_cast<double>(status.items) / std::max(status.seconds, 1e-3))},
            format_);
    }
}

LogEntry Progress::entry(const RunStatus& status) const {
    LogEntry entry{.event = "progress", .message = status_line(status), .figures = status.figures};
    entry.figures["items"] = static_cast<double>(status.items);
    entry.figures["total"] = static_cast<double>(status.total);
    entry.figures["items_per_second"] = status.rate;
    entry.figures["epoch"] = status.epoch;
    entry.figures["epochs"] = status.epochs;
    entry.figures["quarantined"] = static_cast<double>(status.quarantined);
    return entry;
}

}  // namespace graph
