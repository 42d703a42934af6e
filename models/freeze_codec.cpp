// See freeze_codec.hpp.
#include "models/freeze_codec.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

/// Rounded latents of an image at a quality, and as the synthesis takes them.
struct Rounded {
    TileLatents latents;
    Tensor values;  // C x H x W
};

Rounded rounded(const HyperpriorModel& model, const AnalysedPlane& analysed, double quality) {
    const std::vector<float> gains = model.gains(quality), inverse = model.inverse_gains(quality);
    Rounded result;
    result.latents = {analysed.rows, analysed.columns, {}};
    result.values = Tensor({static_cast<int64_t>(gains.size()), analysed.rows, analysed.columns});
    const auto plane = static_cast<size_t>(analysed.places());
    for (size_t i = 0; i < analysed.values.size(); ++i) {
        const int32_t value = FrozenCodec::rounded(gains[i / plane] * analysed.values[i]);
        result.latents.values.push_back(value);
        result.values.values[i] = static_cast<float>(value) * inverse[i / plane];
    }
    return result;
}

std::vector<double> largest_of_channels(std::span<const Tensor> latents) {
    std::vector<double> largest(static_cast<size_t>(latents.front().dims[0]), 1e-3);
    for (const Tensor& one : latents) {
        const size_t plane = one.values.size() / largest.size();
        for (size_t i = 0; i < one.values.size(); ++i)
            largest[i / plane] =
                std::max(largest[i / plane], std::abs(static_cast<double>(one.values[i])));
    }
    return largest;
}

}  // namespace

std::shared_ptr<const FrozenCodec> freeze_codec(std::shared_ptr<const HyperpriorModel> model,
                                                std::span<const Tensor> images,
                                                const FreezeCodecOptions& options) {
    if (images.empty()) throw ModelError("there are no images to freeze the codec with");
    const int64_t qualities = model->qualities();
    const auto encoder = std::make_shared<const PlaneAnalysis>(model);
    const auto step =
        std::max<size_t>(1, images.size() / static_cast<size_t>(options.calibration_images));
    std::vector<FitTile> tiles;
    std::vector<Tensor> calibration;
    for (size_t i = 0; i < images.size(); ++i) {
        const AnalysedPlane analysed =
            encoder->run(images[i].values, images[i].dims.at(1), images[i].dims.at(2));
        for (int64_t quality = 0; quality < qualities; ++quality) {
            Rounded one = rounded(*model, analysed, static_cast<double>(quality));
            tiles.push_back({std::move(one.latents), quality});
            // The ends have the largest values and the finest ones.
            const bool end = quality == 0 || quality + 1 == qualities;
            if (i % step == 0 && end) calibration.push_back(std::move(one.values));
        }
    }

    FrozenCodec::Parts parts;
    parts.levels = (qualities - 1) * FrozenCodec::steps_per_quality + 1;
    const std::vector<TrainedConvolution> layers = model->trained_synthesis();
    FreezeOptions synthesis = options.synthesis;
    synthesis.largest_sample = FrozenCodec::white;
    for (const double largest : largest_of_channels(calibration))
        synthesis.latent_units.push_back(synthesis.largest_latent / (synthesis.margin * largest));
    parts.synthesis = std::make_shared<const IntegerNetwork>(
        freeze(layers, largest_activations(layers, calibration), synthesis).tensors());
    const auto channels = static_cast<int64_t>(synthesis.latent_units.size());
    for (int64_t level = 0; level < parts.levels; ++level) {
        const auto inverse = model->inverse_gains(static_cast<double>(level) /
                                                  double{FrozenCodec::steps_per_quality});
        for (size_t c = 0; c < inverse.size(); ++c)
            parts.steps.push_back(static_cast<int32_t>(
                std::lround(std::min(4096 * synthesis.latent_units[c] * inverse[c], 0x1p30))));
    }
    parts.coder =
        std::make_shared<const ClassCoder>(fit_classes(tiles, channels, qualities, options.tables));
    parts.encoder = encoder;
    return std::make_shared<const FrozenCodec>(std::move(parts));
}

}  // namespace models
