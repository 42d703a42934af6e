// The compression GAN: what it promises about its latents, its losses, resuming and its options.
#include "models/model.hpp"
#include "tests/models/model_checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <tbb/task_arena.h>

namespace models {
namespace {

using testing::ElementsAre;
using testing::Pointwise;

const Options tiny{{"width", "8"}, {"residual_blocks", "1"}, {"discriminator_width", "8"}};

std::unique_ptr<Model> gan(const Options& options, int64_t side, uint64_t seed = 1) {
    TrainingOptions training;
    training.optimizer = selected<Optimizer>("adam", {{"rate", "0.002"}});
    return selected<Architecture>("gan", options).object()->build({1, side, side}, seed, training);
}

TEST(Gan, MakesLatentsOfCentresBelowHalfABitPerPixel) {
    const auto model = gan({}, 128);
    const Tensor images = blobs(2, 128, 128);
    const Latents latents = model->encode(images);
    EXPECT_THAT(latents.values.dims, ElementsAre(2, 12, 16, 16));
    EXPECT_THAT(latents.centres, ElementsAre(-2, -1, 0, 1, 2));
    EXPECT_THAT(latents.values.values, testing::Each(testing::AnyOf(-2, -1, 0, 1, 2)));
    EXPECT_LE(static_cast<double>(latents.values.values.size()) * latents.bits_per_value(),
              0.5 * static_cast<double>(images.values.size()));
    EXPECT_EQ(model->decode(latents).dims, images.dims);
    EXPECT_EQ(selected<Architecture>("gan").object()->latent_dims({1, 128, 128}),
              Dims({12, 16, 16}));
}

TEST(Gan, LearnsWhileTheDiscriminatorPullsAtTheEncoder) {
    const auto model = gan({}, 64);
    const Tensor images = blobs(4, 64, 64);
    double first = 0, last = 0, share = 0;
    constexpr int steps = 40;
    for (int step = 0; step < steps; ++step) {
        const Losses losses = model->train(images, step);
        if (step == 0) first = value_of(losses, "distortion");
        last = value_of(losses, "distortion");
        share += value_of(losses, "adversarial_share") / steps;
        EXPECT_GT(value_of(losses, "discriminator"), 0);
    }
    EXPECT_LT(last, 0.3 * first);
    EXPECT_GE(share, 0.1);
    EXPECT_LE(share, 0.4);
}

TEST(Gan, GoesOnBitForBitFromItsState) {
    for (const std::string balance : {"true", "false"}) {
        const Options options = with(with(tiny, "balance", balance), "train_centres", "true");
        const Tensor images = blobs(5, 32, 32);
        const auto model = gan(options, 32);
        for (int step = 0; step < 3; ++step) model->train(images, step);
        const auto resumed = gan(options, 32, 99);
        resumed->restore(model->state());
        for (int step = 3; step < 5; ++step)
            EXPECT_EQ(model->train(images, step), resumed->train(images, step));
        EXPECT_THAT(everything(*model), Pointwise(testing::Eq(), everything(*resumed)));
    }
}

TEST(Gan, TrainsToTheSameBitsOnOneThread) {
    const Tensor images = blobs(5, 32, 32);
    const auto trained = [&] {
        const auto model = gan(tiny, 32);
        for (int step = 0; step < 3; ++step) model->train(images, step);
        return everything(*model);
    };
    std::vector<float> alone;
    tbb::task_arena(1).execute([&] { alone = trained(); });
    EXPECT_EQ(alone, trained());
}

TEST(Gan, SnapshotsAndWeightsAloneDecodeTheSame) {
    const auto model = gan(with(tiny, "train_centres", "true"), 32);
    const Tensor images = blobs(3, 32, 32);
    for (int step = 0; step < 3; ++step) model->train(images, step);
    const auto snapshot = model->snapshot();
    const auto other = gan(with(tiny, "train_centres", "true"), 32, 99);
    other->restore(model->weights());
    const Tensor before = model->decode(model->encode(images));
    EXPECT_EQ(other->decode(other->encode(images)).values, before.values);
    EXPECT_EQ(other->encode(images).centres, model->encode(images).centres);
    model->train(images, 4);
    EXPECT_EQ(snapshot->decode(snapshot->encode(images)).values, before.values);
    EXPECT_NE(model->decode(model->encode(images)).values, before.values);
    EXPECT_THROW(gan(with(tiny, "width", "16"), 32)->restore(model->weights()), ModelError);
}

TEST(Gan, EveryOptionChangesSomething) {
    const Tensor images = blobs(4, 32, 32);
    const auto outcome = [&](const Options& options) {
        const auto model = gan(options, 32);
        for (int step = 0; step < 4; ++step) model->train(images, step);
        return everything(*model);
    };
    const Options changes{{"width", "12"},
                          {"latent_channels", "6"},
                          {"residual_blocks", "2"},
                          {"centres", "4"},
                          {"train_centres", "true"},
                          {"temperature", "3"},
                          {"output", "sigmoid"},
                          {"output", "tanh"},
                          {"initialisation", "he_normal"},
                          {"distortion_weight", "2"},
                          {"adversarial", "classic"},
                          {"adversarial", "wasserstein"},
                          {"adversarial_weight", "0.5"},
                          {"balance", "false"},
                          {"pretrain_epochs", "2"},
                          {"discriminator_width", "12"},
                          {"discriminator_optimizer", "sgd"}};
    expect_every_option_changes("gan", tiny, changes, outcome);
}

TEST(Gan, TrainsOnDistortionAloneAtFirst) {
    const auto model = gan(with(tiny, "pretrain_epochs", "1"), 32);
    const Tensor images = blobs(4, 32, 32);
    const Losses alone = model->train(images, 0.5);
    EXPECT_EQ(value_of(alone, "adversarial_share"), 0);
    EXPECT_EQ(value_of(alone, "loss"), value_of(alone, "distortion"));
    EXPECT_GT(value_of(model->train(images, 1), "adversarial_share"), 0.1);
}

TEST(Gan, SaysWhichLossDiverged) {
    const auto model = gan(tiny, 32);
    Tensor images = blobs(4, 32, 32);
    model->train(images, 0);
    images.values[7] = std::numeric_limits<float>::quiet_NaN();
    try {
        model->train(images, 1);
        FAIL() << "a NaN went unnoticed";
    } catch (const DivergenceError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("distortion"));
        EXPECT_THAT(error.what(), testing::HasSubstr("step 2"));
    }
}

TEST(Gan, RefusesImagesThatDoNotFit) {
    EXPECT_THROW(gan({}, 100), ModelError);
    EXPECT_THROW(gan({}, 16), ModelError);
    EXPECT_THROW(gan(tiny, 32)->encode(blobs(1, 40, 40)), ModelError);
    EXPECT_ANY_THROW(gan({{"centres", "1"}}, 32));
    EXPECT_ANY_THROW(gan({{"output", "relu"}}, 32));
}

}  // namespace
}  // namespace models
