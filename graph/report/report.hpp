// The reports: of one run, and of several beside each other. All they tell is in the runs' folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace graph::report {

/// One HTML document that needs nothing but itself. Throws ConfigurationError if `folder` is not
/// the folder of a run.
std::string run_report(const std::filesystem::path& folder);

/// The settings that differ, the figures side by side, the curves laid over each other.
std::string comparison(const std::vector<std::filesystem::path>& folders);

/// Writes report.html into the folder, and returns its path. Throws as run_report does, and
/// std::system_error.
std::filesystem::path write_report(const std::filesystem::path& folder);

/// At the end of a run: the same, but what goes wrong is told, not thrown; empty: nothing did. A
/// folder that is not there is none of a run that began.
std::string try_report(const std::filesystem::path& folder) noexcept;

}  // namespace graph::report
