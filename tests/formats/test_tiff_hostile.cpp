// The hostile corpus: every file is decoded to exactly what other readers see, or refused with a
// reason; none crashes, none takes long.
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/image.hpp"
#include "formats/tiff_reader.hpp"
#include "tests/shared_data.hpp"
#include "tests/spent.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <sstream>

#include <gmock/gmock.h>

namespace {

using Row = std::map<std::string, std::string>;

std::vector<Row> manifest(const char* folder) {
    std::ifstream file(shared_data() / folder / "MANIFEST.tsv");
    const auto fields = [](const std::string& line) {
        std::vector<std::string> parts;
        std::stringstream stream(line);
        for (std::string part; std::getline(stream, part, '\t');) parts.push_back(part);
        return parts;
    };
    std::string line;
    std::getline(file, line);
    const auto names = fields(line);
    std::vector<Row> rows;
    while (std::getline(file, line)) {
        const auto values = fields(line);
        Row row;
        for (size_t i = 0; i < values.size(); ++i) row[names[i]] = values[i];
        rows.push_back(row);
    }
    return rows;
}

/// Of the samples as another reader has them: `largest` is what it calls 1.
template <class T>
std::string digest_as(const formats::Image& image, float largest, bool planes_first) {
    const size_t pixels = image.samples.size() / image.channels;
    std::vector<T> values(image.samples.size());
    for (size_t c = 0; c < static_cast<size_t>(image.channels); ++c)
        for (size_t i = 0; i < pixels; ++i) {
            const float sample = image.samples[c * pixels + i];
            T& value = values[planes_first ? c * pixels + i : i * image.channels + c];
            if constexpr (std::is_floating_point_v<T>)
                value = static_cast<T>(sample);
            else
                value = static_cast<T>(std::lround(sample * largest));
        }
    return formats::sha256(std::as_bytes(std::span(values)));
}

/// The image's digest as the manifest's reader would have given it.
std::string digest_of(formats::Image image, const Row& row) {
    const int bits = std::stoi(row.at("bits_per_sample"));
    if (row.at("photometric") == "MINISWHITE") {  // other readers do not invert
        const float largest = bits < 9 ? 1 : static_cast<float>((1 << bits) - 1) / 65535;
        for (float& sample : image.samples) sample = largest - sample;
    }
    const std::string& type = row.at("tifffile_dtype");
    const bool planes = row.at("planar") == "SEPARATE";
    if (type == "bool") return digest_as<uint8_t>(image, 1, planes);
    if (type == "uint8")
        return digest_as<uint8_t>(image, static_cast<float>((1 << bits) - 1), planes);
    if (type == "uint16") return digest_as<uint16_t>(image, 65535, planes);
    if (type == "int16") return digest_as<int16_t>(image, 32767, planes);
    if (type == "float32") return digest_as<float>(image, 1, planes);
    if (type == "float64") return digest_as<double>(image, 1, planes);
    return "";
}

/// Whether the manifest's digest is of what we decode to: it is not for palettes (indices), half
/// floats, and doubles that float rounds.
bool comparable(const Row& row) {
    return row.count("tifffile_pixels_sha256") > 0 && !row.at("tifffile_pixels_sha256").empty() &&
           row.at("photometric") != "PALETTE" && row.at("tifffile_dtype") != "float16" &&
           row.at("tifffile_dtype") != "float64";
}

/// "exact", "decoded" (there is nothing to hold it against), or why it is refused.
std::string outcome(const Row& row, const std::filesystem::path& path) {
    try {
        const auto image = formats::read_tiff(path, 0, {.colour = formats::Colour::keep});
        if (!comparable(row)) return "decoded";
        return digest_of(image, row) == row.at("tifffile_pixels_sha256") ? "exact" : "other pixels";
    } catch (const formats::FormatError& error) {
        const std::string what = error.what();
        if (!what.starts_with(path.string() + ": ")) return "does not name its file: " + what;
        return "refused: " + what.substr(path.string().size() + 2);
    }
}

/// What is well-formed, or is to libtiff: whoever refuses it owes a reason.
bool is_valid(const Row& row) {
    return row.at("category").starts_with("valid") || row.at("libtiff_rc") == "0";
}

TEST(Hostile, IsDecodedExactlyOrRefused) {
    NEEDS_SHARED_DATA("hostile");
    int exact = 0;
    std::string refused;
    for (const Row& row : manifest("hostile")) {
        SCOPED_TRACE(row.at("file"));
        const Spent spent =
            spent_by([&] { return outcome(row, shared_data() / "hostile" / row.at("file")); });
        EXPECT_LT(spent.seconds, most_seconds);
        EXPECT_LT(spent.bytes, uint64_t{256} << 20);
        EXPECT_THAT(spent.said,
                    testing::AnyOf("exact", "decoded", testing::StartsWith("refused: ")));
        EXPECT_THAT(spent.said, testing::Not(testing::HasSubstr("\n")));
        if (row.at("category") == "corrupt-crash") {
            EXPECT_THAT(spent.said, testing::StartsWith("refused: "));
        }
        exact += spent.said == "exact";
        if (is_valid(row) && spent.said.starts_with("refused: "))
            refused += row.at("file") + ": " + spent.said.substr(9) + "\n";
    }
    EXPECT_GE(exact, 60);
    std::ifstream file(SOURCE_DIR "/tests/formats/hostile_refused.txt");
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(refused, expected) << "valid files are refused, or are so no longer";
}

TEST(Hostile, PagesAreCountedOrRefused) {
    NEEDS_SHARED_DATA("hostile");
    const auto pages = [](const char* name) {
        return formats::tiff_pages(shared_data() / "hostile" / "files" / name);
    };
    EXPECT_EQ(pages("pil__multipage.tiff"), 3);
    EXPECT_EQ(pages("pil__multipage_out_of_order.tiff"), 3);
    EXPECT_EQ(pages("pil__multipage_single_frame_loop.tiff"), 1);
    EXPECT_EQ(pages("pil__multipage_multiple_frame_loop.tiff"), 2);
    EXPECT_EQ(pages("irs__seq-1c-8b-multipage-adeefdcc.tiff"), 3);
    EXPECT_THROW(pages("tm__ifd-end-pointer.tif"), formats::FormatError);
}

TEST(Bbbc016, GreyRampPaletteIsItsIndex) {
    NEEDS_SHARED_DATA("bbbc016");
    for (const Row& row : manifest("bbbc016")) {
        const auto image = formats::read_tiff(shared_data() / "bbbc016" / row.at("file"));
        EXPECT_EQ(image.sha256, row.at("sha256"));
        EXPECT_EQ(image.type, formats::SampleType::u8);
        EXPECT_EQ(std::tuple(image.channels, image.height, image.width), std::tuple(1, 512, 512));
        const double sum = std::accumulate(image.samples.begin(), image.samples.end(), 0.0);
        EXPECT_NEAR(sum / 512 / 512 * 255, std::stod(row.at("mean")), 0.001);
    }
}

}  // namespace
