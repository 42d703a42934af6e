// What a power cut may leave of what a process wrote: from its calls (library/tape.hpp) the states
// that a POSIX file system may be in afterwards.
//
// Sure is only what was flushed: a file's content by its own fsync, a name by that of its folder.
// Of all else each may have come to the disk or not: writes in order or in any, whole or in part,
// by blocks and sectors, with the file's size or without, zeros or rubbish where nothing came; and
// names in the order in which they were given, or each for itself.
#pragma once

#include "tests/faults/library/tape.hpp"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace faults {

struct CrashState {
    std::map<std::string, std::string> files;  // by path below the folder; content
    uint64_t mark = 0;                         // the last that was made before the cut
};

/// A file system that a tape is played to.
class Disk {
  public:
    /// `root` is a folder that is there and empty to begin with.
    explicit Disk(std::string root);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    void play(const Record& record);
    /// One of the states that the power may be cut in now.
    CrashState cut(std::mt19937_64& random) const;

  private:
    struct Node;
    using NodePtr = std::shared_ptr<Node>;
    struct Naming {
        std::string name;
        NodePtr node;  // none: it is taken away
        uint64_t order;
    };

    Node& folder_of(const std::string& path) const;
    NodePtr find(const std::string& path) const;
    void name(const std::string& path, NodePtr node);
    void collect(const Node& folder, const std::string& path, bool in_order, uint64_t last,
                 std::mt19937_64& random, CrashState& state) const;

    std::string root_;
    NodePtr top_;
    uint64_t namings_ = 0, mark_ = 0;
};

/// A tape of a process that flushes less than it ought to.
std::vector<Record> without_syncs(const std::vector<Record>& tape, bool of_folders);

}  // namespace faults
