// See log.hpp.
#include "graph/log.hpp"

#include "graph/time_text.hpp"
#include "graph/yaml.hpp"

#include <algorithm>
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
    for (const char c : entry.message) {
        text += c;
        if (c == '\n') text += "  ";  // a name with a newline must not look like another entry
    }
    return printable(text) + "\n";
}

/// How many bytes at the beginning of UTF-8 text make a character that moves the cursor or turns
/// the direction of what follows: controls of Latin-1, and of writing from right to left.
size_t length_of_command(std::string_view text) {
    if (text[0] == '\r') return 1;
    if (text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0)
        return 2;
    for (const std::string_view mark : {"\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
                                        "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"})
        if (text.starts_with(mark)) return mark.size();
    return 0;
}

}  // namespace

std::string printable(const std::string& given) {
    std::string_view text = given;
    std::string safe;
    while (!text.empty()) {
        const size_t good = std::min(find_bad_byte(text), text.size());
        for (size_t i = 0; i < good;) {
            const size_t length = length_of_command(text.substr(i, good - i));
            safe += length > 0 ? '?' : text[i];
            i += std::max<size_t>(length, 1);
        }
        if (good < text.size()) safe += '?';
        text.remove_prefix(std::min(good + 1, text.size()));
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
