// Where a message comes from and where it belongs: what order, counts, randomness and resuming are
// made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graph {

enum class Purpose { train, evaluate };

/// One walk of a source over the items of one split. A source's passes follow each other: each
/// epoch the items to train on, then, when an evaluation is due, those of every split.
struct Pass {
    int number = 0;  // within the source's timetable, from 0
    int epoch = 0;
    Purpose purpose = Purpose::train;
    std::string split;
    size_t items = 0;
    bool last_epoch = false;
};

/// Tiling, cropping and multi-page files make parts of one item.
struct Part {
    uint32_t index = 0;
    uint32_t count = 1;
};

/// A message's place in its stream. For a port on the epoch clock: the epoch, and whether the epoch
/// was complete when the message was sent (it is not at the start, and when a run is stopped).
struct Stamp {
    int pass = 0;
    uint64_t index = 0;  // within the pass
    std::vector<Part> parts;
    int epoch = 0;
    bool complete = true;
};

/// Order within a stream: pass, index, parts.
inline bool operator<(const Stamp& a, const Stamp& b) {
    if (a.pass != b.pass) return a.pass < b.pass;
    if (a.index != b.index) return a.index < b.index;
    for (size_t i = 0; i < a.parts.size() && i < b.parts.size(); ++i)
        if (a.parts[i].index != b.parts[i].index) return a.parts[i].index < b.parts[i].index;
    return a.parts.size() < b.parts.size();
}

}  // namespace graph
