// The settings of a run: the section `run` of a pipeline.
#include "graph/node.hpp"
#include "graph/size.hpp"

namespace graph {

namespace {

/// `auto` for 0.
Param threads() {
    Param p = param("threads", &Settings::threads, Range{0, 1024},
                    "how many threads work; auto: as many as the machine has");
    p.type = "integer or auto";
    p.get = [read = p.get](const void* settings) {
        const std::string text = read(settings);
        return text == "0" ? "auto" : text;
    };
    p.set = [read = p.set](const Param& self, void* settings, const Value& value, Errors& errors) {
        if (value.kind == Value::Kind::scalar && value.text == "auto")
            static_cast<Settings*>(settings)->threads = 0;
        else
            read(self, settings, value, errors);
    };
    const Settings defaults;
    p.fallback = p.get(&defaults);
    return p;
}

/// Bytes, with or without a unit.
Param max_memory() {
    Param p = param("max_memory", &Settings::max_memory, Range{0, 1e15},
                    "refuse to run if it may need more memory than this, such as 2GB; 0: no limit");
    p.type = "size";
    p.set = [](const Param& self, void* settings, const Value& value, Errors& errors) {
        const auto bytes = parse_size(value);
        if (!bytes)
            return errors.add(
                value.place,
                fmt::format("'{}' must be a size such as 500MB or 2GB{}", self.name,
                            value.kind == Value::Kind::scalar ? ", not '" + value.text + "'" : ""));
        static_cast<Settings*>(settings)->max_memory = *bytes;
    };
    return p;
}

}  // namespace

std::vector<Param> settings_params() {
    return {
        param("seed", &Settings::seed, Range{0, 9e15},
              "of everything random: the same seed gives the same run"),
        threads(),
        param("max_in_flight", &Settings::max_in_flight, Range{1, 1e6},
              "how many items of a source may be in memory at once"),
        param("quarantine_limit", &Settings::quarantine_limit, Range{0, 1e12},
              "how many items may fail and be set aside before the run counts as failed"),
        max_memory(),
        param("out", &Settings::out, "the run's folder; ${name} is the pipeline's name"),
    };
}

}  // namespace graph
