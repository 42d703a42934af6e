// What libfaults writes down of the calls that a process makes on files: a memory that several
// processes share, as a child is looked at with its parent, and no call is made to write to it. The
// driver in tests/pipelines/faults.py reads the same layout.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace faults {

enum class Call : uint16_t {
    open,
    read,
    write,
    sync,
    close,
    truncate,
    rename,
    link,
    unlink,
    make_folder,
    remove_folder,
    open_folder,
    read_folder,
    map,
    mark,  // none of the system's: what a test says of itself
};

/// At the tape's beginning.
struct TapeHead {
    std::atomic<uint64_t> calls;  // made so far
    std::atomic<uint64_t> end;    // where the next record goes
};

/// Followed by path, other and data, and by zeros up to a multiple of eight.
struct RecordHead {
    uint64_t number;  // of the call, from 1
    uint64_t offset;  // in the file; of truncate: the new size
    uint64_t count;   // bytes that were read or written
    uint32_t total;   // bytes of this record
    uint32_t data;    // bytes of data that are kept here
    Call call;
    uint16_t path, other;  // lengths
    uint16_t flags;        // of open: 1 it may be made, 2 it is emptied, 4 it is a folder
    int32_t error;         // an errno that the call was made to fail with; -1: it was made short
    int32_t unused;
};

struct Record {
    Call call{};
    uint64_t number = 0, offset = 0, count = 0;
    uint16_t flags = 0;
    std::string path, other;  // of rename and link: from, to
    std::vector<std::byte> data;
};

/// From here on the process's calls on files below a folder are written down, with their data.
/// Throws std::runtime_error if there is no such memory.
void start_tape(const std::string& below);
void mark(uint64_t number);
/// Ends it; gives what is on it.
std::vector<Record> stop_tape();

}  // namespace faults
