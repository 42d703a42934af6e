// All of one run: the plan, the running nodes, the sources' feeds. Wired in wiring.cpp, restored in
// restore.cpp, driven in engine.cpp.
#pragma once

#include "graph/engine.hpp"
#include "graph/estimate.hpp"
#include "graph/learner.hpp"
#include "graph/observer.hpp"
#include "graph/run_folder.hpp"
#include "graph/running_node.hpp"
#include "graph/tickets.hpp"

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace graph {

/// A source's items and passes, and where it is in them.
struct Feed {
    size_t items = 0;
    std::vector<Pass> passes;
    Source* source = nullptr;
    std::shared_ptr<RunningNode> node;
    std::shared_ptr<Tickets> tickets;
    std::unique_ptr<tbb::flow::function_node<int>> pump;
    std::atomic<bool> queued{false};
    size_t pass = 0;
    uint64_t index = 0;

    void wake() {
        if (!queued.exchange(true)) pump->try_put(0);
    }
};

int thread_count(const Settings& settings, const Processes& processes);

struct Engine::Runtime {
    Runtime(Plan p, RunOptions o);
    ~Runtime() { context.ended = true; }
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Whether this process keeps the run's folder and tells how it goes.
    bool main() const { return processes.rank == 0; }
    bool skips(const Pass& pass) const { return !main() && pass.purpose == Purpose::evaluate; }
    Setup setup(size_t index) const;
    void check();
    void check_split(size_t index, const std::string& split) const;
    void check_memory(const MemoryEstimate& memory, Errors& errors) const;
    MemoryEstimate estimate() const;
    uint64_t threads() const;
    void list_sources(Errors& errors);
    void list_source(size_t index);
    void prepare_sources();
    void build();
    /// Makes the nodes and gives them what they had. Once. `prepare`: sources make their items.
    void restore(bool prepare);
    Standing standing(bool prepare);
    void end_early();
    std::map<std::string, Inputs> inputs() const;
    void keep_what_it_is_made_from() const;
    /// All learners are done before the last epoch: what follows has no use.
    bool learnt_all() const;
    void pump(Feed& feed);
    Gate::Rules rules(size_t index);
    void watch(const std::stop_token& ended);
    void send_stop();
    void observe();
    std::exception_ptr work(RunResult& result);
    void judge(RunResult& result);
    void record(RunResult& result);
    RunResult run_in_arena();
    nlohmann::json describe_data() const;

    Plan plan;
    Processes processes;  // that do this run together
    RunOptions options;
    RunContext context;
    std::vector<std::vector<char>> linked;          // of each node, its outputs
    std::vector<char> needed;                       // which nodes this process runs
    std::unique_ptr<tbb::flow::graph> graph;        // outlives all that belongs to it, below
    std::map<size_t, std::unique_ptr<Feed>> feeds;  // by node
    std::map<size_t, std::unique_ptr<Node>> made;   // sources, made before the rest
    std::map<size_t, Learner*> learners;            // of the nodes that this process runs
    std::map<size_t, Cursor> cursors;               // of a resumed run: where each learner stands
    std::optional<int> ends_after;  // the epoch, if all learners had ended when it was restored
    bool restored = false;
    std::map<size_t, int> start_pass;
    std::vector<size_t> feed_of;             // of each node: the source of its stream, or itself
    std::vector<char> indexes_items;         // of each node's outputs
    std::vector<char> evaluated;             // of each source: whether there are evaluations
    std::vector<std::vector<char>> carried;  // passes that leave each node
    std::unique_ptr<RunFolder> folder;
    std::vector<std::shared_ptr<RunningNode>> nodes;
    uint64_t total = 0;  // items of all passes to come
    std::unique_ptr<Observer> observer;

    std::mutex mutex;
    std::condition_variable changed;
    std::atomic<bool> stop_asked{false};
    bool running = false, stop_sent = false;
};

}  // namespace graph
