// Reads streams as they are in their files; whoever decodes them checks them. Before it comes
// list_files with 'pattern: "*.lfs"'.
#include "formats/file.hpp"
#include "nodes/frame.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    int64_t max_bytes = int64_t{1} << 32;
};

EncodedFrame read_stream(const Params& params, const File& file) {
    return {formats::read_file(file.path, static_cast<uint64_t>(params.max_bytes)), file.path};
}

using graph::Clock;
const graph::Register node{graph::map<Params, File, EncodedFrame>(
    {.name = "read_stream",
     .doc = "Reads streams from files NAME.lfs.",
     .group = "image",
     .inputs = {graph::port<File>(Clock::item, "file", "the file to read")},
     .outputs = {graph::port<EncodedFrame>(Clock::item, "stream", "its bytes, not yet checked")},
     .params = {graph::param("max_bytes", &Params::max_bytes, graph::Range{1, 1e12},
                             "refuse larger files")}},
    read_stream)};

}  // namespace
}  // namespace nodes
