// Cuts the power while something is published, and looks at what is left: states of a disk
// (crash_states.hpp) that the recorded calls of some work may leave.
#pragma once

#include "tests/faults/crash_states.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace faults {

using Work = std::function<void(const std::filesystem::path&)>;
/// What is wrong with a folder that was acknowledged up to a mark, or nothing.
using Check = std::function<std::string(const std::filesystem::path&, uint64_t)>;

/// The calls of some work in an empty folder, as if that were /disk.
std::vector<Record> tape_of(const Work& work);

struct Tally {
    uint64_t states = 0, distinct = 0, visible = 0, wrong = 0;
    std::string first;  // of what is wrong
};

/// After each call that changes the disk as many states as make up the whole number. What differs
/// in its temporaries alone, which nobody reads, is judged once.
Tally look(const std::vector<Record>& tape, uint64_t states, const Check& check);

/// Nothing is ever wrong, and something is if files or folders are not flushed.
/// LATENTFLOW_POWER_CUTS tells how many states are looked at.
void expect_safe(const std::string& what, const Work& work, const Check& check);

bool is_hidden(const std::filesystem::path& path);

/// What reading throws, or nothing.
template <class Read>
std::string complaint(Read read) {
    try {
        read();
        return "";
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace faults
