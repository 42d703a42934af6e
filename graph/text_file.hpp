// Reads a small file whole, and says what the system has against it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace graph {

/// A file's first bytes, `most` of them. Throws std::system_error, with the file's name.
std::string read_text_file(const std::filesystem::path& file, size_t most = size_t{1} << 30);

}  // namespace graph
