// Keeps a frozen codec in a file, without which no stream can be decoded.
#include "nodes/codec.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "codec.h5";
};

class SaveCodec : public graph::Node {
  public:
    SaveCodec(const Params& params, const graph::Setup& setup)
        : file_(params.file), setup_(setup) {}

    void receive(graph::Call& call) override {
        write_codec(setup_.output(file_), call.input<Codec>("codec"));
    }

  private:
    const std::filesystem::path file_;
    const graph::Setup setup_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, SaveCodec>(
        {.name = "save_codec",
         .doc = "Keeps a frozen codec, to make and read streams with.",
         .group = "codec",
         .inputs = {graph::port<Codec>(graph::Clock::epoch, "codec",
                                       "that of the last epoch stays")},
         .params = {graph::param("file", &Params::file,
                                 "the HDF5 file, in the run's folder if the path is relative")}}))};

}  // namespace
}  // namespace nodes
