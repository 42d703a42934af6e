// Looks at a run from outside, many times a second, and hands what it sees to all who show it: the
// terminal, the status file, the metrics, the trace, and run.json at the end.
#pragma once

#include "graph/engine.hpp"
#include "graph/metrics_server.hpp"
#include "graph/profile.hpp"
#include "graph/run_context.hpp"
#include "graph/tickets.hpp"
#include "graph/time_text.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace graph {

class Observer {
  public:
    struct Inlet {
        std::string id;
        std::shared_ptr<const Tickets> tickets;
        int64_t limit = 0;
    };

    /// Opens what the options ask for, before any work; throws std::system_error.
    Observer(const Plan& plan, const RunOptions& options, Resources resources, RunContext& context);

    ~Observer();
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    /// `folder`: the run's; empty while it has no name yet.
    void begin(std::vector<Profile::Subject> nodes, std::vector<Inlet> inlets, uint64_t total,
               std::filesystem::path folder);
    /// How long until the next look: a short run is looked at more often.
    std::chrono::milliseconds period() const;
    /// Never throws: what cannot be shown does not end a run, and is told once.
    void look() noexcept;
    /// The last look, once the nodes are still.
    RunStatus end(int exit_code, const std::string& message);
    /// Throws std::system_error if the trace cannot be written.
    void close_trace();

  private:
    using Clock = std::chrono::steady_clock;

    RunStatus status() const;
    uint64_t items_done() const;
    void publish(const RunStatus& status);
    void trace_counts();

    const RunOptions& options_;
    RunContext& context_;
    Resources resources_;
    RunStatus run_;  // what does not change
    const Clock::time_point start_ = Clock::now();
    const double cpu_before_ = cpu_seconds();
    Clock::time_point published_{};
    Clock::time_point looked_ = Clock::now();

    Profile profile_;
    std::vector<Inlet> inlets_;
    std::vector<int64_t> traced_;  // what the trace has of each counter
    uint64_t items_ = 0;
    Recent rate_;
    std::filesystem::path folder_;
    bool told_ = false, ended_ = false;

    mutable std::mutex mutex_;
    std::shared_ptr<const RunStatus> last_;  // for the server's thread
    std::optional<MetricsServer> server_;    // its thread ends first
};

}  // namespace graph
