// Lays trials out, and tries each as a pipeline.
#include "graph/sweep/trials.hpp"

#include "graph/differences.hpp"
#include "graph/overrides.hpp"
#include "graph/random.hpp"
#include "graph/yaml.hpp"

#include <map>
#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

bool is_parameter(const std::string& path) { return path.starts_with("params."); }

std::string value_text(const std::string& path, const Value& value) {
    return is_parameter(path) ? value.text : write_yaml(value);
}

/// As the command line would say it: `-p epochs=10`, `--set nodes.train.optimizer.rate=0.001`.
std::string assignment(const std::string& path, const std::string& value) {
    return (is_parameter(path) ? path.substr(7) : path) + "=" + value;
}

void add(Overrides& overrides, const std::string& path, const std::string& value) {
    (is_parameter(path) ? overrides.params : overrides.sets).push_back(assignment(path, value));
}

/// A function of the seed, the number of the draw and the setting: more draws leave the first ones
/// as they are.
std::string draw(const SweepDraw& from, uint64_t seed, int number) {
    Stamp stamp;
    stamp.pass = number;
    Random random(seed, "sweep." + from.path, stamp);
    random.next();
    if (!from.choices.empty())
        return value_text(from.path, from.choices[random.below(from.choices.size())]);
    const double part = random.uniform();
    if (from.integer && !from.log) {
        const double low = std::ceil(from.min), high = std::floor(from.max);
        return fmt::format("{:.0f}", std::min(high, low + std::floor(part * (high - low + 1))));
    }
    const double value = from.log
                             ? std::exp(std::log(from.min) + part * std::log(from.max / from.min))
                             : from.min + part * (from.max - from.min);
    if (from.integer) return fmt::format("{:.0f}", std::round(value));
    return fmt::format("{:.3g}", value);  // more digits say nothing, and are hard to read
}

/// The choices of settings: every combination of `over`, each with every draw.
std::vector<std::vector<std::string>> points(const SweepSection& section, uint64_t seed) {
    std::vector<std::vector<std::string>> all{{}};
    for (const SweepValues& setting : section.over) {
        std::vector<std::vector<std::string>> longer;
        for (const auto& point : all)
            for (const Value& value : setting.values) {
                longer.push_back(point);
                longer.back().push_back(value_text(setting.path, value));
            }
        all = std::move(longer);
    }
    if (section.random.empty()) return all;
    std::vector<std::vector<std::string>> drawn;
    for (int number = 0; number < section.trials; ++number)
        for (auto point : all) {
            for (const SweepDraw& from : section.random) point.push_back(draw(from, seed, number));
            drawn.push_back(std::move(point));
        }
    return drawn;
}

/// Where the section gives the value that an override came from.
std::map<std::string, Place> places(const Sweep& sweep) {
    std::map<std::string, Place> places;
    const auto keep = [&](const std::string& path, const std::string& value, const Place& place) {
        places.emplace((is_parameter(path) ? "-p " : "--set ") + assignment(path, value), place);
    };
    for (const SweepValues& setting : sweep.section.over)
        for (const Value& value : setting.values)
            keep(setting.path, value_text(setting.path, value), value.place);
    for (const Trial& trial : sweep.trials)
        for (size_t i = 0; i < sweep.section.random.size(); ++i)
            keep(sweep.section.random[i].path, trial.values[sweep.section.over.size() + i],
                 sweep.section.random[i].place);
    return places;
}

void check_made(const Trial& trial, const Document& document, Errors& errors) {
    const auto file = trial.folder / "resolved.yaml";
    if (!std::filesystem::exists(file)) return;
    for (const Difference& difference :
         differences(read_resolved(file), parse_resolved(document.resolved, "the trial"))) {
        if (difference.path == "run.out" || difference.path == "run.threads") continue;
        const auto given = [](const std::string& text) {
            return text.empty() ? "not given" : text;
        };
        errors.add(
            {std::make_shared<const std::string>(trial.folder.string()), 0, 0},
            fmt::format("was run with other settings than trial {} has now: {} was {}, and "
                        "is {}; choose another folder (--set run.out=DIR) or remove this one",
                        trial.number, difference.path, given(difference.before),
                        given(difference.now)));
    }
}

}  // namespace

std::string Trial::text(const std::vector<std::string>& paths) const {
    const auto names = short_names(paths);
    std::string text;
    for (size_t i = 0; i < names.size(); ++i)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", names[i], values[i]);
    if (!seed.empty()) text += fmt::format("{}seed {}", text.empty() ? "" : ", ", seed);
    return text;
}

