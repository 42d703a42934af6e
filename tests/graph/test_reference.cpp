// `list`, `describe` and the diagrams say all that the declarations say.
#include "graph/diagram.hpp"
#include "graph/reference.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using namespace graph;
using ::testing::HasSubstr;

class ReferenceTest : public toy::PipelineFiles {};

void expect_options(const std::string& text, const std::vector<Param>& params) {
    for (const Param& param : params) {
        EXPECT_THAT(text, HasSubstr(param.name + "  " + param.type));
        EXPECT_THAT(text, HasSubstr(param.doc));
        EXPECT_THAT(text, HasSubstr(param.required ? "required" : "default " + param.fallback));
        EXPECT_THAT(text, HasSubstr(limits(param)));
        expect_options(text, param.fields);
        if (!param.alternatives) continue;
        for (const auto& kind : param.alternatives()) {
            EXPECT_THAT(text, HasSubstr("type: " + kind.name + "  " + kind.doc));
            expect_options(text, kind.params);
        }
    }
}

TEST_F(ReferenceTest, TellsEverythingOfEveryNode) {
    const std::string list = list_text();
    for (const auto& [name, spec] : registry()) {
        EXPECT_THAT(list, HasSubstr("  " + name + " "));
        const std::string text = describe_text(spec);
        EXPECT_THAT(text, HasSubstr(name + ": " + spec.doc));
        expect_options(text, spec.params);
        for (const auto& ports : {spec.inputs, spec.outputs})
            for (const Port& port : ports) {
                EXPECT_THAT(text, HasSubstr(port.name));
                EXPECT_THAT(text, HasSubstr(port.doc + " (" + port.type));
            }
    }
}

TEST_F(ReferenceTest, DescribesANode) {
    EXPECT_EQ(describe_text(registry().at("paint")),
              "paint: Has options of every type.\n"
              "\ninputs\n"
              "  number  a number (number per item)\n"
              "  sum     a sum (sum per epoch, optional)\n"
              "\noutputs\n"
              "  number  the same number (number)\n"
              "\noptions\n"
              "  color  string, default red, one of red, green\n"
              "      which color\n"
              "  file  path, required\n"
              "      where it goes\n"
              "  fast  boolean, default false\n"
              "      in a hurry\n"
              "  weights  list of number, default [1, 2.5], between 0 and 10\n"
              "      of each\n"
              "  brush  object, default {type: round}\n"
              "      what it paints with\n"
              "      type: flat  a line\n"
              "          width  number, default 0.5\n"
              "              of the line\n"
              "      type: round  a disk\n"
              "          radius  integer, default 3, between 1 and 9\n"
              "              pixels\n"
              "\nexample, with every option at its default\n"
              "  paint: {op: paint, in: NODE, with: {color: red, file: PATH, fast: false, weights: "
              "[1, 2.5], brush: {type: round}}}\n");
}

TEST_F(ReferenceTest, GivesExamplesThatAreValid) {
    for (const auto& [name, spec] : registry()) {
        Errors errors;
        const Value example = parse_yaml(example_text(spec), "example", errors);
        const Value* with = example.find("with");
        set_params(spec.params, spec.make_params().get(), with != nullptr ? *with : Value(), name,
                   errors);
        EXPECT_EQ(errors.text(), "") << example_text(spec);
    }
}

TEST_F(ReferenceTest, DescribesAPipeline) {
    const auto document = load(
        "version: 1\nname: toy\nparams:\n"
        "  epochs: {type: int, default: 100, min: 1, help: how long}\n"
        "  kind: {type: choice, choices: [a, b]}\n");
    EXPECT_EQ(describe_text(document),
              "toy\n\nparameters (-p NAME=VALUE)\n"
              "  epochs  int, default 100, at least 1\n    how long\n"
              "  kind  choice, required, one of a, b\n    \n");
}

const std::string toy_pipeline =
    "version: 1\nname: a\"b\nnodes:\n  end: {op: count}\n"
    "  p: {op: paint, in: end, with: {file: x}}\n  r: {op: record, in: p}\n";

TEST_F(ReferenceTest, DrawsForGraphviz) {
    EXPECT_EQ(dot_text(plan(toy_pipeline)),
              "digraph \"a\\\"b\" {\n"
              "    node [shape=box, fontname=sans];\n"
              "    edge [fontname=sans, fontsize=10];\n"
              "    \"end\" [label=\"end\\ncount\"];\n"
              "    \"p\" [label=\"p\\npaint\"];\n"
              "    \"r\" [label=\"r\\nrecord\"];\n"
              "    \"end\" -> \"p\" [label=\"number\\nper item\"];\n"
              "    \"p\" -> \"r\" [label=\"number 1x?x8\\nper item\"];\n"
              "}\n");
}

TEST_F(ReferenceTest, DrawsForMermaid) {
    EXPECT_EQ(mermaid_text(plan(toy_pipeline)),
              "flowchart TD\n"
              "    n_end[\"end<br/>count\"]\n"
              "    n_p[\"p<br/>paint\"]\n"
              "    n_r[\"r<br/>record\"]\n"
              "    n_end -->|\"number<br/>per item\"| n_p\n"
              "    n_p -->|\"number 1x?x8<br/>per item\"| n_r\n");
}

}  // namespace
