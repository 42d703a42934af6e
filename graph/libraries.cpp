// See libraries.hpp. The loader knows: no library has to be asked in a way of its own, and none
// that a node brings along is forgotten.
#include "graph/libraries.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include <dlfcn.h>
#include <link.h>

namespace graph {

std::vector<std::string> loaded_libraries() {
    const std::unique_ptr<void, int (*)(void*)> program(::dlopen(nullptr, RTLD_LAZY), ::dlclose);
    link_map* first = nullptr;
    if (!program || ::dlinfo(program.get(), RTLD_DI_LINKMAP, &first) != 0) return {};

    const char* names = nullptr;
    for (auto* entry = first->l_ld; entry->d_tag != DT_NULL; ++entry)
        if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
    std::set<std::string> needed;
    for (auto* entry = first->l_ld; names && entry->d_tag != DT_NULL; ++entry)
        if (entry->d_tag == DT_NEEDED) needed.insert(names + entry->d_un.d_val);

    std::vector<std::string> libraries;
    for (auto* loaded = first; loaded; loaded = loaded->l_next) {
        const std::filesystem::path path = loaded->l_name;
        if (!needed.contains(path.filename())) continue;
        std::error_code error;
        const auto file = std::filesystem::canonical(path, error);  // libtbb.so.12 is a link
        libraries.push_back((error ? path : file).filename());
    }
    std::sort(libraries.begin(), libraries.end());
    return libraries;
}

}  // namespace graph
