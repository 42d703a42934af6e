// The schema of a pipeline's file: its sections, and each op with its inputs and options.
#include "graph/schema.hpp"

#include "graph/document.hpp"
#include "graph/node.hpp"
#include "graph/pipeline_params.hpp"
#include "graph/planning.hpp"
#include "graph/reference.hpp"
#include "graph/sweep/section.hpp"
#include "graph/testing/test_case.hpp"

namespace graph {

namespace {

/// node or node.port, or a variable.
const std::string link_pattern =
    R"(^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$|)" + std::string(variable_pattern);

struct Section {
    std::string name;
    Json schema;
};

/// Sections beside those that make the graph. One that comes to be understood is added here.
std::vector<Section> more_sections() {
    Json sweep = schema_of(sweep_params());
    sweep["description"] = "settings to try, for `pipeline sweep`";
    sweep["properties"]["random"] = {{"type", "object"},
                                     {"additionalProperties", schema_of(sweep_draw_params())}};
    const Json tests = {{"type", {"array", "null"}},
                        {"description", "what is fed and expected, for `pipeline test`"},
                        {"items", schema_of(test_params())}};
    return {{"sweep", sweep}, {"tests", tests}};
}

Json reference(const std::string& definition) { return {{"$ref", "#/definitions/" + definition}}; }

Json links_schema() {
    return {
        {"anyOf",
         {reference("link"), {{"type", "array"}, {"minItems", 1}, {"items", reference("link")}}}}};
}

/// What a node's `in` may be: a link, if there is one input that it must mean; a list, if that
/// input takes one; or a map of inputs.
Json in_schema(const Spec& spec) {
    if (spec.inputs.empty()) return {{"type", "null"}, {"description", "a source takes no input"}};
    Json properties = Json::object(), required = Json::array();
    const Port* only = spec.inputs.size() == 1 ? &spec.inputs.front() : nullptr;
    std::string doc;
    for (const Port& port : spec.inputs) {
        Json schema = port.many ? links_schema() : reference("link");
        schema = {{"description", port.doc + " (" + port_note(port) + ")"}, {"allOf", {schema}}};
        properties[port.name] = schema;
        doc +=
            (doc.empty() ? "" : "; ") + port.name + ": " + port.doc + " (" + port_note(port) + ")";
        if (port.optional) continue;
        if (spec.inputs.size() > 1) only = required.empty() ? &port : nullptr;
        required.push_back(port.name);
    }
    Json types = {"object"};
    if (only != nullptr) types.push_back("string");
    if (only != nullptr && only->many) types.push_back("array");
    if (required.empty()) types.push_back("null");
    Json schema = {{"description", doc},
                   {"type", types},
                   {"properties", properties},
                   {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = required;
    if (only != nullptr)
        schema.update(
            Json{{"pattern", link_pattern}, {"minItems", 1}, {"items", reference("link")}});
    return schema;
}

/// What holds for the nodes of one op.
Json op_schema(const Spec& spec) {
    Json with = schema_of(spec.params);
    with["description"] = "the options of " + spec.name;
    Json schema = {
        {"properties",
         {{"op", {{"description", spec.doc}}}, {"in", in_schema(spec)}, {"with", with}}}};
    Json required = Json::array();
    for (const Port& port : spec.inputs)
        if (!port.optional && required.empty()) required.push_back("in");
    if (with.contains("required")) required.push_back("with");
    if (!required.empty()) schema["required"] = required;
    return schema;
}

Json node_schema() {
    Json schema = {{"type", "object"}, {"additionalProperties", false}};
    for (const Param& param : node_params()) schema["properties"][param.name] = schema_of(param);
    Json names = Json::array(), docs = Json::array(), rules = Json::array();
    for (const auto& [name, spec] : registry()) {
        names.push_back(name);
        docs.push_back(spec.doc);
        rules.push_back(
            {{"if",
              {{"properties", {{"op", {{"const", name}}}}}, {"required", Json::array({"op"})}}},
             {"then", reference("op_" + name)}});
    }
    schema["properties"]["op"] = {{"description", "the kind of node"},
                                  {"anyOf",
                                   {{{"enum", names}, {"enumDescriptions", docs}},
                                    {{"type", "string"}, {"pattern", variable_pattern}}}}};
    schema["properties"]["with"]["type"] = {"object", "null"};
    schema["allOf"] = rules;
    return schema;
}

/// A parameter's default must be of its type.
Json parameter_schema() {
    Json schema = schema_of(parameter_params());
    schema.erase("required");  // of a file alone; one that includes another may change a part
    schema["properties"]["default"]["type"] = {"string", "number", "boolean"};
    const auto rule = [&](const std::string& type, const Json& fits) {
        schema["allOf"].push_back(
            {{"if",
              {{"properties", {{"type", {{"const", type}}}}}, {"required", Json::array({"type"})}}},
             {"then", {{"properties", {{"default", fits}}}}}});
    };
    const auto of_type = [](const std::string& type) {
        Param param;
        param.type = type;
        return schema_of(param);
    };
    for (const auto& [type, name] : std::map<std::string, std::string>{
             {"int", "integer"}, {"float", "number"}, {"bool", "boolean"}}) {
        Json fits = of_type(name);
        fits.erase("description");
        rule(type, fits);
    }
    return schema;
}

Json definitions() {
    Json all = {{"link",
                 {{"type", "string"},
                  {"pattern", link_pattern},
                  {"patternErrorMessage", "a link is written node or node.port"}}},
                {"parameter", parameter_schema()},
                {"node", node_schema()}};
    for (const auto& [name, spec] : registry()) all["op_" + name] = op_schema(spec);
    return all;
}

}  // namespace

Json pipeline_schema() {
    Json run = schema_of(settings_params());
    run["description"] = "settings of the run";
    const Json file = {{"type", "string"}, {"description", "a file, from this one's folder"}};
    Json properties = {
        {"version", {{"const", 1}, {"description", "of the format: 1"}}},
        {"name",
         {{"type", {"string", "number", "boolean"}},
          {"pattern", R"(^[^./\n][^/\n]*$)"},
          {"description", "of the pipeline and of its run's folder; by default the file's"}}},
        {"include",
         {{"type", {"string", "array"}},
          {"items", file},
          {"description", "a file or several that this one begins with and changes"}}},
        {"params",
         {{"type", {"object", "null"}},
          {"description", "what is given with -p NAME=VALUE, and used as ${params.NAME}"},
          {"additionalProperties", reference("parameter")}}},
        {"run", run},
        {"nodes",
         {{"type", {"object", "null"}},
          {"description", "the graph: a name and what it stands for"},
          {"propertyNames", {{"pattern", "^[a-z][a-z0-9_]*$"}}},
          {"additionalProperties", reference("node")}}}};
    for (const Section& section : more_sections()) properties[section.name] = section.schema;
    // Nodes and parameters of an included file are changed in part.
    const Json alone = {
        {"required", Json::array({"nodes"})},
        {"properties",
         {{"params", {{"additionalProperties", {{"required", Json::array({"type"})}}}}},
          {"nodes",
           {{"type", "object"},
            {"minProperties", 1},
            {"additionalProperties", {{"required", Json::array({"op"})}}}}}}}};
    return {{"$schema", "http://json-schema.org/draft-07/schema#"},
            {"title", "a pipeline of latentflow"},
            {"type", "object"},
            {"required", Json::array({"version"})},
            {"additionalProperties", false},
            {"properties", properties},
            {"if", {{"required", Json::array({"include"})}}},
            {"else", alone},
            {"definitions", definitions()}};
}

}  // namespace graph
