// Codes images as JPEG 2000, at several rates or qualities, to compare codecs.
#include "formats/jpeg2000.hpp"

#include "nodes/coded_image.hpp"

namespace nodes {
namespace {

struct Params {
    std::string target = "rate";
    std::vector<double> rates = {0.02, 0.03, 0.04, 0.055, 0.075, 0.1, 0.14,
                                 0.19, 0.25, 0.32, 0.4,   0.55,  0.8};
    std::vector<double> psnrs = {22, 24, 26, 28, 29, 30, 31, 32, 33, 34,
                                 35, 36, 37, 38, 40, 42, 44, 46, 48, 50};
    int levels = 5;
};

class Code : public graph::Node {
  public:
    Code(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        const bool rate = params_.target == "rate";
        using Target = formats::Jpeg2000Options::Target;
        call.emit(
            "coded",
            code_image(
                "jpeg2000_" + params_.target, call.shared<formats::Image>("image"),
                rate ? params_.rates : params_.psnrs,
                [&](const formats::Image& original, double value) {
                    return formats::encode_jpeg2000(
                        original, {.target = rate ? Target::bits_per_pixel : Target::psnr,
                                   .value = value,
                                   .levels = params_.levels});
                },
                [](std::span<const std::byte> bytes) { return formats::decode_jpeg2000(bytes); }));
    }

  private:
    const Params params_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, Code>(
    {.name = "jpeg2000",
     .doc = "Codes grey images as JPEG 2000 with OpenJPEG, by the irreversible wavelet.",
     .group = "codec",
     .inputs = {graph::port<formats::Image>(Clock::item, "image", "grey, 8 or 16 bits")},
     .outputs = {graph::port<CodedImage>(Clock::item, "coded", "one stream for each setting")},
     .params = {param("target", &Params::target, graph::Choice{{"rate", "psnr"}},
                      "what each stream has to meet"),
                param("rates", &Params::rates, graph::Range{0.001, 16},
                      "bits per pixel, each a stream, if the target is 'rate'"),
                param("psnrs", &Params::psnrs, graph::Range{1, 120},
                      "dB, each a stream, if the target is 'psnr'"),
                param("levels", &Params::levels, graph::Range{0, 32},
                      "of the wavelet, as far as the image's sides allow")}})};

}  // namespace
}  // namespace nodes
