// See hdf5.hpp.
#include "formats/hdf5.hpp"

#include "formats/hdf5_disk.hpp"

#include <atomic>
#include <charconv>
#include <exception>
#include <memory>
#include <new>

#include <hdf5_hl.h>

namespace formats::hdf5 {

namespace {

constexpr const char* writing = "HDF5 file being written";

/// The innermost of libhdf5's errors: the one nearest to the cause.
herr_t innermost(unsigned, const H5E_error2_t* error, void* text) try {
    if (error->desc) *static_cast<std::string*>(text) = error->desc;
    return 0;
} catch (const std::bad_alloc&) {  // must not pass through C
    return -1;
}

std::atomic<uint64_t>& closes_that_failed() {
    static std::atomic<uint64_t> count{0};
    return count;
}

/// No times: equal content is to be equal bytes.
Handle timeless(hid_t kind) {
    Handle list(call(writing, H5Pcreate, kind), H5Pclose);
    call(writing, H5Pset_obj_track_times, list, false);
    return list;
}

Handle utf8_names(hid_t kind) {
    Handle list(call(writing, H5Pcreate, kind), H5Pclose);
    call(writing, H5Pset_char_encoding, list, H5T_CSET_UTF8);
    return list;
}

template <class Write>
void write_scalar(hid_t object, const std::string& name, hid_t type, Write write) {
    const Handle space(call(writing, H5Screate, H5S_SCALAR), H5Sclose);
    const Handle list = utf8_names(H5P_ATTRIBUTE_CREATE);
    const Handle attribute(
        call(writing, H5Acreate2, object, name.c_str(), type, space, list, H5P_DEFAULT), H5Aclose);
    write(attribute);
}

std::string read_text(hid_t attribute, const std::string& place) {
    const Handle type = text_type();
    char* text = nullptr;
    call(place, H5Aread, attribute, hid_t{type}, static_cast<void*>(&text));
    std::string copy = text ? text : "";
    H5free_memory(text);
    return copy;
}

struct Collected {
    Attributes attributes;
    const std::string& place;
    std::exception_ptr error;
};

void collect(hid_t object, const char* name, Collected& into) {
    const Handle attribute(call(into.place, H5Aopen, object, name, H5P_DEFAULT), H5Aclose);
    const Handle type(call(into.place, H5Aget_type, attribute), H5Tclose);
    const Handle space(call(into.place, H5Aget_space, attribute), H5Sclose);
    if (call(into.place, H5Sget_simple_extent_npoints, space) != 1) return;
    switch (H5Tget_class(type)) {
        case H5T_STRING:
            if (call(into.place, H5Tis_variable_str, type) > 0)
                into.attributes[name] = read_text(attribute, into.place);
            break;
        case H5T_INTEGER: {
            int64_t value = 0;
            call(into.place, H5Aread, attribute, H5T_NATIVE_INT64, static_cast<void*>(&value));
            into.attributes[name] = value;
            break;
        }
        case H5T_FLOAT: {
            double value = 0;
            call(into.place, H5Aread, attribute, H5T_NATIVE_DOUBLE, static_cast<void*>(&value));
            into.attributes[name] = value;
            break;
        }
        default:
            break;
    }
}

herr_t collect_next(hid_t object, const char* name, const H5A_info_t*, void* data) {
    auto& into = *static_cast<Collected*>(data);
    try {
        collect(object, name, into);
        return 0;
    } catch (...) {  // must not pass through C
        into.error = std::current_exception();
        return -1;
    }
}

/// The space of a dataset with rows [first, first + count) chosen.
Handle rows_of(hid_t dataset, hsize_t first, hsize_t count, const std::string& place) {
    Handle space(call(place, H5Dget_space, dataset), H5Sclose);
    std::vector<hsize_t> size = dims(dataset);
    std::vector<hsize_t> start(size.size(), 0);
    start[0] = first;
    size[0] = count;
    call(place, H5Sselect_hyperslab, space, H5S_SELECT_SET, start.data(), nullptr, size.data(),
         nullptr);
    return space;
}

Handle memory_of(hid_t dataset, hsize_t count, const std::string& place) {
    std::vector<hsize_t> size = dims(dataset);
    size[0] = count;
    return {call(place, H5Screate_simple, static_cast<int>(size.size()), size.data(), nullptr),
            H5Sclose};
}

std::recursive_mutex& library_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

}  // namespace

Handle::~Handle() {
    if (id_ < 0) return;
    const auto lock = enter();
    if (close_(id_) < 0) ++closes_that_failed();
}

uint64_t failed_closes() { return closes_that_failed(); }

Handle& Handle::operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
}

std::unique_lock<std::recursive_mutex> enter() {
    std::unique_lock lock(library_mutex());
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return lock;
}

void enter_forked() {
    std::construct_at(&library_mutex());  // the old one belongs to a thread of another number
    enter();
}

void fail(const std::string& place) {
    std::string text = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, innermost, &text);
    H5Eclear2(H5E_DEFAULT);
    constexpr std::string_view mark = "errno = ";
    if (const size_t at = text.find(mark); at != std::string::npos) {
        int number = 0;
        std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), number);
        throw IoError(place, "be read or written", number);
    }
    throw FormatError(place + ": HDF5: " + text);
}

