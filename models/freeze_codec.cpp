// See freeze_codec.hpp.
#include "models/freeze_codec.hpp"

#include "models/bd_rate.hpp"
#include "models/latent_rounding.hpp"

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
        const int32_t value = rounded_latent(gains[i / plane] * analysed.values[i]);
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

std::shared_ptr<const FrozenCodec> freeze_codec(const std::shared_ptr<const HyperpriorModel>& model,
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

std::optional<double> freezing_loss(const FrozenCodec& codec, std::span<const Tensor> images) {
    const HyperpriorModel& model = codec.analysis().model();
    double sum = 0;
    int count = 0;
    for (const Tensor& image : images) {
        const int64_t height = image.dims.at(1), width = image.dims.at(2);
        const AnalysedPlane plane = codec.analysis().run(image.values, height, width);
        const Window whole{0, 0, plane.rows, plane.columns};
        const Network synthesis(model.networks().synthesis,
                                {codec.channels(), plane.rows, plane.columns});
        const int64_t columns = plane.columns * codec.stride();
        std::vector<RatePoint> trained, frozen;
        for (int64_t quality = 0; quality < model.qualities(); ++quality) {
            const int64_t level = quality * FrozenCodec::steps_per_quality;
            const TileLatents tile = codec.quantise(plane, level, whole);
            Tensor values({1, codec.channels(), plane.rows, plane.columns});
            const auto inverse = model.inverse_gains(static_cast<double>(quality));
            for (size_t i = 0; i < tile.values.size(); ++i)
                values.values[i] = static_cast<float>(tile.values[i]) *
                                   inverse[i / static_cast<size_t>(plane.places())];
            const Tensor made = synthesis.run(values);
            std::vector<int32_t> latents(tile.values.size());
            codec.dequantise(tile, level, whole, whole, latents);
            std::vector<uint16_t> samples(image.values.size());
            codec.synthesis().run({plane.rows, plane.columns, whole, latents},
                                  {0, 0, height, width}, samples);
            double trained_error = 0, frozen_error = 0;
            for (int64_t i = 0; i < height * width; ++i) {
                const double truth = image.values[static_cast<size_t>(i)];
                const double one =
                    double{made.values[static_cast<size_t>(i / width * columns + i % width)]} /
                    double{HyperpriorModel::contrast};
                const double other = samples[static_cast<size_t>(i)] / double{FrozenCodec::white};
                trained_error += std::pow(std::clamp(one, 0.0, 1.0) - truth, 2);
                frozen_error += std::pow(other - truth, 2);
            }
            const auto pixels = static_cast<double>(height * width);
            const double rate = codec.bits(tile, level) / pixels;
            trained.push_back({rate, -10 * std::log10(trained_error / pixels)});
            frozen.push_back({rate, -10 * std::log10(frozen_error / pixels)});
        }
        const auto lowest = std::ranges::min(trained, {}, &RatePoint::bits_per_pixel);
        const auto highest = std::ranges::max(trained, {}, &RatePoint::bits_per_pixel);
        const auto loss = bd_rate(trained, frozen, lowest.bits_per_pixel, highest.bits_per_pixel);
        if (!loss) continue;
        sum += loss->percent;
        ++count;
    }
    if (count == 0) return {};
    return sum / count;
}

}  // namespace models
