// All of one run: the plan, the running nodes, the sources' feeds. Wired in wiring.cpp, driven in
// engine.cpp.
#pragma once

#include "graph/engine.hpp"
#include "graph/estimate.hpp"
#include "graph/run_folder.hpp"
#include "graph/running_node.hpp"
#include "graph/tickets.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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
    void check_memory(const MemoryEstimate& memory, Errors& errors) const;
    MemoryEstimate estimate() const;
    uint64_t threads() const;
    void list_sources(Errors& errors);
    void list_source(size_t index);
    void prepare_sources();
    void build();
    void restore();
    void pump(Feed& feed);
    Gate::Rules rules(size_t index);
    void watch();
    void send_stop();
    uint64_t items_done() const;
    RunResult judge();
    RunResult run_in_arena();
    void write_status(const RunResult& result) const;

    Plan plan;
    RunOptions options;
    Processes processes;  // that do this run together
    RunContext context;
    std::vector<std::vector<char>> linked;          // of each node, its outputs
    std::vector<char> needed;                       // which nodes this process runs
    std::unique_ptr<tbb::flow::graph> graph;        // outlives all that belongs to it, below
    std::map<size_t, std::unique_ptr<Feed>> feeds;  // by node
    std::map<size_t, std::unique_ptr<Node>> made;   // sources, made before the rest
    std::map<size_t, int> start_pass;
    std::vector<size_t> feed_of;             // of each node: the source of its stream, or itself
    std::vector<char> indexes_items;         // of each node's outputs
    std::vector<char> evaluated;             // of each source: whether there are evaluations
    std::vector<std::vector<char>> carried;  // passes that leave each node
    std::unique_ptr<RunFolder> folder;
    std::vector<std::shared_ptr<RunningNode>> nodes;

    std::mutex mutex;
    std::condition_variable changed;
    bool running = false, stop_asked = false, stop_sent = false;
};

}  // namespace graph
