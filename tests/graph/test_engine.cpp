// The engine on toy nodes: order, counts, bounded memory, bad items, epochs, stopping and resuming.
#include "graph/engine.hpp"
#include "tests/graph/toy_nodes.hpp"

#include <fstream>
#include <future>
#include <random>

#include <gmock/gmock.h>
#include <unistd.h>

namespace {

using namespace graph;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using toy::seen;

class EngineTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("engine.{}.{}", ::getpid(),
                              ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        forget();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    static void forget() {
        seen().lines.clear();
        seen().stored.clear();
        seen().most_alive = seen().alive;
    }
    Plan plan(const std::string& nodes, const std::string& run = "") {
        const auto file = folder_ / "toy.yaml";
        std::ofstream(file) << "version: 1\nname: toy\nrun: {out: " << (folder_ / "run").string()
                            << (run.empty() ? "" : ", " + run) << "}\nnodes:\n"
                            << nodes;
        Errors errors;
        const Document document = load_document(file, {}, errors);
        Plan plan = make_plan(document, errors);
        if (!errors.empty()) throw ConfigurationError(errors);
        return plan;
    }
    RunResult run(const std::string& nodes, const std::string& settings = "", bool resume = false) {
        Engine engine(plan(nodes, settings), {.resume = resume, .quiet = true});
        return engine.run();
    }

    std::filesystem::path folder_;
};

TEST_F(EngineTest, KeepsOrderForAnyNumberOfThreads) {
    const std::string nodes =
        "  a: {op: count, with: {count: 200, epochs: 2, shuffle: true}}\n"
        "  b: {op: double, in: a, with: {delay: 50}}\n"
        "  c: {op: gather, in: b, with: {size: 7}}\n"
        "  d: {op: record_batches, in: c}\n";
    std::vector<std::vector<std::string>> results;
    for (const int threads : {1, 2, 4, 8}) {
        forget();
        EXPECT_EQ(run(nodes, fmt::format("threads: {}", threads)).exit_code, 0);
        results.push_back(seen().lines["d"]);
    }
    EXPECT_EQ(results[0].size(), 2U * 29 + 1);
    EXPECT_EQ(results[0].back(), "finish");
    for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

TEST_F(EngineTest, ShortBatchesAreKept) {
    run("  a: {op: count, with: {count: 5}}\n"
        "  b: {op: gather, in: a, with: {size: 2}}\n"
        "  c: {op: record_batches, in: b}\n");
    EXPECT_THAT(seen().lines["c"], ElementsAre("0tall:0,1", "0tall:2,3", "0tall:4", "finish"));
}

TEST_F(EngineTest, MemoryIsBoundedByTickets) {
    const auto result =
        run("  a: {op: count, with: {count: 3000}}\n"
            "  b: {op: double, in: a}\n"
            "  c: {op: record, in: b}\n",
            "max_in_flight: 10, threads: 4");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(seen().lines["c"].size(), 3001U);
    EXPECT_LE(seen().most_alive, 3 * 10);  // a number, its double, and one being made
}

TEST_F(EngineTest, BadItemsAreSetAsideAndTheRestArrives) {
    const std::string nodes =
        "  a: {op: count, with: {count: 20, epochs: 3}}\n"
        "  b: {op: double, in: a, with: {fail: [3, 7]}}\n"
        "  c: {op: gather, in: b, with: {size: 6}}\n"
        "  d: {op: record_batches, in: c}\n";
    auto result = run(nodes);
    EXPECT_EQ(result.exit_code, exit_bad_inputs);
    EXPECT_THAT(result.quarantined, ElementsAre("b: n3: bad number 3", "b: n7: bad number 7"));
    EXPECT_EQ(seen().lines["d"].size(), 3U * 3 + 1);
    EXPECT_EQ(seen().lines["d"][0], "0tall:0,2,4,8,10,12");
    EXPECT_EQ(run(nodes, "quarantine_limit: 2").exit_code, 0);
}

TEST_F(EngineTest, AbortEndsTheRunWithTheError) {
    const std::string nodes =
        "  a: {op: count, with: {count: 20}}\n"
        "  b: {op: double, in: a, on_error: abort, with: {fail: [3]}}\n"
        "  c: {op: record, in: b}\n";
    EXPECT_THROW(
        {
            try {
                run(nodes);
            } catch (const std::exception& error) {
                EXPECT_THAT(error.what(), HasSubstr("bad number 3"));
                throw;
            }
        },
        std::exception);
    EXPECT_THAT(seen().lines["c"], testing::Not(testing::Contains("finish")));
}

TEST_F(EngineTest, PartsComeInOrderAndMayBeNone) {
    const auto result =
        run("  a: {op: count, with: {count: 6}}\n"
            "  b: {op: parts, in: a, with: {parts: 3}}\n"
            "  c: {op: double, in: b, with: {delay: 30}}\n"
            "  d: {op: record, in: c}\n");
    EXPECT_EQ(result.exit_code, 0) << result.message;
    EXPECT_THAT(seen().lines["d"],
                ElementsAre("0tall:0", "0tall:2", "0tall:4", "0tall:400", "0tall:600", "0tall:602",
                            "0tall:800", "0tall:802", "0tall:804", "finish"));
}

TEST_F(EngineTest, JoinsByStamp) {
    run("  a: {op: count, with: {count: 50}}\n"
        "  b: {op: double, in: a, with: {delay: 40}}\n"
        "  c: {op: double, in: a, with: {delay: 40}}\n"
        "  d: {op: add, in: {a: b, b: c}}\n"
        "  e: {op: record, in: d}\n");
    ASSERT_EQ(seen().lines["e"].size(), 51U);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(seen().lines["e"][size_t(i)], fmt::format("0tall:{}", 4 * i));
}

TEST_F(EngineTest, ATombstoneOnOneSideOfAJoinIsCounted) {
    const auto result =
        run("  a: {op: count, with: {count: 10}}\n"
            "  b: {op: double, in: a, with: {fail: [4]}}\n"
            "  c: {op: add, in: {a: a, b: b}}\n"
            "  d: {op: record, in: c}\n",
            "quarantine_limit: 1");
    EXPECT_EQ(result.exit_code, 0) << result.message;
    EXPECT_EQ(seen().lines["d"].size(), 10U);
    EXPECT_EQ(result.counts.back().tombstones, 1U);
}

const char* const training =
    "  files: {op: count, with: {count: 20, epochs: 5, shuffle: true, split: {train: 0.7, test: "
    "0.3}}}\n"
    "  flip: {op: negate, in: files}\n"
    "  batch: {op: gather, in: flip, with: {size: 4}}\n"
    "  train: {op: learn, in: batch, with: {delay: DELAY}}\n"
    "  score: {op: assess, in: {numbers: batch, sum: train}}\n"
    "  save: {op: save, in: train}\n"
    "  all: {op: record_batches, in: batch}\n";

std::string with_delay(std::string text, int delay) {
    text.replace(text.find("DELAY"), 5, std::to_string(delay));
    return text;
}

TEST_F(EngineTest, EpochsAreTrainedThenEvaluatedWithTheirOwnModel) {
    const auto result = run(with_delay(training, 0), "max_in_flight: 5");
    EXPECT_EQ(result.exit_code, 0) << result.message;
    const auto& scores = seen().lines["score"];
    ASSERT_EQ(scores.size(), 10U);
    const auto& saved = seen().lines["save"];
    ASSERT_EQ(saved.size(), 6U);  // the start, and five epochs
    EXPECT_EQ(saved[0], "0:0");
    for (int epoch = 0; epoch < 5; ++epoch) {
        const std::string sum = saved[size_t(epoch) + 1].substr(3);
        EXPECT_EQ(scores[2 * size_t(epoch)], fmt::format("{}train:{} of 14", epoch, sum));
        EXPECT_EQ(scores[2 * size_t(epoch) + 1], fmt::format("{}test:{} of 6", epoch, sum));
    }
}

TEST_F(EngineTest, AugmentationLeavesEvaluationAlone) {
    run(with_delay(training, 0));
    for (const auto& line : seen().lines["all"]) {
        if (line == "finish") continue;
        const bool negative = line.find('-') != std::string::npos;
        const bool only_zero = line.substr(line.find(':') + 1) == "0";
        EXPECT_EQ(negative || only_zero, line[1] == 't') << line;
    }
}

TEST_F(EngineTest, ASlowEvaluatorHoldsTheTrainerBackButNothingIsLost) {
    const auto result =
        run("  files: {op: count, with: {count: 8, epochs: 8, split: {train: 4, test: 4}}}\n"
            "  batch: {op: gather, in: files, with: {size: 2}}\n"
            "  train: {op: learn, in: batch}\n"
            "  score: {op: assess, in: {numbers: batch, sum: train}, with: {delay: 3000}}\n"
            "  save: {op: save, in: train}\n",
            "max_in_flight: 4");
    EXPECT_EQ(result.exit_code, 0) << result.message;
    EXPECT_EQ(seen().lines["score"].size(), 16U);
}

TEST_F(EngineTest, TheLastEpochAloneCanBeAskedFor) {
    run("  files: {op: count, with: {count: 4, epochs: 3}}\n"
        "  sink: {op: record, in: files, when: last_epoch}\n");
    EXPECT_EQ(seen().lines["sink"].size(), 5U);
    EXPECT_EQ(seen().lines["sink"][0], "2tall:0");
}

TEST_F(EngineTest, StoppedAnywhereAndResumedItEndsTheSame) {
    run(with_delay(training, 0));
    const auto whole = seen().lines["save"].back();
    const auto scores = seen().lines["score"];
    std::mt19937 random(3);
    int stopped = 0;
    for (int round = 0; round < 20; ++round) {
        std::filesystem::remove_all(folder_ / "run");
        forget();
        int runs = 0;
        std::map<std::string, std::string> last_scores;
        for (bool resume = false;; resume = true) {
            Engine engine(plan(with_delay(training, 2000)), {.resume = resume, .quiet = true});
            const auto after = std::chrono::microseconds(random() % 60000);
            std::promise<void> ended;
            std::thread stopper([&, future = ended.get_future()] {
                if (future.wait_for(after) == std::future_status::timeout) engine.stop();
            });
            const auto result = engine.run();
            ended.set_value();
            stopper.join();
            for (const auto& line : seen().lines["score"])
                last_scores[line.substr(0, line.find(':'))] = line;
            if (result.exit_code == 0) break;
            ASSERT_EQ(result.exit_code, exit_stopped) << result.message;
            ++stopped;
            ASSERT_LT(++runs, 200);
        }
        EXPECT_EQ(seen().lines["save"].back(), whole);
        EXPECT_EQ(last_scores.size(), scores.size());
        for (const auto& line : scores)
            EXPECT_EQ(last_scores[line.substr(0, line.find(':'))], line);
    }
    EXPECT_GT(stopped, 5);
}

TEST_F(EngineTest, AFailingTrainerEndsTheRun) {
    EXPECT_THROW(run("  a: {op: count, with: {count: 20}}\n"
                     "  b: {op: gather, in: a}\n"
                     "  c: {op: learn, in: b, with: {fail_at: 2}}\n"
                     "  d: {op: save, in: c}\n"),
                 std::runtime_error);
    EXPECT_THAT(seen().lines["d"], ElementsAre("0:0"));
}

TEST_F(EngineTest, AnOlderRunIsKept) {
    const std::string nodes =
        "  a: {op: count}\n"
        "  b: {op: record, in: a}\n";
    run(nodes);
    run(nodes);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / "resolved.yaml"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run.1" / "resolved.yaml"));
}

TEST_F(EngineTest, AFolderThatIsNoRunIsLeftAlone) {
    std::filesystem::create_directories(folder_ / "run");
    std::ofstream(folder_ / "run" / "thesis.tex") << "x";
    EXPECT_THROW(run("  a: {op: count}\n  b: {op: record, in: a}\n"), ConfigurationError);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / "thesis.tex"));
}

