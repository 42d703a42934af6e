// See checkpoint.hpp.
#include "formats/checkpoint.hpp"

#include "formats/hdf5_file.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

namespace formats {

namespace {

using hdf5::call;
using hdf5::Handle;

const std::string format_name = "latentflow checkpoint";
constexpr int64_t version = 1;

/// "encoder.0.weights" -> encoder, 0, weights. Empty if a part is empty, or "..", say.
std::vector<std::string> parts_of(const std::string& name) {
    std::vector<std::string> parts(1);
    for (const char c : name) {
        if (c == '.' || c == '/')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    const bool whole =
        std::none_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); });
    return whole ? parts : std::vector<std::string>{};
}

/// How values are stored, and how they are here.
template <class Value>
hid_t stored_type() {
    return std::is_same_v<Value, float> ? H5T_IEEE_F32LE : H5T_STD_I32LE;
}
template <class Value>
hid_t native_type() {
    return std::is_same_v<Value, float> ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT32;
}

/// No model can do with a value that is none; and a checkpoint that held one would be in place of
/// the last good one.
template <class Value>
void check_finite(const std::string& name, std::span<const Value> values,
                  const std::string& place) {
    if constexpr (std::is_floating_point_v<Value>) {
        const auto bad = std::ranges::find_if_not(values, [](Value v) { return std::isfinite(v); });
        if (bad != values.end())
            throw FormatError(fmt::format("{}: value {} of array '{}' is {}; all must be finite",
                                          place, bad - values.begin(), name, *bad));
    }
}

template <class Value>
class ArrayWriter {
  public:
    ArrayWriter(hid_t arrays, const std::string& place) : arrays_(arrays), place_(place) {}

    void write(const ValuesView<Value>& array, int64_t order) {
        std::vector<hsize_t> dims;
        uint64_t size = 1;
        for (const int64_t dim : array.dims) {
            dims.push_back(static_cast<hsize_t>(dim));
            size = product({size, static_cast<uint64_t>(dim)});
        }
        const bool positive =
            std::all_of(array.dims.begin(), array.dims.end(), [](int64_t dim) { return dim >= 0; });
        if (!positive || size != array.values.size())
            throw FormatError(fmt::format("{}: array '{}' of dims [{}] has {} values", place_,
                                          array.name, fmt::join(array.dims, ", "),
                                          array.values.size()));
        check_finite(array.name, array.values, place_);
        const auto parts = parts_of(array.name);
        if (parts.empty())
            throw FormatError(fmt::format("{}: '{}' cannot name an array", place_, array.name));

        hid_t group = arrays_;
        std::string path;
        for (size_t i = 0; i + 1 < parts.size(); ++i) {
            path += "/" + parts[i];
            auto& made = groups_[path];
            if (made < 0) made = hdf5::create_group(group, parts[i]);
            group = made;
        }
        const Handle dataset =
            hdf5::create_dataset(group, parts.back(), stored_type<Value>(), dims);
        hdf5::write_attribute(dataset, "name", array.name);
        hdf5::write_attribute(dataset, "order", order);
        if (size == 0) return;  // libhdf5 would miss a buffer
        call(place_, H5Dwrite, dataset, native_type<Value>(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
             array.values.data());
    }

  private:
    hid_t arrays_;
    const std::string& place_;
    std::map<std::string, Handle> groups_;  // by path
};

Handle open_group(hid_t file, const char* name, const std::string& place) {
    return {call(place, H5Gopen2, file, name, H5P_DEFAULT), H5Gclose};
}

std::vector<std::string> paths_of_datasets(hid_t group, const std::string& place) {
    std::vector<std::string> paths;
    const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
        static_cast<std::vector<std::string>*>(data)->emplace_back(name);
        return 0;
    };
    call(place, H5Lvisit, group, H5_INDEX_NAME, H5_ITER_NATIVE, H5L_iterate_t{visit},
         static_cast<void*>(&paths));
    std::erase_if(paths, [&](const std::string& path) {
        const Handle object(call(place, H5Oopen, group, path.c_str(), H5P_DEFAULT), H5Oclose);
        return H5Iget_type(object) != H5I_DATASET;
    });
    return paths;
}

