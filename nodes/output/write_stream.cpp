// Writes each stream to a file of its own, NAME.lfs for a frame of NAME.tif.
#include "formats/publish.hpp"
#include "nodes/frame.hpp"
#include "nodes/output_files.hpp"

namespace nodes {
namespace {

struct Params : OutputFolder {
    Params() { folder = "streams"; }
};

class WriteStream : public graph::Node {
  public:
    WriteStream(const Params& params, const graph::Setup& setup) : files_(params, setup) {}

    void receive(graph::Call& call) override {
        const auto& stream = call.input<EncodedFrame>("stream");
        formats::publish_bytes(files_.next(stream.path, 0, ".lfs", call.stamp().pass),
                               stream.bytes);
    }

  private:
    OutputFiles files_;
};

const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteStream>(
        {.name = "write_stream",
         .doc = "Writes each stream to a file NAME.lfs, never beside the originals.",
         .group = "output",
         .inputs = {graph::port<EncodedFrame>(graph::Clock::item, "stream", "what to write")},
         .params = OutputFolder::params<Params>()});
    spec.writes = OutputFolder::writes<Params>;
    return spec;
}()};

}  // namespace
}  // namespace nodes
