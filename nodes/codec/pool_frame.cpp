// Makes of an image to look for a vector as those of an archive are.
#include "nodes/image_vector.hpp"

namespace nodes {
namespace {

struct Params : Pooled {
    std::filesystem::path archive;
};

class PoolFrame : public graph::Node {
  public:
    PoolFrame(const Params& params, const graph::Setup&)
        : params_(params), codec_(search_codec(params.archive)) {}

    void receive(graph::Call& call) override {
        const auto& frame = call.input<formats::Frame>("frame");
        call.emit("query", Query{frame, image_vector(*codec_, frame, params_)});
    }

  private:
    const Params params_;
    const std::shared_ptr<const Codec> codec_;
};

using graph::Clock;
const graph::Register node{graph::node<Params, PoolFrame>(
    {.name = "pool_frame",
     .doc = "Makes a vector of an image, to look for images like it.",
     .group = "codec",
     .inputs = {graph::port<formats::Frame>(Clock::item, "frame", "of 8 or 16 bits")},
     .outputs = {graph::port<Query>(Clock::item, "query", "for find_nearest")},
     .params = with_pooled<Params>(
         {graph::required(graph::param("archive", &Params::archive, "the archive's folder"))})})};

}  // namespace
}  // namespace nodes
