// A frozen codec stays close to the trained one, is the same from its integers, and does not see
// the windows in which it goes through large planes.
#include "models/hyperprior_model.hpp"
#include "models/integer_tensors.hpp"
#include "models/latent_rounding.hpp"
#include "tests/models/frozen.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Window all(const AnalysedPlane& plane) { return {0, 0, plane.rows, plane.columns}; }

std::vector<uint16_t> synthesised(const FrozenCodec& codec, const TileLatents& tile,
                                  int64_t level) {
    const Window whole{0, 0, tile.rows, tile.columns};
    std::vector<int32_t> latents(tile.values.size());
    codec.dequantise(tile, level, whole, whole, latents);
    std::vector<uint16_t> samples(
        static_cast<size_t>(tile.places() * codec.stride() * codec.stride()));
    codec.synthesis().run({tile.rows, tile.columns, whole, latents},
                          {0, 0, tile.rows * codec.stride(), tile.columns * codec.stride()},
                          samples);
    return samples;
}

TEST(FrozenCodec, MakesWhatTheTrainedModelMakes) {
    const auto model = small_hyperprior();
    const auto codec = small_codec();
    const Tensor image = waves(64, 64, 1);
    const AnalysedPlane plane = codec->analysis().run(image.values, 64, 64);
    for (const int64_t quality : {0, 1, 2}) {
        const int64_t level = quality * FrozenCodec::steps_per_quality;
        const TileLatents tile = codec->quantise(plane, level, all(plane));
        Tensor latents({1, codec->channels(), tile.rows, tile.columns});
        std::ranges::copy(tile.values, latents.values.begin());
        const Tensor expected = model->synthesise(latents, static_cast<double>(quality));
        const auto samples = synthesised(*codec, tile, level);
        double sum = 0;
        for (size_t i = 0; i < samples.size(); ++i)
            sum += std::pow(samples[i] / double{FrozenCodec::white} -
                                std::clamp(double{expected.values[i]}, 0.0, 1.0),
                            2);
        EXPECT_LT(std::sqrt(sum / static_cast<double>(samples.size())), 0.5 / 255);
    }
}

TEST(FrozenCodec, RoundsSomewhatTowardsZero) {
    const std::pair<float, int32_t> cases[] = {
        {0, 0},     {0.55F, 0}, {-0.55F, 0}, {0.7F, 1},          {-0.7F, -1},
        {3.55F, 3}, {-2, -2},   {2.7F, 3},   {1e30F, 1'000'000}, {std::nanf(""), 1'000'000}};
    for (const auto& [latent, whole] : cases) EXPECT_EQ(rounded_latent(latent), whole);
}

TEST(FrozenCodec, HasLevelsBetweenItsQualities) {
    const auto codec = small_codec();
    EXPECT_EQ(codec->levels(), 2 * FrozenCodec::steps_per_quality + 1);
    EXPECT_EQ(codec->quality(24), 1.5);
    const Tensor image = waves(64, 96, 2);
    const AnalysedPlane plane = codec->analysis().run(image.values, 64, 96);
    double before = 0;
    for (int64_t level = 0; level < codec->levels(); level += 8) {
        const TileLatents tile = codec->quantise(plane, level, all(plane));
        double size = 0;
        for (const int32_t value : tile.values) size += std::abs(value);
        EXPECT_GT(size, before) << level;  // finer steps
        before = size;
        const auto payload = codec->encode(tile, level);
        EXPECT_EQ(codec->decode(payload, tile.rows, tile.columns, level).values, tile.values);
        EXPECT_NEAR(codec->bits(tile, level), 8.0 * static_cast<double>(payload.size()), 64);
    }
    EXPECT_THAT([&] { codec->quantise(plane, codec->levels(), all(plane)); },
                ThrowsMessage<ModelError>(HasSubstr("level 33 of 33")));
}

