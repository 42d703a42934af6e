// Text in pieces becomes one file, whole or not at all.
#include "formats/text_writer.hpp"
#include "tests/formats/scratch.hpp"

#include <gtest/gtest.h>

namespace formats {
namespace {

TEST(TextWriter, PiecesOfAnySizeAreOneFile) {
    const Scratch scratch;
    const auto path = scratch.path() / "a.txt";
    std::string all;
    {
        TextWriter writer(path);
        for (size_t size : {0, 1, 1 << 20, 7, 3 << 20}) {
            const std::string piece(size, static_cast<char>('a' + size % 26));
            writer.add(piece);
            all += piece;
        }
        EXPECT_FALSE(std::filesystem::exists(path));
        writer.commit();
    }
    const auto bytes = read_file(path);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), all);
    TextWriter(path).add("never committed");
    EXPECT_EQ(read_file(path).size(), all.size());
}

}  // namespace
}  // namespace formats
