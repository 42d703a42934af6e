// A pipeline's file with its includes, parameters, variables and overrides.
#include "graph/document.hpp"
#include "graph/unused_params.hpp"
#include "tests/graph/pipeline_files.hpp"
#include "tests/spent.hpp"

#include <cstdlib>

namespace {

using namespace graph;
using ::testing::HasSubstr;

class DocumentTest : public toy::PipelineFiles {};

const std::string nodes =
    "nodes:\n"
    "  a: {op: count}\n"
    "  b: {op: gather, in: a, with: {size: 4}}\n"
    "  c: {op: record_batches, in: b}\n";

std::string option(const Document& document, const std::string& node, const std::string& name) {
    return document.nodes.find(node)->find("with")->find(name)->text;
}

TEST_F(DocumentTest, ReportsTopLevelFaults) {
    EXPECT_EQ(faults(""),
              "p.yaml:1:1: the file is empty; a pipeline has 'version: 1' and 'nodes:'");
    EXPECT_EQ(faults("- 1"), "p.yaml:1:1: a pipeline is a map, with 'version: 1' and 'nodes:'");
    EXPECT_EQ(faults("name: x\n" + nodes),
              "p.yaml:1:1: 'version' is missing; begin with 'version: 1'");
    EXPECT_EQ(faults("version: 2\n" + nodes), "p.yaml:1:10: 'version' must be 1, not '2'");
    EXPECT_EQ(faults("version: 1\nnods: {}\n" + nodes),
              "p.yaml:2:1: unknown key 'nods' of a pipeline; did you mean 'nodes'?");
    EXPECT_EQ(faults("version: 1\nrun: 3\n" + nodes),
              "p.yaml:2:6: 'run' must be a map: {name: value, ...}");
    EXPECT_EQ(faults("version: 1\nname: a/b\n" + nodes),
              "p.yaml:2:7: 'name' must be a name for a folder, without '/'");
    EXPECT_EQ(faults("version: 1"), "p.yaml:1:1: there are no nodes; a pipeline has 'nodes:'");
}

TEST_F(DocumentTest, ReportsFilesThatCannotBeRead) {
    Errors missing;
    load_document(folder_ / "none.yaml", {}, missing);
    EXPECT_THAT(missing.text(), HasSubstr("cannot read"));
    EXPECT_THAT(missing.text(), HasSubstr("No such file or directory"));
    Errors folder;
    load_document(folder_, {}, folder);
    EXPECT_THAT(folder.text(), HasSubstr("Is a directory"));
    // What a disk is to blame for is none of the configuration's.
    Errors disk;
    try {
        load_document("/proc/self/mem", {}, disk);  // to read it from its start is EIO
        ADD_FAILURE() << disk.text();
    } catch (const std::system_error& error) {
        EXPECT_STREQ(error.what(), "cannot read /proc/self/mem: Input/output error");
    }
}

TEST_F(DocumentTest, FillsInVariablesWithTheirTypes) {
    ::setenv("TOY_COUNT", "12", 1);
    ::unsetenv("TOY_NONE");
    const auto document = load(
        "version: 1\nname: toy\nparams:\n"
        "  size: {type: int, default: 16}\n"
        "  tag: {type: string, default: 007}\n"
        "  count: {type: int, default: \"${env:TOY_COUNT}\"}\n"
        "  data: {type: path, default: \"${env:TOY_NONE:-data/sample}\"}\n"
        "run: {out: \"runs/${name}$$1\"}\n"
        "nodes:\n  a: {op: x, with: {size: \"${params.size}\", t: \"${params.tag}\", c: "
        "\"${params.count}\", d: \"${params.data}/x\", e: \"${env:TOY_COUNT}\"}}\n");
    EXPECT_EQ(errors(), "");
    EXPECT_EQ(document.resolved,
              "version: 1\nname: toy\nrun: {out: \"runs/toy$$1\"}\nnodes:\n"
              "  a: {op: x, with: {size: 16, t: \"007\", c: 12, d: data/sample/x, e: 12}}\n");
    EXPECT_EQ(load(document.resolved).resolved, document.resolved);
}

TEST_F(DocumentTest, ReportsVariablesAtTheirPlace) {
    ::unsetenv("TOY_NONE");
    const std::string head = "version: 1\nparams: {epochs: {type: int, default: 3}}\nrun: {out: ";
    EXPECT_EQ(faults(head + "\"${params.epoch}\"}\n" + nodes),
              "p.yaml:3:12: unknown variable 'params.epoch'; did you mean 'params.epochs'?");
    EXPECT_EQ(faults(head + "\"${epochs}\"}\n" + nodes),
              "p.yaml:3:12: unknown variable 'epochs'; did you mean 'params.epochs'?");
    EXPECT_EQ(faults(head + "\"${env:TOY_NONE}\"}\n" + nodes),
              "p.yaml:3:12: environment variable 'TOY_NONE' is not set; set it, or write "
              "${env:TOY_NONE:-default}");
    const std::string lone =
        "p.yaml:3:12: '$' begins a variable, such as ${params.x}; write $$ for a dollar sign";
    EXPECT_EQ(faults(head + "\"$HOME\"}\n" + nodes), lone);
    EXPECT_EQ(faults(head + "\"${name\"}\n" + nodes),
              "p.yaml:3:12: a '}' is missing after '${name'");
    EXPECT_EQ(
        faults(head + "\"${env:A:-${name}}\"}\n" + nodes),
        "p.yaml:3:12: a variable within a variable is not supported; declare a parameter with the "
        "inner one as its default");
}

TEST_F(DocumentTest, ReportsAnUnknownVariableOnce) {
    EXPECT_EQ(node_faults("  a: {op: count, with: {count: \"${params.n}\"}}\n"
                          "  b: {op: record, in: a}\n"),
              "p.yaml:3:32: unknown variable 'params.n'");
}

TEST_F(DocumentTest, BombsOfVariablesTakeLittle) {
    const auto repeat = [](const std::string& text, int count) {
        std::string all;
        for (int i = 0; i < count; ++i) all += text;
        return all;
    };
    std::string tenfold = "version: 1\nparams:\n  p0: {type: string, default: x}\n";
    for (int i = 0; i < 12; ++i)
        tenfold += fmt::format("  p{}: {{type: string, default: \"{}\"}}\n", i + 1,
                               repeat(fmt::format("${{params.p{}}}", i), 10));
    const std::string used =
        "version: 1\nparams:\n  p: {type: string, default: " + std::string(500'000, 'x') +
        "}\nnodes:\n  a: {op: count, with: {b: [" + repeat("\"${params.p}\",", 20'000) + "]}}\n";
    for (const std::string& bomb : {tenfold + nodes, used}) {
        const Spent spent = spent_by([&] { return faults(bomb); });
        EXPECT_THAT(spent.said, HasSubstr("more than 4096 KiB once variables are filled in"));
        if (is_sanitized) continue;
        EXPECT_LT(spent.seconds, most_seconds);
        EXPECT_LT(spent.bytes, uint64_t{256} << 20);
    }
}

TEST_F(DocumentTest, ChecksParameters) {
    const auto with = [&](const std::string& param, std::vector<std::string> given = {}) {
        return faults(
            "version: 1\nparams:\n  n: " + param + "\nrun: {seed: \"${params.n}\"}\n" + nodes,
            {.params = std::move(given)});
    };
    const std::string n = "{type: int, default: 3, min: 1, max: 9}";
    EXPECT_EQ(with(n), "");
    EXPECT_EQ(with(n, {"n=7"}), "");
    EXPECT_EQ(with(n, {"n=70"}), "-p n=70: 'n' must be between 1 and 9, not 70");
    EXPECT_EQ(with(n, {"n=x"}), "-p n=x: 'n' must be of type integer, not 'x'");
    EXPECT_EQ(with(n, {"n"}), "-p n: there is no '='; write name=value");
    EXPECT_EQ(with(n, {"m=1"}), "-p m=1: unknown parameter 'm'; there are n; did you mean 'n'?");
    EXPECT_EQ(with("{type: int}"),
              "p.yaml:3:3: parameter 'n' has no default; give it with -p "
              "n=...");
    EXPECT_EQ(with("{type: int}", {"n=5"}), "");
    EXPECT_EQ(with("{type: itn, default: 3}"),
              "p.yaml:3:13: 'type' must be one of int, float, bool, string, path, choice, not "
              "'itn'; did you mean 'int'?");
    EXPECT_EQ(with("{type: int, defualt: 3}"),
              "p.yaml:3:18: unknown option 'defualt' of parameter 'n'; did you mean 'default'?");
    EXPECT_EQ(with("{type: int, default: x}"), "p.yaml:3:27: 'n' must be of type integer, not 'x'");
    EXPECT_EQ(with("{type: choice, default: 1}"),
              "p.yaml:3:6: parameter 'n' needs 'choices: [...]'");
    EXPECT_EQ(with("3"),
              "p.yaml:3:6: the options of parameter 'n' must be a map: {name: value, ...}");
    EXPECT_EQ(faults("version: 1\n" + nodes, {.params = {"n=1"}}),
              "-p n=1: this pipeline has no parameters");
}

TEST_F(DocumentTest, LetsTheLaterWin) {
    write("base.yaml",
          "version: 1\nname: base\nparams: {size: {type: int, default: 1, max: 99, help: h}}\n"
          "run: {seed: 1, threads: 1}\nnodes:\n  a: {op: count, with: {count: 1, group: 2}}\n"
          "  b: {op: gather, in: a, with: {size: \"${params.size}\"}}\n");
    const std::string text =
        "version: 1\ninclude: base.yaml\nparams: {size: {default: 2}}\nrun: {seed: 2}\n"
        "nodes:\n  a: {with: {count: 3}}\n  c: {op: record_batches, in: b}\n";
    auto document = load(text);
    EXPECT_EQ(errors(), "");
    EXPECT_EQ(document.resolved,
              "version: 1\nname: p\nrun: {seed: 2, threads: 1}\nnodes:\n"
              "  a: {op: count, with: {count: 3, group: 2}}\n"
              "  b: {op: gather, in: a, with: {size: 2}}\n"
              "  c: {op: record_batches, in: b}\n");
    EXPECT_EQ(option(load(text, {.params = {"size=3"}}), "b", "size"), "3");
    EXPECT_EQ(option(load(text, {.params = {"size=3"}, .sets = {"nodes.b.size=4"}}), "b", "size"),
              "4");
    document = load("version: 1\ninclude: [base.yaml]\nnodes: {b: {op: double}}\n");
    EXPECT_EQ(document.nodes.find("b")->entries.size(), 1U) << "an op replaces the whole node";
}

TEST_F(DocumentTest, OfTwoIncludesTheSecondWins) {
    write(
        "one.yaml",
        "version: 1\nrun: {seed: 1, threads: 1}\nnodes:\n  a: {op: count, with: {count: 1, group: "
        "2}}\n");
    write("two.yaml",
          "version: 1\nrun: {seed: 2}\nnodes:\n  a: {with: {count: 3}}\n"
          "  b: {op: gather, in: a, with: {size: 1}}\n");
    const auto document = load("version: 1\ninclude: [one.yaml, two.yaml]\nrun: {threads: 2}\n");
    EXPECT_EQ(errors(), "");
    EXPECT_EQ(document.resolved,
              "version: 1\nname: p\nrun: {seed: 2, threads: 2}\nnodes:\n"
              "  a: {op: count, with: {count: 3, group: 2}}\n"
              "  b: {op: gather, in: a, with: {size: 1}}\n");
}

TEST_F(DocumentTest, ReportsFaultsOfIncludes) {
    write("deep.yaml", "version: 1\ninclude: base.yaml\n");
    write("typo.yaml", "version: 1\nnodes:\n  a: {op: cuont}\n");
    EXPECT_EQ(faults("version: 1\ninclude: deep.yaml\n" + nodes),
              "deep.yaml:2:10: an included file must not include others; list them all in the file "
              "that is run");
    EXPECT_EQ(
        faults("version: 1\ninclude: none.yaml\n" + nodes),
        "p.yaml:2:10: cannot read none.yaml: No such file or directory; a path is relative to "
        "this file");
    EXPECT_EQ(faults("version: 1\ninclude: p.yaml\n" + nodes),
              "p.yaml:2:10: the file includes itself; remove this");
    EXPECT_EQ(faults("version: 1\ninclude: typo.yaml\nnodes: {r: {op: record, in: a}}\n"),
              "typo.yaml:3:11: unknown op 'cuont'; did you mean 'count'?");
    EXPECT_EQ(faults("version: 1\ninclude: {a: b}\n" + nodes),
              "p.yaml:2:10: 'include' must be a file or a list of files");
}

TEST_F(DocumentTest, SetsFromTheCommandLine) {
    const auto set = [&](const std::string& text) {
        return faults("version: 1\n" + nodes, {.sets = {text}});
    };
    EXPECT_EQ(set("nodes.b.size=16"), "");
    EXPECT_EQ(set("nodes.b.with.size=16"), "");
    EXPECT_EQ(set("run.out=elsewhere"), "");
    EXPECT_EQ(set("nodes.a={op: count}"), "");
    EXPECT_EQ(set("nodes=1"), "--set nodes=1: write nodes.NODE.OPTION=value");
    EXPECT_EQ(set("nodes.b.sizee=16"),
              "--set nodes.b.sizee=16: unknown option 'sizee' of gather; did you mean 'size'?");
    EXPECT_EQ(set("nodes.b.size=x"),
              "--set nodes.b.size=x: 'size' must be of type integer, not 'x'");
    EXPECT_EQ(set("nodes.bb.size=1"),
              "--set nodes.bb.size=1: unknown node 'bb'; did you mean "
              "'b'?");
    EXPECT_EQ(set("run.sed=1"),
              "--set run.sed=1: unknown option 'sed' of run; did you mean "
              "'seed'?");
    EXPECT_EQ(set("params.n=1"), "--set params.n=1: give a parameter with -p n=...");
    EXPECT_EQ(set("node.b.size=1"),
              "--set node.b.size=1: 'node' cannot be set; write nodes.NODE.OPTION, run.SETTING or "
              "name; did you mean 'nodes'?");
    EXPECT_EQ(set("nodes.b.size"), "--set nodes.b.size: there is no '='; write name=value");
    EXPECT_EQ(set("nodes..size=1"),
              "--set nodes..size=1: a name is missing; write nodes.NODE.OPTION=value");
    EXPECT_THAT(set("nodes.b.size=[1"), HasSubstr("--set nodes.b.size=[1: not valid YAML: "));
    EXPECT_EQ(set("nodes.b.in=c"), "--set nodes.b.in=c: 'c' has no outputs");
}

TEST_F(DocumentTest, SetsWithinObjects) {
    const std::string text =
        "version: 1\nnodes:\n  p: {op: paint, with: {brush: round}}\n  q: {op: paint}\n";
    const auto brush = [&](const std::string& node, std::vector<std::string> sets) {
        const auto document = load(text, {.sets = std::move(sets)});
        const Value* value = document.nodes.find(node)->find("with")->find("brush");
        return document.resolved.substr(document.resolved.find("brush: ") + 7, 24) +
               (value->kind == Value::Kind::map ? "" : " no map");
    };
    EXPECT_EQ(brush("p", {"nodes.p.brush.radius=5"}), "{type: round, radius: 5}");
    EXPECT_EQ(brush("p", {"nodes.p.brush={type: flat, width: 1}"}), "{type: flat, width: 1}}}");
    load(text, {.sets = {"nodes.q.brush.type=flat"}});
    EXPECT_EQ(errors(), "");
}

TEST_F(DocumentTest, RefusesToSetWhatCannotBeSet) {
    const std::string text = "version: 1\nname: toy\n" + nodes;
    for (const auto& [set, complaint] : std::vector<std::pair<std::string, std::string>>{
             {"run=3", "write run.SETTING=value"},
             {"params=3", "'params' cannot be set"},
             {"version=2", "'version' cannot be set"},
             {"run.max_memory=much",
              "'max_memory' must be a size such as 500MB or 2GB, not 'much'"},
             {"run.max_memory=[1]", "'max_memory' must be a size such as 500MB or 2GB"},
             {"run.threads=some", "'threads'"},
             {"run.threads=[1]", "'threads'"},
             {"runs.threads=1", "did you mean 'run'?"}})
        EXPECT_THAT(faults(text, {.sets = {set}}), HasSubstr(complaint)) << set;
    EXPECT_EQ(faults(text, {.sets = {"run.threads=auto", "run.max_memory=2GB", "name=other"}}), "");
}

TEST_F(DocumentTest, RefusesIncludesThatAreNoFiles) {
    EXPECT_THAT(faults("version: 1\nname: toy\ninclude: {a: b}\n" + nodes),
                HasSubstr("'include' must be a file or a list of files"));
    EXPECT_THAT(faults("version: 1\nname: toy\ninclude: [[a]]\n" + nodes),
                HasSubstr("'include' must be a file or a list of files"));
    EXPECT_THAT(faults("version: \"1\"\nname: toy\n" + nodes), HasSubstr("without quotes"));
    EXPECT_THAT(faults("version: 2\nname: toy\n" + nodes),
                HasSubstr("'version' must be 1, not '2'"));
    EXPECT_THAT(faults("version: 1\nname: toy\nnodes: [a]\n"), HasSubstr("'nodes' must be a map"));
    EXPECT_THAT(faults("version: 1\nname: toy\nrun: [a]\n" + nodes),
                HasSubstr("'run' must be a map: {name: value, ...}"));
    EXPECT_THAT(faults("- a\n- b\n"), HasSubstr("a pipeline is a map"));
}

TEST_F(DocumentTest, WarnsOfParametersThatNothingUses) {
    const auto warnings = [&](const std::string& text, const graph::Overrides& overrides = {}) {
        errors_ = find_unused_params(write("p.yaml", text), overrides);
        return errors();
    };
    const std::string params =
        "version: 1\nparams:\n  a: {type: int, default: 1}\n"
        "  b: {type: string, default: '${params.a}'}\n";
    const std::string use = "nodes:\n  n: {op: count, with: {count: '${params.b}'}}\n";
    EXPECT_EQ(warnings(params + use), "");
    EXPECT_EQ(warnings(params + "nodes: {}\n"),
              "p.yaml:4:3: nothing uses the parameter 'b'; write ${params.b} where its value "
              "should go, or remove it");
    EXPECT_THAT(warnings(params + "name: x$${params.b}\n"), HasSubstr("4:3: nothing uses"));
    EXPECT_EQ(warnings(params + "name: x${params.b}\n"), "");
    EXPECT_EQ(warnings(params + "run: {out: 'x/${params.b}'}\n"), "");
    // What a command line leaves without a use is told if it gives the value, too.
    const std::string replaced = "nodes.n.count=3";
    EXPECT_EQ(warnings(params + use, {.sets = {replaced}}), "");
    EXPECT_EQ(warnings(params + use, {.params = {"b=2"}, .sets = {replaced}}),
              "-p b=2: this changes nothing: --set replaces what uses the parameter");
    EXPECT_EQ(warnings(params, {.params = {"b=2"}, .sets = {"nodes.n={op: '${params.b}'}"}}), "");
    // A file may leave those of an included one without a use.
    write("base.yaml", params + use);
    const std::string over = "version: 1\ninclude: base.yaml\nnodes: {n: {op: count}}\n";
    EXPECT_EQ(warnings(over), "");
    EXPECT_EQ(warnings(over, {.params = {"b=2"}}),
              "-p b=2: this changes nothing: nothing uses the parameter");
}

TEST_F(DocumentTest, FindsPipelines) {
    const auto file = write("mine.yaml", "version: 1\n");
    EXPECT_EQ(find_pipeline(file.string()), file);
    EXPECT_EQ(find_pipeline((folder_ / "mine").string()), file);
    try {
        find_pipeline((folder_ / "main").string());
        FAIL();
    } catch (const ConfigurationError& error) {
        EXPECT_THAT(error.what(), HasSubstr("it is no file, nor one of those that ship ("));
    }
}

}  // namespace
