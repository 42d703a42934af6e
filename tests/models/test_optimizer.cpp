// Optimisers and schedules: step by step the values of PyTorch, however the weights are cut.
#include "models/optimizer.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/options.hpp"

#include <cmath>

#include <gmock/gmock.h>

namespace models {
namespace {

using graph::Selected;
using testing::ElementsAreArray;
using testing::FloatNear;
using testing::Pointwise;

/// Weights and moments that are updated in pieces of `piece` values.
struct Trained {
    std::vector<float> weights;
    std::array<std::vector<float>, 2> moments;

    explicit Trained(std::span<const float> initial) : weights(initial.begin(), initial.end()) {
        for (auto& moment : moments) moment.resize(weights.size());
    }

    void update(const Optimizer& optimizer, std::span<const float> gradients, const Step& step,
                size_t piece) {
        for (size_t first = 0; first < weights.size(); first += piece) {
            const size_t count = std::min(piece, weights.size() - first);
            const auto part = [&](auto& values) { return std::span(values).subspan(first, count); };
            optimizer.update({part(weights),
                              gradients.subspan(first, count),
                              {part(moments[0]), part(moments[1])}},
                             step);
        }
    }
};

void expect_steps_of(const std::string& fixture_name, const Selected<Optimizer>& selected) {
    const Fixture fixture("optimizer_" + fixture_name);
    const auto optimizer = selected.object();
    const auto size = static_cast<size_t>(fixture["weights"].dims[1]);
    const std::span weights = fixture["weights"].values;
    const std::span gradients = fixture["gradients"].values;
    Trained whole(weights.first(size)), pieces(weights.first(size));
    for (size_t step = 0; step < 5; ++step) {
        const Step now{.number = static_cast<int64_t>(step) + 1};
        const auto gradient = gradients.subspan(step * size, size);
        whole.update(*optimizer, gradient, now, size);
        pieces.update(*optimizer, gradient, now, 3);
        EXPECT_THAT(whole.weights,
                    Pointwise(FloatNear(2e-6F), weights.subspan((step + 1) * size, size)));
        EXPECT_THAT(pieces.weights, ElementsAreArray(whole.weights));
    }
}

TEST(Optimizer, AdamTakesTheStepsOfPyTorch) {
    expect_steps_of(
        "adam",
        selected<Optimizer>(
            "adam", {{"rate", "0.01"}, {"beta1", "0.8"}, {"beta2", "0.99"}, {"epsilon", "1e-6"}}));
}

TEST(Optimizer, SgdTakesTheStepsOfPyTorch) {
    expect_steps_of("sgd", selected<Optimizer>("sgd", {{"rate", "0.05"}, {"momentum", "0"}}));
    expect_steps_of("sgd_momentum", selected<Optimizer>("sgd", {{"rate", "0.05"}}));
}

TEST(Optimizer, SaysHowManyMomentsItKeeps) {
    EXPECT_EQ(selected<Optimizer>("adam").object()->moments(), 2);
    EXPECT_EQ(selected<Optimizer>("sgd").object()->moments(), 1);
    EXPECT_EQ(selected<Optimizer>("sgd", {{"momentum", "0"}}).object()->moments(), 0);
}

TEST(Optimizer, FollowsScheduleAndScale) {
    for (const std::string kind : {"adam", "sgd"}) {
        const auto optimizer = selected<Optimizer>(kind).object();
        const std::vector<float> initial{1, -2}, gradients{0.5F, 0.25F}, doubled{1, 0.5F};
        Trained still(initial), scaled(initial), twice(initial);
        still.update(*optimizer, gradients, {.rate_factor = 0}, 2);
        EXPECT_THAT(still.weights, ElementsAreArray(initial));
        scaled.update(*optimizer, gradients, {.gradient_scale = 2}, 2);
        twice.update(*optimizer, doubled, {}, 2);
        EXPECT_THAT(scaled.weights, ElementsAreArray(twice.weights));
    }
}

TEST(Optimizer, RefusesOptionsOutOfRange) {
    EXPECT_ANY_THROW(selected<Optimizer>("adam", {{"rate", "-1"}}));
    EXPECT_ANY_THROW(selected<Optimizer>("adam", {{"beta1", "1"}}));
    EXPECT_ANY_THROW(selected<Optimizer>("sgd", {{"momentum", "1"}}));
    EXPECT_ANY_THROW(selected<Optimizer>("sdg"));
}

TEST(Optimizer, ClipsAsPyTorchDoes) {
    const Fixture fixture("clip");
    const auto& gradients = fixture["gradients"].values;
    const double norm = std::sqrt(squared_norm(gradients));
    EXPECT_NEAR(norm, fixture["norm"].values[0], 1e-5);
    const double scale = clip_scale(norm, fixture.number("limit"));
    for (size_t i = 0; i < gradients.size(); ++i)
        EXPECT_NEAR(scale * gradients[i], fixture["clipped"].values[i], 1e-6);
    EXPECT_EQ(clip_scale(norm, 0), 1);
    EXPECT_EQ(clip_scale(norm, 2 * norm), 1);
}

TEST(Schedule, FollowsPyTorchAtWholeEpochs) {
    const Fixture fixture("schedules");
    const std::vector<std::pair<std::string, Options>> kinds{
        {"step", {{"every", "4"}, {"decay", "0.5"}}},
        {"exponential", {{"decay", "0.9"}}},
        {"cosine", {{"epochs", "10"}, {"floor", "0.2"}}}};
    for (const auto& [kind, options] : kinds) {
        const auto schedule = selected<Schedule>(kind, options).object();
        for (size_t epoch = 0; epoch <= 10; ++epoch)
            EXPECT_NEAR(schedule->factor(static_cast<double>(epoch)), fixture[kind].values[epoch],
                        1e-6)
                << kind << " at " << epoch;
    }
}

TEST(Schedule, HoldsThenFalls) {
    const Options options{{"epochs", "10"}, {"hold", "0.6"}, {"floor", "0.2"}};
    const auto schedule = selected<Schedule>("cosine", options).object();
    EXPECT_EQ(schedule->factor(0), 1);
    EXPECT_EQ(schedule->factor(6), 1);
    EXPECT_NEAR(schedule->factor(8), 0.6, 1e-12);
    EXPECT_NEAR(schedule->factor(10), 0.2, 1e-12);
}

TEST(Schedule, WarmsUpThenStaysOrFalls) {
    const auto stays = selected<Schedule>("warmup", {{"epochs", "4"}, {"start", "0.2"}}).object();
    EXPECT_NEAR(stays->factor(0), 0.2, 1e-12);
    EXPECT_NEAR(stays->factor(2), 0.6, 1e-12);
    EXPECT_NEAR(stays->factor(1000), 1, 1e-12);
    const auto falls =
        selected<Schedule>("warmup", {{"epochs", "4"}, {"until", "14"}, {"floor", "0.1"}}).object();
    EXPECT_NEAR(falls->factor(4), 1, 1e-12);
    EXPECT_NEAR(falls->factor(9), 0.55, 1e-12);
    EXPECT_NEAR(falls->factor(14), 0.1, 1e-12);
    EXPECT_NEAR(falls->factor(99), 0.1, 1e-12);
    EXPECT_EQ(selected<Schedule>("constant").object()->factor(17.5), 1);
}

}  // namespace
}  // namespace models
