// The section `tests`: what is wrong with it, what a test feeds and leaves out, and what it says.
#include "graph/testing/expectation.hpp"
#include "graph/testing/test_run.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using namespace graph;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct FedNumber {
    int number = 0;
    std::filesystem::path file;
};
const Inspect<toy::Number> of_number{
    {"value", "sign", "path"}, [](const toy::Number& n) {
        return Facts{{"value", fact(double(n.value))},
                     {"sign", fact(std::string(n.value < 0 ? "minus" : "plus"))},
                     {"path", fact("n" + std::to_string(n.value))}};
    }};
const Inspect<toy::Numbers> of_numbers{
    {"values"}, [](const toy::Numbers& n) {
        return Facts{{"values", fact(std::vector<int64_t>(n.values.begin(), n.values.end()))}};
    }};
const Inspect<toy::Sum> of_sum{{}, [](const toy::Sum& sum) {
                                   return Facts{{"epoch", fact(double(sum.epoch))}};
                               }};
const Feed<toy::Number, FedNumber> fed_number{
    {param("number", &FedNumber::number, Range{-100, 100}, "it"),
     param("file", &FedNumber::file, "a file")},
    [](const FedNumber& given, const Call&) { return toy::Number(given.number); }};

class Testing : public toy::PipelineFiles {
  protected:
    /// Nodes with several branches, and the tests.
    std::filesystem::path pipeline(const std::string& tests) const {
        return write("p.yaml",
                     "version: 1\nname: p\n"
                     "params: {n: {type: int, default: 6}, where: {type: path, default: x}}\n"
                     "run: {threads: 2}\n"
                     "nodes:\n"
                     "  a: {op: count, with: {count: '${params.n}', epochs: 2}}\n"
                     "  b: {op: double, in: a}\n"
                     "  c: {op: double, in: b}\n"
                     "  s: {op: add, in: {a: b, b: c}}\n"
                     "  r: {op: record, in: s}\n"
                     "  g: {op: gather, in: c}\n"
                     "  l: {op: learn, in: g}\n"
                     "  k: {op: save, in: l}\n"
                     "tests:\n" +
                         tests);
    }
    std::string wrong(const std::string& tests) {
        errors_ = {};
        read_ready_tests(pipeline(tests), errors_);
        return errors();
    }
    TestOutcome outcome(const std::string& tests) {
        toy::seen().lines.clear();
        errors_ = {};
        const auto ready = read_ready_tests(pipeline(tests), errors_);
        EXPECT_EQ(errors(), "");
        EXPECT_EQ(ready.size(), 1u);
        if (ready.size() != 1) return {};
        const auto folder = folder_ / "test";
        std::filesystem::remove_all(folder);
        std::filesystem::create_directory(folder);
        return run_test(ready.front(), folder);
    }
    std::vector<std::string> differences(const std::string& tests) {
        return outcome(tests).differences;
    }
};

TEST_F(Testing, MeetsValuesAndBounds) {
    const auto met = [](const std::string& expected, const Value& actual) {
        Errors errors;
        const Value value = parse_yaml(expected, "t", errors);
        check_expected(value, errors);
        EXPECT_TRUE(errors.empty()) << errors.text();
        return meets(value, actual);
    };
    EXPECT_TRUE(met("0.3", fact(0.1 + 0.2)));
    EXPECT_FALSE(met("0.3001", fact(0.3)));
    EXPECT_TRUE(met("a.tif", fact(std::string("a.tif"))));
    EXPECT_FALSE(met("7", fact(std::vector<int64_t>{7})));
    EXPECT_TRUE(met("[1, 2]", fact(std::vector<int64_t>{1, 2})));
    EXPECT_FALSE(met("[1, 2]", fact(std::vector<int64_t>{1, 2, 3})));
    EXPECT_TRUE(met("{near: 5, within: 1}", fact(5.9)));
    EXPECT_FALSE(met("{near: 5, within: 1}", fact(6.1)));
    EXPECT_TRUE(met("{at_least: 2, at_most: 3}", fact(2.0)));
    EXPECT_FALSE(met("{at_most: 3}", fact(std::numeric_limits<double>::quiet_NaN())));
    EXPECT_TRUE(met("{at_least: 3}", fact(std::numeric_limits<double>::infinity())));
    EXPECT_FALSE(met("{at_least: 3}", fact(std::string("4"))));
}

