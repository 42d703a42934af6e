// See archive_check.hpp.
#include "formats/archive_check.hpp"

#include "formats/archive_index.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/folder.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/publish.hpp"

#include <set>

#include <fmt/format.h>

namespace formats {
namespace {

namespace fs = std::filesystem;

const std::string index_name = "index.h5", sums_name = "SHA256SUMS", search_folder = "search/";

/// The files in an archive's folder, those of a writer at work left out.
std::set<std::string> found_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : list_tree(folder))
        if (!entry.is_directory() && !is_temporary(entry.path()))
            names.insert(entry.path().lexically_relative(folder).generic_string());
    return names;
}

/// What `archive` set aside is of no use, and harms nobody.
bool is_own(const std::string& name) {
    if (name.ends_with(".damaged")) return false;
    return name == index_name || name == sums_name || name.starts_with("plans/") ||
           name.starts_with("models/") || name.starts_with("shards/");
}

}  // namespace

ArchiveFiles::ArchiveFiles(const Archive& archive) : folder_(archive.folder()) {
    try {
        sums_ = read_sums(folder_);
    } catch (const std::exception& error) {
        sums_complaint_ = error.what();
    }
    std::set<std::string> names{index_name, sums_name};
    for (const std::string& name : found_in(folder_))
        if (is_own(name))
            names.insert(name);
        else
            (name.starts_with(search_folder) ? search_ : strangers_).push_back(name);
    for (const auto& [name, digest] : sums_) names.insert(name);
    for (const Archive::Shard& shard : archive.shards())
        names.insert("shards/" + shard.name + ".h5");
    for (const std::string& name : names)
        (name.starts_with("shards/") ? shards_ : others_).push_back(name);
}

void ArchiveFiles::check(const std::string& name) const {
    const std::string wrong = complaint(name);
    if (!wrong.empty())
        throw FormatError(
            fmt::format("{}: {}; {}", (folder_ / name).string(), wrong, remedy(name)));
}

std::string ArchiveFiles::complaint(const std::string& name) const {
    const fs::path path = folder_ / name;
    if (!is_safe_path(name)) return "is no name of an archive's file: " + sums_name + " is damaged";
    if (!fs::is_regular_file(path)) return "is missing";
    if (name == sums_name) return sums_complaint_.empty() ? "" : "damaged: " + sums_complaint_;
    std::string digest;
    try {
        digest = path.extension() == ".h5" ? check_signed_file(path) : sha256_file(path);
    } catch (const FormatError& error) {
        return std::string("damaged: ") + error.what();
    }
    if (name.starts_with(search_folder) || !sums_complaint_.empty()) return "";
    const auto sum = sums_.find(name);
    if (sum == sums_.end())
        return fmt::format("is not in {}: it is new, or no plan has it and it may be removed",
                           sums_name);
    if (sum->second != digest)
        return fmt::format("is whole by its own signature, but {} has another SHA-256", sums_name);
    return "";
}

std::string ArchiveFiles::remedy(const std::string& name) const {
    const auto run = [&](const char* pipeline) {
        return fmt::format("`pipeline run {} -p archive={}`", pipeline, folder_.string());
    };
    const std::string from_copy = "take it from a copy of the archive";
    if (name.starts_with("shards/"))
        return fmt::format(
            "{}, or run {} with the originals as input; until then its images that are whole are "
            "restored",
            from_copy, run("archive"));
    if (name.starts_with(search_folder))
        return fmt::format("remove the folder {} and run {}, which makes it again",
                           (folder_ / search_folder).string(), run("index_archive"));
    if (name.starts_with("models/"))
        return "each model is there twice, X.h5 and X_copy.h5: copy the one that is whole over it";
    if (name.starts_with("plans/"))
        return from_copy + "; images are restored without it, but none can be added";
    return run("finalise") + " writes it again";
}

}  // namespace formats
