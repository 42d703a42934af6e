#include "tests/nodes/frames.hpp"

namespace {

using ::testing::HasSubstr;

class ReadStream : public ::testing::Test {
  protected:
    nodes::EncodedFrame read(const std::string& params = "{}") {
        return Runner("read_stream", params)
            .map<nodes::File, nodes::EncodedFrame>("file", {path_, ""}, "stream");
    }
    Scratch folder_;
    const std::string path_ = (folder_ / "a.lfs").string();
};

TEST_F(ReadStream, GivesTheBytesAsTheyAre) {
    std::ofstream(path_, std::ios::binary) << "\x8CLF and more";
    const auto stream = read();
    EXPECT_EQ(stream.bytes, file_bytes(path_));
    EXPECT_EQ(stream.bytes.size(), 12u);
    EXPECT_EQ(stream.path, path_);
}

TEST_F(ReadStream, RefusesLargeAndMissingFiles) {
    EXPECT_THAT(error_of([&] { read(); }), HasSubstr(path_));
    std::ofstream(path_) << "12345";
    EXPECT_EQ(error_of([&] { read("{max_bytes: 5}"); }), "");
    EXPECT_THAT(error_of([&] { read("{max_bytes: 4}"); }),
                HasSubstr(path_ + ": 5 bytes, but at most 4 are read; raise the limit"));
}

}  // namespace
