// See metrics_text.hpp. The names are for ever: dashboards and alarms hang on them.
#include "graph/metrics_text.hpp"

#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace graph {

namespace {

using Labels = std::vector<std::pair<const char*, std::string>>;

/// With what the format escapes, and in UTF-8, which names of files need not be.
std::string escaped(const std::string& text) {
    constexpr auto replace = nlohmann::json::error_handler_t::replace;
    const auto valid = nlohmann::json::parse(nlohmann::json(text).dump(-1, ' ', false, replace));
    std::string safe;
    for (const char c : valid.get<std::string>()) {
        if (c == '\\' || c == '"') safe += '\\';
        safe += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return safe;
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

class Text {
  public:
    explicit Text(std::string run) : run_(escaped(run)) {}

    void begin(const char* name, const char* type, const char* help) {
        name_ = name;
        text_ += fmt::format("# HELP latentflow_{} {}\n# TYPE latentflow_{} {}\n", name, help, name,
                             type);
    }
    void add(double value, const Labels& labels = {}) {
        text_ += fmt::format("latentflow_{}{{run=\"{}\"", name_, run_);
        for (const auto& [label, of] : labels)
            text_ += fmt::format(",{}=\"{}\"", label, escaped(of));
        text_ += "} " + number(value) + "\n";
    }
    void one(const char* name, const char* type, const char* help, double value) {
        begin(name, type, help);
        add(value);
    }
    template <class Value>
    void of_nodes(const RunStatus& status, const char* name, const char* type, const char* help,
                  Value NodeStatus::*value) {
        begin(name, type, help);
        for (const auto& node : status.nodes)
            add(static_cast<double>(node.*value), {{"node", node.id}, {"op", node.op}});
    }
    std::string take() { return std::move(text_); }

  private:
    std::string run_, text_;
    const char* name_ = "";
};

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double size = 0, resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string metrics_text(const RunStatus& s) {
    Text text(s.folder);
    text.begin("run_info", "gauge", "What runs; always 1.");
    text.add(1, {{"pipeline", s.name}, {"version", s.version}, {"host", s.host}});
    text.one("running", "gauge", "1 while the run goes on, 0 once it has ended.",
             s.state == "ended" ? 0 : 1);
    if (s.state == "ended")
        text.one("exit_code", "gauge", "How the run ended: 0 is good.", s.exit_code);
    text.one("start_time_seconds", "gauge", "When the run began, since 1970.", s.started);
    text.one("run_seconds", "gauge", "How long the run has taken.", s.seconds);
    text.one("threads", "gauge", "Threads that work.", s.threads);
    text.one("epoch", "gauge", "The epoch begun last, from 1.", s.epoch);
    text.one("epochs", "gauge", "How many epochs there are.", s.epochs);
    text.one("items_total", "counter", "Items done, of all passes.", double(s.items));
    text.one("items_planned", "gauge", "Items that there are to do, of all passes.",
             double(s.total));
    text.one("quarantined_items", "gauge", "Bad inputs that were set aside.",
             double(s.quarantined));
    text.one("resident_memory_bytes", "gauge", "Memory that the process has.", resident_bytes());
    text.begin("figure", "gauge", "What nodes reported last, such as losses.");
    for (const auto& [name, value] : s.figures) text.add(value, {{"name", name}});
    text.begin("in_flight", "gauge", "Items of a source that are in memory.");
    for (const auto& source : s.sources) text.add(double(source.in_flight), {{"node", source.id}});
    text.begin("in_flight_limit", "gauge", "How many may be (run.max_in_flight).");
    for (const auto& source : s.sources) text.add(double(source.limit), {{"node", source.id}});
    text.of_nodes(s, "node_values_total", "counter", "Messages done.", &NodeStatus::values);
    text.of_nodes(s, "node_failed_total", "counter", "Messages at which the node failed.",
                  &NodeStatus::failed);
    text.of_nodes(s, "node_waiting", "gauge", "Messages that wait.", &NodeStatus::queue);
    text.of_nodes(s, "node_busy_seconds_total", "counter", "Time in the node, of all threads.",
                  &NodeStatus::busy_seconds);
    text.of_nodes(s, "node_starved_seconds_total", "counter", "Time with nothing to work on.",
                  &NodeStatus::starved_seconds);
    text.of_nodes(s, "node_blocked_seconds_total", "counter",
                  "Time with work, and no thread or no leave to do it.",
                  &NodeStatus::blocked_seconds);
    return text.take();
}

}  // namespace graph
