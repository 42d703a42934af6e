// Several ranks that train one model: the same as one, and the same on each.
#include "models/gradient_sum.hpp"
#include "models/layers.hpp"
#include "tests/models/joined_ranks.hpp"
#include "tests/models/model_checks.hpp"

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

TEST(Portions, OfAllRanksAreThoseOfOne) {
    for (const bool separable : {true, false})
        for (const int64_t images : {0, 1, 3, 8})
            for (const int count : {1, 2, 3, 5}) {
                int64_t next = 0;
                Meeting meeting(count);
                for (int rank = 0; rank < count; ++rank) {
                    const JoinedRank ranks(meeting, rank);
                    int64_t index = 0;
                    for (const Portion& portion : cut(images, separable, 100, ranks)) {
                        EXPECT_EQ(portion.index, index++);
                        EXPECT_EQ(portion.first, next);
                        EXPECT_GT(portion.images, 0);
                        next += portion.images;
                        if (separable) {
                            EXPECT_EQ(portion.images, 1);
                        }  // as without ranks
                    }
                }
                EXPECT_EQ(next, images);
            }
}

TEST(GradientSum, SendsAPieceWhenTheLastPortionHasPassedIt) {
    on_ranks(2, [](const std::shared_ptr<JoinedRank>& ranks) {
        // Layers of 40,000 weights, in pieces of 16,384 from the end.
        Network network("n", {40, 1, 1}, {dense({1000}), dense({40})});
        const size_t size = network.values().size();
        GradientSum sum(network, ranks);
        sum.begin(2);
        const size_t pieces = ranks->announced();
        EXPECT_EQ(pieces, (size + (1 << 14) - 1) / (1 << 14));
        const Gradients first = sum.of({0, 0, 1}), second = sum.of({1, 1, 1});
        std::fill_n(first.values, size, 1.F);
        std::fill_n(second.values, size, 10.F);
        const auto middle = static_cast<int64_t>(size / 2);
        (*first.made)(middle);
        EXPECT_THAT(ranks->order, ElementsAre());
        (*second.made)(middle);
        const size_t sent = ranks->order.size();
        EXPECT_GE(sent, 1U);
        EXPECT_LT(sent, pieces);
        (*second.made)(0);
        (*first.made)(0);
        EXPECT_EQ(ranks->order.size(), pieces);
        EXPECT_THAT(sum.total(), testing::Each(22.F));
    });
}

TEST(GradientSum, IsOfTheOthersWhereARankHasNoPortion) {
    on_ranks(2, [](const std::shared_ptr<JoinedRank>& ranks) {
        Network network("n", {4, 1, 1}, {dense({3})});
        GradientSum sum(network, ranks);
        for (const float value : {2.F, 5.F}) {
            sum.begin(ranks->rank() == 0 ? 1 : 0);
            if (ranks->rank() == 0)
                std::fill_n(sum.of({0, 0, 1}).values, network.values().size(), value);
            EXPECT_THAT(sum.total(), testing::Each(value));
        }
    });
}

TEST(GradientSum, RefusesNormalisationOverBatches) {
    const Network network("n", {4, 2, 2}, {batch_norm()});
    Meeting meeting(2);
    const auto ranks = std::make_shared<JoinedRank>(meeting, 0);
    EXPECT_THROW(GradientSum(network, ranks), ModelError);
    EXPECT_NO_THROW(GradientSum(network, alone()));
}

struct Outcome {
    std::vector<float> state;
    Losses losses;
};

/// After steps on batches of 4, 3, 1 and 4: with 3 ranks some have nothing to do.
Outcome trained(const std::string& type, const Options& options, std::shared_ptr<Ranks> ranks) {
    TrainingOptions training;
    training.optimizer = selected<Optimizer>("sgd", {{"rate", "0.01"}});
    training.clip_norm = 0.5;
    training.ranks = std::move(ranks);
    const auto model =
        selected<Architecture>(type, options).object()->build({1, 64, 64}, 1, training);
    Outcome outcome;
    for (const int64_t images : {4, 3, 1, 4})
        outcome.losses = model->train(blobs(images, 64, 64), images == 1 ? 2 : 0.5);
    outcome.state = everything(*model);
    return outcome;
}

class Trained : public testing::TestWithParam<std::pair<std::string, Options>> {};
INSTANTIATE_TEST_SUITE_P(Models, Trained,
                         testing::Values(std::pair{"convolutional", Options{}},
                                         std::pair{"fully_connected",
                                                   Options{{"hidden", "[40, 12]"}}},
                                         std::pair{"gan", Options{{"width", "8"},
                                                                  {"residual_blocks", "1"},
                                                                  {"discriminator_width", "8"}}},
                                         std::pair{"gan", Options{{"width", "8"},
                                                                  {"residual_blocks", "1"},
                                                                  {"discriminator_width", "8"},
                                                                  {"pretrain_epochs", "1"}}},
                                         std::pair{"hyperprior", Options{{"width", "8"},
                                                                         {"latent_channels", "8"},
                                                                         {"qualities", "3"},
                                                                         {"quality", "1"}}},
                                         std::pair{"hyperprior", Options{{"width", "8"},
                                                                         {"latent_channels", "8"},
                                                                         {"qualities", "3"},
                                                                         {"quality", "1"},
                                                                         {"rounded_from", "1"}}},
                                         std::pair{"hyperprior", Options{{"width", "8"},
                                                                         {"latent_channels", "8"},
                                                                         {"qualities", "3"},
                                                                         {"quality", "1"},
                                                                         {"prior_until", "1"}}}));

TEST_P(Trained, OnSeveralRanksAsOnOne) {
    const auto& [type, options] = GetParam();
    const Outcome one = trained(type, options, alone());
    for (const int count : {2, 3}) {
        std::vector<Outcome> outcomes(static_cast<size_t>(count));
        on_ranks(count,
                 [&, &type = type, &options = options](const std::shared_ptr<JoinedRank>& ranks) {
                     outcomes[static_cast<size_t>(ranks->rank())] = trained(type, options, ranks);
                 });
        EXPECT_THAT(outcomes[0].state, Pointwise(FloatNear(1e-4F), one.state));
        for (size_t i = 0; i < one.losses.size(); ++i)
            EXPECT_NEAR(outcomes[0].losses[i].second, one.losses[i].second,
                        1e-4 * std::abs(one.losses[i].second) + 1e-6)
                << one.losses[i].first;
        for (const Outcome& other : outcomes) {
            EXPECT_EQ(other.state, outcomes[0].state);  // bit for bit
            EXPECT_EQ(other.losses, outcomes[0].losses);
        }
    }
}

TEST(JoinRanks, IsAloneIfNobodyElseWasStarted) {
    const auto ranks = join_ranks(0, 1);
    EXPECT_EQ(ranks->count(), 1);
    double value = 3;
    sum(*ranks, {&value, 1});
    EXPECT_EQ(value, 3);
}

}  // namespace
}  // namespace models
