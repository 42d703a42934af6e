// Whether an HDF5 file may be read. libhdf5 does not survive every file, and a digest only says
// that a file is as it was made, by whomever. So a child process reads all of it first, as the
// program would, in bounded memory and time. That holds off crashes, hangs and bombs; it does not
// hold off a file that takes over libhdf5 and makes the child say that all is well.
#pragma once

#include "formats/file.hpp"
#include "formats/hdf5.hpp"

#include <string>

namespace formats::hdf5 {

/// Throws FormatError, beginning with `name`, if the child dies, or if the file has soft or
/// external links, external storage, virtual datasets, filters other than deflate, shuffle and
/// fletcher32, types other than plain numbers and texts, or claims to hold far more than is stored.
/// Throws IoError if it cannot be read, or no child can be made.
void try_reading(const File& file, const std::string& name);

/// What the child does. Throws FormatError and IoError, if it lives.
void read_through(const File& file);

}  // namespace formats::hdf5
