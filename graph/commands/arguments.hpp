// The arguments that several commands take.
#pragma once

#include "graph/document.hpp"
#include "graph/engine.hpp"

#include <string>

#include <CLI/CLI.hpp>

namespace graph {

/// A pipeline, and what is to be changed in it.
struct PipelineArguments {
    std::string pipeline;
    Overrides overrides;
};

/// A required argument by its place: `run PIPELINE`.
void add_target(CLI::App& app, const std::string& name, std::string& into);
/// -p and --set
void add_overrides(CLI::App& app, Overrides& overrides);
/// PIPELINE, -p and --set
void add_pipeline(CLI::App& app, PipelineArguments& arguments);
/// --profile, --trace, --quiet, --log-format, --metrics, --metrics-port
void add_run_options(CLI::App& app, RunOptions& options);

/// A path as the value of a --set: no '$' of it is taken for a variable.
std::string quoted_path(const std::filesystem::path& path);

/// Throws ConfigurationError with everything that is wrong in it.
Plan load_plan(const std::filesystem::path& path, const Overrides& overrides);
Plan load_plan(const PipelineArguments& arguments);

/// Runs it, stopping on signals, and tells how it went; returns the exit code.
int run_plan(Plan plan, RunOptions options);

}  // namespace graph
