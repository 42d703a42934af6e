// A node that learns over the epochs, as the engine sees it beside what every node is: what it has
// learnt must be kept for a resumed run, and it may be done before the last epoch.
#pragma once

#include <optional>
#include <string>

namespace graph {

class Learner {
  public:
    virtual ~Learner() = default;

    /// The epoch, from 0, after which it learns no more although there are others to come; none: it
    /// goes on. A function of what it was fed and of its options, never of time. From any thread.
    virtual std::optional<int> ended() const { return {}; }
    /// One line on that, for people.
    virtual std::string why_ended() const { return {}; }
    /// Before start(): its run ends with this epoch, as every learner of it had ended by then.
    virtual void end_at(int) {}
    /// Why it cannot learn together with other processes, and what to do; empty: it can.
    virtual std::string why_alone() const { return {}; }
    /// The split whose evaluation it follows; empty: none.
    virtual std::string evaluated_split() const { return {}; }
};

}  // namespace graph
