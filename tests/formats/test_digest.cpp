#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/publish.hpp"
#include "tests/formats/python.hpp"

namespace {

TEST(Digest, AgreesWithOthers) {
    EXPECT_EQ(formats::sha256({}),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const Scratch folder;
    const auto expected = python(folder, R"(
data = bytes(range(256)) * 20000
open('data', 'wb').write(data)
print(hashlib.sha256(data).hexdigest(), hashlib.sha256(data[512:]).hexdigest(), end='')
)");
    EXPECT_EQ(
        formats::sha256_file(folder / "data") + " " + formats::sha256_file(folder / "data", 512),
        expected);
    EXPECT_THROW(formats::sha256_file(folder / "none"), formats::IoError);
}

}  // namespace
