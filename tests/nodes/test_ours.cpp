#include "tests/nodes/codec_node.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

using testing::HasSubstr;

TEST(Ours, MakesAStreamForEachQuality) {
    const Scratch folder;
    const std::string model = "{model: " + codec_file(folder);
    for (const auto type : {formats::SampleType::u8, formats::SampleType::u16}) {
        const formats::Image image = wave_frame(200, 150, 1, 1, type).pages[0];
        const auto coded = code("ours", model + ", qualities: [0, 1.5, 2]}", image);
        EXPECT_EQ(coded.codec, "ours");
        ASSERT_EQ(coded.streams.size(), 3U);
        EXPECT_EQ(coded.streams[1].setting, 1.5);
        EXPECT_LT(coded.streams[0].bytes.size(), coded.streams[2].bytes.size());
        for (const auto& stream : coded.streams) {
            EXPECT_GT(stream.encode_seconds, 0);
            const formats::Image back = coded.decode(stream.bytes);
            EXPECT_EQ(back.width, 200);
            EXPECT_EQ(back.height, 150);
            EXPECT_EQ(back.type, type);
        }
    }
    const formats::Image image = wave_frame(200, 150, 1, 1, formats::SampleType::u16).pages[0];
    EXPECT_NE(code("ours", model + ", qualities: [1]}", image).streams[0].bytes,
              code("ours", model + ", qualities: [1], grey: {square_root: true}}", image)
                  .streams[0]
                  .bytes);
    EXPECT_THAT(error_of([&] { Runner("ours", model + ", qualities: [0, 5]}"); }),
                HasSubstr("quality 5: the model has 0 to 2"));
}

}  // namespace
