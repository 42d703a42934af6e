// See comparison.hpp.
#include "graph/testing/comparison.hpp"

#include "graph/testing/expectation.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

using Messages = std::vector<Observed::Message>;

std::string difference(const std::string& what, const Value& actual, const Value& expected) {
    return fmt::format("{} is {}, not {}", what, expected_text(actual), expected_text(expected));
}

/// Those that say something of a fact; of an epoch's results the last alone.
std::vector<const Facts*> telling(const Messages& messages, const std::string& name, bool last) {
    std::vector<const Facts*> found;
    for (const auto& message : messages)
        if (message.facts.contains(name)) found.push_back(&message.facts);
    if (last && found.size() > 1) found.erase(found.begin(), found.end() - 1);
    return found;
}

std::string not_there(const std::string& what, const std::string& name, const Messages& messages) {
    if (messages.empty()) return what + " is not there: nothing came";
    std::set<std::string> names;
    for (const auto& message : messages)
        for (const auto& [other, value] : message.facts) names.insert(other);
    return fmt::format("{} is not there; there are {}{}", what, fmt::join(names, ", "),
                       did_you_mean(name, std::vector<std::string>(names.begin(), names.end())));
}

/// "" if each message is as expected.
std::string compare_fact(const std::string& what, const std::string& name, const Value& expected,
                         const Messages& messages, bool last) {
    const auto asked = telling(messages, name, last);
    if (asked.empty()) return not_there(what, name, messages);
    std::vector<const Facts*> wrong;
    for (const Facts* facts : asked)
        if (!meets(expected, facts->at(name))) wrong.push_back(facts);
    if (wrong.empty()) return "";
    const Facts& first = *wrong.front();
    std::string text = difference(what, first.at(name), expected);
    const auto path = first.find("path");
    if (path != first.end() && name != "path") text += " (" + path->second.text + ")";
    if (asked.size() > 1)
        text += fmt::format(", wrong in {} of {} messages", wrong.size(), asked.size());
    return text;
}

size_t received(const std::string& node, const RunResult& result) {
    for (const NodeCount& count : result.counts)
        if (count.id == node) return count.values;
    return 0;
}

size_t failed(const std::string& node, const RunResult& result) {
    return static_cast<size_t>(
        std::count_if(result.quarantined.begin(), result.quarantined.end(),
                      [&](const std::string& text) { return text.starts_with(node + ": "); }));
}

}  // namespace

std::vector<std::string> compare(const TestCase& test, const Rehearsal& rehearsal,
                                 const RunResult& result) {
    std::vector<std::string> differences;
    for (const auto& [key, facts] : test.expect.entries) {
        const Observed* observed = rehearsal.observed(key.text);
        const Messages messages = observed != nullptr ? observed->messages() : Messages();
        const std::string node = key.text.substr(0, key.text.find('.'));
        for (const auto& [name, expected] : facts.entries) {
            const std::string what = key.text + "." + name.text;
            std::string text;
            if (name.text == "count" || name.text == "failed") {
                const size_t count = name.text == "failed" ? failed(node, result)
                                     : observed != nullptr ? messages.size()
                                                           : received(node, result);
                const Value actual = fact(static_cast<double>(count));
                if (!meets(expected, actual)) text = difference(what, actual, expected);
            } else {
                text = compare_fact(what, name.text, expected, messages,
                                    observed != nullptr && observed->last_counts());
            }
            if (!text.empty()) differences.push_back(std::move(text));
        }
    }
    return differences;
}

}  // namespace graph
