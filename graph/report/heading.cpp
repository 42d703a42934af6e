// The top of a report: what the run was, how it ended, where and how long it ran.
#include "graph/engine.hpp"
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"

#include <fmt/format.h>

namespace graph::report {
namespace {

std::string state(const char* colour, const std::string& text) {
    return fmt::format("<span class=\"state {}\">{}</span>", colour, text);
}

/// "2026-11-26T14:15:00.123Z" to be read: "2026-11-26 14:15:00 UTC"; other texts as they are.
std::string readable_time(std::string text) {
    if (text.size() < 19 || text[10] != 'T') return escape(text);
    const bool utc = text.ends_with("Z");
    text[10] = ' ';
    return escape(text.substr(0, 19) + (utc ? " UTC" : ""));
}

}  // namespace

std::string state_of(const Record& record) {
    const Status& status = record.status;
    // There while a run goes on, also one that was stopped before; run.json is then of old.
    if (std::filesystem::exists(record.folder / "status.json"))
        return state("wary", "not at its end: it goes on, or was killed");
    if (!status.exit_code) return state("wary", "not at its end: it was killed, or failed");
    const std::string message = escape(status.message);
    switch (*status.exit_code) {
        case exit_done:
            return state("good", message.empty() ? "done" : message);
        case exit_bad_inputs:
        case exit_stopped:
            return state("wary", message);
        default:
            return state("bad",
                         fmt::format("{} (exit code {})", message.empty() ? "failed" : message,
                                     *status.exit_code));
    }
}

std::string heading(const Record& record) {
    const Status& status = record.status;
    const std::string title = record.pipeline.empty() ? record.name : record.pipeline;
    const auto path = std::filesystem::absolute(record.folder).lexically_normal();
    return fmt::format("<header>\n<h1>{}</h1>\n<p class=path>{}</p>\n<p>{}</p>\n", escape(title),
                       escape(path.string()), state_of(record)) +
           to_facts({{"started", readable_time(status.started)},
                     {"ended", readable_time(status.ended)},
                     {"took", status.seconds ? duration(*status.seconds) : ""},
                     {"nodes", whole_number(record.sketch.nodes.size())},
                     {"bad inputs", status.exit_code ? whole_number(status.bad_inputs.size()) : ""},
                     {"host", escape(status.host)},
                     {"threads", status.threads ? std::to_string(*status.threads) : ""},
                     {"version", escape(status.version)}}) +
           "</header>\n";
}

}  // namespace graph::report
