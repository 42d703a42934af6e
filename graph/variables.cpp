// Fills in variables, one scalar at a time.
#include "graph/variables.hpp"

#include "graph/yaml.hpp"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

namespace graph {

namespace {

constexpr std::string_view env = "env:";
constexpr size_t max_bytes = size_t{1} << 22;  // of all texts that variables are filled into

Value plain(std::string text) {
    Value value;
    value.kind = Value::Kind::scalar;
    value.text = std::move(text);
    return value;
}

/// `name` is X or X:-default; as in a shell, an empty variable counts as none.
std::optional<Value> from_environment(const std::string& name, const Place& place, Errors& errors) {
    const size_t dash = name.find(":-");
    const std::string variable = name.substr(0, dash);
    const char* text = std::getenv(variable.c_str());
    if (text != nullptr && *text != '\0') {
        if (find_bad_byte(text) == std::string::npos) return plain(text);
        errors.add(place, fmt::format("environment variable '{}' is not UTF-8 text", variable));
        return {};
    }
    if (dash != std::string::npos) return plain(name.substr(dash + 2));
    errors.add(place,
               fmt::format("environment variable '{0}' is not set; set it, or write ${{env:{0}:-"
                           "default}}",
                           variable));
    return {};
}

std::optional<Value> look_up(const std::string& name, const Variables& variables,
                             const Place& place, Errors& errors) {
    if (name.find("${") != std::string::npos) {
        errors.add(place,
                   "a variable within a variable is not supported; declare a parameter with "
                   "the inner one as its default");
        return {};
    }
    if (name.starts_with(env)) return from_environment(name.substr(env.size()), place, errors);
    if (const auto found = variables.find(name); found != variables.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& variable : variables) names.push_back(variable.first);
    const std::string remedy = variables.contains("params." + name)
                                   ? "; did you mean 'params." + name + "'?"
                                   : did_you_mean(name, names);
    errors.add(place, fmt::format("unknown variable '{}'{}", name, remedy));
    return {};
}

struct Filled {
    size_t bytes = 0;
    bool told = false;  // that they are too many
};

void resolve_scalar(Value& value, const Variables& variables, Filled& so_far, Errors& errors) {
    const std::string text = value.text;
    std::string filled;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '$') {
            filled += text[i];
        } else if (text.compare(i, 2, "$$") == 0) {
            filled += '$';
            ++i;
        } else {
            const size_t end = text.find('}', i);
            if (text.compare(i, 2, "${") == 0 && end == std::string::npos)
                return errors.add(value.place, "a '}' is missing after '" + text.substr(i) + "'");
            if (text.compare(i, 2, "${") != 0)
                return errors.add(value.place,
                                  "'$' begins a variable, such as ${params.x}; write $$ for a "
                                  "dollar sign");
            const auto found =
                look_up(text.substr(i + 2, end - i - 2), variables, value.place, errors);
            if (!found) return;
            so_far.bytes += found->text.size();
            if (so_far.bytes > max_bytes) {
                if (!std::exchange(so_far.told, true))
                    errors.add(value.place,
                               fmt::format("more than {} KiB once variables are filled in; this "
                                           "is no pipeline",
                                           max_bytes >> 10));
                return;
            }
            if (i == 0 && end + 1 == text.size()) {
                value.text = found->text;
                value.quoted = found->quoted;
                if (found->place.file) value.place = found->place;
                return;
            }
            filled += found->text;
            i = end;
        }
    }
    value.text = filled;
    value.quoted = true;
}

void resolve_all(Value& value, const Variables& variables, Filled& so_far, Errors& errors) {
    for (auto& item : value.items) resolve_all(item, variables, so_far, errors);
    for (auto& entry : value.entries) resolve_all(entry.second, variables, so_far, errors);
    if (value.kind == Value::Kind::scalar && value.text.find('$') != std::string::npos)
        resolve_scalar(value, variables, so_far, errors);
}

}  // namespace

std::set<std::string> variables_in(const Value& value) {
    std::set<std::string> names;
    const auto collect = [&](const Value& from) { names.merge(variables_in(from)); };
    for (const auto& item : value.items) collect(item);
    for (const auto& entry : value.entries) collect(entry.second);
    const std::string& text = value.text;
    for (size_t i = text.find('$'); i < text.size(); i = text.find('$', i)) {
        const size_t end = text.compare(i, 2, "${") == 0 ? text.find('}', i) : std::string::npos;
        if (end != std::string::npos) names.insert(text.substr(i + 2, end - i - 2));
        i = end != std::string::npos ? end : i + 2;  // "$$" is a dollar sign
    }
    return names;
}

void resolve(Value& value, const Variables& variables, Errors& errors, size_t bytes) {
    Filled so_far{bytes};
    resolve_all(value, variables, so_far, errors);
}

}  // namespace graph