template <class Value>
void write_arrays(hid_t file, const char* name, std::span<const ValuesView<Value>> arrays,
                  const std::string& place) {
    const Handle group = hdf5::create_group(file, name);
    ArrayWriter<Value> writer(group, place);
    for (size_t i = 0; i < arrays.size(); ++i) writer.write(arrays[i], static_cast<int64_t>(i));
}

template <class Value>
std::vector<NamedValues<Value>> read_arrays(const Handle& group, const std::string& place) {
    std::map<int64_t, NamedValues<Value>> arrays;
    for (const std::string& name : paths_of_datasets(group, place)) {
        const Handle dataset = hdf5::open_dataset(group, name, place);
        const auto attributes = hdf5::attributes(dataset, place);
        NamedValues<Value> array{hdf5::get<std::string>(attributes, "name", place), {}, {}};
        uint64_t size = 1;
        for (const hsize_t dim : hdf5::dims(dataset)) {
            array.dims.push_back(static_cast<int64_t>(dim));
            size = product({size, dim});
        }
        array.values.resize(size);  // the reader has seen that so much is stored
        if (size > 0)
            call(place, H5Dread, dataset, native_type<Value>(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                 static_cast<void*>(array.values.data()));
        check_finite<Value>(array.name, array.values, place);
        if (!arrays.emplace(hdf5::get<int64_t>(attributes, "order", place), std::move(array))
                 .second)
            throw FormatError(place + ": two arrays have one place in the order");
    }
    std::vector<NamedValues<Value>> in_order;
    in_order.reserve(arrays.size());
    for (auto& entry : arrays) in_order.push_back(std::move(entry.second));
    return in_order;
}

template <class Value>
std::vector<ValuesView<Value>> views(const std::vector<NamedValues<Value>>& arrays) {
    std::vector<ValuesView<Value>> views;
    views.reserve(arrays.size());
    for (const auto& array : arrays) views.push_back({array.name, array.dims, array.values});
    return views;
}

}  // namespace

std::string write_checkpoint(const std::filesystem::path& path,
                             const std::map<std::string, std::string>& text,
                             const std::map<std::string, Number>& numbers,
                             std::span<const ArrayView> arrays,
                             std::span<const IntegersView> integers) {
    hdf5::Writer writer(path, Publish::replace);
    {
        hdf5::write_attribute(writer.file(), "format", format_name);
        hdf5::write_attribute(writer.file(), "version", version);
        const Handle texts = hdf5::create_group(writer.file(), "text");
        for (const auto& [name, value] : text) hdf5::write_attribute(texts, name, value);
        const Handle values = hdf5::create_group(writer.file(), "numbers");
        for (const auto& [name, value] : numbers)
            std::visit(
                [&, &key = name](auto number) { hdf5::write_attribute(values, key, number); },
                value);
        write_arrays(writer.file(), "arrays", arrays, path.string());
        if (!integers.empty()) write_arrays(writer.file(), "integers", integers, path.string());
    }
    writer.commit();
    return writer.digest();
}

std::string write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
    return write_checkpoint(path, checkpoint.text, checkpoint.numbers, views(checkpoint.arrays),
                            views(checkpoint.integers));
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
    const std::string place = path.string();
    const hdf5::Reader reader(path);
    hdf5::check_format(hdf5::attributes(reader.file(), place), format_name, version, place);

    Checkpoint checkpoint;
    const auto texts = hdf5::attributes(open_group(reader.file(), "text", place), place);
    for (const auto& entry : texts)
        checkpoint.text[entry.first] = hdf5::get<std::string>(texts, entry.first, place);
    for (const auto& [name, value] :
         hdf5::attributes(open_group(reader.file(), "numbers", place), place)) {
        if (const auto* integer = std::get_if<int64_t>(&value))
            checkpoint.numbers[name] = *integer;
        else if (const auto* number = std::get_if<double>(&value))
            checkpoint.numbers[name] = *number;
    }

    checkpoint.arrays = read_arrays<float>(open_group(reader.file(), "arrays", place), place);
    if (call(place, H5Lexists, reader.file(), "integers", H5P_DEFAULT) > 0)
        checkpoint.integers =
            read_arrays<int32_t>(open_group(reader.file(), "integers", place), place);
    return checkpoint;
}

}  // namespace formats
