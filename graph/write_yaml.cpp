// Values back to YAML text: what a run keeps beside its results.
#include "graph/params.hpp"
#include "graph/yaml.hpp"

namespace graph {

Value scalar(std::string text) {
    Value value;
    value.kind = Value::Kind::scalar;
    value.text = std::move(text);
    return value;
}

std::string write_yaml(const Value& value) {
    std::string text;
    switch (value.kind) {
        case Value::Kind::null:
            return "null";
        case Value::Kind::scalar: {
            for (const char c : value.text) text += c == '$' ? "$$" : std::string(1, c);
            bool boolean = false;
            double number = 0;
            const bool typed = detail::parse(value, boolean) || detail::parse(value, number);
            return typed ? text : detail::quote(text);
        }
        case Value::Kind::list:
            for (const auto& item : value.items)
                text += (text.empty() ? "" : ", ") + write_yaml(item);
            return "[" + text + "]";
        case Value::Kind::map:
            for (const auto& [key, item] : value.entries)
                text +=
                    (text.empty() ? "" : ", ") + detail::quote(key.text) + ": " + write_yaml(item);
            return "{" + text + "}";
    }
    return text;
}

}  // namespace graph
