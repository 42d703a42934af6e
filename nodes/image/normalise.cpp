// Brings grey levels to [0, 1], as networks take them, for cameras that use only a part of their
// range and for files whose full scale is not 1.
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    std::string mode = "percentile";
    double low = 0;
    double high = 1;
    double low_percentile = 0.1;
    double high_percentile = 99.9;
};

/// The value below which that share of the samples lies; the samples are reordered.
float percentile(std::vector<float>& samples, double percent) {
    const auto rank = static_cast<std::ptrdiff_t>(
        std::lround(percent / 100 * static_cast<double>(samples.size() - 1)));
    std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
    return samples[static_cast<size_t>(rank)];
}

/// The samples that become 0 and 1.
std::pair<double, double> limits(const Params& params, const formats::Image& image) {
    if (params.mode == "range") return {params.low, params.high};
    if (params.mode == "min_max") {
        const auto [low, high] = std::minmax_element(image.samples.begin(), image.samples.end());
        return {*low, *high};
    }
    auto samples = image.samples;
    const float low = percentile(samples, params.low_percentile);
    return {low, percentile(samples, params.high_percentile)};
}

class Normalise : public graph::Node {
  public:
    Normalise(const Params& params, const graph::Setup& setup) : params_(params) {
        if (params.low >= params.high)
            throw graph::ConfigurationError(setup.id + ": 'low' must be less than 'high'");
        if (params.low_percentile >= params.high_percentile)
            throw graph::ConfigurationError(
                setup.id + ": 'low_percentile' must be less than 'high_percentile'");
    }

    void receive(graph::Call& call) override {
        const auto image = call.shared<formats::Image>("image");
        if (params_.mode == "full_scale" || image->samples.empty())
            return call.emit("image", image);
        formats::Image out = *image;
        const auto [low, high] = limits(params_, *image);
        // In double: floats that are far apart, or denormal, would overflow.
        const double range = high - low;
        const double scale = range > 0 ? 1 / range : 0;  // an even image becomes black
        for (float& sample : out.samples)
            sample = static_cast<float>(std::clamp((sample - low) * scale, 0.0, 1.0));
        call.emit("image", std::move(out));
    }

  private:
    const Params params_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::node<Params, Normalise>(
        {.name = "normalise",
         .doc = "Stretches the grey levels of images to the range from 0 to 1.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "of any range")},
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image",
                                                 "from 0 to 1; what was beyond is cut off")},
         .params = {
             param("mode", &Params::mode,
                   graph::Choice{{"percentile", "min_max", "range", "full_scale"}},
                   "what becomes 0 and 1: percentiles or the extremes of each image, low and high "
                   "of all, or nothing changes"),
             param("low", &Params::low, "of mode range: becomes 0; in units of full scale"),
             param("high", &Params::high, "of mode range: becomes 1; in units of full scale"),
             param("low_percentile", &Params::low_percentile, graph::Range{0, 100},
                   "of mode percentile: this percent of the pixels become 0"),
             param("high_percentile", &Params::high_percentile, graph::Range{0, 100},
                   "of mode percentile: what is above this percent of the pixels becomes 1")}});
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
