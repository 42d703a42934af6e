// Runs a checked plan as a TBB flow graph: messages in envelopes, tickets that bound memory, order
// where it is asked for, and a count at every sink, so that nothing can vanish.
#pragma once

#include "graph/log.hpp"
#include "graph/made_from.hpp"
#include "graph/plan.hpp"
#include "graph/processes.hpp"
#include "graph/status.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace graph {

enum ExitCode {
    exit_done = 0,
    exit_usage = 64,
    exit_bad_inputs = 65,
    exit_incomplete = 70,
    exit_io = 74,
    exit_stopped = 75,
    exit_configuration = 78,
};

struct RunOptions {
    bool resume = false;
    bool quiet = false;                // no progress lines
    std::filesystem::path trace = {};  // a file for a trace viewer; empty: none
    bool profile = false;
    Processes processes = {};
    LogFormat log_format = LogFormat::text;
    std::filesystem::path metrics = {};  // a file for node_exporter; empty: none
    int metrics_port = -1;               // on 127.0.0.1 for Prometheus; 0: any; -1: none
    PipelineSource made_from = {};       // for the record that the run's folder keeps
};

struct NodeCount {
    std::string id;
    uint64_t values = 0;
    uint64_t tombstones = 0;
};

struct RunResult {
    int exit_code = exit_done;
    std::string message;   // one line: what happened
    bool main = true;      // false: another process does the same run, and tells of it
    bool goes_on = false;  // all learners ended early: what is left is done as a resumed run
    std::filesystem::path folder;
    std::vector<std::string> quarantined;  // "file: node: reason", each item once
    std::vector<NodeCount> counts;
    RunStatus status;  // how it stood at the end
};

/// What the program exits with when a command throws this.
int exit_code_of(const std::exception& error);

/// Where a run stands that is to be gone on with.
struct Standing {
    struct Learned {
        std::string node;
        Cursor cursor;
        int epochs = 0;
        std::string ended;  // why, if it is done before the last epoch
    };
    bool finished = false;         // nothing is left to do
    std::vector<Learned> learned;  // none: the pipeline keeps nothing, and begins anew
    std::map<std::string, Inputs> inputs;
};

class Engine {
  public:
    /// Makes the nodes, lists the sources' items and checks what only they can tell (an empty
    /// folder, too few tickets); throws ConfigurationError, before any work.
    Engine(Plan plan, RunOptions options);
    ~Engine();

    RunResult run();
    /// From any thread: sources stop, trainers send a snapshot, run() returns with exit_stopped.
    void stop();

    /// Of a run to be resumed: reads what it kept and changes nothing. Throws ConfigurationError if
    /// that cannot be gone on with.
    Standing standing();
    /// What each source lists at the moment.
    std::map<std::string, Inputs> inputs() const;

    /// What would run: items of each pass of each source, for --dry-run.
    std::string describe_work() const;

  private:
    struct Runtime;
    template <class Body>
    auto in_arena(Body body) const;

    std::unique_ptr<Runtime> runtime_;
};

}  // namespace graph
