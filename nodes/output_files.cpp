// See output_files.hpp.
#include "nodes/output_files.hpp"

#include "formats/folder.hpp"

#include <fmt/format.h>

namespace nodes {

namespace fs = std::filesystem;

/// Nothing is written to a folder that the original is in, or to one above it.
fs::path OutputFiles::folder_beside(const std::string& original) {
    const fs::path folder = where_.within == "run" ? setup_.output(where_.folder) : where_.folder;
    if (folder != made_) formats::make_folder(folder);
    made_ = folder;
    if (!fs::exists(original)) return folder;
    const fs::path target = fs::canonical(folder);
    for (fs::path above = fs::canonical(original).parent_path();; above = above.parent_path()) {
        if (above == target)
            throw graph::ConfigurationError(
                fmt::format("{}: the originals are in {}: give another folder to write to",
                            setup_.id, target.string()));
        if (above == above.parent_path()) return folder;
    }
}

fs::path OutputFiles::next(const std::string& original, int page, const std::string& ending,
                           int pass) {
    const fs::path folder = folder_beside(original);
    const std::string origin = original + '\n' + std::to_string(page);
    occurrence_ = origin == last_origin_ && pass == last_pass_ ? occurrence_ + 1 : 0;
    last_origin_ = origin;
    last_pass_ = pass;

    const std::string stem = fs::path(original).stem().string();
    const std::string base =
        (stem.empty() ? "image" : stem) + (page > 0 ? fmt::format("_page{}", page + 1) : "");
    const std::string identity = origin + '\n' + std::to_string(occurrence_);
    for (int number = 1;; ++number) {
        std::string name = base;
        if (number > 1) name += fmt::format("_{}", number);
        name += ending;
        if (owners_.try_emplace(name, identity).first->second == identity) return folder / name;
    }
}

}  // namespace nodes
