// Reads and replaces small files whole, and says what the system has against it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace graph {

/// A file's first bytes, `most` of them. Throws std::system_error, with the file's name.
std::string read_text_file(const std::filesystem::path& file, size_t most = size_t{1} << 30);

/// Replaces a file as a whole, without waiting for the disk: for what is old in a second. Throws
/// std::system_error, and leaves nothing then.
void replace_file(const std::filesystem::path& file, const std::string& text);

/// The same, and what is written stays if the power goes.
void replace_file_durably(const std::filesystem::path& file, const std::string& text);

/// Makes a file's content or a folder's names durable. Folders that may not be read, and file
/// systems that have no such thing, are let by. Throws std::system_error.
void flush(const std::filesystem::path& path);

}  // namespace graph
