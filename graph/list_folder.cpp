// See list_folder.hpp.
#include "graph/list_folder.hpp"

#include <algorithm>
#include <system_error>

namespace graph {

std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::directory_iterator at;
    do at = std::filesystem::directory_iterator(folder, error);
    while (error == std::errc::interrupted);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error))
        files.push_back(at->path());
    if (error) throw std::system_error(error, folder.string() + ": cannot list");
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace graph
