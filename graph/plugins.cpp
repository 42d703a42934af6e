// Loads plugins. A plugin's nodes register themselves while it is loaded, so what it was built for
// is read from its file before.
#include "graph/plugins.hpp"

#include "graph/build_mark.hpp"
#include "graph/engine.hpp"
#include "graph/node.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace graph {

namespace {

namespace fs = std::filesystem;

std::map<std::string, fs::path>& origins() {
    static std::map<std::string, fs::path> by_node;
    return by_node;
}

/// The file that is being loaded, for on_throw.
std::string& loading() {
    static std::string file;
    return file;
}

/// The files of one entry of the list, sorted, with what they really are in place of links.
std::vector<fs::path> files_of(const std::string& entry, const Place& place, Errors& errors) {
    std::error_code error;
    const fs::path path = fs::canonical(entry, error);
    if (error) {
        errors.add(place, entry + ": " + error.message());
        return {};
    }
    if (!fs::is_directory(path, error)) return {path};
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(path, error))
        if (file.path().extension() == ".so") files.push_back(fs::canonical(file.path(), error));
    if (error)
        errors.add(place, entry + ": " + error.message());
    else if (files.empty())
        errors.add(place, entry + ": there is no plugin (*.so) in this folder");
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<fs::path> all_files(const std::string& list, const Place& place, Errors& errors) {
    std::vector<fs::path> files;
    for (size_t begin = 0; begin <= list.size();) {
        const size_t end = std::min(list.find(':', begin), list.size());
        // An empty entry is none, not the working folder: nobody means to run what lies there.
        if (end > begin)
            for (const auto& file : files_of(list.substr(begin, end - begin), place, errors))
                if (std::find(files.begin(), files.end(), file) == files.end())
                    files.push_back(file);
        begin = end + 1;
    }
    return files;
}

bool everyone_may_write(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return false;
    const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    return (status.st_mode & S_IWOTH) != 0 && !sticky;
}

/// Why the file may not be loaded; "" if nothing speaks against it.
std::string objection(const fs::path& file) {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) return std::strerror(errno);
    if (!bytes.starts_with("\177ELF")) return "this is no shared library";
    for (const fs::path& path : {file, file.parent_path()})
        if (everyone_may_write(path))
            return fmt::format("everyone may write to {0}, and so into this program; chmod o-w {0}",
                               path.string());
    const size_t begin = bytes.find(mark_begin);
    if (begin == std::string::npos)
        return "this was not built as a plugin; link it with latentflow::plugin of the CMake "
               "package latentflow";
    const std::string built = bytes.substr(begin, bytes.find('\0', begin) - begin);
    const std::string own = build_mark().data();
    if (built == own) return "";
    return fmt::format(
        "{}, and this program is of {}; rebuild it with the package that this program installs",
        built, own.substr(own.find("latentflow")));
}

/// An exception cannot leave dlopen; it ends here.
[[noreturn]] void on_throw() {
    std::string reason = "it threw what is no std::exception";
    try {
        if (const auto error = std::current_exception()) std::rethrow_exception(error);
    } catch (const std::exception& error) {
        reason = error.what();
    } catch (...) {
    }
    fmt::print(stderr, "{}: {}: cannot be loaded: {}\n", plugins_variable, loading(), reason);
    std::_Exit(exit_configuration);
}

/// Why it cannot be loaded; "" if it is.
std::string load(const fs::path& file) {
    loading() = file.string();
    const auto before = std::set_terminate(on_throw);
    // All symbols at once: one that is missing is told now and not within a run. Local, so that two
    // plugins may use the same names; types of this program are the same in all of them.
    const void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    std::set_terminate(before);
    for (const auto& [name, spec] : registry()) origins().emplace(name, file);
    if (library != nullptr) return "";
    std::string reason = ::dlerror();
    if (reason.starts_with(file.string() + ": ")) reason.erase(0, file.string().size() + 2);
    return "cannot be loaded: " + reason + "; link it with all that it uses";
}

}  // namespace

void load_plugins(const std::string& list) {
    const Place place{std::make_shared<const std::string>(plugins_variable), 0, 0};
    Errors errors;
    const std::vector<fs::path> files = all_files(list, place, errors);
    for (const auto& file : files)
        if (const std::string reason = objection(file); !reason.empty())
            errors.add(place, file.string() + ": " + reason);
    if (!errors.empty()) throw ConfigurationError(errors);

    for (const auto& [name, spec] : registry()) origins().emplace(name, fs::path());
    for (const auto& file : files)
        if (const std::string reason = load(file); !reason.empty())
            errors.add(place, file.string() + ": " + reason);
    if (!errors.empty()) throw ConfigurationError(errors);
}

fs::path plugin_of(const std::string& node) {
    const auto found = origins().find(node);
    return found == origins().end() ? fs::path() : found->second;
}

std::string plugin_note(const std::string& node) {
    const fs::path file = plugin_of(node);
    return file.empty() ? "" : " [" + file.filename().string() + "]";
}

}  // namespace graph
