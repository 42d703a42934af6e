// A frozen synthesis stays close to the trained one, whose layers are those of models/layers.hpp.
#include "models/freeze.hpp"
#include "models/initialisation.hpp"
#include "models/layers.hpp"
#include "models/model.hpp"
#include "models/network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace models {
namespace {

using Kind = TrainedConvolution::Kind;
using testing::HasSubstr;
using testing::ThrowsMessage;

TrainedConvolution trained(Generator& generator, Kind kind, int64_t inputs, int64_t outputs,
                           int64_t kernel, bool relu = true) {
    TrainedConvolution layer;
    layer.kind = kind;
    layer.relu = relu;
    layer.weights = Tensor({outputs, inputs, kernel, kernel});
    const int64_t taps = inputs * kernel * kernel;
    const double size =
        std::sqrt((kind == Kind::transposed ? 8.0 : 2.0) / static_cast<double>(taps));
    for (float& weight : layer.weights.values)
        weight = static_cast<float>(size * generator.normal());
    for (int64_t o = 0; o < outputs; ++o)
        layer.bias.push_back(static_cast<float>(0.1 * generator.normal()));
    return layer;
}

Tensor random_latents(Generator& generator, const Dims& dims, double size) {
    Tensor latents(dims);
    for (float& value : latents.values)
        value = static_cast<float>(std::round(size * generator.normal()));
    return latents;
}

/// Rounded waves, such as smooth images give, of very different strength in each channel.
Tensor smooth_latents(const Dims& dims, double size) {
    Tensor latents(dims);
    for (int64_t i = 0; i < count(dims); ++i) {
        const auto channel = static_cast<double>(i / (dims[1] * dims[2]));
        const auto y = static_cast<double>(i / dims[2] % dims[1]);
        const auto x = static_cast<double>(i % dims[2]);
        const double wave = std::sin(0.3 * y + channel) * std::cos(0.2 * x + 0.5 * channel);
        latents.values[static_cast<size_t>(i)] =
            static_cast<float>(std::round(3 * size * wave / (1 + 0.3 * channel)));
    }
    return latents;
}

/// As the network takes them by default.
std::vector<int32_t> freeze_latents(const std::vector<float>& latents) {
    std::vector<int32_t> integers;
    for (const float latent : latents)
        integers.push_back(static_cast<int32_t>(std::lround(16 * latent)));
    return integers;
}

class Kinds : public testing::TestWithParam<std::tuple<Kind, int64_t>> {};

TEST_P(Kinds, AreTheLayersOfTheTrainedNetwork) {
    const auto [kind, kernel] = GetParam();
    Generator generator(1);
    const bool shuffled = kind == Kind::pixel_shuffled;
    const TrainedConvolution layer =
        trained(generator, kind, 3, shuffled ? 8 : 2, kernel);  // 8: four phases of two
    const Tensor src = random_latents(generator, {3, 6, 7}, 5);
    const Tensor result = run_trained({layer}, src).front();

    const ConvolutionOptions options{layer.weights.dims[0], kernel,
                                     kind == Kind::transposed ? 2 : 1, Activation::relu};
    const LayerPointer twin = kind == Kind::upsampled    ? upsample_convolution(options)
                              : kind == Kind::transposed ? transposed_convolution(options)
                                                         : convolution(options);
    Network network("net", {3, 6, 7}, {twin});
    const auto values = network.change();
    std::copy(layer.weights.values.begin(), layer.weights.values.end(), values.begin());
    std::copy(layer.bias.begin(), layer.bias.end(), values.begin() + count(layer.weights.dims));
    Tensor batch({1, 3, 6, 7});
    batch.values = src.values;
    Tensor expected = network.run(batch);
    if (shuffled) {
        const Tensor channels = expected;
        for (int64_t i = 0; i < count(expected.dims); ++i) {
            const int64_t x = i % 14, y = i / 14 % 12, o = i / 168;
            const int64_t channel = (y % 2 * 2 + x % 2) * 2 + o;
            expected.values[static_cast<size_t>(i)] =
                channels.values[static_cast<size_t>((channel * 6 + y / 2) * 7 + x / 2)];
        }
    }
    EXPECT_THAT(result.values, testing::Pointwise(testing::FloatNear(1e-4F), expected.values));
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Kinds,
    testing::Values(std::tuple{Kind::plain, 3}, std::tuple{Kind::plain, 5},
                    std::tuple{Kind::upsampled, 3}, std::tuple{Kind::upsampled, 5},
                    std::tuple{Kind::transposed, 5}, std::tuple{Kind::transposed, 4},
                    std::tuple{Kind::transposed, 3}, std::tuple{Kind::transposed, 2},
                    std::tuple{Kind::pixel_shuffled, 3}));

/// 48 latents at 1/16 to one sample, scaled so that results are about 0 .. 1.
std::vector<TrainedConvolution> synthesis(uint64_t seed, Kind up, int64_t kernel,
                                          const Tensor& latents) {
    Generator generator(seed);
    std::vector<TrainedConvolution> layers;
    if (up == Kind::pixel_shuffled) {  // as models/hyperprior.cpp has it
        layers = {trained(generator, up, 48, 256, kernel),
                  trained(generator, Kind::plain, 64, 64, kernel),
                  trained(generator, up, 64, 128, kernel),
                  trained(generator, up, 32, 16, kernel, false)};
        layers.back().factor = 4;
    } else {
        layers = {trained(generator, Kind::plain, 48, 32, 3)};
        for (int i = 0; i < 3; ++i) layers.push_back(trained(generator, up, 32, 32, kernel));
        layers.push_back(trained(generator, up, 32, 1, kernel, false));
    }
    const auto result = run_trained(layers, latents).back().values;
    const auto [least, most] = std::minmax_element(result.begin(), result.end());
    for (float& weight : layers.back().weights.values) weight /= *most - *least;
    for (float& bias : layers.back().bias) bias = (bias - *least) / (*most - *least);
    return layers;
}

/// Root mean square of the frozen network's error in grey levels of 8 bits, beside that of
/// rounding.
double frozen_error(const std::vector<TrainedConvolution>& layers, const Tensor& calibration,
                    const Tensor& latents) {
    FreezeOptions options;
    options.largest_sample = 65280;  // 255 with eight bits behind the point
    const auto largest = largest_activations(layers, {&calibration, 1});
    const IntegerNetwork network = freeze(layers, largest, options);
    const Tensor expected = run_trained(layers, latents).back();
    std::vector<uint16_t> samples(expected.values.size());
    const int64_t rows = latents.dims[1], columns = latents.dims[2];
    const auto integers = freeze_latents(latents.values);
    network.run({rows, columns, {0, 0, rows, columns}, integers}, {0, 0, 16 * rows, 16 * columns},
                samples);
    double sum = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
        const double truth = std::clamp(255.0 * expected.values[i], 0.0, 255.0);
        sum += std::pow(samples[i] / 256.0 - truth, 2);
    }
    return std::sqrt(sum / static_cast<double>(samples.size()));
}

