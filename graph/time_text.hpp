// Times as people and programs read them.
#pragma once

#include <chrono>
#include <string>

namespace graph {

using WallTime = std::chrono::system_clock::time_point;

/// "2026-11-26T14:15:00.123Z"
std::string iso_time(WallTime time);
/// "59s", "2m05s", "3h07m", "4d02h"
std::string duration_text(double seconds);

/// Seconds since 1970.
inline double unix_seconds(WallTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}
inline WallTime wall_time(double unix_seconds) {
    return WallTime(
        std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(unix_seconds)));
}

}  // namespace graph
