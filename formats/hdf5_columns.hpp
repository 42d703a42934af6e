// Columns of a table in HDF5: one value a row, all of one length, named in their dimension.
#pragma once

#include "formats/hdf5.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace formats::hdf5 {

/// Numbers: chunked, compressed and checked. `units` becomes an attribute unless it is empty.
Handle write_column(hid_t parent, const std::string& name, std::span<const uint64_t> values,
                    const std::string& units = "");
Handle write_column(hid_t parent, const std::string& name, std::span<const double> values,
                    const std::string& units = "");
/// Texts of any length; or, if `length` is given, of exactly that or none.
Handle write_column(hid_t parent, const std::string& name, std::span<const std::string> values,
                    size_t length = 0);
/// The same of texts that are somewhere else: each is valid until the next is asked for, or all the
/// time if they are of any length.
Handle write_texts(hid_t parent, const std::string& name, size_t rows,
                   const std::function<const std::string&(size_t row)>& text, size_t length = 0);

/// Which rows to read: all from `first` on, or so many.
struct Rows {
    hsize_t first = 0;
    std::optional<hsize_t> count = {};
};

/// Throws FormatError, beginning with `place`, as do the functions below, if the column is missing.
hsize_t count_rows(hid_t parent, const std::string& name, const std::string& place);
/// Throw FormatError too if the column is not one of these, or has not these rows.
std::vector<uint64_t> read_naturals(hid_t parent, const std::string& name, const std::string& place,
                                    Rows rows = {});
std::vector<std::string> read_texts(hid_t parent, const std::string& name, const std::string& place,
                                    size_t length = 0, Rows rows = {});
/// The same one by one, where there are millions.
void read_texts(hid_t parent, const std::string& name, const std::string& place, size_t length,
                const std::function<void(std::string)>& take, Rows rows = {});

}  // namespace formats::hdf5
