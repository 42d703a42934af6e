#include "formats/file.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using graph::Purpose;
using ::testing::HasSubstr;
using namespace std::string_literals;

void link_reconstruction(graph::Setup& setup) { setup.linked["reconstruction"] = true; }

/// Width and height, as the PNG's header has them.
std::pair<int, int> size_of(const std::filesystem::path& png) {
    const auto bytes = formats::read_file(png);
    auto number = [&](size_t at) {
        int value = 0;
        for (size_t i = 0; i < 4; ++i) value = 256 * value + std::to_integer<int>(bytes.at(at + i));
        return value;
    };
    return {number(16), number(20)};
}

std::string text_of(const std::filesystem::path& file) {
    const auto bytes = formats::read_file(file);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::pair<int, int> drawn(const std::string& params, const std::string& split = "test") {
    Runner runner("write_sheet", params, link_reconstruction);
    for (int epoch = 0; epoch < 2; ++epoch) {
        runner.in_pass(epoch, Purpose::evaluate, split, epoch == 1);
        for (uint64_t i = 0; i < 2; ++i)
            runner.give("images", blocks(3, 16, i))
                .give("reconstruction", blocks(3, 16, i + 1))
                .receive();
        runner.end();
        if (epoch == 0) {
            EXPECT_TRUE(std::filesystem::is_empty(runner.folder.path()));
        }
    }
    const auto file =
        runner.folder / (params.find("mine") == std::string::npos ? "sheet.png" : "mine.png");
    return std::filesystem::exists(file) ? size_of(file) : std::pair(0, 0);
}

TEST(WriteSheet, DrawsTheFirstImagesOfASplit) {
    EXPECT_EQ(drawn("{}"), std::pair(6 * 18 - 2, 3 * 18 - 2));
    EXPECT_EQ(drawn("{columns: 4}"), std::pair(4 * 18 - 2, 3 * 18 - 2));
    EXPECT_EQ(drawn("{columns: 4, gap: 0}"), std::pair(64, 48));
    EXPECT_EQ(drawn("{columns: 4, difference: 0}"), std::pair(4 * 18 - 2, 2 * 18 - 2));
    EXPECT_EQ(drawn("{columns: 4, gap: 0, file: mine.png}"), std::pair(64, 48));
    EXPECT_EQ(drawn("{}", "train"), std::pair(0, 0));
    EXPECT_EQ(drawn("{split: train, gap: 0}", "train"), std::pair(96, 48));
    EXPECT_EQ(drawn("{split: '', gap: 0}", "train"), std::pair(96, 48));
}

TEST(WriteSheet, AsksTheModel) {
    Runner runner("write_sheet", "{}", [](graph::Setup& setup) { setup.linked["model"] = true; });
    runner.in_pass(0, Purpose::evaluate, "test", true);
    runner.give("model", trained_snapshot(1)).give("images", blocks(2, 16, 1)).receive().end();
    EXPECT_EQ(size_of(runner.folder / "sheet.png"), std::pair(2 * 18 - 2, 3 * 18 - 2));
}

TEST(WriteSheet, SaysInTheFileWhatThereIsToSee) {
    Runner runner("write_sheet", "{columns: 4, difference: 2}", link_reconstruction);
    runner.in_pass(4, Purpose::evaluate, "test", true);
    runner.give("images", blocks(3, 16, 1))
        .give("reconstruction", blocks(3, 16, 2))
        .receive()
        .end();
    EXPECT_THAT(text_of(runner.folder / "sheet.png"),
                HasSubstr("Description\0"
                          "3 images of split test, epoch 5. Rows: originals, "
                          "reconstructions, difference x 2 (grey: none)."s));
}

TEST(WriteSheet, NeedsOneOfTheTwo) {
    EXPECT_THAT(error_of([] { Runner("write_sheet"); }),
                HasSubstr("link 'model' or 'reconstruction'"));
}

}  // namespace
