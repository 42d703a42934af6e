// Lets a library that hostile files crash look at one first in a child process: one that can read
// this file and nothing else, in bounded memory and time. What kills the child would have killed
// the program.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace formats {

struct Confinement {
    uint64_t memory = uint64_t{256} << 20;  // bytes beyond what the program holds already
    double seconds = 1;                     // of processor time
    int patience = 1000;  // milliseconds, if it waits for a lock; 30 times that amid its work
};

/// How the child ended. All empty: it did what it was to do.
struct Ending {
    std::string refusal;  // what the work threw
    int error = 0;        // the errno of an IoError that it threw
    std::string death;    // what killed it: "signal 11 (Segmentation fault)"
};

/// Calls `work` in a child, with the path under which it finds the open file; what it changes is
/// lost. `prepare` is called before, and takes every lock that work will need: in a program with
/// threads one may be held by a thread that the child has not. It hangs there, and is replaced by
/// another, three times at most. Throws IoError if no child can be made, or none gets to the work.
Ending run_confined(int descriptor, const Confinement& limits, const std::function<void()>& prepare,
                    const std::function<void(const std::string& path)>& work);

}  // namespace formats
