// See inspect.hpp.
#include "graph/inspect.hpp"

#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

Value fact(double number) { return scalar(fmt::format("{}", number)); }

Value fact(const std::string& text) {
    Value value = scalar(text);
    value.quoted = true;
    return value;
}

Value fact(const std::vector<int64_t>& numbers) {
    Value value;
    value.kind = Value::Kind::list;
    for (const int64_t number : numbers) value.items.push_back(scalar(std::to_string(number)));
    return value;
}

std::map<std::type_index, Inspector>& inspectors() {
    static std::map<std::type_index, Inspector> by_type;
    return by_type;
}

std::map<std::type_index, Feeder>& feeders() {
    static std::map<std::type_index, Feeder> by_type;
    return by_type;
}

}  // namespace graph
