// Runs the program again for each of several jobs, a few at a time.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace graph {

struct Child {
    std::vector<std::string> arguments;  // of `pipeline`
    std::filesystem::path log;           // what it says is added here
};

/// Starts each in turn, at most `processes` at once. Once `stop` is true no more are started, and
/// those that run are asked to stop; returns when all have ended. They end with this process.
/// `ended`: called with a child's index and its exit code (128 + N if signal N ended it).
void run_children(const std::vector<Child>& children, int processes, const std::atomic<bool>& stop,
                  const std::function<void(size_t)>& started,
                  const std::function<void(size_t, int)>& ended);

}  // namespace graph
