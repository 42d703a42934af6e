#include "tests/nodes/archives.hpp"

namespace {

using nodes::OriginalImage;
using nodes::PlannedImage;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ReadOriginal : public ::testing::Test {
  protected:
    ReadOriginal() {
        write_file(file_, "content");
        image_ = image_of(plan_of(folder_.path(), {"a.tif"}), 0);
    }
    OriginalImage read(const std::string& params = "{}") const {
        return Runner("read_original", params)
            .map<PlannedImage, OriginalImage>("image", image_, "original");
    }
    std::string refusal(const std::string& params = "{}") const {
        return error_of([&] { read(params); });
    }

    Scratch folder_;
    const std::filesystem::path file_ = folder_ / "a.tif";
    PlannedImage image_;
};

TEST_F(ReadOriginal, GivesTheBytesThatWerePlanned) {
    const auto original = read();
    EXPECT_EQ(original.bytes, bytes_of("content"));
    EXPECT_EQ(original.image.file, file_.string());
    EXPECT_EQ(original.image.job.plan, image_.job.plan);
}

TEST_F(ReadOriginal, RefusesAFileThatIsAnother) {
    write_file(file_, "CONTENT");
    EXPECT_THAT(refusal(), AllOf(HasSubstr(file_.string() + ": has changed since it was planned"),
                                 HasSubstr("append=true")));
    write_file(file_, "content and more");
    EXPECT_THAT(refusal(), HasSubstr("has changed"));
    std::filesystem::remove(file_);
    EXPECT_THAT(refusal(), HasSubstr(file_.string() + ": cannot open"));
    write_file(file_, "content");
    EXPECT_EQ(refusal(), "");
}

TEST_F(ReadOriginal, TheLimitOfBytesIsOne) {
    EXPECT_EQ(refusal("{max_bytes: 7}"), "");
    EXPECT_THAT(refusal("{max_bytes: 6}"), HasSubstr(file_.string()));
}

}  // namespace
