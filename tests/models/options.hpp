// Options of models as a YAML file would give them, for tests.
#pragma once

#include "graph/params.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace models {

using Options = std::vector<std::pair<std::string, std::string>>;

inline graph::Value as_list(const std::string& text) {  // "[4, 6]"
    graph::Value list;
    list.kind = graph::Value::Kind::list;
    std::istringstream items(text.substr(1, text.size() - 2));
    for (std::string item; std::getline(items >> std::ws, item, ',');) {
        list.items.emplace_back().kind = graph::Value::Kind::scalar;
        list.items.back().text = item;
    }
    return list;
}

inline graph::Value as_value(const Options& options) {
    graph::Value map;
    map.kind = graph::Value::Kind::map;
    for (const auto& [key, text] : options) {
        graph::Value name, value;
        name.kind = value.kind = graph::Value::Kind::scalar;
        name.text = key;
        value.text = text;
        if (text.starts_with('[')) value = as_list(text);
        map.entries.emplace_back(name, value);
    }
    return map;
}

/// One of the kinds of Base, with these options; throws if one is wrong.
template <class Base>
graph::Selected<Base> selected(const std::string& type, const Options& options = {}) {
    graph::Selected<Base> result(type);
    graph::Errors errors;
    graph::Value value = as_value(options);
    value.entries.emplace_back(as_value({{"type", type}}).entries[0]);
    result.set(value, "kind", errors);
    if (!errors.empty()) throw std::runtime_error(errors.text());
    return result;
}

}  // namespace models
