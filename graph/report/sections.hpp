// The parts of a report of one run. Each gives HTML, empty if there is nothing to tell.
#pragma once

#include "graph/report/chart.hpp"
#include "graph/report/record.hpp"

#include <string>

namespace graph::report {

/// How the run ended, with the class of its colour: "done", "stopped; ...", "did not end".
std::string state_of(const Record& record);

std::string heading(const Record& record);  // name, state, when, where, how long
std::string graph_part(const Record& record);
std::string data_part(const Record& record);  // sources: items, splits, settings
std::string curves_part(const Record& record);
std::string figures_part(const Record& record);  // the last value of each curve, and the best
std::string pictures_part(const Record& record);
std::string bad_inputs_part(const Record& record);
std::string profile_part(const Record& record);
std::string tables_part(const Record& record);  // of CSV files
std::string settings_part(const Record& record);
std::string files_part(const Record& record);

/// A PNG file as a figure with the picture in it, under the caption that the file carries; empty
/// if it is no PNG. One too large to be taken in is linked to.
std::string picture(const std::filesystem::path& file, const std::string& title);

}  // namespace graph::report
