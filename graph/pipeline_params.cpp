// Reads what a pipeline declares under `params`, with the same declaration and checks as nodes'.
#include "graph/pipeline_params.hpp"

#include "graph/raw_param.hpp"
#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

struct Declared {
    std::string type;
    Value fallback;
    double min = Range{}.min;
    double max = Range{}.max;
    std::vector<std::string> choices;
    std::string help;
};

template <class T>
void check_as(const Param& checks, const Value& value, Errors& errors) {
    T into{};
    detail::read(checks, value, into, errors);
    if constexpr (std::is_arithmetic_v<T>) detail::check_choice(checks, value, errors);
}

/// Checks a value; what is text is then text wherever it is put, even if it looks like a number.
void check(const Declared& declared, const Param& checks, Value& value, Errors& errors) {
    if (declared.type == "int")
        check_as<int64_t>(checks, value, errors);
    else if (declared.type == "float")
        check_as<double>(checks, value, errors);
    else if (declared.type == "bool")
        check_as<bool>(checks, value, errors);
    else {
        check_as<std::string>(checks, value, errors);
        value.quoted = true;
    }
}

struct Given {
    std::string name;
    Value value;
    bool used = false;
};

std::vector<Given> read_given(const std::vector<std::string>& texts, Errors& errors) {
    std::vector<Given> given;
    for (const auto& text : texts) {
        const Place place{std::make_shared<const std::string>("-p " + text), 0, 0};
        const auto assignment = split_assignment(text, place, errors);
        if (!assignment) continue;
        Value value;
        value.kind = Value::Kind::scalar;
        value.text = assignment->second;
        value.place = place;
        given.push_back({assignment->first, value});
    }
    return given;
}

}  // namespace

const std::vector<Param>& parameter_params() {
    static const std::vector<Param> params = {
        required(param("type", &Declared::type,
                       Choice{{"int", "float", "bool", "string", "path", "choice"}},
                       "int, float, bool, string, path or choice")),
        raw_param("default", &Declared::fallback, "without one, -p must give a value"),
        param("min", &Declared::min, "the least value"),
        param("max", &Declared::max, "the greatest value"),
        param("choices", &Declared::choices, "the values that there are"),
        param("help", &Declared::help, "a line for `pipeline describe`"),
    };
    return params;
}

std::optional<std::pair<std::string, std::string>> split_assignment(const std::string& text,
                                                                    const Place& place,
                                                                    Errors& errors) {
    const size_t equals = text.find('=');
    if (find_bad_byte(text) != std::string::npos)
        errors.add(place, "not UTF-8 text");
    else if (equals == std::string::npos || equals == 0)
        errors.add(place, "there is no '='; write name=value");
    else
        return std::pair(text.substr(0, equals), text.substr(equals + 1));
    return {};
}

Variables read_pipeline_params(const Value& section, const std::vector<std::string>& texts,
                               std::vector<PipelineParam>& declared_params, Errors& errors) {
    Variables variables;
    std::vector<std::string> names;
    size_t bytes = 0;
    std::vector<Given> given = read_given(texts, errors);
    for (const auto& [key, options] : section.entries) {
        Declared declared;
        const size_t before = errors.size();
        set_params(parameter_params(), &declared, options, "parameter '" + key.text + "'", errors);
        if (declared.type == "choice" && declared.choices.empty() && errors.size() == before)
            errors.add(options.place,
                       fmt::format("parameter '{}' needs 'choices: [...]'", key.text));
        Param checks;
        checks.name = key.text;
        checks.range = Range{declared.min, declared.max};
        checks.choices = declared.choices;

        Value value = declared.fallback;
        const bool has_default = options.find("default") != nullptr;
        resolve(value, variables, errors, bytes);  // the environment and the parameters above
        bytes += value.text.size();
        if (has_default && errors.size() == before) check(declared, checks, value, errors);
        names.push_back(key.text);
        declared_params.push_back({key.text, declared.type, has_default ? write_yaml(value) : "",
                                   declared.help, limits(checks), declared.choices});
        bool is_given = false;
        for (Given& override : given) {
            if (override.name != key.text) continue;
            override.used = is_given = true;
            value = override.value;
            if (errors.size() == before) check(declared, checks, value, errors);
        }
        if (!has_default && !is_given && errors.size() == before)
            errors.add(key.place, fmt::format("parameter '{0}' has no default; give it with -p "
                                              "{0}=...",
                                              key.text));
        // A value has a place only if it is wrong there; see Variables.
        value.place = errors.size() == before ? Place() : errors.all()[before].place;
        variables["params." + key.text] = value;
    }
    for (const Given& override : given)
        if (!override.used)
            errors.add(override.value.place,
                       names.empty() ? "this pipeline has no parameters"
                                     : fmt::format("unknown parameter '{}'; there are {}{}",
                                                   override.name, fmt::join(names, ", "),
                                                   did_you_mean(override.name, names)));
    return variables;
}

}  // namespace graph
