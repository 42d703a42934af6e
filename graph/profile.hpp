// Where a run's time goes: what each node is at, looked at again and again. Looking costs the nodes
// nothing.
#pragma once

#include "graph/bottleneck.hpp"
#include "graph/meter.hpp"
#include "graph/plan.hpp"
#include "graph/status.hpp"

#include <array>
#include <chrono>
#include <vector>

namespace graph {

/// An amount a second, of late: what is older counts less and less.
class Recent {
  public:
    void add(double amount, double seconds, double decay) {
        amount_ = amount_ * decay + amount;
        seconds_ = seconds_ * decay + seconds;
    }
    double rate() const { return seconds_ > 0 ? amount_ / seconds_ : 0; }

  private:
    double amount_ = 0, seconds_ = 0;
};

class Profile {
  public:
    using Clock = std::chrono::steady_clock;
    struct Subject {
        const PlannedNode* plan = nullptr;
        const Meter* meter = nullptr;
    };

    void begin(std::vector<Subject> subjects);
    /// What nodes are at now is taken for what they were at since the last look.
    void sample();
    std::vector<NodeStatus> nodes() const;
    std::vector<NodeLoad> loads() const;
    double seconds() const { return seconds_; }

  private:
    struct Seen {
        Subject subject;
        std::array<double, 3> seconds{};  // by Activity
        std::array<Recent, 3> recent{};
        double queue = 0;  // messages times seconds
        int64_t queue_most = 0;
        double limited = 0;
        uint64_t values = 0;
        Recent rate = {}, bodies = {};
    };
    std::vector<Seen> seen_;
    Clock::time_point last_;
    double seconds_ = 0;
};

/// Of this process so far, of all threads.
double cpu_seconds();

}  // namespace graph
