// `list`, `describe` and the diagrams say all that the declarations say.
#include "graph/diagram.hpp"
#include "graph/example.hpp"
#include "graph/reference.hpp"
#include "graph/yaml.hpp"
#include "tests/graph/pipeline_files.hpp"

#include <regex>

namespace {

using namespace graph;
using ::testing::HasSubstr;

class ReferenceTest : public toy::PipelineFiles {};

/// Lines are broken where they must; words stay in order.
std::string in_one_line(const std::string& text) {
    return std::regex_replace(text, std::regex("\\s+"), " ");
}

void expect_options(const std::string& text, const std::vector<Param>& params) {
    for (const Param& param : params) {
        EXPECT_THAT(text, HasSubstr(param.name + ": " + in_one_line(facts(param))));
        EXPECT_THAT(text, HasSubstr(in_one_line(param.doc)));
        EXPECT_THAT(facts(param),
                    HasSubstr(param.required ? "required" : "default " + param.fallback));
        EXPECT_THAT(facts(param), HasSubstr(limits(param)));
        expect_options(text, param.fields);
        if (!param.alternatives) continue;
        for (const auto& kind : param.alternatives()) {
            EXPECT_THAT(text, HasSubstr("type: " + kind.name + " - " + in_one_line(kind.doc)));
            expect_options(text, kind.params);
        }
    }
}

TEST_F(ReferenceTest, TellsEverythingOfEveryNode) {
    const std::string list = list_text();
    for (const auto& [name, spec] : registry()) {
        EXPECT_THAT(list, HasSubstr("\n  " + name + " "));
        const std::string text = in_one_line(describe_text(spec));
        EXPECT_THAT(text, HasSubstr(name + ": " + spec.doc));
        expect_options(text, spec.params);
        for (const auto& ports : {spec.inputs, spec.outputs})
            for (const Port& port : ports) {
                EXPECT_THAT(text, HasSubstr(port.name));
                EXPECT_THAT(text, HasSubstr(port.doc + " (" + port_note(port) + ")"));
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
              "  color: string, default red, one of red, green\n"
              "      which color\n"
              "  file: path, required\n"
              "      where it goes\n"
              "  fast: boolean, default false\n"
              "      in a hurry\n"
              "  weights: list of number, default [1, 2.5], between 0 and 10\n"
              "      of each\n"
              "  brush: object, default {type: round}\n"
              "      what it paints with\n"
              "      type: flat - a line\n"
              "          width: number, default 0.5\n"
              "              of the line\n"
              "      type: round - a disk\n"
              "          radius: integer, default 3, between 1 and 9\n"
              "              pixels\n"
              "\nexample\n\n"
              "version: 1\nnodes:\n"
              "  count:\n    op: count\n"
              "  paint:\n    op: paint\n    in: count\n    with:\n      file: PATH  # fill in\n"
              "  picky:\n    op: picky\n    in: paint\n");
}

TEST_F(ReferenceTest, MakesExamplesOfNodesThatNoPipelineShows) {
    for (const auto& [name, spec] : registry()) {
        const Example example = find_example(spec);
        EXPECT_EQ(example.pipeline, "");
        plan(example.text);
        EXPECT_EQ(errors(), "") << example.text;
        EXPECT_THAT(example.text, HasSubstr("op: " + name + "\n"));
    }
}

TEST_F(ReferenceTest, DescribesAPipeline) {
    const auto document = load(
        "# yaml-language-server: $schema=schema.json\n# Counts\n# far. And more.\nversion: 1\n"
        "name: toy\nparams:\n"
        "  epochs: {type: int, default: 100, min: 1, help: how long}\n"
        "  kind: {type: choice, choices: [a, b]}\n"
        "nodes:\n  a: {op: count}\n  both: {op: add, in: {a: a, b: a.number}}\n");
    EXPECT_EQ(describe_text(folder_ / "p.yaml", document),
              "toy: Counts far. And more.\n\nparameters (-p NAME=VALUE)\n"
              "  epochs: int, default 100, at least 1\n      how long\n"
              "  kind: choice, required, one of a, b\n"
              "\nnodes\n"
              "  a     count\n"
              "  both  add    <- {a: a, b: a.number}\n");
    EXPECT_EQ(first_sentence(header_comment(folder_ / "p.yaml")), "Counts far.");
}

TEST_F(ReferenceTest, WritesBlocksWhereALineIsTooLong) {
    Errors none;
    const std::string many = "[" + std::string(60, 'a') + ", " + std::string(30, 'b') + "]";
    const Value map = parse_yaml("{short: {a: 1}, long: {list: " + many + ", x: \"7\"}}", "", none);
    const std::string text = write_block(map, "  ");
    EXPECT_EQ(text, "  short: {a: 1}\n  long:\n    list:\n      - " + std::string(60, 'a') +
                        "\n      - " + std::string(30, 'b') + "\n    x: \"7\"\n");
    EXPECT_EQ(write_yaml(parse_yaml(text, "", none)), write_yaml(map));
    EXPECT_TRUE(none.empty());
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
