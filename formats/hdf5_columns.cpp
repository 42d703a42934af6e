// See hdf5_columns.hpp.
#include "formats/hdf5_columns.hpp"

#include <algorithm>
#include <array>

namespace formats::hdf5 {
namespace {

Handle write(hid_t parent, const std::string& name, hid_t type, hid_t memory_type, hsize_t count,
             const void* data, const std::string& units) {
    const std::array<hsize_t, 1> dims{count};
    Handle dataset = create_dataset(parent, name, type, dims,
                                    {.chunk = {std::clamp<hsize_t>(count, 1, 4096)}, .deflate = 4});
    if (!units.empty()) write_attribute(dataset, "units", units);
    if (count > 0) write_rows(dataset, memory_type, 0, count, data);
    return dataset;
}

struct Opened {
    Handle dataset;
    hsize_t rows;
};

Opened open(hid_t parent, const std::string& name, const std::string& place) {
    Handle dataset = open_dataset(parent, name, place);
    const auto size = dims(dataset);
    if (size.size() != 1) throw FormatError(place + ": '" + name + "' is no column");
    return {std::move(dataset), size[0]};
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
    if (length == 0) {
        std::vector<const char*> pointers;
        pointers.reserve(values.size());
        for (const std::string& value : values) pointers.push_back(value.c_str());
        const Handle type = text_type();
        return write(parent, name, type, type, values.size(), pointers.data(), "");
    }
    std::string all;
    all.reserve(values.size() * length);
    for (const std::string& value : values) {
        if (value.size() > length)
            throw FormatError(name + ": '" + value + "' is longer than " + std::to_string(length));
        all += value;
        all.resize(all.size() + length - value.size());
    }
    const Handle type = fixed_text(length);
    return write(parent, name, type, type, values.size(), all.data(), "");
}

std::vector<uint64_t> read_naturals(hid_t parent, const std::string& name,
                                    const std::string& place) {
    const auto [dataset, rows] = open(parent, name, place);
    std::vector<uint64_t> values(rows);
    if (rows > 0) read_rows(dataset, H5T_NATIVE_UINT64, 0, rows, values.data(), place);
    return values;
}

std::vector<std::string> read_texts(hid_t parent, const std::string& name, const std::string& place,
                                    size_t length) {
    const auto [dataset, rows] = open(parent, name, place);
    std::vector<std::string> values;
    values.reserve(rows);
    if (rows == 0) return values;
    if (length == 0) {
        std::vector<char*> pointers(rows, nullptr);
        read_rows(dataset, text_type(), 0, rows, pointers.data(), place);
        for (char* pointer : pointers) {
            values.emplace_back(pointer ? pointer : "");
            H5free_memory(pointer);
        }
        return values;
    }
    std::string all(rows * length, '\0');
    read_rows(dataset, fixed_text(length), 0, rows, all.data(), place);
    for (hsize_t row = 0; row < rows; ++row) {
        std::string value = all.substr(row * length, length);
        value.resize(std::min(value.find('\0'), length));
        values.push_back(std::move(value));
    }
    return values;
}

}  // namespace formats::hdf5
