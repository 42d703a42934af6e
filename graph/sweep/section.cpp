// Reads the section with the same declarations and checks as nodes' options.
#include "graph/sweep/section.hpp"

#include "graph/raw_param.hpp"
#include "graph/yaml.hpp"

#include <set>

namespace graph {

namespace {

struct Raw : SweepSection {
    Value over_map, random_map;
};

struct RawDraw : SweepDraw {
    Value choice_list;
};

}  // namespace

const std::vector<Param>& sweep_params() {
    static const std::vector<Param> params = {
        raw_param("over", &Raw::over_map,
                  "settings and the values that each takes in turn, in all combinations"),
        raw_param("random", &Raw::random_map,
                  "settings that are drawn: {min, max, log, integer} or {choices}"),
        param("trials", static_cast<int Raw::*>(&SweepSection::trials), Range{1, 1e5},
              "how often the random settings are drawn"),
        param("seeds", static_cast<std::vector<int64_t> Raw::*>(&SweepSection::seeds),
              Range{0, 9e15}, "run.seed of the runs that each choice of settings is tried with"),
        group("metric", static_cast<SweepMetric Raw::*>(&SweepSection::metric),
              {param("name", &SweepMetric::name, "of the figure in metrics.csv"),
               param("split", &SweepMetric::split, "on which images"),
               param("goal", &SweepMetric::goal, Choice{{"min", "max"}}, "which end is better"),
               param("model", &SweepMetric::model, "of several models in one pipeline")},
              "what trials are judged by, after their last epoch"),
        param("processes", static_cast<int Raw::*>(&SweepSection::processes), Range{1, 1024},
              "how many trials run at once; they share the processor's cores"),
    };
    return params;
}

const std::vector<Param>& sweep_draw_params() {
    static const std::vector<Param> params = {
        param("min", static_cast<double RawDraw::*>(&SweepDraw::min), "the least value"),
        param("max", static_cast<double RawDraw::*>(&SweepDraw::max), "the greatest value"),
        param("log", static_cast<bool RawDraw::*>(&SweepDraw::log),
              "evenly on a logarithmic scale, as rates are"),
        param("integer", static_cast<bool RawDraw::*>(&SweepDraw::integer), "whole numbers only"),
        raw_param("choices", &RawDraw::choice_list, "one of these values, in place of a range"),
    };
    return params;
}

namespace {

/// What the sweep itself sets, or nobody can.
bool check_path(const Value& key, std::set<std::string>& paths, Errors& errors) {
    const std::string& path = key.text;
    const auto wrong = [&](std::string message) {
        errors.add(key.place, std::move(message));
        return false;
    };
    if (path == "run.seed") return wrong("write 'seeds: [1, 2, 3]' for run.seed");
    if (path == "run.out" || path == "name")
        return wrong(fmt::format("'{}' is the sweep's own: each trial has a folder in it", path));
    const std::string first = path.substr(0, path.find('.'));
    if (first != "nodes" && first != "run" && first != "params")
        return wrong(
            fmt::format("'{}' is no setting; write nodes.NODE.OPTION, run.SETTING or params.NAME{}",
                        path, did_you_mean(first, {"nodes", "run", "params"})));
    if (first == path) return wrong(fmt::format("'{}' is a section; write {}.NAME", path, path));
    if (!paths.insert(path).second)
        return wrong(fmt::format("'{}' is both in 'over' and in 'random'", path));
    return true;
}

std::vector<Value> read_values(const std::string& path, const Value& list, const char* example,
                               Errors& errors) {
    if (list.kind != Value::Kind::list || list.items.empty()) {
        errors.add(list.place,
                   fmt::format("'{}' needs a list of values, such as {}", path, example));
        return {};
    }
    std::set<std::string> seen;
    for (const Value& value : list.items) {
        if (value.kind == Value::Kind::null)
            errors.add(value.place, fmt::format("'{}' has an empty value", path));
        else if (!seen.insert(write_yaml(value)).second)
            errors.add(value.place,
                       fmt::format("'{}' has the value {} twice", path, write_yaml(value)));
        else if (path.starts_with("params.") && value.kind != Value::Kind::scalar)
            errors.add(value.place, fmt::format("'{}' takes single values only", path));
    }
    return list.items;
}

SweepDraw read_draw(const std::string& path, const Value& options, Errors& errors) {
    RawDraw draw;
    draw.path = path;
    draw.place = options.place;
    const size_t before = errors.size();
    set_params(sweep_draw_params(), &draw, options, "random setting '" + path + "'", errors);
    if (errors.size() > before) return draw;
    const bool min = options.find("min") != nullptr, max = options.find("max") != nullptr;
    if (options.find("choices") != nullptr) {
        draw.choices = read_values(path, draw.choice_list, "choices: [4, 8]", errors);
        if (min || max)
            errors.add(options.place, fmt::format("'{}' has a range or 'choices', not both", path));
    } else if (!min || !max) {
        errors.add(options.place, fmt::format("'{}' needs min and max, or choices", path));
    } else if (draw.min >= draw.max) {
        errors.add(options.place,
                   fmt::format("'{}': min {} must be less than max {}", path, draw.min, draw.max));
    } else if (draw.log && draw.min <= 0) {
        errors.add(options.place,
                   fmt::format("'{}': with log, min must be above 0, not {}", path, draw.min));
    }
    return draw;
}

/// A section in the section; null if there is none.
const Value& map_of(const Value& value, const char* name, Errors& errors) {
    static const Value none;
    if (value.kind == Value::Kind::map || value.kind == Value::Kind::null) return value;
    errors.add(value.place, fmt::format("'{}' must be a map of settings", name));
    return none;
}

}  // namespace

SweepSection read_sweep(const Value& section, Errors& errors) {
    Raw raw;
    if (section.kind == Value::Kind::null) return raw;
    if (section.kind == Value::Kind::map && section.entries.empty()) return raw;
    const size_t before = errors.size();
    set_params(sweep_params(), &raw, section, "sweep", errors);
    std::set<std::string> paths;
    for (const auto& [key, list] : map_of(raw.over_map, "over", errors).entries)
        if (check_path(key, paths, errors))
            raw.over.push_back({key.text, read_values(key.text, list, "[0.001, 0.005]", errors)});
    for (const auto& [key, options] : map_of(raw.random_map, "random", errors).entries)
        if (check_path(key, paths, errors))
            raw.random.push_back(read_draw(key.text, options, errors));
    if (errors.size() > before) return raw;

    if (raw.over.empty() && raw.random.empty() && raw.seeds.empty())
        errors.add(
            section.place,
            "a sweep needs settings to try: over: {nodes.train.optimizer.rate: [0.001, 0.005]}");
    if (raw.random.empty() && raw.trials > 0)
        errors.add(section.find("trials")->place,
                   "'trials' counts draws, but there is no 'random' to draw from");
    if (!raw.random.empty() && raw.trials == 0)
        errors.add(section.place, "'random' needs 'trials': how many draws");
    std::set<int64_t> seeds;
    for (const int64_t seed : raw.seeds)
        if (!seeds.insert(seed).second)
            errors.add(section.find("seeds")->place, fmt::format("seed {} is there twice", seed));
    return raw;
}

}  // namespace graph
