// Finds the files that ship, such as pipelines: beside the installed program, else in the source
// tree it was built from.
#include "graph/paths.hpp"

#include "graph/document.hpp"
#include "graph/list_folder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace graph {

namespace {

std::filesystem::path shipped_folder() {
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const auto installed = program.parent_path().parent_path() / "share/latentflow";
    return std::filesystem::is_directory(installed / "pipelines", ignored) ? installed
                                                                           : LATENTFLOW_SOURCE_DIR;
}

}  // namespace

std::string version() { return LATENTFLOW_VERSION; }

std::vector<std::filesystem::path> shipped_pipelines() {
    std::vector<std::filesystem::path> files;
    const auto folder = shipped_folder() / "pipelines";
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& file : list_folder(folder))
        if (file.extension() == ".yaml") files.push_back(file);
    return files;
}

std::filesystem::path find_shipped(const std::filesystem::path& path) {
    std::error_code ignored;
    if (path.empty() || path.is_absolute() || std::filesystem::exists(path, ignored)) return path;
    const std::filesystem::path shipped = shipped_folder() / path;
    return std::filesystem::exists(shipped, ignored) ? shipped : path;
}

std::filesystem::path find_pipeline(const std::string& path_or_name) {
    std::error_code ignored;
    const auto is_file = [&](const std::filesystem::path& path) {
        return std::filesystem::exists(path, ignored) &&
               !std::filesystem::is_directory(path, ignored);
    };
    for (const std::string& path : {path_or_name, path_or_name + ".yaml"})
        if (is_file(path)) return path;
    std::vector<std::string> names;
    for (const auto& path : shipped_pipelines()) {
        if (path_or_name == path.stem() || path_or_name == path.filename()) return path;
        names.push_back(path.stem());
    }
    throw ConfigurationError(
        fmt::format("no pipeline '{}': it is no file, nor one of those that ship ({}){}",
                    path_or_name, fmt::join(names, ", "),
                    did_you_mean(std::filesystem::path(path_or_name).stem().string(), names)));
}

}  // namespace graph
