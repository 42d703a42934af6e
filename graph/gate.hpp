// Decides when a node is fed: joins its inputs by stamp, puts them in order, holds the items of an
// epoch until that epoch's model is there, and knows when a pass has come whole. Pure bookkeeping:
// one thread at a time, no TBB.
#pragma once

#include "graph/envelope.hpp"
#include "graph/node.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace graph {

/// One thing to do for a node.
struct Delivery {
    enum class Kind { message, tombstone, end, event };

    Kind kind = Kind::message;
    Stamp stamp;
    std::array<std::shared_ptr<const void>, most_inputs> values;  // of each input; null: none
    Hold hold;
    bool failed = false;
    bool skipped = false;  // of an epoch before the one that a resumed run goes on at
    uint64_t count = 0;    // of an end
    int64_t messages = 0;  // that came for it
    std::chrono::steady_clock::time_point arrived = {};  // the first of them, in a traced run
};

class Gate {
  public:
    enum class Role { absent, stream, latched, event };

    struct Rules {
        std::vector<Role> roles;                    // of each input
        bool ordered = false;                       // else messages go on as they come
        const std::vector<Pass>* passes = nullptr;  // of the source
        std::vector<char> accepts;                  // of each pass: is it for this node?
    };
    explicit Gate(Rules rules);

    /// Inputs whose messages are joined.
    int64_t streams() const { return static_cast<int64_t>(streams_); }
    Role role(size_t input) const { return rules_.roles.at(input); }
    bool accepts(int pass) const { return rules_.accepts.at(static_cast<size_t>(pass)) != 0; }
    /// Whether a message that comes on this input has nothing to wait for: then put() may be left
    /// out, by any thread.
    bool passes_on(size_t input) const {
        return !rules_.ordered && rules_.roles[input] == Role::stream;
    }

    /// Takes a message that came on an input; what can be done now is appended to `ready`.
    void put(size_t input, Envelope envelope, std::deque<Delivery>& ready);

    /// Messages that wait for others, for their turn or for a model.
    int64_t held() const { return held_; }

    /// Whether each pass has come whole; else `missing` says what did not.
    bool complete() const { return next_pass_ == order_.size(); }
    std::string missing() const;

  private:
    struct Pending {
        Delivery delivery;
        size_t arrived = 0;
    };
    struct End {
        size_t arrived = 0;
        uint64_t count = 0;
    };

    void advance(std::deque<Delivery>& ready);
    bool is_next(const Stamp& stamp) const;
    void step_past(const Stamp& stamp);
    bool attach_latched(Delivery& delivery, int epoch) const;
    void drop_latched(int epoch);
    bool used_later(int epoch) const;

    Rules rules_;
    size_t streams_ = 0;
    bool latches_ = false;    // some input is held against
    std::vector<int> order_;  // accepted passes
    size_t next_pass_ = 0;    // in order_
    uint64_t next_index_ = 0;
    int64_t held_ = 0;
    std::vector<uint32_t> next_parts_;  // those of the next stamp, up to zeros
    std::map<Stamp, Pending> pending_;
    std::map<int, End> ends_;
    std::vector<std::map<int, std::shared_ptr<const void>>> latched_;  // input -> epoch -> value
    std::vector<std::optional<int>> floor_;  // the first epoch whose message will come
};

}  // namespace graph
