// Reads and checks the section `tests`.
#include "graph/testing/test_case.hpp"

#include "graph/inspect.hpp"
#include "graph/raw_param.hpp"
#include "graph/testing/expectation.hpp"

#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

namespace fs = std::filesystem;

template <class Names>
std::vector<std::string> keys_of(const Names& map) {
    std::vector<std::string> names;
    for (const auto& entry : map) names.push_back(entry.first);
    return names;
}

std::vector<std::string> ids_of(const Value& nodes) {
    std::vector<std::string> ids;
    for (const auto& entry : nodes.entries) ids.push_back(entry.first.text);
    return ids;
}

/// Whether a key of a test holds a map, or nothing; else an error.
bool is_map(const Value& value, const std::string& what, Errors& errors) {
    if (value.kind == Value::Kind::map) return true;
    if (value.kind != Value::Kind::null)
        errors.add(value.place, fmt::format("'{}' of a test must be a map", what));
    return false;
}

void check_params(const TestCase& test, const Document& document, Errors& errors) {
    if (!is_map(test.params, "params", errors)) return;
    std::vector<std::string> names;
    for (const auto& param : document.params) names.push_back(param.name);
    for (const auto& [key, value] : test.params.entries) {
        if (std::find(names.begin(), names.end(), key.text) == names.end())
            errors.add(key.place, fmt::format("unknown parameter '{}'{}", key.text,
                                              did_you_mean(key.text, names)));
        else if (value.kind != Value::Kind::scalar)
            errors.add(value.place, fmt::format("parameter '{}' must be one value", key.text));
    }
}

void check_expect(const TestCase& test, const Document& document, Errors& errors) {
    if (!is_map(test.expect, "expect", errors)) return;
    for (const auto& [key, facts] : test.expect.entries) {
        const TestedPort port = find_port(key, document.nodes, errors);
        if (port.spec == nullptr || !is_map(facts, "expect." + key.text, errors)) continue;
        std::vector<std::string> names = {"count", "failed"};
        bool others = false;
        if (port.output != nullptr)
            if (const auto found = inspectors().find(port.output->id);
                found != inspectors().end()) {
                others = found->second.names.empty();
                names.insert(names.end(), found->second.names.begin(), found->second.names.end());
            }
        for (const auto& [name, expected] : facts.entries) {
            if (!others && std::find(names.begin(), names.end(), name.text) == names.end())
                errors.add(name.place, fmt::format("'{}' cannot be asked of {}; there are {}{}",
                                                   name.text, key.text, fmt::join(names, ", "),
                                                   did_you_mean(name.text, names)));
            else
                check_expected(expected, errors);
        }
    }
}

void check_feed(const TestCase& test, const Document& document, Errors& errors) {
    if (!is_map(test.feed, "feed", errors)) return;
    const fs::path base = test.place.file ? fs::path(*test.place.file).parent_path() : fs::path();
    for (const auto& [key, items] : test.feed.entries)
        if (const TestedPort port = find_port(key, document.nodes, errors); port.spec != nullptr)
            read_feed(port, items, base, errors);
}

}  // namespace

const std::vector<Param>& test_params() {
    static const std::vector<Param> params = {
        required(param("name", &TestCase::name, "what is tested, in a few words")),
        raw_param("params", &TestCase::params, "parameters of the pipeline, as -p gives them"),
        raw_param("set", &TestCase::set, "options, as --set gives them"),
        raw_param("feed", &TestCase::feed, "what nodes send in place of what they would"),
        raw_param("expect", &TestCase::expect, "of each node what it sends"),
        param("files", &TestCase::files, "that there must be then; * and ? stand for any text"),
        param("says", &TestCase::says, "a text in what the run prints"),
        param("exit", &TestCase::exit, Range{0, 255}, "the exit code"),
    };
    return params;
}