TEST_F(EngineTest, AFinishedRunIsNotRunAgainByResume) {
    run(with_delay(training, 0));
    const auto lines = seen().lines["save"].size();
    const auto result = run(with_delay(training, 0), "", true);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.message, HasSubstr("finished"));
    EXPECT_EQ(seen().lines["save"].size(), lines);
}

TEST_F(EngineTest, TheTraceNamesEachItem) {
    Engine engine(plan("  a: {op: count, with: {count: 3}}\n  b: {op: record, in: a}\n"),
                  {.quiet = true, .trace = folder_ / "trace.json"});
    engine.run();
    std::ifstream file(folder_ / "trace.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const char* item : {"\"n0\"", "\"n1\"", "\"n2\""}) EXPECT_THAT(text, HasSubstr(item));
}

std::string made_items(const std::string& with) {
    return "  a: {op: made, with: {" + with + "}}\n  b: {op: record, in: a}\n";
}

TEST_F(EngineTest, ASourceIsPreparedByARunAloneAndThenAskedAgain) {
    toy::Made::prepared = toy::Made::listed = 0;
    Engine engine(plan(made_items("count: 3")), {.quiet = true});
    EXPECT_EQ(toy::Made::prepared, 0);  // this is all that `validate` and --dry-run do
    EXPECT_EQ(toy::Made::listed, 1);
    EXPECT_THAT(engine.describe_work(), HasSubstr("100 items"));
    EXPECT_EQ(toy::Made::prepared, 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
    EXPECT_EQ(engine.run().exit_code, 0);
    EXPECT_EQ(toy::Made::prepared, 1);
    EXPECT_EQ(toy::Made::listed, 2);
    EXPECT_THAT(seen().lines["b"], ElementsAre("0tall:0", "0tall:1", "0tall:2", "finish"));
}

TEST_F(EngineTest, WhatASourceCannotPrepareIsABadInput) {
    const auto result = run(made_items("count: 2, bad: true"));
    EXPECT_EQ(result.exit_code, graph::exit_bad_inputs);
    EXPECT_THAT(result.quarantined, ElementsAre(HasSubstr("a: bad: cannot be read")));
    EXPECT_THAT(seen().lines["b"], ElementsAre("0tall:0", "0tall:1", "finish"));
}

TEST_F(EngineTest, StopsWhileASourcePrepares) {
    Engine engine(plan(made_items("count: 2, waits: true")), {.quiet = true});
    std::jthread stopper([&] { engine.stop(); });
    const auto result = engine.run();
    EXPECT_EQ(result.exit_code, graph::exit_stopped);
    EXPECT_THAT(result.message, HasSubstr("start it again"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(EngineTest, NothingLeftToDoIsDoneWhereThatMayBe) {
    for (const char* more : {"", ", split: {train: 0.5, test: 0.5}", ", epochs: 3"}) {
        forget();
        EXPECT_EQ(run(made_items(std::string("count: 0") + more)).exit_code, 0) << more;
        EXPECT_THAT(seen().lines["b"], ElementsAre("finish")) << more;
    }
    EXPECT_THROW(run(made_items("count: 0, may_be_empty: false")), ConfigurationError);
}

}  // namespace
