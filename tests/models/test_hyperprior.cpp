// The codec's architecture: the gradient of its whole loss, that it learns at all its qualities,
// and what it promises about sizes, resuming and its options.
#include "models/hyperprior_model.hpp"
#include "tests/models/model_checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <tbb/task_arena.h>

namespace models {
namespace {

using testing::ElementsAre;
using testing::Pointwise;

const Options tiny{{"width", "8"}, {"latent_channels", "8"}, {"qualities", "3"}, {"quality", "1"}};

TrainingOptions training(const std::string& optimizer, const std::string& rate) {
    TrainingOptions options;
    options.optimizer = selected<Optimizer>(optimizer, {{"rate", rate}});
    return options;
}

std::unique_ptr<Model> codec(const Options& options, const Dims& image = {1, 64, 64},
                             uint64_t seed = 1,
                             const TrainingOptions& how = training("adam", "0.003")) {
    return selected<Architecture>("hyperprior", options).object()->build(image, seed, how);
}

/// The loss of the first step at these weights, whose noise is always the same.
double loss_at(const std::vector<NamedTensor>& weights, const Options& options,
               const Tensor& images) {
    const auto model = codec(options, {1, 64, 64}, 1, training("sgd", "0"));
    model->restore(weights);
    return value_of(model->train(images, 0), "loss");
}

class HyperpriorLoss : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Of, HyperpriorLoss, testing::Values("mse", "ms_ssim"),
                         [](const auto& info) { return info.param; });

TEST_P(HyperpriorLoss, HasTheGradientsOfIt) {
    // With noise for the decoder too, the loss has a gradient; rounding has none.
    const Options options = with(with(tiny, "straight_through", "false"), "distortion", GetParam());
    const Tensor images = blobs(2, 64, 64);
    const auto model = codec(options, {1, 64, 64}, 1, training("adam", "0.003"));
    for (int step = 0; step < 2; ++step) model->train(images, 0);
    std::vector<NamedTensor> weights = model->weights();

    const auto moved = codec(options, {1, 64, 64}, 1, training("sgd", "1"));
    moved->restore(weights);
    moved->train(images, 0);
    const std::vector<NamedTensor> after = moved->weights();

    const double here = loss_at(weights, options, images);
    for (size_t t = 0; t < weights.size(); ++t) {
        std::vector<float>& values = weights[t].tensor.values;
        const std::vector<float> before = values;
        double norm = 0;
        for (size_t i = 0; i < before.size(); ++i)
            norm += std::pow(double{before[i]} - after[t].tensor.values[i], 2);
        norm = std::sqrt(norm);
        if (norm < 1e-7) continue;  // a quality that no image drew
        const auto along = [&](double length) {
            for (size_t i = 0; i < before.size(); ++i)
                values[i] =
                    before[i] + static_cast<float>(length / norm *
                                                   (double{before[i]} - after[t].tensor.values[i]));
            const double loss = loss_at(weights, options, images);
            values = before;
            return loss;
        };
        const double reach = std::min(0.003, 0.0006 * here / norm);
        EXPECT_NEAR((along(reach) - along(-reach)) / (2 * reach), norm, 0.05 * norm + 1e-4 * here)
            << weights[t].name;
    }
}

TEST(Hyperprior, LearnsAtEveryQuality) {
    for (const std::string activation : {"relu", "inverse_gdn"}) {
        const auto model = codec(with(tiny, "synthesis_activation", activation));
        const Tensor images = blobs(4, 64, 64);
        double first = 0, last = 0;
        for (int step = 0; step < 150; ++step) {
            const Losses losses = model->train(images, 0);
            if (step < 10) first += value_of(losses, "loss");
            if (step >= 140) last += value_of(losses, "loss");
            EXPECT_GT(value_of(losses, "bits_per_pixel"), value_of(losses, "hyper_bits_per_pixel"));
        }
        EXPECT_LT(last, 0.3 * first) << activation;
        const auto& codec = dynamic_cast<const HyperpriorModel&>(*model);
        double bits = 0;
        for (const double quality : {0.0, 0.5, 1.0, 2.0}) {
            const CodedImages coded = codec.code(images, quality);
            const double now = coded.bits[0] + coded.bits[1] + coded.bits[2] + coded.bits[3];
            EXPECT_GT(now, bits) << quality;
            bits = now;
        }
    }
}

TEST(Hyperprior, EncodesToWholeNumbersAndSaysWhatTheyTake) {
    const auto model = codec({}, {1, 128, 64});
    const Tensor images = blobs(2, 128, 64);
    const Latents latents = model->encode(images);
    EXPECT_THAT(latents.values.dims, ElementsAre(2, 48, 8, 4));
    for (const float value : latents.values.values) EXPECT_EQ(value, std::round(value));
    ASSERT_EQ(latents.bits.size(), 2u);
    EXPECT_GT(latents.bits[0], 0);
    EXPECT_EQ(latents.total_bits(), latents.bits[0] + latents.bits[1]);
    EXPECT_EQ(model->decode(latents).dims, images.dims);
    EXPECT_EQ(selected<Architecture>("hyperprior").object()->latent_dims({1, 128, 64}),
              Dims({48, 8, 4}));
}

TEST(Hyperprior, TakesImagesOfAnotherSize) {
    const auto model = codec(tiny);
    for (int step = 0; step < 3; ++step) model->train(blobs(2, 64, 64), 0);
    const auto wide = model->resized({1, 128, 192});
    const Tensor images = blobs(1, 128, 192);
    EXPECT_EQ(wide->decode(wide->encode(images)).dims, images.dims);
    const auto back = wide->resized({1, 64, 64});
    const Tensor small = blobs(2, 64, 64);
    EXPECT_EQ(back->decode(back->encode(small)).values, model->decode(model->encode(small)).values);
    EXPECT_THROW(model->resized({1, 100, 64}), ModelError);
    EXPECT_THROW(model->resized({2, 64, 64}), ModelError);
}

TEST(Hyperprior, GoesOnBitForBitFromItsState) {
    const Options options = with(tiny, "rounded_from", "4");
    const Tensor images = blobs(5, 64, 64);
    const auto model = codec(options);
    for (int step = 0; step < 3; ++step) model->train(images, step);
    const auto resumed = codec(options);
    resumed->restore(model->state());
    for (int step = 3; step < 6; ++step)
        EXPECT_EQ(model->train(images, step), resumed->train(images, step));
    EXPECT_THAT(everything(*model), Pointwise(testing::Eq(), everything(*resumed)));
}

TEST(Hyperprior, TrainsToTheSameBitsOnOneThread) {
    const Tensor images = blobs(5, 64, 64);
    const auto trained = [&] {
        const auto model = codec(tiny);
        for (int step = 0; step < 3; ++step) model->train(images, step);
        return everything(*model);
    };
    std::vector<float> alone;
    tbb::task_arena(1).execute([&] { alone = trained(); });
    EXPECT_EQ(alone, trained());
}

/// The names of the weights that a step changes, up to their first dot.
std::set<std::string> changed_by_a_step(Model& model, const Tensor& images, double progress) {
    const auto before = model.weights();
    model.train(images, progress);
    const auto after = model.weights();
    std::set<std::string> changed;
    for (size_t t = 0; t < before.size(); ++t)
        if (before[t].tensor.values != after[t].tensor.values)
            changed.insert(before[t].name.substr(0, before[t].name.find('.')));
    return changed;
}

TEST(Hyperprior, TrainsTheHyperpriorFirstThenAllThenTheSynthesis) {
    const auto model = codec(with(with(tiny, "prior_until", "1"), "rounded_from", "2"));
    const Tensor images = blobs(2, 64, 64);
    for (const double progress : {0.0, 0.9})
        EXPECT_THAT(changed_by_a_step(*model, images, progress),
                    ElementsAre("hyper_analysis", "hyper_synthesis", "prior"));
    EXPECT_THAT(changed_by_a_step(*model, images, 1),
                ElementsAre("analysis", "gain", "hyper_analysis", "hyper_synthesis", "inverse_gain",
                            "prior", "synthesis"));
    EXPECT_THAT(changed_by_a_step(*model, images, 2), ElementsAre("inverse_gain", "synthesis"));
}

TEST(Hyperprior, LeavesTheEncoderAloneInTheRoundedPhase) {
    const auto model = codec(with(tiny, "rounded_from", "2"));
    const Tensor images = blobs(2, 64, 64);
    for (int step = 0; step < 4; ++step) model->train(images, 0);
    const Latents latents = model->encode(images);
    for (int step = 0; step < 3; ++step) model->train(images, 2);
    EXPECT_EQ(model->encode(images).values.values, latents.values.values);
}

TEST(Hyperprior, StartsFromOneWithOtherLambdas) {
    const auto model = codec(tiny);
    const Tensor images = blobs(2, 64, 64);
    for (int step = 0; step < 3; ++step) model->train(images, 0);
    const auto same = codec(tiny, {1, 64, 64}, 9);
    same->start_from(*model);
    EXPECT_EQ(same->decode(same->encode(images)).values,
              model->decode(model->encode(images)).values);

    // From 0.001, 0.01, 0.1 to 0.01, 0.1, 1.
    const auto other = codec(with(with(tiny, "least_lambda", "0.01"), "most_lambda", "1"));
    other->start_from(*model);
    const auto& from = dynamic_cast<const HyperpriorModel&>(*model);
    const auto& to = dynamic_cast<const HyperpriorModel&>(*other);
    const auto near = [](const std::vector<float>& expected, double factor) {
        std::vector<testing::Matcher<float>> all;
        for (const float one : expected)
            all.push_back(testing::FloatNear(static_cast<float>(factor * one), 1e-4F * one));
        return testing::ElementsAreArray(all);
    };
    EXPECT_THAT(to.gains(0), near(from.gains(1), 1));
    EXPECT_THAT(to.gains(1), near(from.gains(2), 1));
    EXPECT_THAT(to.gains(2), near(from.gains(2), std::sqrt(10)));
    EXPECT_THAT(to.inverse_gains(0), near(from.inverse_gains(1), 1));
    EXPECT_THAT(to.inverse_gains(2), near(from.inverse_gains(2), 1 / std::sqrt(10)));
    EXPECT_THROW(codec(with(tiny, "width", "16"))->start_from(*model), ModelError);
}

TEST(Hyperprior, StartsFromOneWithFewerChannels) {
    const auto model = codec(tiny);
    const Tensor images = blobs(2, 64, 64);
    for (int step = 0; step < 3; ++step) model->train(images, 0);
    const auto wide = codec(with(tiny, "latent_channels", "12"));
    wide->start_from(*model);
    const Latents before = model->encode(images), after = wide->encode(images);
    const auto image = static_cast<size_t>(count(before.values.dims) / 2);
    for (size_t n = 0; n < 2; ++n)
        for (size_t i = 0; i < image; ++i)
            ASSERT_EQ(after.values.values[n * image / 8 * 12 + i],
                      before.values.values[n * image + i]);
    const std::vector<float> made = wide->decode(after).values;  // sums are in another order
    const std::vector<float> expected = model->decode(before).values;
    ASSERT_EQ(made.size(), expected.size());
    for (size_t i = 0; i < made.size(); ++i) ASSERT_NEAR(made[i], expected[i], 1e-5);
    EXPECT_THROW(model->start_from(*wide), ModelError);
    const double first = value_of(wide->train(images, 0), "loss");
    double last = first;
    for (int step = 0; step < 30; ++step) last = value_of(wide->train(images, 0), "loss");
    EXPECT_LT(last, first);
}

TEST(Hyperprior, SnapshotsAndWeightsAloneDecodeTheSame) {
    const auto model = codec(tiny);
    const Tensor images = blobs(3, 64, 64);
    for (int step = 0; step < 3; ++step) model->train(images, step);
    const auto snapshot = model->snapshot();
    const auto other = codec(tiny, {1, 64, 64}, 99);
    other->restore(model->weights());
    const Tensor before = model->decode(model->encode(images));
    EXPECT_EQ(other->decode(other->encode(images)).values, before.values);
    model->train(images, 4);
    EXPECT_EQ(snapshot->decode(snapshot->encode(images)).values, before.values);
    EXPECT_THROW(codec(with(tiny, "width", "16"))->restore(model->weights()), ModelError);
}

TEST(Hyperprior, EveryOptionChangesSomething) {
    const Tensor images = blobs(4, 64, 64);
    const auto outcome = [&](const Options& options) {
        const auto model = codec(options);
        for (int step = 0; step < 4; ++step) model->train(images, step);
        const Latents latents = model->encode(images);
        std::vector<float> all = everything(*model);
        all.insert(all.end(), latents.values.values.begin(), latents.values.values.end());
        return all;
    };
    const Options changes{{"width", "12"},
                          {"latent_channels", "12"},
                          {"synthesis_activation", "inverse_gdn"},
                          {"qualities", "4"},
                          {"least_lambda", "0.01"},
                          {"most_lambda", "0.05"},
                          {"quality", "2"},
                          {"straight_through", "false"},
                          {"rounded_from", "2"},
                          {"prior_until", "2"},
                          {"distortion", "ms_ssim"}};
    expect_every_option_changes("hyperprior", tiny, changes, outcome);
}

TEST(Hyperprior, RefusesWhatDoesNotFit) {
    EXPECT_THROW(codec(tiny, {1, 96, 64}), ModelError);
    EXPECT_THROW(codec(tiny)->encode(blobs(1, 128, 64)), ModelError);
    EXPECT_THROW(codec(with(tiny, "least_lambda", "1")), ModelError);
    Tensor images = blobs(2, 64, 64);
    images.values[7] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(codec(tiny)->train(images, 0), DivergenceError);
}

}  // namespace
}  // namespace models