std::vector<TestCase> read_tests(const Value& section, Errors& errors) {
    std::vector<TestCase> tests;
    if (section.kind != Value::Kind::list && section.kind != Value::Kind::null)
        errors.add(section.place, "'tests' must be a list, each with a name: - name: ...");
    for (const Value& item : section.items) {
        TestCase test;
        test.place = item.place;
        set_params(test_params(), &test, item, "a test", errors);
        tests.push_back(std::move(test));
    }
    return tests;
}

void check_tests(const Document& document, Errors& errors) {
    std::set<std::string> names;
    for (const TestCase& test : read_tests(document.tests, errors)) {
        if (!test.name.empty() && !names.insert(test.name).second)
            errors.add(test.place, fmt::format("two tests are called '{}'", test.name));
        check_params(test, document, errors);
        is_map(test.set, "set", errors);
        check_feed(test, document, errors);
        check_expect(test, document, errors);
    }
}

TestedPort find_port(const Value& key, const Value& nodes, Errors& errors) {
    const auto wrong = [&](const std::string& message) {
        errors.add(key.place, message);
        return TestedPort{};
    };
    const size_t dot = key.text.find('.');
    TestedPort port;
    port.node = key.text.substr(0, dot);
    const Value* node = nodes.find(port.node);
    if (node == nullptr)
        return wrong(
            fmt::format("unknown node '{}'{}", port.node, did_you_mean(port.node, ids_of(nodes))));
    const Value* op = node->find("op");
    const auto spec = op == nullptr ? registry().end() : registry().find(op->text);
    if (spec == registry().end()) return {};  // an error at the node itself
    const auto& outputs = spec->second.outputs;
    std::vector<std::string> names;
    for (const Port& output : outputs) names.push_back(output.name);
    if (dot != std::string::npos) {
        const std::string name = key.text.substr(dot + 1);
        for (const Port& output : outputs)
            if (output.name == name) port.output = &output;
        if (port.output == nullptr)
            return wrong(names.empty()
                             ? fmt::format("{} has no outputs; write '{}'", port.node, port.node)
                             : fmt::format("{} has no output '{}'; there are {}{}", port.node, name,
                                           fmt::join(names, ", "), did_you_mean(name, names)));
    } else if (outputs.size() == 1) {
        port.output = &outputs.front();
    } else if (outputs.size() > 1) {
        return wrong(fmt::format("{0} has several outputs; write {0}.{1}", port.node,
                                 fmt::join(names, fmt::format(" or {}.", port.node))));
    }
    port.spec = &spec->second;
    return port;
}

std::vector<std::shared_ptr<void>> read_feed(const TestedPort& port, const Value& items,
                                             const fs::path& base, Errors& errors) {
    const auto feeder = port.output == nullptr ? feeders().end() : feeders().find(port.output->id);
    if (feeder == feeders().end() || port.output->clock == Clock::batch) {
        std::vector<std::string> types;
        for (const auto& [id, known] : feeders()) types.push_back(known.type);
        errors.add(items.place,
                   fmt::format("what {} sends cannot be fed; feed a node that sends {}", port.node,
                               fmt::join(types, " or ")));
        return {};
    }
    if (items.kind != Value::Kind::list || items.items.empty()) {
        errors.add(items.place, fmt::format("what {} is fed with must be a list", port.node));
        return {};
    }
    const auto& params = feeder->second.params;
    std::vector<std::shared_ptr<void>> read;
    for (Value item : items.items) {
        if (item.kind == Value::Kind::scalar) {  // a.tif for {file: a.tif}
            Value key = item, value = item;
            key.text = params.front().name;
            item.kind = Value::Kind::map;
            item.entries.emplace_back(key, value);
        }
        for (auto& [key, value] : item.entries)
            for (const Param& param : params)
                if (param.name == key.text && param.type == "path" && !value.text.empty()) {
                    value.text = fs::absolute(base / value.text).lexically_normal().string();
                    if (!fs::exists(value.text))
                        errors.add(value.place, fmt::format("there is no file {}", value.text));
                }
        auto& object = read.emplace_back(feeder->second.make_params());
        set_params(params, object.get(), item, fmt::format("a fed {}", feeder->second.type),
                   errors);
    }
    return read;
}

}  // namespace graph
