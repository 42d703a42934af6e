// See folder.hpp.
#include "formats/folder.hpp"

#include "formats/file.hpp"

#include <algorithm>
#include <cerrno>

namespace formats {

namespace fs = std::filesystem;

std::vector<fs::directory_entry> list_folder(const fs::path& folder) {
    std::vector<fs::directory_entry> entries;
    std::error_code error;  // the iterators' own exceptions do not name the folder
    do {
        entries.clear();
        for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator();
             at.increment(error))
            entries.push_back(*at);
    } while (error == std::errc::interrupted);
    if (error) throw IoError(folder, "list", error.value());
    std::ranges::sort(entries);
    return entries;
}

std::vector<fs::directory_entry> list_tree(const fs::path& folder) {
    std::vector<fs::directory_entry> entries = list_folder(folder);
    for (size_t i = 0; i < entries.size(); ++i) {
        std::error_code gone;
        if (entries[i].is_symlink(gone) || !entries[i].is_directory(gone)) continue;
        const auto below = list_folder(entries[i].path());
        entries.insert(entries.end(), below.begin(), below.end());
    }
    std::ranges::sort(entries);
    return entries;
}

void sync_folder(const fs::path& folder) try {
    File(folder, O_RDONLY | O_DIRECTORY).sync();
} catch (const IoError& error) {
    if (error.number() != EINVAL) throw;  // some network file systems have no such thing
}

void make_folder(const fs::path& folder) {
    fs::path at = fs::absolute(folder).lexically_normal();
    if (!at.has_filename()) at = at.parent_path();
    const fs::path above = at.parent_path();
    if (!fs::exists(above)) make_folder(above);
    std::error_code error;
    fs::create_directory(at, error);
    if (error) throw IoError(folder, "make", error.value());
    try {
        sync_folder(above);
    } catch (const IoError& refused) {  // who may not read it
        if (refused.number() != EACCES) throw;
    }
}

}  // namespace formats
