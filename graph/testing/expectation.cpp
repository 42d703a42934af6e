// See expectation.hpp.
#include "graph/testing/expectation.hpp"

#include "graph/params.hpp"
#include "graph/yaml.hpp"

#include <charconv>

#include <fmt/format.h>

namespace graph {

namespace {

struct Bounds {
    double at_least = Range{}.min;
    double at_most = Range{}.max;
    double near = 0;
    double within = -1;  // below 0: near is not given
};

Bounds read_bounds(const Value& value, Errors& errors) {
    static const std::vector<Param> params = {
        param("at_least", &Bounds::at_least, "the least that is right"),
        param("at_most", &Bounds::at_most, "the most that is right"),
        param("near", &Bounds::near, "what it should be"),
        param("within", &Bounds::within, Range{0, Range{}.max}, "how far from that it may be"),
    };
    Bounds bounds;
    set_params(params, &bounds, value, "an expectation", errors);
    return bounds;
}

/// Also of what was measured, such as inf.
bool number(const Value& value, double& into) {
    if (value.kind != Value::Kind::scalar || value.quoted) return false;
    const char* end = value.text.data() + value.text.size();
    const auto result = std::from_chars(value.text.data(), end, into);
    return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

void check_expected(const Value& expected, Errors& errors) {
    if (expected.kind == Value::Kind::null)
        return errors.add(expected.place, "there is nothing to expect");
    if (expected.kind != Value::Kind::map) return;
    const Bounds bounds = read_bounds(expected, errors);
    const bool near = expected.find("near") != nullptr;
    if (near != (bounds.within >= 0))
        errors.add(expected.place, "'near' and 'within' go together: {near: 0.5, within: 0.01}");
    if (expected.entries.empty() || bounds.at_least > bounds.at_most)
        errors.add(expected.place, "no number can be that; write {at_least: 0, at_most: 1}");
}

bool meets(const Value& expected, const Value& actual) {
    double wanted = 0, is = 0;
    const bool numeric = number(actual, is);
    switch (expected.kind) {
        case Value::Kind::null:
            return false;
        case Value::Kind::map: {
            Errors ignored;
            const Bounds bounds = read_bounds(expected, ignored);
            return numeric && is >= bounds.at_least && is <= bounds.at_most &&
                   (bounds.within < 0 || std::abs(is - bounds.near) <= bounds.within);
        }
        case Value::Kind::list:
            if (actual.kind != Value::Kind::list || actual.items.size() != expected.items.size())
                return false;
            for (size_t i = 0; i < expected.items.size(); ++i)
                if (!meets(expected.items[i], actual.items[i])) return false;
            return true;
        case Value::Kind::scalar:
            if (numeric && number(expected, wanted))
                return is == wanted ||
                       std::abs(is - wanted) <= 1e-6 * std::max(std::abs(is), std::abs(wanted));
            return actual.kind == Value::Kind::scalar && actual.text == expected.text;
    }
    return false;
}

std::string expected_text(const Value& expected) {
    if (expected.kind != Value::Kind::map) return write_yaml(expected);
    std::string text;
    const auto add = [&](const std::string& words, const char* name) {
        if (const Value* value = expected.find(name))
            text += (text.empty() ? "" : " and ") + words + " " + value->text;
    };
    add("at least", "at_least");
    add("at most", "at_most");
    if (const Value* near = expected.find("near"))
        text += fmt::format("{}{} within {}", text.empty() ? "" : " and ", near->text,
                            expected.find("within")->text);
    return text;
}

}  // namespace graph
