// Folders: what is in them, and made so that a power cut does not take them away.
#pragma once

#include <filesystem>
#include <vector>

namespace formats {

/// All that is in a folder, temporaries of Publication too, sorted by path. Throws IoError, which
/// names it.
std::vector<std::filesystem::directory_entry> list_folder(const std::filesystem::path& folder);
/// The same with what is in the folders in it; links to folders are not followed.
std::vector<std::filesystem::directory_entry> list_tree(const std::filesystem::path& folder);

/// Waits until the names in a folder are on the disk. Throws IoError.
void sync_folder(const std::filesystem::path& folder);

/// Makes a folder, and those above it, unless it is there. Returns once its name is safe on the
/// disk, without which nothing in it is. Throws IoError.
void make_folder(const std::filesystem::path& folder);

}  // namespace formats
