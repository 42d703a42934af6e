#include "tests/nodes/runner.hpp"

#include <chrono>
#include <numeric>
#include <set>

namespace {

formats::Image make(const std::string& params, int item = 0, int64_t seed = 7) {
    Runner runner("generate_cells", params,
                  [&](graph::Setup& setup) { setup.settings.seed = seed; });
    runner.items();
    for (int i = 0; i <= item; ++i) runner.receive();
    return *runner.take<formats::Image>("image").back();
}

TEST(GenerateCells, IsTheSameForTheSameSeedAndItem) {
    EXPECT_EQ(make("{}", 3).samples, make("{}", 3).samples);
    EXPECT_NE(make("{}", 3).samples, make("{}", 4).samples);
    EXPECT_NE(make("{}", 3).samples, make("{}", 3, 8).samples);
}

TEST(GenerateCells, IsTheSameInEveryEpoch) {
    Runner runner("generate_cells", "{count: 2}");
    runner.items();
    runner.receive().in_pass(1, graph::Purpose::train, "all").receive();
    const auto images = runner.take<formats::Image>("image");
    EXPECT_EQ(images.at(0)->samples, images.at(1)->samples);
}

TEST(GenerateCells, LooksLikeMicroscopy) {
    double mean = 0, brightest = 0;
    for (int item = 0; item < 8; ++item) {
        const auto image = make("{}", item);
        ASSERT_EQ(image.width, 512);
        ASSERT_EQ(image.samples.size(), 512u * 512u);
        std::set<int> levels;
        for (const float sample : image.samples) {
            ASSERT_GE(sample, 0);
            ASSERT_LE(sample, 1);
            levels.insert(formats::to_stored<uint8_t>(sample));
            ASSERT_EQ(formats::to_unit(formats::to_stored<uint8_t>(sample)), sample);
        }
        EXPECT_GT(levels.size(), 60u);
        mean += std::accumulate(image.samples.begin(), image.samples.end(), 0.0) / 512 / 512 / 8;
        brightest = std::max<double>(brightest,
                                     *std::max_element(image.samples.begin(), image.samples.end()));
    }
    EXPECT_GT(mean, 0.08);  // BBBC016: 15 to 103 of 255
    EXPECT_LT(mean, 0.4);
    EXPECT_GT(brightest, 0.7);
}

TEST(GenerateCells, EveryParameterChangesSomething) {
    const auto image = make("{}");
    EXPECT_EQ(make("{width: 100}").width, 100);
    EXPECT_EQ(make("{height: 90}").height, 90);
    EXPECT_EQ(make("{bits: 16}").type, formats::SampleType::u16);
    EXPECT_NE(make("{bits: 16}").samples, image.samples);
    EXPECT_NE(make("{cells: 10}").samples, image.samples);
    EXPECT_NE(make("{noise: 0}").samples, image.samples);
    EXPECT_EQ(Runner("generate_cells", "{count: 5}").items().size(), 5u);
    EXPECT_THAT(error_of([] { make("{bits: 12}"); }), ::testing::HasSubstr("must be 8 or 16"));
}

TEST(GenerateCells, NamesItemsByWell) {
    const auto items = Runner("generate_cells").items();
    ASSERT_EQ(items.size(), 144u);
    EXPECT_EQ(items[4].name, "cells_O02f01.tif");
    EXPECT_EQ(items[4].group, "02");
    EXPECT_EQ(make("{}", 4).path, "cells_O02f01.tif");
    EXPECT_EQ(Runner("generate_cells").shapes({}), (std::vector<graph::Shape>{{1, 512, 512}}));
}

}  // namespace
