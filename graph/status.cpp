// The fields of a status, each named once for both directions.
#include "graph/status.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace graph {

namespace {

using nlohmann::json;

class Writer {
  public:
    explicit Writer(json& to) : to_(to) {}
    template <class T>
    void operator()(const char* name, const T& value) const {
        to_[name] = value;
    }
    /// JSON has no number for a loss that is not one.
    void operator()(const char* name, const std::map<std::string, double>& figures) const {
        auto& object = to_[name] = json::object();
        for (const auto& [figure, value] : figures) {
            if (std::isfinite(value))
                object[figure] = value;
            else
                object[figure] = fmt::format("{}", value);
        }
    }

  private:
    json& to_;
};

class Reader {
  public:
    explicit Reader(const json& from) : from_(from) {}
    template <class T>
    void operator()(const char* name, T& value) const {
        const auto found = from_.find(name);
        if (found != from_.end() && !found->is_null()) found->get_to(value);
    }
    void operator()(const char* name, std::map<std::string, double>& figures) const {
        const auto found = from_.find(name);
        if (found == from_.end()) return;
        for (const auto& [figure, value] : found->items())
            figures[figure] =
                value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
    }

  private:
    const json& from_;
};

template <class Status, class Visitor>
void visit_node(Status& s, const Visitor& field) {
    field("id", s.id);
    field("op", s.op);
    field("values", s.values);
    field("failed", s.failed);
    field("busy_seconds", s.busy_seconds);
    field("starved_seconds", s.starved_seconds);
    field("blocked_seconds", s.blocked_seconds);
    field("queue_mean", s.queue_mean);
    field("queue_most", s.queue_most);
    field("queue", s.queue);
    field("rate", s.rate);
    field("busy", s.busy);
    field("state", s.state);
}

template <class Status, class Visitor>
void visit_source(Status& s, const Visitor& field) {
    field("id", s.id);
    field("in_flight", s.in_flight);
    field("limit", s.limit);
}

template <class Status, class Visitor>
void visit_run(Status& s, const Visitor& field) {
    field("name", s.name);
    field("folder", s.folder);
    field("version", s.version);
    field("host", s.host);
    field("pid", s.pid);
    field("process_start", s.process_start);
    field("state", s.state);
    field("message", s.message);
    field("exit_code", s.exit_code);
    field("started", s.started);
    field("written", s.written);
    field("seconds", s.seconds);
    field("threads", s.threads);
    field("epoch", s.epoch);
    field("epochs", s.epochs);
    field("items", s.items);
    field("total", s.total);
    field("rate", s.rate);
    field("left_seconds", s.left_seconds);
    field("quarantined", s.quarantined);
    field("figures", s.figures);
    field("nodes", s.nodes);
    field("sources", s.sources);
    field("bottleneck", s.bottleneck);
}

}  // namespace

void to_json(json& json, const NodeStatus& status) { visit_node(status, Writer(json)); }
void from_json(const json& json, NodeStatus& status) { visit_node(status, Reader(json)); }
void to_json(json& json, const SourceStatus& status) { visit_source(status, Writer(json)); }
void from_json(const json& json, SourceStatus& status) { visit_source(status, Reader(json)); }
void to_json(json& json, const RunStatus& status) { visit_run(status, Writer(json)); }
void from_json(const json& json, RunStatus& status) { visit_run(status, Reader(json)); }

std::string json_text(const json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace graph
