// Nodes in shared libraries, which join the program when it starts. The environment variable
// PIPELINE_PLUGINS names them: files and folders of files, with ':' between.
#pragma once

#include <filesystem>
#include <string>

namespace graph {

inline constexpr const char* plugins_variable = "PIPELINE_PLUGINS";

/// Loads what the list names, each file once, and never unloads it: nodes, types and their
/// destructors live in it. Throws ConfigurationError with a line for each that is refused, before
/// any of them has run: one that is no plugin, that everyone may write to, or that was built for
/// another program than this. A plugin that throws while it is loaded ends the program (78).
void load_plugins(const std::string& list);

/// The plugin that a node came from; empty: it is the program's own.
std::filesystem::path plugin_of(const std::string& node);

/// " [invert.so]" for a node of a plugin, "" for the program's own.
std::string plugin_note(const std::string& node);

}  // namespace graph
