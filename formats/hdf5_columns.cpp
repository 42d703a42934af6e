// See hdf5_columns.hpp.
#include "formats/hdf5_columns.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace formats::hdf5 {
namespace {

constexpr hsize_t rows_of_chunk = 4096;

Handle write(hid_t parent, const std::string& name, hid_t type, hid_t memory_type, hsize_t count,
             const void* data, const std::string& units) {
    const std::array<hsize_t, 1> dims{count};
    Handle dataset =
        create_dataset(parent, name, type, dims,
                       {.chunk = {std::clamp<hsize_t>(count, 1, rows_of_chunk)}, .deflate = 4});
    if (!units.empty()) write_attribute(dataset, "units", units);
    if (count > 0) write_rows(dataset, memory_type, 0, count, data);
    return dataset;
}

struct Opened {
    Handle dataset;
    hsize_t first, count;  // the rows to be read
};

Opened open(hid_t parent, const std::string& name, const std::string& place, Rows rows) {
    Handle dataset = open_dataset(parent, name, place);
    const auto size = dims(dataset);
    if (size.size() != 1) throw FormatError(place + ": '" + name + "' is no column");
    const hsize_t most = size[0] - std::min(size[0], rows.first);
    const hsize_t count = rows.count.value_or(most);
    if (count > most)
        throw FormatError(place + ": '" + name + "' is shorter than what is told of it");
    return {std::move(dataset), rows.first, count};
}

}  // namespace

Handle write_column(hid_t parent, const std::string& name, std::span<const uint64_t> values,
                    const std::string& units) {
    // With a sign: numpy makes a float of an unsigned number and a plain one, which is no index.
    return write(parent, name, H5T_STD_I64LE, H5T_NATIVE_UINT64, values.size(), values.data(),
                 units);
}

Handle write_column(hid_t parent, const std::string& name, std::span<const double> values,
                    const std::string& units) {
    return write(parent, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.size(), values.data(),
                 units);
}

Handle write_column(hid_t parent, const std::string& name, std::span<const std::string> values,
                    size_t length) {
    return write_texts(
        parent, name, values.size(), [&](size_t row) -> const std::string& { return values[row]; },
        length);
}

Handle write_texts(hid_t parent, const std::string& name, size_t rows,
                   const std::function<const std::string&(size_t row)>& text, size_t length) {
    if (length == 0) {
        std::vector<const char*> pointers;
        pointers.reserve(rows);
        for (size_t row = 0; row < rows; ++row) pointers.push_back(text(row).c_str());
        const Handle type = text_type();
        return write(parent, name, type, type, rows, pointers.data(), "");
    }
    std::string all;
    all.reserve(rows * length);
    for (size_t row = 0; row < rows; ++row) {
        const std::string& value = text(row);
        if (value.size() > length)
            throw FormatError(name + ": '" + value + "' is longer than " + std::to_string(length));
        all += value;
        all.resize((row + 1) * length);
    }
    const Handle type = fixed_text(length);
    return write(parent, name, type, type, rows, all.data(), "");
}

hsize_t count_rows(hid_t parent, const std::string& name, const std::string& place) {
    return open(parent, name, place, {}).count;
}

std::vector<uint64_t> read_naturals(hid_t parent, const std::string& name, const std::string& place,
                                    Rows rows) {
    const auto [dataset, first, count] = open(parent, name, place, rows);
    std::vector<uint64_t> values(count);
    if (count > 0) read_rows(dataset, H5T_NATIVE_UINT64, first, count, values.data(), place);
    return values;
}

std::vector<std::string> read_texts(hid_t parent, const std::string& name, const std::string& place,
                                    size_t length, Rows rows) {
    std::vector<std::string> values;
    read_texts(
        parent, name, place, length, [&](std::string value) { values.push_back(std::move(value)); },
        rows);
    return values;
}

void read_texts(hid_t parent, const std::string& name, const std::string& place, size_t length,
                const std::function<void(std::string)>& take, Rows rows) {
    const auto opened = open(parent, name, place, rows);
    const Handle type = length == 0 ? text_type() : fixed_text(length);
    const hsize_t piece = std::min(rows_of_chunk, opened.count);
    std::vector<char*> pointers(length == 0 ? piece : 0, nullptr);
    std::string all(length * piece, '\0');
    for (hsize_t done = 0; done < opened.count; done += piece) {
        const hsize_t first = opened.first + done;
        const hsize_t count = std::min(piece, opened.count - done);
        if (length == 0) {
            read_rows(opened.dataset, type, first, count, pointers.data(), place);
            for (char*& pointer : std::span(pointers).first(count)) {
                std::string value = pointer ? pointer : "";
                H5free_memory(std::exchange(pointer, nullptr));
                take(std::move(value));
            }
            continue;
        }
        read_rows(opened.dataset, type, first, count, all.data(), place);
        for (hsize_t row = 0; row < count; ++row) {
            const auto value = std::string_view(all).substr(row * length, length);
            take(std::string(value.substr(0, value.find('\0'))));
        }
    }
}

}  // namespace formats::hdf5
