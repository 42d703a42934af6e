#include "formats/tiff_reader.hpp"
#include "formats/tiff_writer.hpp"
#include "tests/nodes/runner.hpp"

#include <set>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::set<std::string> files(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename());
    return names;
}

TEST(WriteImage, WritesTheSamePixels) {
    Runner runner("write_image");
    auto image = ramp(16, 16, "/data/cell.v2.tif");
    for (float& sample : image.samples) sample = std::round(sample * 255) / 255;
    runner.give("image", image).receive();
    EXPECT_EQ(formats::read_tiff(runner.folder / "images" / "cell.v2.tif").samples, image.samples);
}

TEST(WriteImage, NamesAreDistinctAndTheSameInLaterPasses) {
    Runner runner("write_image", "{folder: ., format: png}");
    for (int epoch = 0; epoch < 2; ++epoch) {
        runner.in_pass(epoch, graph::Purpose::train, "all");
        auto image = ramp(2, 2, "x/a.tif");
        for (int window = 0; window < 2; ++window) runner.give("image", image).receive();
        image.page = 1;
        runner.give("image", image).receive();
        runner.give("image", ramp(2, 2, "y/a.tif")).receive();
        runner.give("image", ramp(2, 2, "")).receive();
    }
    EXPECT_THAT(files(runner.folder.path()),
                UnorderedElementsAre("a.png", "a_2.png", "a_page2.png", "a_3.png", "image.png"));
}

TEST(WriteImage, NeverWritesOverOriginals) {
    Scratch data;
    std::filesystem::create_directories(data / "sub");
    const auto original = data / "sub" / "a.tif";
    formats::write_tiff(original, ramp(3, 3));
    for (const auto& folder : {data / "sub", data.path()}) {
        Runner runner("write_image", "{folder: " + folder.string() + "}");
        EXPECT_THAT(
            error_of([&] { runner.give("image", ramp(2, 2, original.string())).receive(); }),
            HasSubstr("the originals are in"));
    }
    EXPECT_EQ(formats::read_tiff(original).width, 3);
    Runner runner("write_image", "{folder: " + (data / "out").string() + "}");
    runner.give("image", ramp(2, 2, original.string())).receive();
    EXPECT_THAT(files(data / "out"), ElementsAre("a.tif"));
}

TEST(WriteImage, EveryParameterChangesSomething) {
    auto type = [](const std::string& bits) {
        Runner runner("write_image", "{folder: ., bits: " + bits + "}");
        runner.give("image", ramp(4, 4)).receive();
        return formats::read_tiff(runner.folder / "a.tif").type;
    };
    EXPECT_EQ(type("same"), formats::SampleType::u8);
    EXPECT_EQ(type("8"), formats::SampleType::u8);
    EXPECT_EQ(type("16"), formats::SampleType::u16);
    EXPECT_EQ(type("float"), formats::SampleType::f32);
    EXPECT_THAT(error_of([] { Runner("write_image", "{format: png, bits: float}"); }),
                HasSubstr("PNG has no float"));

    auto size = [](const std::string& compression) {
        Runner runner("write_image", "{folder: ., compression: " + compression + "}");
        runner.give("image", make_image(64, 64, std::vector<float>(4096, 0.5f))).receive();
        return std::filesystem::file_size(runner.folder / "a.tif");
    };
    EXPECT_EQ(std::set({size("none"), size("deflate"), size("lzw"), size("zstd")}).size(), 4u);

    const auto before = std::filesystem::current_path();
    Scratch here;
    std::filesystem::current_path(here.path());
    Runner runner("write_image", "{folder: out, within: working_folder}");
    runner.give("image", ramp(2, 2)).receive();
    std::filesystem::current_path(before);
    EXPECT_THAT(files(here / "out"), ElementsAre("a.tif"));
}

}  // namespace
