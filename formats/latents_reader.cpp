// See latents_file.hpp: the half that reads.
#include "formats/digest.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/latents_file.hpp"
#include "formats/sizes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace formats {

using hdf5::call;
using hdf5::Handle;

struct LatentsReader::State {
    std::string place;
    hdf5::Reader reader;
    LatentsHeader header;
    Handle latents;
    uint64_t rows = 0;

    explicit State(const std::filesystem::path& path) : place(path.string()), reader(path) {
        const auto root = hdf5::attributes(reader.file(), place);
        hdf5::check_format(root, latents_format, latents_version, place);
        header.model = hdf5::get<std::string>(root, "model", place);
        header.bits_per_pixel = hdf5::get<double>(root, "bits_per_pixel", place);
        header.checkpoint = hdf5::get<std::string>(root, "checkpoint", place);
        if (root.contains("generative"))
            header.generative = hdf5::get<int64_t>(root, "generative", place) != 0;

        latents = hdf5::open_dataset(reader.file(), "latents", place);
        const auto dims = hdf5::dims(latents);
        if (dims.size() != 4 || product({dims[1], dims[2], dims[3]}) > INT32_MAX ||
            product({dims[1], dims[2], dims[3]}) == 0)
            throw FormatError(place + ": 'latents' is not of (image, channel, y, x)");
        rows = dims[0];
        header.channels = static_cast<int>(dims[1]);
        header.height = static_cast<int>(dims[2]);
        header.width = static_cast<int>(dims[3]);
        if (call(place, H5Lexists, reader.file(), "centres", H5P_DEFAULT) > 0) read_centres();
    }

    void read_centres() {
        const Handle dataset = hdf5::open_dataset(reader.file(), "centres", place);
        const auto dims = hdf5::dims(dataset);
        if (dims.size() != 1 || dims[0] == 0 || dims[0] > 256)
            throw FormatError(place + ": 'centres' is not a list of 1 to 256 numbers");
        header.centres.resize(dims[0]);
        hdf5::read_rows(dataset, H5T_NATIVE_FLOAT, 0, dims[0], header.centres.data(), place);
    }

    std::vector<float> values(uint64_t first, uint64_t count) const {
        std::vector<float> values(product({count, header.values()}));
        if (header.centres.empty()) {
            hdf5::read_rows(latents, H5T_NATIVE_FLOAT, first, count, values.data(), place);
            return values;
        }
        std::vector<uint8_t> symbols(values.size());
        hdf5::read_rows(latents, H5T_NATIVE_UINT8, first, count, symbols.data(), place);
        for (size_t i = 0; i < symbols.size(); ++i) {
            if (symbols[i] >= header.centres.size())
                throw FormatError(fmt::format("{}: symbol {}, but there are {} centres", place,
                                              symbols[i], header.centres.size()));
            values[i] = header.centres[symbols[i]];
        }
        return values;
    }

    Handle column(const char* name) const {
        Handle dataset = hdf5::open_dataset(reader.file(), name, place);
        if (hdf5::dims(dataset) != std::vector<hsize_t>{rows})
            throw FormatError(fmt::format("{}: '{}' has not one value per image", place, name));
        return dataset;
    }

    std::vector<int> integers(const char* name, uint64_t first, uint64_t count) const {
        std::vector<int> values(count);
        hdf5::read_rows(column(name), H5T_NATIVE_INT, first, count, values.data(), place);
        return values;
    }

    std::vector<std::string> texts(const char* name, uint64_t first, uint64_t count) const {
        std::vector<char*> pointers(count, nullptr);
        hdf5::read_rows(column(name), hdf5::text_type(), first, count, pointers.data(), place);
        std::vector<std::string> values;
        values.reserve(count);
        for (char* pointer : pointers) {
            values.emplace_back(pointer ? pointer : "");
            H5free_memory(pointer);
        }
        return values;
    }

    std::vector<std::string> digests(uint64_t first, uint64_t count) const {
        std::string all(product({count, digest_length}), '\0');
        hdf5::read_rows(column("sha256"), hdf5::fixed_text(digest_length), first, count, all.data(),
                        place);
        std::vector<std::string> values(count);
        for (uint64_t i = 0; i < count; ++i) {
            values[i] = all.substr(i * digest_length, digest_length);
            values[i].resize(std::min(values[i].find('\0'), digest_length));
        }
        return values;
    }
};

LatentsReader::LatentsReader(const std::filesystem::path& path)
    : state_(std::make_unique<State>(path)) {}

LatentsReader::~LatentsReader() = default;

const LatentsHeader& LatentsReader::header() const { return state_->header; }

uint64_t LatentsReader::size() const { return state_->rows; }

LatentRows LatentsReader::read(uint64_t first, uint64_t count) const {
    if (first > size() || count > size() - first)
        throw FormatError(fmt::format("{}: rows {} to {} were asked for, but there are {}",
                                      state_->place, first, first + count, size()));
    if (count == 0) return {};
    LatentRows rows;
    rows.values = state_->values(first, count);
    const auto paths = state_->texts("path", first, count);
    const auto splits = state_->texts("split", first, count);
    const auto digests = state_->digests(first, count);
    const auto pages = state_->integers("page", first, count);
    const auto heights = state_->integers("height", first, count);
    const auto widths = state_->integers("width", first, count);
    for (uint64_t i = 0; i < count; ++i)
        rows.sources.push_back({paths[i], digests[i], pages[i], splits[i], heights[i], widths[i]});
    return rows;
}

}  // namespace formats
