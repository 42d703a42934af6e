#include "models/ranks.hpp"
#include "nodes/epoch_losses.hpp"

#include <gmock/gmock.h>

namespace {

using nodes::EpochLosses;

std::vector<std::string> metrics(const nodes::Metrics& rows) {
    std::vector<std::string> names;
    for (const nodes::Metric& row : rows) names.push_back(row.metric);
    return names;
}

TEST(EpochLosses, AreMeansOverTheImagesAndNotOverTheSteps) {
    const auto alone = models::join_ranks(0, 1);
    EpochLosses losses;
    losses.begin();
    losses.add({{"loss", 1}, {"rate", 3}}, 6);
    losses.add({{"loss", 4}, {"rate", 3}}, 2);
    EXPECT_EQ(losses.images(), 8);
    EXPECT_EQ(losses.mean("loss"), 1.75);
    const nodes::Metrics rows = losses.rows(5, "gan", *alone);
    EXPECT_THAT(metrics(rows), testing::ElementsAre("loss", "rate"));
    EXPECT_EQ(rows[0].epoch, 5);
    EXPECT_EQ(rows[0].model, "gan");
    EXPECT_EQ(rows[0].split, "train");
    EXPECT_EQ(rows[0].value, 1.75);
    EXPECT_EQ(rows[1].value, 3);
}

TEST(EpochLosses, GoOnFromACheckpoint) {
    EpochLosses before, after;
    before.add({{"loss", 1}}, 6);
    after.restore(before.sums());
    after.add({{"loss", 4}}, 2);
    EXPECT_EQ(after.mean("loss"), 1.75);
    after.begin();
    EXPECT_EQ(after.images(), 0);
}

TEST(EpochLosses, SecondsAreToldOnceOfAnEpochThatWasTrained) {
    const auto alone = models::join_ranks(0, 1);
    EpochLosses losses;
    EXPECT_TRUE(losses.rows(1, "gan", *alone).empty());
    losses.start_clock();
    EXPECT_THAT(metrics(losses.rows(1, "gan", *alone)), testing::ElementsAre("seconds"));
    EXPECT_TRUE(losses.rows(2, "gan", *alone).empty());
}

}  // namespace
