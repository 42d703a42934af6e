// The schema of options: type, range, choices, default and doc of each declared parameter.
//
// Keywords of a schema hold for one type only: `minimum` for numbers, `pattern` for strings,
// `properties` for maps. So one flat schema says "a number of at least 1, or a variable", and an
// editor's message names the one thing that is wrong; with anyOf it would list all that could be.
#include "graph/document.hpp"
#include "graph/reference.hpp"
#include "graph/schema.hpp"

#include <stdexcept>

namespace graph {

namespace {

/// A value as JSON: what is not quoted and reads as a number or a boolean is one.
Json to_json(const Value& value) {
    Json json;
    bool boolean = false;
    int64_t integer = 0;
    double number = 0;
    switch (value.kind) {
        case Value::Kind::null:
            return nullptr;
        case Value::Kind::scalar:
            if (detail::parse(value, boolean)) return boolean;
            if (detail::parse(value, integer)) return integer;
            if (detail::parse(value, number)) return number;
            return value.text;
        case Value::Kind::list:
            json = Json::array();
            for (const auto& item : value.items) json.push_back(to_json(item));
            return json;
        case Value::Kind::map:
            json = Json::object();
            for (const auto& [key, item] : value.entries) json[key.text] = to_json(item);
            return json;
    }
    return json;
}

/// Numbers that are whole are written so: 1, not 1.0.
Json number(double value) {
    const auto whole = static_cast<int64_t>(std::abs(value) < 9.1e15 ? value : 0);
    return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

void add_variable(Json& schema, const std::string& otherwise) {
    schema["pattern"] = variable_pattern;
    schema["patternErrorMessage"] = "must be " + otherwise + ", or a variable such as ${params.x}";
}

Json number_schema(const std::string& type, const Param& param) {
    Json schema = {{"type", {type, "string"}}};
    if (param.range && !std::isinf(param.range->min)) schema["minimum"] = number(param.range->min);
    if (param.range && !std::isinf(param.range->max)) schema["maximum"] = number(param.range->max);
    add_variable(schema, type == "integer" ? "a whole number" : "a number");
    return schema;
}

Json text_schema(const Param& param) {
    if (param.choices.empty()) return {{"type", {"string", "number", "boolean"}}};
    return {{"anyOf",
             {{{"enum", param.choices}}, {{"type", "string"}, {"pattern", variable_pattern}}}}};
}

/// Of a type as the declaration names it: "list of integer", "integer or auto".
Json schema_of_type(const std::string& type, const Param& param) {
    const auto rest = [&](const std::string& prefix) {
        return type.starts_with(prefix) ? type.substr(prefix.size()) : "";
    };
    if (const auto item = rest("list of "); !item.empty())
        return {{"type", "array"}, {"items", schema_of_type(item, param)}};
    if (const auto item = rest("map of "); !item.empty())
        return {{"type", "object"}, {"additionalProperties", schema_of_type(item, param)}};
    if (const size_t at = type.find(" or "); at != std::string::npos)
        return {{"anyOf",
                 {schema_of_type(type.substr(0, at), param), {{"const", type.substr(at + 4)}}}}};
    if (type == "integer" || type == "number") return number_schema(type, param);
    if (type == "string" || type == "path") return text_schema(param);
    if (type == "size")  // of memory: 500MB
        return {{"type", {"number", "string"}},
                {"minimum", 0},
                {"pattern",
                 R"(^[0-9][0-9.]* *([kKmMgGtT][iI]?[bB]|[bB])?$|)" + std::string(variable_pattern)},
                {"patternErrorMessage", "must be a size such as 500MB or 2GB"}};
    if (type == "any") return Json::object();
    if (type != "boolean")
        throw std::logic_error("option '" + param.name +
                               "' is of a type unknown to the schema: " + type);
    Json schema = {{"type", {"boolean", "string"}}};
    add_variable(schema, "true or false");
    return schema;
}

/// One of several kinds, `{type: adam, rate: 0.005}` or `adam` alone; without `type` the default.
Json schema_of_kinds(const Param& param, const std::string& usual) {
    Json names = Json::array(), docs = Json::array(), rules = Json::array();
    std::string pattern;
    for (const Alternative& kind : param.alternatives()) {
        names.push_back(kind.name);
        docs.push_back(kind.doc);
        pattern += (pattern.empty() ? "^(" : "|") + kind.name;
        const Json named = {{"properties", {{"type", {{"const", kind.name}}}}}};
        Json of_kind = named;
        of_kind["required"] = Json::array({"type"});
        Json options = schema_of(kind.params);
        options.erase("type");  // is said once, below
        options["properties"]["type"] = {{"description", kind.doc}};
        rules.push_back({{"if", kind.name == usual ? named : of_kind}, {"then", options}});
    }
    const Json type = {{"description", "which one"},
                       {"anyOf",
                        {{{"enum", names}, {"enumDescriptions", docs}},
                         {{"type", "string"}, {"pattern", variable_pattern}}}}};
    return {{"type", {"object", "string"}},
            {"pattern", pattern + ")$|" + variable_pattern},
            {"patternErrorMessage", "must be one of the types that there are"},
            {"properties", {{"type", type}}},
            {"allOf", rules}};
}

}  // namespace

Json schema_of(const Param& param) {
    Errors errors;
    const Json fallback = to_json(parse_yaml(param.fallback, param.name, errors));
    Json schema = {{"description", param.doc + " (" + facts(param) + ")"}};
    if (param.alternatives) {
        schema.update(schema_of_kinds(param, fallback.value("type", "")));
    } else if (param.type == "object") {
        schema.update(schema_of(param.fields));
    } else {
        schema.update(schema_of_type(param.type, param));
    }
    const bool chosen =
        param.choices.empty() || !fallback.is_string() ||
        std::find(param.choices.begin(), param.choices.end(), fallback) != param.choices.end();
    if (!param.required && chosen && !fallback.is_null()) schema["default"] = fallback;
    return schema;
}

Json schema_of(const std::vector<Param>& params) {
    Json schema = {{"type", {"object", "null"}}, {"additionalProperties", false}};
    schema["properties"] = Json::object();
    Json required = Json::array();
    for (const Param& param : params) {
        schema["properties"][param.name] = schema_of(param);
        if (param.required) required.push_back(param.name);
    }
    if (!required.empty()) {
        schema["type"] = "object";
        schema["required"] = required;
    }
    return schema;
}

}  // namespace graph
