// See archive_planning.hpp.
#include "nodes/archive_planning.hpp"

#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "nodes/file_names.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <tbb/parallel_for.h>

namespace nodes {

namespace fs = std::filesystem;
using formats::ArchivePlan;
using formats::PlannedFile;
using graph::ConfigurationError;

std::vector<FoundFile> find_files(const fs::path& folder, const std::string& pattern) {
    std::error_code broken_link;  // to itself, say: then it is neither a folder nor a file
    if (!fs::is_directory(folder, broken_link))
        throw ConfigurationError(folder.string() +
                                 " is not a folder; give the one that the images are in");
    std::vector<FoundFile> found;
    try {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file(broken_link) && matches(entry.path(), pattern))
                found.push_back(
                    {entry.path().lexically_relative(folder).generic_string(), entry.file_size()});
    } catch (const fs::filesystem_error& failed) {
        throw formats::IoError(failed.path1().empty() ? folder : failed.path1(), "list",
                               failed.code().value());
    }
    std::ranges::sort(found, {}, &FoundFile::path);
    if (found.empty())
        throw ConfigurationError(
            fmt::format("no file in {} matches '{}'", folder.string(), pattern));
    return found;
}

PlannedPaths::PlannedPaths(const std::vector<ArchivePlan>& plans) {
    for (const ArchivePlan& plan : plans)
        for (size_t shard = 0; shard < plan.shards.size(); ++shard)
            for (PlannedFile& file : plan.files_of(shard)) {
                file.path.insert(0, plan.prefix);
                files_.push_back(std::move(file));
            }
    std::ranges::sort(files_, {}, &PlannedFile::path);
}

const PlannedFile* PlannedPaths::find(const std::string& path) const {
    const auto file = std::ranges::lower_bound(files_, path, {}, &PlannedFile::path);
    return file != files_.end() && file->path == path ? &*file : nullptr;
}

formats::PlannedFiles read_digests(const fs::path& folder, const std::vector<FoundFile>& found,
                                   graph::Preparation& preparation) {
    formats::PlannedFiles files;
    files.reserve(found.size());
    for (const FoundFile& file : found) files.push_back({file.path, file.size, {}});
    std::vector<char> unreadable(files.size());
    tbb::parallel_for(size_t{0}, files.size(), [&](size_t i) {
        preparation.check_stop();
        try {
            files[i].sha256 = formats::sha256_file(folder / files[i].path);
        } catch (const formats::IoError& error) {
            if (!fs::is_directory(folder)) throw;  // nor will any other be readable
            preparation.set_aside((folder / files[i].path).string(), error.what());
            unreadable[i] = 1;
        }
    });
    size_t i = 0;
    std::erase_if(files, [&](const PlannedFile&) { return unreadable[i++] != 0; });
    return files;
}

void leave_out_known(ArchivePlan& plan, const PlannedPaths& planned,
                     graph::Preparation& preparation) {
    std::erase_if(plan.files, [&](const PlannedFile& file) {
        const std::string path = plan.prefix + file.path;
        const PlannedFile* known = planned.find(path);
        if (known && known->sha256 != file.sha256)
            preparation.set_aside(path,
                                  "is in the archive already, with other content: set 'prefix' to "
                                  "keep both");
        return known != nullptr;
    });
}

}  // namespace nodes
