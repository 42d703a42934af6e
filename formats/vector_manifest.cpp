// See vector_manifest.hpp.
#include "formats/vector_manifest.hpp"

#include "formats/digest.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/hdf5_rows.hpp"

#include <array>

#include <fmt/format.h>

namespace formats {

namespace {

const std::string format_name = "latentflow vector index";
constexpr int64_t version = 1;
constexpr std::string_view prefix = "vectors_";

}  // namespace

std::filesystem::path manifest_path(const std::filesystem::path& folder) {
    return folder / "index.h5";
}

std::filesystem::path segment_path(const std::filesystem::path& folder, IdRange range) {
    return folder / fmt::format("{}{:010}_{:010}.h5", prefix, range.first, range.end);
}

bool is_segment(const std::filesystem::path& path) {
    return path.filename().string().starts_with(prefix) && path.extension() == ".h5";
}

void write_manifest(const std::filesystem::path& folder, const VectorManifest& manifest) {
    std::vector<uint64_t> first, end;
    std::string digests;
    for (const auto& segment : manifest.segments) {
        first.push_back(segment.range.first);
        end.push_back(segment.range.end);
        digests += segment.sha256;
    }
    hdf5::Writer writer(manifest_path(folder), Publish::replace);
    {
        const hid_t file = writer.file();
        hdf5::write_attribute(file, "format", format_name);
        hdf5::write_attribute(file, "version", version);
        write_options(file, manifest.options);
        hdf5::write_whole(file, "first", first, 0);
        hdf5::write_whole(file, "end", end, 0);
        const hdf5::Handle type = hdf5::fixed_text(digest_length);
        const std::array<hsize_t, 1> size{first.size()};
        const hdf5::Handle sha256 = hdf5::create_dataset(file, "sha256", type, size);
        if (!first.empty()) hdf5::write_rows(sha256, type, 0, size[0], digests.data());
    }
    writer.commit();
}

VectorManifest read_manifest(const std::filesystem::path& folder) {
    const std::string place = manifest_path(folder).string();
    const hdf5::Reader reader(place);
    const auto attributes = hdf5::attributes(reader.file(), place);
    hdf5::check_format(attributes, format_name, version, place);
    VectorManifest manifest{read_options(attributes, place), {}};

    const hdf5::Datasets datasets(reader.file(), place);
    const hsize_t rows = datasets.rows("first");
    std::vector<uint64_t> first, end;
    datasets.read("first", rows, 0, first);
    datasets.read("end", rows, 0, end);
    const hdf5::Handle sha256 = hdf5::open_dataset(reader.file(), "sha256", place);
    if (hdf5::dims(sha256) != std::vector<hsize_t>{rows})
        throw FormatError(place + ": 'sha256' is not of one digest a segment");
    std::string digests(rows * digest_length, '\0');
    if (rows > 0)
        hdf5::read_rows(sha256, hdf5::fixed_text(digest_length), 0, rows, digests.data(), place);
    for (size_t i = 0; i < rows; ++i)
        manifest.segments.push_back(
            {{first[i], end[i]}, digests.substr(i * digest_length, digest_length)});
    return manifest;
}

}  // namespace formats
