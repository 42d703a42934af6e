// Codes images as JPEG XL, at several distances, to compare codecs.
#include "formats/jpegxl.hpp"

#include "nodes/coded_image.hpp"

namespace nodes {
namespace {

struct Params {
    int effort = 7;
    std::vector<double> distances = {0.5, 1, 1.5, 2, 3, 4, 5, 6.5, 8, 10, 13, 16, 20, 25};
    bool original_profile = false;
};

class Code : public graph::Node {
  public:
    Code(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        call.emit("coded", code_image(
                               fmt::format("jpegxl_e{}", params_.effort),
                               call.shared<formats::Image>("image"), params_.distances,
                               [this](const formats::Image& original, double distance) {
                                   return formats::encode_jpegxl(
                                       original, {.effort = params_.effort,
                                                  .distance = distance,
                                                  .original_profile = params_.original_profile});
                               },
                               [](std::span<const std::byte> bytes) {
                                   return formats::decode_jpegxl(bytes);
                               }));
    }

  private:
    const Params params_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, Code>(
    {.name = "jpegxl",
     .doc = "Codes grey images as JPEG XL with libjxl.",
     .group = "codec",
     .inputs = {graph::port<formats::Image>(Clock::item, "image", "grey, 8 or 16 bits")},
     .outputs = {graph::port<CodedImage>(Clock::item, "coded", "one stream for each setting")},
     .params = {
         param("effort", &Params::effort, graph::Range{1, 9}, "of the encoder, from fast to small"),
         param("distances", &Params::distances, graph::Range{0.01, formats::jpegxl_max_distance},
               "of Butteraugli, each a stream; 1 is said to be invisible"),
         param("original_profile", &Params::original_profile,
               "errors are spread in grey levels instead of JPEG XL's colour space for eyes")}})};

}  // namespace
}  // namespace nodes