void write_attribute(hid_t object, const std::string& name, const Attribute& value) {
    const auto write = [&](hid_t type, hid_t memory_type, const void* data) {
        write_scalar(object, name, type,
                     [&](hid_t into) { call(writing, H5Awrite, into, memory_type, data); });
    };
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (text->find('\0') != std::string::npos)
            throw FormatError("attribute '" + name + "': a text with a zero byte");
        const Handle type = text_type();
        const char* data = text->c_str();
        write(type, type, static_cast<const void*>(&data));
    } else if (const auto* integer = std::get_if<int64_t>(&value)) {
        write(H5T_STD_I64LE, H5T_NATIVE_INT64, integer);
    } else {
        write(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &std::get<double>(value));
    }
}

Attributes attributes(hid_t object, const std::string& place) {
    Collected into{{}, place, {}};
    const auto lock = enter();
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_next, &into) < 0) {
        if (into.error) std::rethrow_exception(into.error);
        fail(place);
    }
    return std::move(into.attributes);
}

void check_format(const Attributes& attributes, const std::string& format, int64_t version,
                  const std::string& place) {
    const auto& found = get<std::string>(attributes, "format", place);
    if (found != format)
        throw FormatError(place + ": is a '" + found + "', but a '" + format + "' is needed");
    const int64_t number = get<int64_t>(attributes, "version", place);
    if (number != version)
        throw FormatError(place + ": " + format + " of version " + std::to_string(number) +
                          ", but this program reads version " + std::to_string(version));
}

Handle text_type() {
    Handle type(call(writing, H5Tcopy, H5T_C_S1), H5Tclose);
    call(writing, H5Tset_size, type, H5T_VARIABLE);
    call(writing, H5Tset_cset, type, H5T_CSET_UTF8);
    return type;
}

Handle fixed_text(size_t bytes) {
    Handle type(call(writing, H5Tcopy, H5T_C_S1), H5Tclose);
    call(writing, H5Tset_size, type, bytes);
    call(writing, H5Tset_strpad, type, H5T_STR_NULLPAD);
    return type;
}

Handle create_group(hid_t parent, const std::string& name) {
    const Handle links = utf8_names(H5P_LINK_CREATE);
    const Handle options = timeless(H5P_GROUP_CREATE);
    return {call(writing, H5Gcreate2, parent, name.c_str(), links, options, H5P_DEFAULT), H5Gclose};
}

Handle create_dataset(hid_t parent, const std::string& name, hid_t type,
                      std::span<const hsize_t> dims, const DatasetOptions& options) {
    const Handle list = timeless(H5P_DATASET_CREATE);
    std::vector<hsize_t> most(dims.begin(), dims.end());
    if (!options.chunk.empty()) {
        most[0] = H5S_UNLIMITED;
        call(writing, H5Pset_chunk, list, static_cast<int>(options.chunk.size()),
             options.chunk.data());
        const bool text = call(writing, H5Tis_variable_str, type) > 0;  // libhdf5 cannot filter it
        if (options.deflate > 0 && !text) {
            call(writing, H5Pset_shuffle, list);
            call(writing, H5Pset_deflate, list, static_cast<unsigned>(options.deflate));
        }
        if (!text) call(writing, H5Pset_fletcher32, list);
    }
    const Handle space(dims.empty() ? call(writing, H5Screate, H5S_SCALAR)
                                    : call(writing, H5Screate_simple, static_cast<int>(dims.size()),
                                           dims.data(), most.data()),
                       H5Sclose);
    const Handle links = utf8_names(H5P_LINK_CREATE);
    return {call(writing, H5Dcreate2, parent, name.c_str(), type, space, links, list, H5P_DEFAULT),
            H5Dclose};
}

Handle open_dataset(hid_t parent, const std::string& name, const std::string& place) {
    return {call(place, H5Dopen2, parent, name.c_str(), H5P_DEFAULT), H5Dclose};
}

std::vector<hsize_t> dims(hid_t dataset) {
    const Handle space(call("HDF5 dataset", H5Dget_space, dataset), H5Sclose);
    std::vector<hsize_t> dims(call("HDF5 dataset", H5Sget_simple_extent_ndims, space));
    call("HDF5 dataset", H5Sget_simple_extent_dims, space, dims.data(), nullptr);
    return dims;
}

void write_rows(hid_t dataset, hid_t memory_type, hsize_t first, hsize_t count, const void* data) {
    std::vector<hsize_t> size = dims(dataset);
    if (size[0] < first + count) {
        size[0] = first + count;
        call(writing, H5Dset_extent, dataset, size.data());
    }
    const Handle space = rows_of(dataset, first, count, writing);
    const Handle memory = memory_of(dataset, count, writing);
    call(writing, H5Dwrite, dataset, memory_type, memory, space, H5P_DEFAULT, data);
}

void read_rows(hid_t dataset, hid_t memory_type, hsize_t first, hsize_t count, void* data,
               const std::string& place) {
    const Handle space = rows_of(dataset, first, count, place);
    const Handle memory = memory_of(dataset, count, place);
    call(place, H5Dread, dataset, memory_type, memory, space, H5P_DEFAULT, data);
}

void name_dimension(hid_t dataset, unsigned dimension, hid_t scale, const std::string& name) {
    const auto lock = enter();
    if (H5DSis_scale(scale) <= 0) call(writing, H5DSset_scale, scale, name.c_str());
    call(writing, H5DSset_label, dataset, dimension, name.c_str());
    call(writing, H5DSattach_scale, dataset, scale, dimension);
}

}  // namespace formats::hdf5
