// Lists the files of a folder: where most pipelines begin. Files are sorted by name, so that the
// same folder is the same data on every machine.
#include "formats/folder.hpp"
#include "formats/publish.hpp"
#include "graph/source.hpp"
#include "nodes/file_names.hpp"
#include "nodes/types.hpp"

#include <algorithm>
#include <regex>

namespace nodes {
namespace {

namespace fs = std::filesystem;

struct Params : graph::Schedule {
    Params() = default;  // no aggregate: of those g++ 12 says that they may be uninitialised
    fs::path path;
    std::vector<fs::path> more;
    std::vector<std::string> only;
    std::vector<std::string> except;
    std::string pattern = "*.tif*";
    bool recursive = false;
    std::string group;
    int64_t limit = 0;
};

class ListFiles : public graph::Source {
  public:
    ListFiles(const Params& params, const graph::Setup& setup) : params_(params), id_(setup.id) {
        try {
            group_.assign(params.group);
        } catch (const std::regex_error& error) {
            fail("'group' is not a regular expression: " + params.group + ": " + error.what());
        }
    }

    size_t list() override {
        files_.clear();
        find(params_.path);
        for (const fs::path& path : params_.more) find(path);
        for (const auto* patterns : {&params_.only, &params_.except}) check(*patterns);
        std::erase_if(files_, [this](const std::string& file) {
            return (!params_.only.empty() && !matches_any(file, params_.only)) ||
                   matches_any(file, params_.except);
        });
        if (files_.empty()) fail("'only' and 'except' leave no file");
        if (params_.limit > 0 && files_.size() > static_cast<size_t>(params_.limit))
            files_.resize(static_cast<size_t>(params_.limit));
        return files_.size();
    }

    graph::Item item(size_t number) const override {
        return {files_.at(number), group_of(files_[number])};
    }

    void receive(graph::Call& call) override {
        call.emit("file", File{files_.at(item_of(call)), call.pass().split});
    }

  private:
    void find(const fs::path& path) {
        const size_t before = files_.size();
        std::error_code error;
        const auto kind = fs::status(path, error).type();
        if (kind == fs::file_type::not_found)
            fail("there is no file or folder " + path.string() +
                 "; sample images are made by: pipeline run make_sample");
        if (kind == fs::file_type::none) fail(path.string() + ": " + error.message());
        if (kind != fs::file_type::directory) {
            files_.push_back(path.string());
            return;
        }
        for (const auto& entry :
             params_.recursive ? formats::list_tree(path) : formats::list_folder(path))
            take(entry);
        std::sort(files_.begin() + static_cast<std::ptrdiff_t>(before), files_.end());
        if (files_.size() == before)
            fail(fmt::format("no file in {} matches '{}'", path.string(), params_.pattern));
    }

    void take(const fs::directory_entry& entry) {
        std::error_code broken_link;
        if (!entry.is_regular_file(broken_link) || formats::is_temporary(entry.path())) return;
        if (matches(entry.path(), params_.pattern)) files_.push_back(entry.path().string());
    }

    static bool matches_any(const fs::path& file, const std::vector<std::string>& patterns) {
        return std::ranges::any_of(
            patterns, [&](const std::string& pattern) { return matches(file, pattern); });
    }

    /// A pattern without a file is a slip of the pen, which may let images to test on into
    /// training.
    void check(const std::vector<std::string>& patterns) const {
        for (const std::string& pattern : patterns)
            if (std::ranges::none_of(
                    files_, [&](const std::string& file) { return matches(file, pattern); }))
                fail("no file matches '" + pattern + "' of 'only' or 'except'");
    }

    std::string group_of(const std::string& file) const {
        const fs::path path = file;
        const std::string name = path.filename().string();
        std::smatch match;
        if (!params_.group.empty() && std::regex_search(name, match, group_))
            return match[match.size() > 1 ? 1 : 0];
        // Relative, because a split must not change when the folder moves.
        for (const fs::path& folder : params_.more)
            if (const fs::path below = path.lexically_relative(folder);
                !below.empty() && *below.begin() != "..")
                return below == "." ? name : (folder.filename() / below).string();
        const fs::path below = path.lexically_relative(params_.path);
        return below == "." ? name : below.string();
    }

    [[noreturn]] void fail(const std::string& reason) const {
        throw graph::ConfigurationError(id_ + ": " + reason);
    }

    const Params params_;
    const std::string id_;
    std::regex group_;
    std::vector<std::string> files_;
};

using graph::param;
const graph::Register node{graph::source<Params, ListFiles>(
    {.name = "list_files",
     .doc = "Lists the files of a folder, sorted by name.",
     .group = "source",
     .outputs = {graph::port<File>(graph::Clock::item, "file", "one message for each file")},
     .params = {
         graph::required(param("path", &Params::path, "a folder, or a single file")),
         param("more", &Params::more, "more folders or files, taken as `path` is"),
         param("pattern", &Params::pattern,
               "which names of a folder to take: * and ? stand for any text and any character; "
               "upper and lower case are the same"),
         param("only", &Params::only, "patterns: of the names found, those that match one"),
         param("except", &Params::except, "patterns: leave out the names that match one"),
         param("recursive", &Params::recursive, "go through the folders in the folder too"),
         param("group", &Params::group,
               "a regular expression; files whose first (...) reads the same are one group, never "
               "divided among splits; 'O(\\d\\d)f' is the well of BBBC016; empty: each file is "
               "its own group"),
         param("limit", &Params::limit, graph::Range{0, 1e12},
               "take the first files only, at most so many; 0: all")}})};

}  // namespace
}  // namespace nodes
