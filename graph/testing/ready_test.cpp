// See ready_test.hpp.
#include "graph/testing/ready_test.hpp"

#include "graph/engine.hpp"
#include "graph/yaml.hpp"

#include <map>
#include <set>

namespace graph {

namespace {

namespace fs = std::filesystem;

/// What `-p` and `--set` would be. A parameter that is a path, and there beside the pipeline, is
/// meant to be that, since the run is elsewhere.
Overrides overrides_of(const TestCase& test, const std::vector<PipelineParam>& declared,
                       const fs::path& base) {
    std::map<std::string, std::string> types;
    for (const auto& param : declared) types[param.name] = param.type;
    Overrides overrides;
    for (const auto& [key, value] : test.params.entries) {
        if (!types.contains(key.text)) continue;  // check_tests tells
        const fs::path there = base / value.text;
        const bool beside = types[key.text] == "path" && !value.text.empty() && fs::exists(there);
        overrides.params.push_back(
            key.text + "=" +
            (beside ? fs::absolute(there).lexically_normal().string() : value.text));
    }
    for (const auto& [key, value] : test.set.entries)
        overrides.sets.push_back(key.text + "=" + write_yaml(value));
    return overrides;
}

/// The entry of a test's map that an error is of, if it is one of "-p NAME=..." or "--set
/// NAME=...".
const Value* entry_of(const Errors::Error& error, const Value& map, const std::string& option) {
    if (error.place.line != 0 || !error.place.file) return nullptr;
    for (const auto& [key, value] : map.entries)
        if (error.place.file->starts_with(option + " " + key.text + "=")) return &key;
    return nullptr;
}

/// What `-p` and `--set` would be wrong with, at its place in the test.
Errors at_test(const Errors& errors, const TestCase& test) {
    Errors placed;
    for (const auto& error : errors.all()) {
        const Value* given = entry_of(error, test.params, "-p");
        if (given == nullptr) given = entry_of(error, test.set, "--set");
        placed.add(given != nullptr ? given->place : error.place, error.message);
    }
    return placed;
}

std::string line_of(const Errors::Error& error) { return error.place.text() + error.message; }

std::set<std::string> lines_of(const Errors& errors) {
    std::set<std::string> lines;
    for (const auto& error : errors.all()) lines.insert(line_of(error));
    return lines;
}

/// Those of `more` that are not in `known`.
void add_new(const Errors& more, std::set<std::string> known, Errors& into) {
    for (const auto& error : more.all())
        if (known.insert(line_of(error)).second) into.add(error.place, error.message);
}

}  // namespace

std::vector<ReadyTest> read_ready_tests(const fs::path& pipeline, Errors& errors) {
    Errors base_errors, test_errors;
    const Document base = load_document(pipeline, {}, base_errors);
    const std::vector<TestCase> tests = read_tests(base.tests, test_errors);
    check_tests(base, test_errors);
    const std::set<std::string> known = lines_of(test_errors);
    add_new(tests.empty() ? base_errors : test_errors, lines_of(errors), errors);

    std::vector<ReadyTest> all;
    for (const TestCase& test : tests) {
        ReadyTest ready{test, base.name, nullptr, ""};
        Errors found, own;
        const Document document =
            load_document(pipeline, overrides_of(test, base.params, pipeline.parent_path()), found);
        Plan plan = make_plan(document, found);
        add_new(at_test(found, test), known, own);
        if (own.empty() && test_errors.empty())
            ready.rehearsal = std::make_unique<Rehearsal>(std::move(plan), document, test, errors);
        ready.errors = own.text();
        if (test.exit != exit_configuration) add_new(own, lines_of(errors), errors);
        all.push_back(std::move(ready));
    }
    return all;
}

}  // namespace graph
