#include "tests/nodes/runner.hpp"

namespace {

using nodes::LatentBatch;
using ::testing::ElementsAre;

LatentBatch quantised(const std::string& params, const std::vector<float>& values) {
    LatentBatch batch;
    batch.latents.values.dims = {1, 1, 1, static_cast<int64_t>(values.size())};
    batch.latents.values.values = values;
    batch.model = "m";
    batch.generative = true;
    return Runner("quantise", params).map<LatentBatch, LatentBatch>("latents", batch, "latents");
}

TEST(Quantise, RoundsToTheNearestLevel) {
    const auto batch = quantised("{levels: 5}", {-3, 0.4f, 0.6f, 2.5f, 3.9f, 100});
    EXPECT_THAT(batch.latents.values.values, ElementsAre(0, 0, 1, 3, 4, 4));
    EXPECT_THAT(batch.latents.centres, ElementsAre(0, 1, 2, 3, 4));
    EXPECT_EQ(batch.model, "m");
    EXPECT_TRUE(batch.generative);
}

TEST(Quantise, EveryParameterChangesSomething) {
    EXPECT_EQ(quantised("{}", {1}).latents.bits_per_value(), 8);
    EXPECT_EQ(quantised("{levels: 16}", {1}).latents.bits_per_value(), 4);
    EXPECT_THAT(quantised("{levels: 2, low: -1}", {-3}).latents.values.values, ElementsAre(-1));
    EXPECT_THAT(quantised("{levels: 2, high: 9}", {8}).latents.values.values, ElementsAre(9));
    EXPECT_THAT(error_of([] { quantised("{low: 5}", {}); }), ::testing::HasSubstr("less than"));
}

}  // namespace
