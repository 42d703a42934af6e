#include "tests/nodes/runner.hpp"

namespace {

using nodes::Batch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MakeBatch, KeepsOrderAndDropsNothing) {
    Runner runner("batch", "{size: 2}");
    runner.in_pass(0, graph::Purpose::train, "train");
    for (int i = 0; i < 5; ++i)
        runner.give("image", make_image(1, 1, {0.1f * static_cast<float>(i)}, std::to_string(i)))
            .receive();
    EXPECT_EQ(runner.sent.size(), 2u);
    runner.end();
    runner.end();  // nothing is left
    const auto batches = runner.take<Batch>("images");
    ASSERT_EQ(batches.size(), 3u);
    EXPECT_THAT(batches[1]->images.values, ElementsAre(0.1f * 2, 0.1f * 3));
    EXPECT_THAT(batches[2]->images.dims, ElementsAre(1, 1, 1, 1));
    EXPECT_EQ(batches[2]->infos.at(0).path, "4");
    EXPECT_EQ(batches[0]->infos.at(0).split, "train");
    EXPECT_EQ(batches[0]->infos.at(0).type, formats::SampleType::u8);
}

TEST(MakeBatch, NamesBothSizesAndTheRemedy) {
    Runner runner("batch");
    runner.give("image", ramp(4, 3)).receive();
    const std::string error = error_of([&] { runner.give("image", ramp(5, 3)).receive(); });
    EXPECT_THAT(error, HasSubstr("5x3"));
    EXPECT_THAT(error, HasSubstr("4x3"));
    EXPECT_THAT(error, HasSubstr("put a 'resize' before"));
    runner.give("image", ramp(4, 3)).receive().end();  // it goes on without the odd one
    EXPECT_EQ(runner.take<Batch>("images").at(0)->infos.size(), 2u);
}

TEST(MakeBatch, RefusesValuesThatNetworksDoNotTake) {
    Runner runner("batch");
    EXPECT_THAT(error_of([&] {
                    runner.give("image", make_image(2, 1, {-0.5f, 4})).receive();
                }),
                HasSubstr("from -0.5 to 4, but networks take 0 to 1: put a 'normalise'"));
}

TEST(MakeBatch, RefusesWhatIsNoNumberWhereverItIs) {
    Runner runner("batch");
    for (const size_t at : {0, 1, 2}) {
        auto image = make_image(3, 1, {0.5f, 0.25f, 1});
        image.samples[at] = std::numeric_limits<float>::quiet_NaN();
        EXPECT_THAT(error_of([&] { runner.give("image", image).receive(); }),
                    HasSubstr("not a number"));
    }
    EXPECT_THAT(error_of([&] {
                    const float infinite = std::numeric_limits<float>::infinity();
                    runner.give("image", make_image(3, 1, {0.5f, infinite, 1})).receive();
                }),
                HasSubstr("from 0.5 to inf, but networks take 0 to 1"));
    runner.end();
    EXPECT_TRUE(runner.sent.empty());
}

TEST(MakeBatch, SaysWhatItHolds) {
    const auto& spec = graph::registry().at("batch");
    EXPECT_TRUE(spec.reindexes && spec.ordered);
    const auto params = spec.make_params();
    EXPECT_EQ(spec.holds(params.get()), 8u);
}

}  // namespace
