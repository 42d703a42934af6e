#include "tests/nodes/runner.hpp"

namespace {

TEST(Unbatch, UndoesBatch) {
    Runner batch("batch");
    const std::vector<formats::Image> images{ramp(3, 2, "a"),
                                             make_image(3, 2, {1, 1, 1, 0, 0, 0}, "b")};
    for (const auto& image : images) batch.give("image", image).receive();
    batch.end();
    Runner unbatch("unbatch");
    unbatch.give("images", batch.take<nodes::Batch>("images").at(0)).receive();
    const auto back = unbatch.take<formats::Image>("image");
    ASSERT_EQ(back.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(back[i]->samples, images[i].samples);
        EXPECT_EQ(back[i]->path, images[i].path);
        EXPECT_EQ(back[i]->type, images[i].type);
        EXPECT_EQ(back[i]->height, 2);
    }
}

}  // namespace