TEST_F(Testing, TellsAllThatIsWrongWithTests) {
    EXPECT_EQ(wrong("  - name: one\n"
                    "    parms: {}\n"
                    "    params: {m: 3}\n"
                    "    expect: {bb: {count: 1}, b: {cuont: 1, value: {near: 2}}}\n"
                    "  - name: one\n"
                    "    feed: {b: [{nmber: 1}], g: [1], r: [2], a: []}\n"
                    "    expect: {b.nmber: {count: 1}, r: {value: 3}, g: {values: null}}\n"
                    "  - exit: 1000\n"),
              "p.yaml:16:5: unknown option 'parms' of a test; did you mean 'params'?\n"
              "p.yaml:17:14: unknown parameter 'm'; did you mean 'n'?\n"
              "p.yaml:18:14: unknown node 'bb'; did you mean 'b'?\n"
              "p.yaml:18:34: 'cuont' cannot be asked of b; there are count, failed, value, sign, "
              "path; did you mean 'count'?\n"
              "p.yaml:18:51: 'near' and 'within' go together: {near: 0.5, within: 0.01}\n"
              "p.yaml:19:5: two tests are called 'one'\n"
              "p.yaml:20:17: unknown option 'nmber' of a fed number; did you mean 'number'?\n"
              "p.yaml:20:32: what g sends cannot be fed; feed a node that sends number\n"
              "p.yaml:20:40: what r sends cannot be fed; feed a node that sends number\n"
              "p.yaml:20:48: what a is fed with must be a list\n"
              "p.yaml:21:14: b has no output 'nmber'; there are number; did you mean 'number'?\n"
              "p.yaml:21:39: 'value' cannot be asked of r; there are count, failed\n"
              "p.yaml:21:62: there is nothing to expect\n"
              "p.yaml:22:5: option 'name' of a test is missing: what is tested, in a few words\n"
              "p.yaml:22:11: 'exit' must be between 0 and 255, not 1000");
    EXPECT_EQ(wrong("  name: one\n"),
              "p.yaml:15:3: 'tests' must be a list, each with a name: - name: ...");
}

TEST_F(Testing, IsCheckedWithThePipeline) {
    EXPECT_EQ(node_faults("  a: {op: count}\n  b: {op: record, in: a}\n"
                          "tests: [{name: x, expect: {c: {count: 1}}}]\n"),
              "p.yaml:5:28: unknown node 'c'; did you mean 'a'?");
}

TEST_F(Testing, TellsWhatIsWrongWithWhatATestSets) {
    EXPECT_EQ(wrong("  - name: one\n"
                    "    params: {n: many}\n"
                    "    set: {nodes.b.dleay: 3, nodes.x.y: 1}\n"),
              "p.yaml:16:14: 'n' must be of type integer, not 'many'\n"
              "p.yaml:17:11: unknown option 'dleay' of double; did you mean 'delay'?\n"
              "p.yaml:17:29: unknown node 'x'; did you mean 'a'?");
    EXPECT_THAT(differences("  - name: one\n"
                            "    params: {n: many}\n"
                            "    says: must be of type integer\n"
                            "    exit: 78\n"),
                IsEmpty());
    EXPECT_THAT(differences("  - name: one\n"
                            "    exit: 78\n"),
                ElementsAre("the exit code is 0, not 78"));
}

