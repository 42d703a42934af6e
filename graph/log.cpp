// See log.hpp.
#include "graph/log.hpp"

#include "graph/time_text.hpp"

#include <cstdio>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace graph {

namespace {

std::string text_of(const LogEntry& entry) {
    std::string text;
    if (entry.event == "quarantine")
        text = "quarantined by ";
    else if (entry.level == "warning")
        text = "warning: ";
    if (!entry.node.empty()) text += entry.node + ": ";
    return printable(text + entry.message) + "\n";
}

}  // namespace

std::string printable(const std::string& text) {
    std::string safe;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        if (c == 0xC2 && next >= 0x80 && next < 0xA0) {  // control characters of Latin-1
            safe += '?';
            ++i;
        } else {
            safe += (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F ? '?' : text[i];
        }
    }
    return safe;
}

std::string log_line(const LogEntry& entry, LogFormat format) {
    if (format == LogFormat::text) return text_of(entry);
    const nlohmann::ordered_json line = {{"time", iso_time(WallTime::clock::now())},
                                         {"level", entry.level},
                                         {"event", entry.event},
                                         {"node", entry.node},
                                         {"message", entry.message},
                                         {"figures", entry.figures}};
    // Names of files need not be UTF-8.
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void log(const LogEntry& entry, LogFormat format) {
    const std::string line = log_line(entry, format);
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
}

void log_error(const std::string& text, LogFormat format) {
    const LogEntry entry{.level = "error", .event = "error", .message = {}};
    std::istringstream lines(text.empty() ? "an error without a message" : text);
    for (std::string line; std::getline(lines, line);) {
        LogEntry of_line = entry;
        of_line.message = line;
        if (!line.empty() || format == LogFormat::text) log(of_line, format);
    }
}

LogFormat log_format(int argc, const char* const* argv) {
    constexpr std::string_view option = "--log-format";
    for (int i = 1; i < argc; ++i) {
        const std::string_view given = argv[i];
        if (given == option && i + 1 < argc && std::string_view(argv[i + 1]) == "json")
            return LogFormat::json;
        if (given == std::string(option) + "=json") return LogFormat::json;
    }
    return LogFormat::text;
}

}  // namespace graph
