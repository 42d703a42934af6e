// The reference that the program gives of itself, from the nodes' declarations.
#pragma once

#include "graph/document.hpp"
#include "graph/node.hpp"
#include "graph/plan.hpp"

#include <filesystem>
#include <string>

namespace graph {

/// All nodes, by group, and the pipelines that ship.
std::string list_text();

/// A node's ports and options, and an example to copy.
std::string describe_text(const Spec& spec);

/// What a pipeline says of itself, its parameters and its nodes, one in a line.
std::string describe_text(const std::filesystem::path& path, const Document& document);

/// "integer, default 8, at least 1"
std::string facts(const Param& param);
std::string facts(const PipelineParam& param);

/// "image per item, optional"
std::string port_note(const Port& port);

/// What the comment at the top of a pipeline's file says, in one line.
std::string header_comment(const std::filesystem::path& path);
std::string first_sentence(const std::string& text);

}  // namespace graph
