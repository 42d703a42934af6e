// See folder.hpp.
#include "formats/folder.hpp"

#include "formats/file.hpp"

#include <algorithm>
#include <cerrno>

namespace formats {

namespace fs = std::filesystem;

namespace {

// The iterators' own exceptions do not name the folder.
template <class Iterator>
std::vector<fs::directory_entry> list(const fs::path& folder) {
    std::vector<fs::directory_entry> entries;
    std::error_code error, ignored;
    do {
        entries.clear();
        for (Iterator at(folder, error); !error && at != Iterator(); at.increment(error))
            entries.push_back(*at);
    } while (error == std::errc::interrupted);
    if (error) {
        const bool within = !entries.empty() && entries.back().is_directory(ignored);
        throw IoError(within ? entries.back().path() : folder, "list", error.value());
    }
    std::ranges::sort(entries);
    return entries;
}

}  // namespace

std::vector<fs::directory_entry> list_folder(const fs::path& folder) {
    return list<fs::directory_iterator>(folder);
}

std::vector<fs::directory_entry> list_tree(const fs::path& folder) {
    return list<fs::recursive_directory_iterator>(folder);
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
