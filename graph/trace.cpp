// The trace file, in Chrome's trace event format.
#include "graph/trace.hpp"

#include "graph/thread_number.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace graph {

namespace {

/// In quotes. Names of files need not be UTF-8.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string named(const char* what, int thread, const std::string& name) {
    return fmt::format(R"({{"name":"{}","ph":"M","pid":1,"tid":{},"args":{{"name":{}}}}})", what,
                       thread, quoted(name));
}

}  // namespace

Trace::~Trace() {
    if (temporary_.empty()) return;
    out_.close();
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
}

void Trace::open(const std::string& name) {
    if (!enabled()) return;
    temporary_ = file_.parent_path() / fmt::format(".{}.{}", file_.filename().string(), ::getpid());
    out_.open(temporary_, std::ios::binary);
    if (!out_) {
        temporary_.clear();
        throw std::system_error(errno, std::generic_category(), file_.string());
    }
    origin_ = Clock::now();
    out_ << R"({"displayTimeUnit":"ms","traceEvents":[)" << '\n'
         << named("process_name", 0, "pipeline " + name);
}

double Trace::microseconds(Clock::time_point time) const {
    return std::chrono::duration<double, std::micro>(time - origin_).count();
}

void Trace::add(const Body& body) {
    const int thread = static_cast<int>(thread_number());
    std::string args = "\"item\":" + quoted(body.item);
    if (body.arrived != Clock::time_point{})
        args += fmt::format(",\"waited_us\":{:.3f}",
                            std::max(0.0, microseconds(body.start) - microseconds(body.arrived)));
    const std::string event = fmt::format(
        R"({{"name":{},"cat":{},"ph":"X","pid":1,"tid":{},"ts":{:.3f},"dur":{:.3f},"args":{{{}}}}})",
        quoted(body.node), quoted(body.op), thread, microseconds(body.start),
        microseconds(body.end) - microseconds(body.start), args);
    const std::lock_guard lock(mutex_);
    if (threads_.insert(thread).second)
        out_ << ",\n" << named("thread_name", thread, fmt::format("thread {}", thread));
    put(event);
}

void Trace::count(const std::string& counter, int64_t value) {
    const std::string event =
        fmt::format(R"({{"name":{},"ph":"C","pid":1,"ts":{:.3f},"args":{{"messages":{}}}}})",
                    quoted(counter), microseconds(Clock::now()), value);
    const std::lock_guard lock(mutex_);
    put(event);
}

void Trace::put(const std::string& event) {
    if (events_ == most_events) {
        ++left_out_;
        return;
    }
    ++events_;
    out_ << ",\n" << event;
}

uint64_t Trace::close() {
    if (temporary_.empty()) return 0;
    const std::lock_guard lock(mutex_);
    out_ << "\n],\"otherData\":{\"events_left_out\":" << left_out_ << "}}\n";
    out_.close();
    if (!out_) throw std::system_error(errno, std::generic_category(), file_.string());
    std::filesystem::rename(temporary_, file_);
    temporary_.clear();
    return left_out_;
}

}  // namespace graph
