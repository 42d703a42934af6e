// The kinds of node that there are; each registers itself beside its definition.
#include "graph/node.hpp"

namespace graph {

const char* name(Clock clock) {
    switch (clock) {
        case Clock::item:
            return "item";
        case Clock::batch:
            return "batch";
        case Clock::epoch:
            return "epoch";
        case Clock::same:
            return "same";
    }
    return "";
}

std::string text(const Shape& shape) {
    std::string text;
    for (const int64_t size : shape) {
        if (!text.empty()) text += 'x';
        text += size < 0 ? "?" : std::to_string(size);
    }
    return text.empty() ? "?" : text;
}

std::map<std::string, Spec>& registry() {
    static std::map<std::string, Spec> nodes;
    return nodes;
}

Register::Register(Spec spec) {
    const std::string name = spec.name;
    if (spec.inputs.size() > most_inputs)
        throw std::logic_error(fmt::format("node '{}' has more than {} inputs", name, most_inputs));
    if (!registry().emplace(name, std::move(spec)).second)
        throw std::logic_error("two nodes are called '" + name + "'");
}

}  // namespace graph
