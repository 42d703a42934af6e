// Lines on stderr: text for people, JSON for programs, harmless whatever a file is called.
#include "graph/log.hpp"
#include "graph/time_text.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using namespace graph;

LogEntry warning(const std::string& message) {
    return {.level = "warning", .event = "warning", .node = "b", .message = message};
}

TEST(Log, TextReadsAsASentence) {
    EXPECT_EQ(log_line(warning("too dark"), LogFormat::text), "warning: b: too dark\n");
    EXPECT_EQ(log_line({.level = "warning", .event = "quarantine", .node = "b", .message = "x.tif"},
                       LogFormat::text),
              "quarantined by b: x.tif\n");
    EXPECT_EQ(log_line({.event = "note", .message = "kept"}, LogFormat::text), "kept\n");
}

TEST(Log, JsonHasAllItsKeysInOneLine) {
    LogEntry entry = warning("two\nlines \xff \"quoted\"");
    entry.figures = {{"loss", 0.5}, {"bad", std::numeric_limits<double>::quiet_NaN()}};
    const std::string line = log_line(entry, LogFormat::json);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json.size(), 6U);
    EXPECT_EQ(json.at("level"), "warning");
    EXPECT_EQ(json.at("event"), "warning");
    EXPECT_EQ(json.at("node"), "b");
    EXPECT_EQ(json.at("message"), "two\nlines \xef\xbf\xbd \"quoted\"");
    EXPECT_EQ(json.at("figures").at("loss"), 0.5);
    EXPECT_TRUE(json.at("figures").at("bad").is_null());
    EXPECT_THAT(json.at("time").get<std::string>(),
                ::testing::MatchesRegex("20..-..-..T..:..:..\\....Z"));
}

TEST(Log, NamesCannotCommandATerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\rc\x7f\xc2\x9b"), "a?[2Jb?c??");
    EXPECT_EQ(printable("k\xc3\xb6rper\n\tx"), "k\xc3\xb6rper\n\tx");
    EXPECT_EQ(printable("caf\xe9\x9b[2J\xf0\x9f"), "caf??[2J??");  // not UTF-8
    EXPECT_EQ(printable("gnp.\u202Efit\u2067"), "gnp.?fit?");      // backwards
    EXPECT_EQ(printable(std::string("a\0b", 3)), "a?b");
    EXPECT_EQ(printable(""), "");
}

TEST(Log, NamesCannotLookLikeAnotherLine) {
    EXPECT_EQ(log_line(warning("a\ndone.tif"), LogFormat::text), "warning: b: a\n  done.tif\n");
}

TEST(Log, TheFormatIsFoundWhereverItStands) {
    const auto format = [](std::vector<const char*> arguments) {
        return log_format(static_cast<int>(arguments.size()), arguments.data());
    };
    EXPECT_EQ(format({"pipeline"}), LogFormat::text);
    EXPECT_EQ(format({"pipeline", "run", "x", "--log-format", "text"}), LogFormat::text);
    EXPECT_EQ(format({"pipeline", "run", "x", "--log-format"}), LogFormat::text);
    EXPECT_EQ(format({"pipeline", "rnu", "--log-format=json", "x"}), LogFormat::json);
    EXPECT_EQ(format({"pipeline", "run", "x", "--log-format", "json"}), LogFormat::json);
}

TEST(TimeText, IsIsoAndShort) {
    EXPECT_EQ(iso_time(wall_time(1764166500.25)), "2025-11-26T14:15:00.250Z");
    EXPECT_EQ(iso_time(wall_time(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(duration_text(59.9), "59s");
    EXPECT_EQ(duration_text(125), "2m05s");
    EXPECT_EQ(duration_text(3 * 3600 + 7 * 60 + 59), "3h07m");
    EXPECT_EQ(duration_text(4.1 * 86400), "4d02h");
}

}  // namespace