std::vector<std::string> short_names(const std::vector<std::string>& paths) {
    std::vector<std::string> names;
    for (const auto& path : paths) {
        const auto parts = split_path(path);
        std::string name;
        for (size_t used = 1; used <= parts.size(); ++used) {
            name =
                fmt::format("{}", fmt::join(parts.end() - std::ptrdiff_t(used), parts.end(), "."));
            const auto same = std::count_if(paths.begin(), paths.end(), [&](const auto& other) {
                return other == name || other.ends_with("." + name);
            });
            if (same == 1) break;
        }
        names.push_back(name);
    }
    return names;
}

Sweep load_sweep(const PipelineArguments& arguments) {
    Sweep sweep;
    sweep.pipeline = find_pipeline(arguments.pipeline);
    Errors errors, own;
    const Document document = load_document(sweep.pipeline, arguments.overrides, errors);
    sweep.section = read_sweep(document.sweep, own);
    // What the pipeline alone is wrong in may be what the sweep sets, such as a parameter.
    if (!own.empty()) throw ConfigurationError(errors);
    if (document.sweep.entries.empty()) {
        if (!errors.empty()) throw ConfigurationError(errors);
        throw ConfigurationError(sweep.pipeline.string() +
                                 ": has no section 'sweep', which says what to try: sweep: {over: "
                                 "{nodes.train.optimizer.rate: [0.001, 0.005]}}");
    }
    for (const auto& setting : sweep.section.over) sweep.paths.push_back(setting.path);
    for (const auto& setting : sweep.section.random) sweep.paths.push_back(setting.path);

    Settings settings;
    Errors ignored;  // found again when the trials are checked
    set_params(settings_params(), &settings, document.run, "run", ignored);
    const auto all = points(sweep.section, static_cast<uint64_t>(settings.seed));
    std::vector<std::string> seeds;
    for (const int64_t seed : sweep.section.seeds) seeds.push_back(std::to_string(seed));
    if (seeds.empty()) seeds.emplace_back();
    constexpr size_t most = 100'000;
    if (all.size() * seeds.size() > most)
        throw ConfigurationError(fmt::format("{}: the sweep has {} trials; {} are the most",
                                             document.sweep.place.text(), all.size() * seeds.size(),
                                             most));
    for (size_t point = 0; point < all.size(); ++point)
        for (const auto& seed : seeds) {
            Trial trial;
            trial.number = static_cast<int>(sweep.trials.size()) + 1;
            trial.point = static_cast<int>(point);
            trial.values = all[point];
            trial.seed = seed;
            trial.overrides = arguments.overrides;
            for (size_t i = 0; i < sweep.paths.size(); ++i)
                add(trial.overrides, sweep.paths[i], trial.values[i]);
            if (!seed.empty()) trial.overrides.sets.push_back("run.seed=" + seed);
            sweep.trials.push_back(std::move(trial));
        }
    Errors unfit;
    const Plan first =
        make_plan(load_document(sweep.pipeline, sweep.trials.front().overrides, unfit), unfit);
    sweep.out = first.settings.out;
    if (std::filesystem::exists(sweep.out / "resolved.yaml"))
        throw ConfigurationError(sweep.out.string() +
                                 ": is the folder of a run, not of a sweep; choose another with "
                                 "--set run.out=DIR");
    for (Trial& trial : sweep.trials)
        trial.folder = sweep.out / fmt::format("trial.{:03}", trial.number);
    return sweep;
}

void check_trials(const Sweep& sweep) {
    const auto written = places(sweep);
    Errors all;
    std::set<std::string> seen;
    for (const Trial& trial : sweep.trials) {
        Errors errors;
        const Document document = load_document(sweep.pipeline, trial.overrides, errors);
        make_plan(document, errors);
        if (errors.empty()) check_made(trial, document, errors);
        for (const auto& error : errors.all()) {
            Place place = error.place;
            if (place.file)
                if (const auto found = written.find(*place.file); found != written.end())
                    place = found->second;
            if (seen.insert(place.text() + error.message).second) all.add(place, error.message);
        }
    }
    if (!all.empty()) throw ConfigurationError(all);
}

void check_sweep(const PipelineArguments& arguments) {
    Errors ignored;
    const auto path = find_pipeline(arguments.pipeline);
    if (load_document(path, arguments.overrides, ignored).sweep.entries.empty()) return;
    check_trials(load_sweep(arguments));
}

Plan trial_plan(const Sweep& sweep, const Trial& trial) {
    Overrides overrides = trial.overrides;
    overrides.sets.push_back("run.out=" + quoted_path(trial.folder));
    return load_plan(sweep.pipeline, overrides);
}

}  // namespace graph
