// The file in a run's folder that says how the run stands, for `pipeline top`: there while the run
// goes on, replaced whole every second, gone at its end. One that stays is of a run that was
// killed.
#pragma once

#include "graph/status.hpp"

#include <filesystem>
#include <optional>

namespace graph {

/// This process, for a status that it writes: host, pid, process_start.
void name_process(RunStatus& status);

void write_status_file(const std::filesystem::path& folder, RunStatus status);
void remove_status_file(const std::filesystem::path& folder) noexcept;
/// None if there is none, or if it is being replaced on a network file system: ask again.
std::optional<RunStatus> read_status_file(const std::filesystem::path& folder);

enum class Life {
    alive,
    gone,     // the process ended without taking the file away
    unknown,  // on another host: alive if the file keeps changing
};
Life life_of(const RunStatus& status);

/// A run that ended, from the run.json in its folder; none if there is none.
std::optional<RunStatus> read_ended_run(const std::filesystem::path& folder);

}  // namespace graph
