// The table at the end of an archive's files, behind all that HDF5 knows of: with it alone the
// streams can be had, also where a file's HDF5 header is damaged. formats/archive.md has the
// layout.
//
//   ... | zlib of CSV | "latentflow table OFFSET LENGTH SHA256\n", 124 bytes, the file's last
#pragma once

#include "formats/hdf5_file.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace formats {

/// zlib, as RFC 1950 has it.
std::vector<std::byte> deflated(std::span<const std::byte> bytes);
/// Throws FormatError, beginning with `name`, if it is damaged or becomes more than `limit` bytes.
std::vector<std::byte> inflated(std::span<const std::byte> bytes, const std::string& name,
                                uint64_t limit = uint64_t{1} << 32);

/// Puts a table (deflated) and the line that says where it is at the end of a file.
void append_table(hdf5::Writer& writer, std::span<const std::byte> table);

/// The table that a file ends in, still deflated. Throws FormatError, beginning with `name`, if it
/// or the last line is damaged.
std::vector<std::byte> read_table(const File& file, const std::string& name);

}  // namespace formats
