#include "formats/latents_file.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using nodes::LatentBatch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReadLatents : public ::testing::Test {
  protected:
    void write(const std::vector<float>& centres, int rows = 5, bool generative = false) {
        formats::LatentsWriter file(folder_ / "latents.h5", {.channels = 1,
                                                             .height = 1,
                                                             .width = 2,
                                                             .centres = centres,
                                                             .model = "{type: m}",
                                                             .bits_per_pixel = 1,
                                                             .checkpoint = "",
                                                             .generative = generative});
        for (int i = 0; i < rows; ++i) {
            const std::vector<formats::LatentSource> source{
                {"a" + std::to_string(i), std::string(64, 'b'), i, "train", 7, 9}};
            file.append(source, std::vector<float>{0, 0.5f});
        }
        file.commit();
    }
    std::vector<std::shared_ptr<const LatentBatch>> read(const std::string& more = "") {
        Runner runner("read_latents", "{path: " + folder_.path().string() + more + "}");
        const size_t count = runner.items().size();
        for (size_t i = 0; i < count; ++i) runner.receive();
        return runner.take<LatentBatch>("latents");
    }
    Scratch folder_;
};

TEST_F(ReadLatents, GivesBatches) {
    write({});
    EXPECT_EQ(read().size(), 1u);
    const auto batches = read(", size: 2");
    ASSERT_EQ(batches.size(), 3u);
    EXPECT_THAT(batches[2]->latents.values.dims, ElementsAre(1, 1, 1, 2));
    EXPECT_THAT(batches[2]->latents.values.values, ElementsAre(0, 0.5f));
    EXPECT_EQ(batches[1]->infos.at(1).path, "a3");
    EXPECT_EQ(batches[1]->infos.at(1).page, 3);
    EXPECT_EQ(batches[1]->infos.at(1).split, "train");
    EXPECT_THAT(batches[0]->image, ElementsAre(1, 7, 9));
    EXPECT_EQ(batches[0]->model, "{type: m}");
}

TEST_F(ReadLatents, GivesQuantisedOnesWithTheirCentres) {
    write({0, 0.5f, 1});
    EXPECT_THAT(read().at(0)->latents.centres, ElementsAre(0, 0.5f, 1));
    EXPECT_EQ(read().at(0)->latents.values.values.at(1), 0.5f);
}

TEST_F(ReadLatents, SaysWhetherTheModelMakesUpDetail) {
    for (const bool generative : {false, true}) {
        write({}, 1, generative);
        EXPECT_EQ(read().at(0)->generative, generative);
    }
}

TEST_F(ReadLatents, SaysWhatIsMissing) {
    EXPECT_THAT(error_of([&] { read(); }), HasSubstr("latents.h5"));
    EXPECT_THAT(error_of([] { Runner("read_latents"); }), HasSubstr("'path'"));
    EXPECT_EQ(Runner("read_latents", "{path: x}").spec().outputs.at(0).clock, graph::Clock::batch);
}

}  // namespace
