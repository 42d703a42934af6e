// Random graphs, with random delays, on 1 to 16 threads and with as few tickets as `validate` lets
// through: every message must come, in order, as a walk through the graph by one thread says; no
// more items may be alive than there are tickets; and a stop at any moment must end cleanly.
//
// LATENTFLOW_RANDOM_GRAPHS=10000 test_graph --gtest_filter='RandomGraphs.*' is the long run;
// LATENTFLOW_RANDOM_SEED=N begins with graph N.
#include "graph/engine.hpp"
#include "tests/graph/random_oracle.hpp"

#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
#include <regex>

#include <gmock/gmock.h>
#include <unistd.h>

namespace {

using namespace graph;
using namespace random_nodes;

uint64_t number_of(const char* variable, uint64_t usual) {
    const char* text = std::getenv(variable);
    return text == nullptr ? usual : std::stoull(text);
}

/// Ends the program if it is not let go in time: a run that hangs is told by its YAML.
class Watchdog {
  public:
    explicit Watchdog(std::string what)
        : thread_([this, what = std::move(what)] {
              std::unique_lock lock(mutex_);
              if (changed_.wait_for(lock, std::chrono::seconds(120), [this] { return done_; }))
                  return;
              std::cerr << "this run hangs:\n" << what << std::endl;
              std::_Exit(1);
          }) {}
    ~Watchdog() {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    std::thread thread_;
};

class RandomGraphs : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("random.{}.{}", ::getpid(),
                              ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    static void forget() {
        seen().lines.clear();
        seen().totals.clear();
        seen().most_items = seen().items.load();
    }

    Plan plan(const std::string& yaml) {
        const auto file = folder_ / "random.yaml";
        std::ofstream(file) << yaml;
        Errors errors;
        const Document document = load_document(file, {}, errors);
        Plan plan = make_plan(document, errors);
        if (!errors.empty()) throw ConfigurationError(errors);
        return plan;
    }
    std::string yaml(const Graph& graph, int threads, uint64_t tickets) {
        return yaml_of(graph, fmt::format("threads: {}, max_in_flight: {}, quarantine_limit: "
                                          "100000, out: \"{}\"",
                                          threads, tickets, (folder_ / "run").string()));
    }
    /// The least number of tickets that `validate` lets through.
    uint64_t least_tickets(const Graph& graph) {
        uint64_t least = 1;
        for (int tries = 0; tries < 4; ++tries) {
            try {
                plan(yaml(graph, 1, least));
                return least;
            } catch (const ConfigurationError& error) {
                std::smatch match;
                const std::string what = error.what();
                if (!std::regex_search(what, match, std::regex("raise it to ([0-9]+)"))) throw;
                least = std::max<uint64_t>(least + 1, std::stoull(match[1]));
            }
        }
        throw std::logic_error("no number of tickets is enough");
    }

    RunResult run(const std::string& yaml, bool resume = false,
                  std::chrono::microseconds stop_after = {}) {
        const Watchdog watchdog(yaml);
        Engine engine(plan(yaml), {.resume = resume, .quiet = true});
        if (stop_after.count() == 0) return engine.run();
        std::promise<void> ended;
        std::thread stopper([&, future = ended.get_future()] {
            if (future.wait_for(stop_after) == std::future_status::timeout) engine.stop();
        });
        const auto result = engine.run();
        ended.set_value();
        stopper.join();
        return result;
    }

    std::filesystem::path folder_;
};

/// All came, in order; what failed is told once each; and so much memory was enough.
void expect_whole(const Graph& graph, const RunResult& result, const Expected& expected) {
    EXPECT_EQ(result.exit_code, exit_done) << result.message;
    EXPECT_EQ(result.quarantined.size(), expected.quarantined.size());
    for (const GraphNode& node : graph.nodes) {
        const auto count = std::ranges::find(result.counts, node.id, &NodeCount::id);
        if (node.op == "random_sink") {
            const auto lines = expected.lines.find(node.id);
            const auto want =
                lines == expected.lines.end() ? std::vector<Seen::Line>{} : lines->second;
            EXPECT_EQ(seen().lines[node.id], want) << node.id;
            EXPECT_EQ(count->values, want.size()) << node.id;
            const auto dead = expected.tombstones.find(node.id);
            EXPECT_EQ(count->tombstones, dead == expected.tombstones.end() ? 0 : dead->second)
                << node.id;
        }
        const auto totals = expected.totals.find(node.id);
        if (totals == expected.totals.end()) continue;
        EXPECT_EQ(seen().totals[node.id], totals->second) << node.id;
    }
}

/// What came before a stop is the beginning of what would have come.
void expect_beginning(const Expected& expected) {
    for (const auto& [id, lines] : seen().lines) {
        const auto whole = expected.lines.find(id);
        ASSERT_TRUE(lines.empty() || whole != expected.lines.end()) << id;
        if (lines.empty()) continue;
        ASSERT_LE(lines.size(), whole->second.size()) << id;
        EXPECT_TRUE(std::equal(lines.begin(), lines.end(), whole->second.begin())) << id;
    }
}

void expect_no_more_items_than(uint64_t tickets, size_t sources, int threads) {
    // A thread may be about to let go of a message whose ticket is back already.
    EXPECT_LE(seen().most_items.load(), int64_t(tickets * sources) + threads);
}

size_t sources_of(const Graph& graph) {
    return static_cast<size_t>(std::ranges::count(graph.nodes, "random_source", &GraphNode::op));
}

TEST_F(RandomGraphs, GiveWhatAWalkByOneThreadGives) {
    const uint64_t graphs = number_of("LATENTFLOW_RANDOM_GRAPHS", 200);
    const uint64_t first = number_of("LATENTFLOW_RANDOM_SEED", 1);
    uint64_t messages = 0, quarantined = 0, tombstones = 0, nodes = 0, stopped = 0, resumed = 0;
    for (uint64_t seed = first; seed < first + graphs && !HasFailure(); ++seed) {
        std::mt19937_64 random(seed);
        const Graph graph = GraphMaker(seed).make();
        const Expected expected = Oracle(graph).walk();
        const int threads = 1 + int(random() % 16);
        const uint64_t least = least_tickets(graph);
        const uint64_t tickets = random() % 2 == 0 ? least : least + random() % 64;
        const std::string text = yaml(graph, threads, tickets);
        SCOPED_TRACE(fmt::format("graph {}\n{}", seed, text));

        std::filesystem::remove_all(folder_ / "run");
        forget();
        const RunResult result = run(text);
        expect_whole(graph, result, expected);
        expect_no_more_items_than(tickets, sources_of(graph), threads);
        EXPECT_EQ(seen().messages, 0);
        EXPECT_EQ(seen().items, 0);
        nodes += graph.nodes.size();
        quarantined += expected.quarantined.size();
        for (const auto& [id, lines] : expected.lines) messages += lines.size();
        for (const auto& [id, dead] : expected.tombstones) tombstones += dead;
        if (random() % 2 == 0) continue;

        // The same, stopped anywhere, until it comes to its end.
        std::filesystem::remove_all(folder_ / "run");
        seen().stored.clear();
        const double whole = result.status.seconds * 1e6;
        for (int runs = 0; runs < 50; ++runs) {
            forget();
            const auto after =
                std::chrono::microseconds(1 + uint64_t(double(random() % 1000) / 800 * whole));
            const RunResult part = run(text, runs > 0, runs < 3 ? after : after * 100);
            EXPECT_EQ(seen().messages, 0);
            expect_no_more_items_than(tickets, sources_of(graph), threads);
            if (part.exit_code == exit_done) break;
            ASSERT_EQ(part.exit_code, exit_stopped) << part.message;
            if (runs == 0) expect_beginning(expected);
            ++(runs == 0 ? stopped : resumed);
        }
        for (const GraphNode& node : graph.nodes) {
            if (node.op != "random_save") continue;
            const auto kept = std::static_pointer_cast<const Total>(seen().stored[node.id]);
            ASSERT_TRUE(kept);
            EXPECT_EQ(line_of(*kept), expected.totals.at(kept->from).back()) << kept->from;
        }
    }
    fmt::print(
        "{} graphs of {} nodes; {} messages and {} tombstones came to sinks, {} items were "
        "set aside; {} runs were stopped, {} resumed and stopped again\n",
        graphs, nodes, messages, tombstones, quarantined, stopped, resumed);
}

}  // namespace
