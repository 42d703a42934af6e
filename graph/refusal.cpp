// See refusal.hpp.
#include "graph/refusal.hpp"

#include <new>

#include <fmt/format.h>

namespace graph {

bool is_of_a_path(const std::error_code& code) {
    for (const auto kind :
         {std::errc::no_such_file_or_directory, std::errc::not_a_directory,
          std::errc::is_a_directory, std::errc::permission_denied,
          std::errc::operation_not_permitted, std::errc::too_many_symbolic_link_levels,
          std::errc::filename_too_long, std::errc::read_only_file_system})
        if (code == kind) return true;
    return false;
}

namespace {

void add(const PlannedNode& node, Errors& errors, std::string why) {
    for (size_t at; (at = why.find('\n')) != std::string::npos;) why.replace(at, 1, "; ");
    const std::string name = node.id + ": ";
    if (why.starts_with(name)) why.erase(0, name.size());
    if (why.ends_with("No such file or directory"))
        why += "; a relative path begins where the program is started";
    // One file that is missing for several nodes is one fault.
    for (const auto& error : errors.all())
        if (error.message.ends_with(": " + why)) return;
    errors.add(node.place, name + why);
}

}  // namespace

void throw_refusal(const std::string& before) {
    try {
        throw;
    } catch (const std::system_error& error) {
        if (!is_of_a_path(error.code())) throw;
        throw ConfigurationError(before + error.what());
    } catch (const std::exception& error) {
        throw ConfigurationError(before + error.what());
    }
}

void add_refusal(const PlannedNode& node, Errors& errors, const std::function<void()>& make) try {
    make();
} catch (const std::system_error& error) {
    if (!is_of_a_path(error.code())) throw;
    add(node, errors, error.what());
} catch (const std::bad_alloc&) {
    add(node, errors, "it needs more memory than there is");
} catch (const std::exception& error) {
    add(node, errors, error.what());
}

}  // namespace graph
