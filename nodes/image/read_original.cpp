// Reads the files that go into an archive, byte by byte: whatever is in them can be kept. A file
// that has changed since it was planned is refused, because a shard's name stands for its content.
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "nodes/archive.hpp"

#include <fmt/format.h>

namespace nodes {
namespace {

struct Params {
    int64_t max_bytes = int64_t{1} << 32;
};

OriginalImage read_original(const Params& params, const PlannedImage& image) {
    OriginalImage original{image,
                           formats::read_file(image.file, static_cast<uint64_t>(params.max_bytes))};
    const auto& planned = image.planned();
    if (original.bytes.size() != planned.size || formats::sha256(original.bytes) != planned.sha256)
        throw formats::FormatError(fmt::format(
            "{}: has changed since it was planned: put back what it was, or, if it is to be "
            "archived as it is now, move it and add it with append=true",
            image.file));
    return original;
}

using graph::Clock;
const graph::Register node{graph::map<Params, PlannedImage, OriginalImage>(
    {.name = "read_original",
     .doc = "Reads the files of an archive's plan, and compares their digests.",
     .group = "image",
     .inputs = {graph::port<PlannedImage>(Clock::item, "image", "the file to read")},
     .outputs = {graph::port<OriginalImage>(Clock::item, "original", "its bytes")},
     .params = {graph::param("max_bytes", &Params::max_bytes, graph::Range{1, 1e12},
                             "refuse larger files")}},
    read_original)};

}  // namespace
}  // namespace nodes
