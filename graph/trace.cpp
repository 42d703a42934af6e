// The trace file.
#include "graph/trace.hpp"

#include <atomic>
#include <fstream>
#include <system_error>

#include <nlohmann/json.hpp>

namespace graph {

namespace {

int thread_number() {
    static std::atomic<int> next{1};
    thread_local const int number = next++;
    return number;
}

}  // namespace

void Trace::add(const std::string& node, std::string what, Clock::time_point start,
                Clock::time_point end) {
    using Microseconds = std::chrono::duration<double, std::micro>;
    const int thread = thread_number();
    const std::lock_guard lock(mutex_);
    events_.push_back({node, std::move(what), thread, Microseconds(start - origin_).count(),
                       Microseconds(end - start).count()});
}

void Trace::write() const {
    auto events = nlohmann::json::array();
    for (const Event& event : events_)
        events.push_back({{"name", event.node},
                          {"ph", "X"},
                          {"pid", 1},
                          {"tid", event.thread},
                          {"ts", event.start},
                          {"dur", event.duration},
                          {"args", {{"item", event.what}}}});
    std::ofstream out(file_);
    // Names of files need not be UTF-8.
    out << nlohmann::json({{"traceEvents", events}})
               .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.close();
    if (!out) throw std::system_error(errno, std::generic_category(), file_.string());
}

}  // namespace graph
