// A thawed codec makes the images that the frozen one makes, and learns on from there.
#include "models/latent_rounding.hpp"
#include "models/thaw_codec.hpp"
#include "tests/models/frozen.hpp"
#include "tests/models/model_checks.hpp"

#include <gtest/gtest.h>

namespace models {
namespace {

std::vector<float> frozen_image(const FrozenCodec& codec, const Tensor& image, int64_t level) {
    const int64_t height = image.dims[1], width = image.dims[2];
    const AnalysedPlane plane = codec.analysis().run(image.values, height, width);
    const Window whole{0, 0, plane.rows, plane.columns};
    std::vector<int32_t> latents(static_cast<size_t>(codec.channels() * plane.places()));
    codec.dequantise(codec.quantise(plane, level, whole), level, whole, whole, latents);
    std::vector<uint16_t> samples(image.values.size());
    codec.synthesis().run({plane.rows, plane.columns, whole, latents}, {0, 0, height, width},
                          samples);
    return {samples.begin(), samples.end()};
}

TEST(ThawCodec, MakesTheImagesOfTheFrozenOne) {
    const auto codec = small_codec();
    const auto model = thaw_codec(*codec);
    const Tensor image = waves(64, 128, 1);
    Tensor batch({1, 1, 64, 128});
    batch.values = image.values;
    for (const int64_t quality : {0, 1, 2}) {
        const auto sized = model->resized({1, 64, 128})->at_quality(static_cast<double>(quality));
        const auto thawed = sized->decode(sized->encode(batch)).values;
        const auto frozen = frozen_image(*codec, image, quality * FrozenCodec::steps_per_quality);
        double largest = 0;
        for (size_t i = 0; i < thawed.size(); ++i)
            largest = std::max(largest, std::abs(std::clamp(thawed[i], 0.0F, 1.0F) -
                                                 double{frozen[i]} / FrozenCodec::white));
        EXPECT_LT(largest, 0.004) << quality;  // a grey level
    }
}

TEST(ThawCodec, HasWeightsOfTheScaleThatTrainingStartsWith) {
    const auto model = thaw_codec(*small_codec());
    const auto tensors = model->networks().synthesis.tensors();
    for (size_t i = 0; i + 2 < tensors.size(); i += 2) {
        double squares = 0;
        for (const float weight : tensors[i].tensor.values) squares += double{weight} * weight;
        EXPECT_NEAR(squares / static_cast<double>(tensors[i].tensor.dims[0]), 2, 0.01)
            << tensors[i].name;
    }
}

TEST(ThawCodec, LearnsOn) {
    const auto model = thaw_codec(*small_codec());
    const Tensor images = blobs(2, 64, 64);
    const double first = value_of(model->train(images, 0), "loss");
    double last = first;
    for (int step = 0; step < 60; ++step) last = value_of(model->train(images, 0), "loss");
    EXPECT_LT(last, 0.8 * first);
}

}  // namespace
}  // namespace models
