// Rows of nodes, their schema and their completion, on toy nodes that have every kind of port and
// option.
#include "graph/bridge.hpp"
#include "graph/completion.hpp"
#include "graph/create.hpp"
#include "graph/schema.hpp"
#include "graph/wrap.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using namespace graph;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ComposingTest : public toy::PipelineFiles {
  protected:
    std::string fault(const std::vector<std::string>& names) {
        try {
            return create_chain(names, true).text;
        } catch (const ConfigurationError& error) {
            return error.what();
        }
    }
    static std::vector<std::string> words(const Completions& completions) {
        std::vector<std::string> list;
        for (const auto& candidate : completions.candidates) list.push_back(candidate.text);
        return list;
    }
};

TEST_F(ComposingTest, LinksEachInputToTheNearestOutputThatFits) {
    const auto created =
        create_chain({"count", "double", "add", "gather", "learn", "assess"}, true);
    EXPECT_THAT(created.text, HasSubstr("    op: double\n    in: count\n"));
    // Of inputs alike, the first takes the farther one.
    EXPECT_THAT(created.text, HasSubstr("    op: add\n    in: {a: count, b: double}\n"));
    EXPECT_THAT(created.text, HasSubstr("    op: assess\n    in: {numbers: gather, sum: learn}\n"));
    plan(created.text);
    EXPECT_EQ(errors(), "");
}

TEST_F(ComposingTest, JoinsOnlyWhatIsOfOneStream) {
    // `made` is another stream than `count`, so both inputs of `add` are from the nearer one.
    const auto created = create_chain({"made", "count", "add", "record"}, true);
    EXPECT_THAT(created.text, ::testing::Not(HasSubstr("{a: made, b: count}")));
}

TEST_F(ComposingTest, NumbersNodesOfOneKind) {
    const auto created = create_chain({"count", "double", "double", "record"}, true);
    EXPECT_THAT(created.text, HasSubstr("  double_2:\n    op: double\n    in: double\n"));
    EXPECT_THAT(created.text, HasSubstr("    op: record\n    in: double_2\n"));
}

TEST_F(ComposingTest, BeginsABranchWhereItIsTold) {
    const auto created = create_chain(
        {"count", "double", "record", "@count", "twice=double", "double", "record"}, true);
    EXPECT_THAT(created.text, HasSubstr("Made by: pipeline create count double record @count "
                                        "twice=double double record"));
    EXPECT_THAT(created.text, HasSubstr("  record:\n    op: record\n    in: double\n"));
    EXPECT_THAT(created.text, HasSubstr("  twice:\n    op: double\n    in: count\n"));
    EXPECT_THAT(created.text, HasSubstr("  double_2:\n    op: double\n    in: twice\n"));
    EXPECT_THAT(created.text, HasSubstr("  record_2:\n    op: record\n    in: double_2\n"));
    plan(created.text);
    EXPECT_EQ(errors(), "");
}

TEST_F(ComposingTest, JoinsBranches) {
    const auto joined = [&](const char* where) {
        return create_chain({"count", "left=double", "@count", "right=double", "other=double",
                             where, "add", "record"},
                            true)
            .text;
    };
    EXPECT_THAT(joined("@left,right"), HasSubstr("    in: {a: left, b: right}\n"));
    EXPECT_THAT(joined("@right,left"), HasSubstr("    in: {a: right, b: left}\n"));
    // Of another branch nothing is seen, nor what came after where this one begins.
    EXPECT_THAT(joined("@left"), HasSubstr("    in: {a: count, b: left}\n"));
    EXPECT_THAT(joined("@right"), HasSubstr("    in: {a: count, b: right}\n"));
    plan(joined("@left,right"));
    EXPECT_THAT(errors(), HasSubstr("nothing uses 'other'"));
    EXPECT_EQ(errors_.size(), 1U);
}

