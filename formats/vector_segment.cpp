// See vector_segment.hpp.
#include "formats/vector_segment.hpp"

#include "formats/hdf5_file.hpp"
#include "formats/hdf5_rows.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

namespace formats {

namespace {

using hdf5::Handle;

const std::string format_name = "latentflow vector segment";
constexpr int64_t version = 1;

SegmentHeader header_of(const hdf5::Attributes& attributes, const std::string& place) {
    hdf5::check_format(attributes, format_name, version, place);
    const auto number = [&](const char* name) {
        return static_cast<uint64_t>(hdf5::get<int64_t>(attributes, name, place));
    };
    return {read_options(attributes, place), {number("first"), number("end")}};
}

/// A search follows links without looking where they lead: here is where that is made sure of.
void check_graph(const VectorSegment& segment, const std::string& place) {
    const auto refuse = [&](const char* why) {
        throw FormatError(fmt::format("{}: {}; build the index again", place, why));
    };
    const auto& ids = segment.ids;
    const auto& levels = segment.levels;
    if (std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) != ids.end() ||
        (!ids.empty() &&
         (ids.front() < segment.header.range.first || ids.back() >= segment.header.range.end)))
        refuse("its ids are not ascending within its range");
    uint32_t vectors = 0;
    for (const uint32_t vector : segment.item_vectors) {
        if (vector > vectors) refuse("its vectors are not in the order of its ids");
        vectors += vector == vectors;
    }
    if (vectors != levels.size()) refuse("a vector has no id");
    if (!levels.empty() &&
        (segment.entry >= levels.size() ||
         levels[segment.entry] != *std::max_element(levels.begin(), levels.end())))
        refuse("its search would not begin in the highest layer");
    const auto check_row = [&](const uint32_t* row, size_t width, int layer) {
        if (row[0] >= width) refuse("a vector has too many neighbours");
        for (uint32_t i = 1; i <= row[0]; ++i)
            if (row[i] >= levels.size() || levels[row[i]] < layer)
                refuse("a link leads out of its layer");
    };
    const uint32_t* upper = segment.upper_links.data();
    for (size_t i = 0; i < levels.size(); ++i) {
        check_row(segment.links.data() + i * segment.link_width(), segment.link_width(), 0);
        for (int layer = 1; layer <= levels[i]; ++layer, upper += segment.upper_width())
            check_row(upper, segment.upper_width(), layer);
    }
}

}  // namespace

std::string write_segment(const std::filesystem::path& path, const VectorSegment& segment) {
    hdf5::Writer writer(path, Publish::replace);
    {
        const hid_t file = writer.file();
        const auto& [options, range] = segment.header;
        hdf5::write_attribute(file, "format", format_name);
        hdf5::write_attribute(file, "version", version);
        write_options(file, options);
        hdf5::write_attribute(file, "first", static_cast<int64_t>(range.first));
        hdf5::write_attribute(file, "end", static_cast<int64_t>(range.end));
        hdf5::write_attribute(file, "entry", int64_t{segment.entry});

        const Handle id = hdf5::write_whole(file, "id", segment.ids, 0);
        hdf5::name_dimension(hdf5::write_whole(file, "item_vector", segment.item_vectors, 0), 0, id,
                             "item");
        hdf5::write_whole(file, "vectors", segment.vectors, options.dimension);
        hdf5::write_whole(file, "level", segment.levels, 0);
        hdf5::write_whole(file, "links", segment.links, segment.link_width());
        hdf5::write_whole(file, "upper_links", segment.upper_links, segment.upper_width());
    }
    writer.commit();
    return writer.digest();
}

VectorSegment read_segment(const std::filesystem::path& path) {
    const std::string place = path.string();
    const hdf5::Reader reader(path);
    const auto attributes = hdf5::attributes(reader.file(), place);
    VectorSegment segment;
    segment.header = header_of(attributes, place);
    segment.entry = static_cast<uint32_t>(hdf5::get<int64_t>(attributes, "entry", place));

    const hdf5::Datasets datasets(reader.file(), place);
    const hsize_t items = datasets.rows("id"), rows = datasets.rows("level");
    datasets.read("id", items, 0, segment.ids);
    datasets.read("item_vector", items, 0, segment.item_vectors);
    datasets.read("vectors", rows, segment.header.options.dimension, segment.vectors);
    datasets.read("level", rows, 0, segment.levels);
    datasets.read("links", rows, segment.link_width(), segment.links);
    datasets.read("upper_links",
                  std::accumulate(segment.levels.begin(), segment.levels.end(), hsize_t{0}),
                  segment.upper_width(), segment.upper_links);
    check_graph(segment, place);
    return segment;
}

SegmentHeader read_segment_header(const std::filesystem::path& path) {
    const hdf5::Reader reader(path);
    return header_of(hdf5::attributes(reader.file(), path.string()), path.string());
}

}  // namespace formats