class Frozen : public testing::TestWithParam<std::tuple<Kind, int64_t>> {};

TEST_P(Frozen, IsFarCloserThanHalfAGreyLevel) {
    const auto [kind, kernel] = GetParam();
    Generator generator(2);
    const Tensor random = random_latents(generator, {48, 8, 8}, 2);
    const Tensor smooth = smooth_latents({48, 8, 8}, 2);
    const Tensor other = random_latents(generator, {48, 8, 8}, 2);
    const double on_random = frozen_error(synthesis(3, kind, kernel, random), random, other);
    const double on_smooth = frozen_error(synthesis(3, kind, kernel, smooth), smooth, smooth);
    RecordProperty("random", std::to_string(on_random));
    RecordProperty("smooth", std::to_string(on_smooth));
    // At 35 dB, errors of 4.5 levels, 0.1 more in quadrature cost 0.002 dB.
    EXPECT_LT(on_random, 0.1);
    EXPECT_LT(on_smooth, 0.1);
}

INSTANTIATE_TEST_SUITE_P(Layers, Frozen,
                         testing::Values(std::tuple{Kind::upsampled, 3},
                                         std::tuple{Kind::transposed, 5},
                                         std::tuple{Kind::pixel_shuffled, 3}));

TEST(Freeze, RoundsToNearest) {
    TrainedConvolution layer;
    layer.weights = Tensor({1, 1, 1, 1});
    layer.weights.values[0] = 0.1F;
    layer.bias = {0.2F};
    layer.relu = false;
    const FreezeOptions options;
    const IntegerNetwork network = freeze({layer}, {}, options);
    const std::vector<float> latents{-3, -2, 0, 1, 2, 3, 7, 9};
    std::vector<uint16_t> samples(8);
    network.run({1, 8, {0, 0, 1, 8}, freeze_latents(latents)}, {0, 0, 1, 8}, samples);
    EXPECT_THAT(samples, testing::ElementsAre(0, 0, 51, 77, 102, 128, 230, 255));
}

TEST(Freeze, RefusesWhatNoScaleHolds) {
    Generator generator(4);
    std::vector<TrainedConvolution> layers{trained(generator, Kind::plain, 4, 3, 3),
                                           trained(generator, Kind::upsampled, 3, 1, 3, false)};
    const auto build = [&] { return freeze(layers, {{1.0, 2.0, 3.0}}, {}).scale(); };
    EXPECT_EQ(build(), 2);
    layers[1].bias[0] = 1e9F;
    EXPECT_THAT(build, ThrowsMessage<ModelError>(HasSubstr("layer 1: no scale of the weights of "
                                                           "channel 0")));
    layers[1].bias[0] = 0;
    layers[0].weights.values[36] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THAT(build, ThrowsMessage<ModelError>(HasSubstr("channel 1")));
    layers[0].weights.values[36] = 0;
    layers[0].bias.pop_back();
    EXPECT_THROW(build(), ModelError);
    EXPECT_THROW(freeze(layers, {}, {}), ModelError);
}

}  // namespace
}  // namespace models
