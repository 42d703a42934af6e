// Which files a run read, small enough to be kept in its folder: so that whoever goes on with it
// can be told what has changed. Size and time of a file are looked at, never what is in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graph {

class Source;

struct InputFile {
    std::string name;
    int64_t size = -1;     // bytes; -1: there is no such file
    int64_t modified = 0;  // nanoseconds since 1970
};

/// What one source lists.
struct Inputs {
    uint64_t count = 0;
    std::string digest;            // SHA-256 of the names in their order; empty: too many
    std::vector<InputFile> files;  // empty if they are more than `most_listed_inputs`
};

/// To look at more files than this would take long on a cluster's file system: of those only the
/// names are compared, and of still more their number.
constexpr size_t most_listed_inputs = 10'000;
constexpr size_t most_names = 1'000'000;

Inputs list_inputs(const Source& source, size_t items);
InputFile look_at(const std::string& name);

struct InputChanges {
    bool names_differ = false;  // and more is not known, if all lists below are empty
    std::vector<std::string> added, removed;
    std::vector<std::string> changed;  // other size, or gone
    std::vector<std::string> touched;  // same size, other time: perhaps the same

    bool empty() const { return !names_differ && changed.empty() && touched.empty(); }
};

InputChanges compare(const Inputs& before, const Inputs& now);

}  // namespace graph
