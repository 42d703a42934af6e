// See time_text.hpp.
#include "graph/time_text.hpp"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace graph {

std::string iso_time(WallTime time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
    return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(WallTime::clock::to_time_t(whole)), rest);
}

std::string duration_text(double seconds) {
    constexpr int64_t minute = 60, hour = 3600, day = 86400;
    const auto s = static_cast<int64_t>(seconds);
    if (s < minute) return fmt::format("{}s", s);
    if (s < hour) return fmt::format("{}m{:02}s", s / minute, s % minute);
    if (s < day) return fmt::format("{}h{:02}m", s / hour, s % hour / minute);
    return fmt::format("{}d{:02}h", s / day, s % day / hour);
}

}  // namespace graph