TEST(FrozenCodec, IsTheSameFromItsIntegers) {
    const auto codec = small_codec();
    const auto encoder = std::make_shared<const PlaneAnalysis>(small_hyperprior());
    const FrozenCodec other(encoder, codec->integers());
    const Tensor image = waves(64, 64, 3);
    const AnalysedPlane plane = codec->analysis().run(image.values, 64, 64);
    const TileLatents tile = codec->quantise(plane, 20, all(plane));
    EXPECT_EQ(other.encode(tile, 20), codec->encode(tile, 20));
    EXPECT_EQ(synthesised(other, tile, 20), synthesised(*codec, tile, 20));

    for (const char* name : {"levels.steps", "coder.sizes", "synthesis.0.weights"}) {
        auto bad = codec->integers();
        std::erase_if(bad, [&](const NamedIntegers& one) { return one.name == name; });
        EXPECT_THROW(FrozenCodec(encoder, bad), ModelError) << name;
    }
    auto bad = codec->integers();
    bad[0].dims[0] -= 16;
    bad[0].values.resize(bad[0].values.size() - 16 * 6);
    EXPECT_THAT([&] { FrozenCodec(encoder, bad); },
                ThrowsMessage<ModelError>(HasSubstr("do not fit together")));
}

TEST(FrozenCodec, TakesPlanesOfAnySize) {
    const auto codec = small_codec();
    for (const auto& [height, width] : {std::pair{1, 1}, {16, 17}, {63, 130}}) {
        const Tensor image = waves(height, width, 1);
        const AnalysedPlane plane = codec->analysis().run(image.values, height, width);
        EXPECT_EQ(plane.rows, (height + 15) / 16);
        EXPECT_EQ(plane.columns, (width + 15) / 16);
    }
    EXPECT_THROW(codec->analysis().run({}, 0, 5), ModelError);
}

TEST(FrozenCodec, WindowsOfLargePlanesLeaveNoTrace) {
    const auto model = small_hyperprior();
    const PlaneAnalysis analysis(model);
    const int64_t height = 48, width = 2500;  // three windows
    const Tensor image = waves(height, width, 1);
    const AnalysedPlane plane = analysis.run(image.values, height, width);
    Tensor padded({1, 1, height, 2512});
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < 2512; ++x)
            padded.values[static_cast<size_t>(y * 2512 + x)] =
                HyperpriorModel::contrast *
                image.values[static_cast<size_t>(y * width + std::min(x, width - 1))];
    const Network whole(model->networks().analysis, {1, height, 2512});
    EXPECT_THAT(plane.values,
                testing::Pointwise(testing::FloatNear(1e-3F), whole.run(padded).values));
}

TEST(FreezeCodec, LosesLittle) {
    const std::vector<Tensor> images{waves(64, 96, 1), waves(50, 70, 2)};
    const auto loss = freezing_loss(*small_codec(), images);
    ASSERT_TRUE(loss.has_value());
    EXPECT_LT(std::abs(*loss), 3);
    EXPECT_FALSE(freezing_loss(*small_codec(), {}).has_value());
}

TEST(FreezeCodec, RefusesWhatIntegersCannotRepeat) {
    const auto architecture = selected<Architecture>(
        "hyperprior",
        {{"width", "8"}, {"latent_channels", "6"}, {"synthesis_activation", "inverse_gdn"}});
    const auto model = std::dynamic_pointer_cast<const HyperpriorModel>(
        std::shared_ptr<const Model>(architecture->build({1, 64, 64}, 5, {})));
    const std::vector<Tensor> images{waves(64, 64, 1)};
    EXPECT_THAT([&] { freeze_codec(model, images, {}); },
                ThrowsMessage<ModelError>(HasSubstr("synthesis_activation: relu")));
    EXPECT_THAT([&] { freeze_codec(model, {}, {}); },
                ThrowsMessage<ModelError>(HasSubstr("no images")));
}

}  // namespace
}  // namespace models
