// Which files of a folder are meant: shared by the sources that list files.
#pragma once

#include <filesystem>
#include <string>

#include <fnmatch.h>

namespace nodes {

/// Whether a file's name fits a pattern, in which * and ? stand for any text and any character.
/// Hidden files are left out: macOS leaves a "._a.tif" beside each "a.tif".
inline bool matches(const std::filesystem::path& file, const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), file.filename().c_str(), FNM_CASEFOLD | FNM_PERIOD) == 0;
}

}  // namespace nodes