TEST_F(Testing, RunsOnlyWhatIsAskedFor) {
    EXPECT_THAT(
        differences(
            "  - name: one\n"
            "    params: {n: 3}\n"
            "    expect: {b: {count: 6, failed: 0, sign: plus}, a: {value: {at_most: 2}}}\n"),
        IsEmpty());
    EXPECT_THAT(toy::seen().lines, IsEmpty());
    EXPECT_THAT(differences("  - name: one\n"
                            "    files: [run.json, 'resolved.*', nowhere.txt]\n"),
                ElementsAre("there is no file nowhere.txt"));
    EXPECT_EQ(toy::seen().lines.at("r").size(), 13u);  // two epochs of six numbers, and the end
}

TEST_F(Testing, FeedsANode) {
    // Twice, because its source has two epochs.
    EXPECT_THAT(
        differences(
            "  - name: one\n"
            "    feed: {b: [7, {number: -2}]}\n"
            "    expect: {b: {count: 4}, s: {count: 4}, g: {count: 2, values: [14, -4]}}\n"),
        IsEmpty());
    EXPECT_EQ(wrong("  - name: one\n"
                    "    feed: {c: [1], g: [1]}\n"
                    "    expect: {b: {count: 1}}\n"),
              "p.yaml:16:23: what g sends cannot be fed; feed a node that sends number");
    EXPECT_EQ(
        wrong("  - name: one\n"
              "    feed: {c: [1]}\n"
              "    expect: {b: {count: 1}}\n"
              "  - name: two\n"
              "    feed: {c: [1]}\n"
              "    expect: {s: {count: 1}}\n"),
        "p.yaml:16:12: nothing that is expected comes from c\n"
        "p.yaml:19:11: s joins what comes of a and c, which have no pairs; feed a node before "
        "which they part");
    EXPECT_THAT(wrong("  - name: one\n"
                      "    feed: {b: [{file: none.txt}]}\n"),
                HasSubstr("p.yaml:16:23: there is no file "));
}

TEST_F(Testing, SaysWhatIsOtherwise) {
    EXPECT_THAT(differences("  - name: one\n"
                            "    set: {nodes.a.epochs: 1}\n"
                            "    expect:\n"
                            "      b: {count: 7, value: {at_most: 4}, path: [1], sign: minus}\n"
                            "      g: {values: [0, 4, 8, 12]}\n"
                            "      l: {epoch: 5, epohc: 1}\n"
                            "      k: {count: 9}\n"),
                ElementsAre("b.count is 6, not 7",
                            "b.value is 6, not at most 4 (n6), wrong in 3 of 6 messages",
                            "b.path is n0, not [1], wrong in 6 of 6 messages",
                            "b.sign is plus, not minus (n0), wrong in 6 of 6 messages",
                            "g.values is [16, 20], not [0, 4, 8, 12], wrong in 1 of 2 messages",
                            "l.epoch is 0, not 5",
                            "l.epohc is not there; there are epoch; did you mean 'epoch'?",
                            "k.count is 2, not 9"));
}

TEST_F(Testing, CountsWhatFailed) {
    EXPECT_THAT(differences("  - name: one\n"
                            "    set: {nodes.b.fail: [2], nodes.a.epochs: 1}\n"
                            "    expect: {b: {count: 5, failed: 1}, c: {count: 5, failed: 0}}\n"
                            "    says: bad number 2\n"
                            "    exit: 65\n"),
                IsEmpty());
    const TestOutcome failed = outcome(
        "  - name: one\n"
        "    set: {nodes.b.fail: [2], nodes.a.epochs: 1}\n"
        "    says: nothing of the kind\n");
    EXPECT_THAT(failed.differences,
                ElementsAre("the exit code is 65, not 0", "it does not say 'nothing of the kind'"));
    EXPECT_THAT(failed.printed, HasSubstr("quarantined by b: n2: bad number 2"));
}

TEST_F(Testing, AnErrorIsAnExitCode) {
    EXPECT_THAT(differences("  - name: one\n"
                            "    set: {nodes.l.fail_at: 1}\n"
                            "    says: loss is not finite\n"
                            "    exit: 70\n"),
                IsEmpty());
}

}  // namespace