TEST_F(ComposingTest, NamesWhatIsWrongWithBranches) {
    EXPECT_EQ(fault({"count", "double", "@duoble", "record"}),
              "@duoble: there is no node 'duoble' before; there are count, double; did you mean "
              "'double'?");
    EXPECT_EQ(fault({"@count", "count"}), "@count: a branch begins at a node that is named before");
    EXPECT_EQ(fault({"count", "record", "@count"}), "name a node after '@count'");
    EXPECT_EQ(fault({"count", "@count", "@count", "record"}),
              "name a node between '@count' and '@count'");
    EXPECT_EQ(fault({"count", "A=double", "record"}),
              "'A' is no name for a node; use a-z, 0-9 and _, and begin with a letter");
    EXPECT_EQ(fault({"count", "count=record"}), "count=record: there is a node 'count' already");
    EXPECT_EQ(fault({"count", "x=duoble", "@y", "record"}),
              "unknown node 'duoble'; did you mean 'double'?\n"
              "@y: there is no node 'y' before; there are count, x; did you mean 'x'?");
    EXPECT_EQ(fault({"count", "gather", "@count", "learn"}),
              "learn takes numbers per batch for its input 'numbers', and nothing before it gives "
              "that; put gather between count and learn");
}

TEST_F(ComposingTest, NamesTheConverter) {
    EXPECT_EQ(fault({"count", "learn"}),
              "learn takes numbers per batch for its input 'numbers', and nothing before it gives "
              "that; put gather between count and learn");
    EXPECT_EQ(fault({"count", "save"}),
              "save takes sum per epoch for its input 'sum', and nothing before it gives that; put "
              "gather and learn, or gather and tire between count and save");
    EXPECT_THAT(fault({"double"}), HasSubstr("; put count, or large, or made first"));
    EXPECT_THAT(fault({"cuont"}), HasSubstr("unknown node 'cuont'; did you mean 'count'?"));
}

TEST_F(ComposingTest, TellsWhatIsLeftToDo) {
    const auto created = create_chain({"count", "paint"}, false);
    EXPECT_THAT(created.notes,
                ElementsAre("fill in paint.file: where it goes",
                            "paint: nothing before it fits 'sum'; see its options",
                            HasSubstr("nothing uses 'paint' yet; its output fits ")));
    EXPECT_THAT(created.text, HasSubstr("      # where it goes (path, required)\n"
                                        "      file: PATH  # fill in\n"));
    EXPECT_THAT(created.text, HasSubstr("      # what it paints with (type: flat, round)\n"
                                        "      brush:\n        type: round\n"
                                        "        # pixels (integer, between 1 and 9)\n"
                                        "        radius: 3\n"));
}

TEST_F(ComposingTest, WrapsAtEightyColumns) {
    EXPECT_EQ(wrap("one two", "# "), "# one two\n");
    const std::string long_text = std::string(50, 'a') + " " + std::string(40, 'b');
    EXPECT_EQ(wrap(long_text, "  "),
              "  " + std::string(50, 'a') + "\n  " + std::string(40, 'b') + "\n");
    EXPECT_EQ(wrap("", "# "), "#\n");
    EXPECT_EQ(table({{"a", "x"}, {"long", std::string(90, 'y')}}, " "),
              " a     x\n long  " + std::string(90, 'y') + "\n");
}

TEST_F(ComposingTest, GivesTheSchemaOfEachType) {
    std::map<std::string, Json> schemas;
    for (const Param& param : registry().at("paint").params) schemas[param.name] = schema_of(param);
    EXPECT_EQ(schemas["color"]["anyOf"][0]["enum"], Json({"red", "green"}));
    EXPECT_EQ(schemas["color"]["default"], "red");
    EXPECT_FALSE(schemas["file"].contains("default"));
    EXPECT_EQ(schemas["fast"]["type"], Json({"boolean", "string"}));
    EXPECT_EQ(schemas["weights"]["items"]["maximum"], 10);
    EXPECT_EQ(schemas["weights"]["default"], Json({1, 2.5}));
    EXPECT_EQ(schemas["brush"]["allOf"].size(), 2u);
    Param odd;
    odd.name = "odd";
    odd.type = "list of dates";
    EXPECT_THROW(schema_of(odd), std::logic_error);
    odd.type = "integer or auto";
    EXPECT_EQ(schema_of(odd)["anyOf"][1]["const"], "auto");
    odd.type = "size";
    EXPECT_EQ(schema_of(odd)["type"], Json({"number", "string"}));
}

