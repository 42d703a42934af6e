// libhdf5 in C++: every object closes itself, every call that fails throws, and nothing is printed.
// Objects are made with the house settings, under which equal content is equal bytes.
#pragma once

#include "formats/error.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hdf5.h>

namespace formats::hdf5 {

/// Owns an object, property list, type or space.
class Handle {
  public:
    using Close = herr_t (*)(hid_t);

    Handle() = default;
    Handle(hid_t id, Close close) : id_(id), close_(close) {}
    ~Handle();
    Handle(Handle&& other) noexcept { *this = std::move(other); }
    Handle& operator=(Handle&& other) noexcept;

    operator hid_t() const { return id_; }
    /// Gives it up: the caller closes it.
    hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }

  private:
    hid_t id_ = H5I_INVALID_HID;
    Close close_ = nullptr;
};

/// Holds libhdf5's lock, for builds without one of their own, and keeps the errors of this thread
/// from being printed.
std::unique_lock<std::recursive_mutex> enter();
/// The same in a child process, forked while this thread held the lock.
void enter_forked();

/// Throws what libhdf5 says of its last failure: IoError if it came from the system.
[[noreturn]] void fail(const std::string& place);

/// Calls a function of libhdf5; throws FormatError or IoError, beginning with `place`, if it fails.
template <class Function, class... Args>
auto call(const std::string& place, Function function, const Args&... args) {
    const auto lock = enter();
    const auto result = function(args...);
    if (result < 0) fail(place);
    return result;
}

/// A text (variable-length UTF-8) or a number.
using Attribute = std::variant<std::string, int64_t, double>;
void write_attribute(hid_t object, const std::string& name, const Attribute& value);
/// All that are of these types; others, such as those of dimension scales, are passed over.
using Attributes = std::map<std::string, Attribute>;
Attributes attributes(hid_t object, const std::string& place);

/// One of them; throws FormatError if it is missing or of another type.
template <class T>
const T& get(const Attributes& attributes, const std::string& name, const std::string& place) {
    const auto found = attributes.find(name);
    const T* value = found == attributes.end() ? nullptr : std::get_if<T>(&found->second);
    if (!value)
        throw FormatError(place + ": attribute '" + name + "' is missing or of another type");
    return *value;
}

/// Throws FormatError unless the attributes `format` and `version` are these.
void check_format(const Attributes& attributes, const std::string& format, int64_t version,
                  const std::string& place);

/// Types by name: those of files are little-endian everywhere.
Handle text_type();               // variable-length UTF-8
Handle fixed_text(size_t bytes);  // ASCII of exactly this length

Handle create_group(hid_t parent, const std::string& name);

struct DatasetOptions {
    std::vector<hsize_t> chunk;  // empty: contiguous; else growing along the first dimension and,
                                 // but for variable-length text, checked by fletcher32
    int deflate = 0;             // 1 (fast) to 9 (small); 0: not compressed
};
Handle create_dataset(hid_t parent, const std::string& name, hid_t type,
                      std::span<const hsize_t> dims, const DatasetOptions& options = {});
Handle open_dataset(hid_t parent, const std::string& name, const std::string& place);
std::vector<hsize_t> dims(hid_t dataset);

/// Rows [first, first + count) along the first dimension; writing makes room for them.
void write_rows(hid_t dataset, hid_t memory_type, hsize_t first, hsize_t count, const void* data);
void read_rows(hid_t dataset, hid_t memory_type, hsize_t first, hsize_t count, void* data,
               const std::string& place);

/// Makes a one-dimensional dataset the scale, and so the name, of a dimension of another.
void name_dimension(hid_t dataset, unsigned dimension, hid_t scale, const std::string& name);

}  // namespace formats::hdf5
