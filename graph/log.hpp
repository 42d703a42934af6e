// What the program says on stderr: as text for people, or with --log-format json as one JSON object
// a line for programs.
#pragma once

#include <map>
#include <string>

namespace graph {

enum class LogFormat { text, json };

struct LogEntry {
    std::string level = "info";  // info, warning, error
    std::string event = {};      // note, warning, quarantine, progress, end, error
    std::string node = {};       // empty: of the run as a whole
    std::string message = {};
    std::map<std::string, double> figures = {};
};

/// The entry as a line that ends in a newline. As JSON it has the keys time, level, event, node,
/// message and figures, always all of them.
std::string log_line(const LogEntry& entry, LogFormat format);

/// Writes a line to stderr as a whole.
void log(const LogEntry& entry, LogFormat format);
/// An error that ends the program: an entry for each line of the text.
void log_error(const std::string& text, LogFormat format);

/// What --log-format says, wherever it stands: also for errors in the arguments beside it.
LogFormat log_format(int argc, const char* const* argv);

/// The text without what could command a terminal: names of files can hold anything.
std::string printable(const std::string& text);

}  // namespace graph