TEST_F(ComposingTest, Completes) {
    const std::string file =
        write("toy.yaml",
              "version: 1\nparams: {mode: {type: choice, choices: [a, b], default: a}}\n"
              "nodes:\n  n: {op: count}\n  p: {op: paint, in: n, with: {file: x, brush: flat}}\n")
            .string();
    EXPECT_THAT(words(complete({"run", file, "-p", ""})), ElementsAre("mode="));
    EXPECT_THAT(words(complete({"run", file, "-p", "mode="})), ElementsAre("mode=a", "mode=b"));
    EXPECT_THAT(words(complete({"run", file, "--set", "nodes."})),
                ElementsAre("nodes.n.", "nodes.p."));
    EXPECT_THAT(words(complete({"run", file, "--set", "nodes.p.c"})),
                ElementsAre("nodes.p.color="));
    EXPECT_THAT(words(complete({"run", file, "--set", "nodes.p.brush."})),
                ElementsAre("nodes.p.brush.type=", "nodes.p.brush.width="));
    EXPECT_THAT(words(complete({"run", file, "--set", "nodes.p.fast="})),
                ElementsAre("nodes.p.fast=true", "nodes.p.fast=false"));
    EXPECT_TRUE(complete({"run", file, "--set", "nodes.p.file="}).files);
    EXPECT_THAT(words(complete({"describe", "pai"})), ElementsAre("paint"));
    EXPECT_THAT(words(complete({"create", "count", "pai"})), ElementsAre("paint"));
    EXPECT_THAT(words(complete({"create", "count", "my=pai"})), ElementsAre("my=paint"));
    EXPECT_THAT(words(complete({"create", "count", "my=double", "double", "@"})),
                ElementsAre("@count", "@my", "@double"));
    EXPECT_THAT(words(complete({"create", "count", "my=double", "@my,c"})),
                ElementsAre("@my,count"));
    EXPECT_TRUE(words(complete({"no_such", ""})).empty());
    EXPECT_FALSE(words(complete({})).empty());
}

TEST_F(ComposingTest, SetsWholeNodesAndItemsOfLists) {
    const std::string nodes = "  a: {op: count}\n  b: {op: record, in: a}\n";
    EXPECT_EQ(node_faults(nodes, {.sets = {"nodes.c={op: record, in: a}"}}), "");
    EXPECT_EQ(node_faults(nodes, {.sets = {"nodes.c.op=record", "nodes.c.in=a"}}), "");
    EXPECT_EQ(node_faults(nodes + "  c: {op: double, in: a}\n", {.sets = {"nodes.c=null"}}), "");
    EXPECT_EQ(node_faults(nodes, {.sets = {"nodes.c=null"}}),
              "--set nodes.c=null: there is no node 'c'");
    EXPECT_EQ(node_faults(nodes, {.sets = {"nodes.b=3"}}),
              "--set nodes.b=3: write nodes.NODE.OPTION=value, or a whole node: {op: ...}; null "
              "removes it");
    EXPECT_EQ(node_faults(nodes, {.sets = {"nodes.c.in=a"}}),
              "--set nodes.c.in=a: unknown node 'c'; did you mean 'a'?");
    const std::string doubled =
        "  a: {op: count}\n  d: {op: double, in: a, with: {fail: [1, 2]}}\n"
        "  b: {op: record, in: d}\n";
    EXPECT_EQ(node_faults(doubled, {.sets = {"nodes.d.fail.0=7", "nodes.d.fail.2=9"}}), "");
    EXPECT_EQ(node_faults(doubled, {.sets = {"nodes.d.fail.1=x"}}),
              "--set nodes.d.fail.1=x: 'fail' must be of type integer, not 'x'");
    const auto document =
        load("version: 1\nnodes:\n" + doubled, {.sets = {"nodes.d.fail.0=7", "nodes.d.fail.2=9"}});
    EXPECT_THAT(document.resolved, HasSubstr("fail: [7, 2, 9]"));
}

}  // namespace
