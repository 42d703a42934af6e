// One node in a running graph: the gate that decides when it is fed, the TBB nodes that feed it,
// and the outputs that its messages leave by.
#pragma once

#include "graph/engine.hpp"
#include "graph/gate.hpp"
#include "graph/inbox.hpp"
#include "graph/meter.hpp"
#include "graph/plan.hpp"
#include "graph/run_context.hpp"
#include "graph/source.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <memory_resource>
#include <vector>

#include <tbb/flow_graph.h>

namespace graph {

/// What a node needs to know of the source that its items come from.
struct Origin {
    Source* source = nullptr;
    const std::vector<Pass>* passes = nullptr;
    bool items = true;  // a stamp's index is an item's, not a batch's
};

/// What comes to a node's inbox.
struct Event {
    enum class Kind { message, stop, wake };
    Kind kind = Kind::message;
    size_t input = 0;
    Envelope envelope;
};

/// Whether what is made of a message is worked on at once, by the thread that made it, or by any
/// that is free.
enum class Work { here, elsewhere };

class RunningNode : public std::enable_shared_from_this<RunningNode> {
  public:
    RunningNode(tbb::flow::graph& graph, RunContext& context, const PlannedNode& plan,
                Origin origin, Gate::Rules rules);

    void set_node(std::unique_ptr<Node> node) { node_ = std::move(node); }
    Node& node() { return *node_; }
    const PlannedNode& plan() const { return plan_; }

    /// Links output `port` of `from` to input `input` of this node.
    void link(RunningNode& from, size_t port, size_t input);

    void start();
    /// Asks for a last snapshot; later messages are let go.
    void stop() { put({Event::Kind::stop, 0, {}}); }
    /// Makes an item of a source, on some thread.
    void make(const Stamp& stamp, Hold ticket);
    /// Tells what follows that a pass is over.
    void forward_end(int pass, uint64_t count);

    /// Empty, or what has not come.
    std::string missing() const;
    NodeCount count() const {
        const Meter::Sums sums = meter_.sums();
        return {plan_.id, sums.values, sums.tombstones};
    }
    const Meter& meter() const { return meter_; }
    /// Of a source: whether it waits for a ticket.
    void wait_for_ticket(bool waits) { meter_.limit(waits); }

  private:
    friend class RunningCall;
    using Method = void (Node::*)(Call&);
    using Outgoing = std::pmr::vector<std::pair<size_t, Envelope>>;
    struct Target {
        RunningNode* node = nullptr;
        size_t input = 0;
    };

    void accept(size_t input, Envelope&& envelope, Work work);
    bool is_work(size_t input, const Envelope& envelope) const;
    void pass_on(size_t input, Envelope&& envelope, Work work);
    void dispatch(size_t port, Envelope&& envelope, Work work = Work::elsewhere);

    void put(Event&& event, Work work = Work::elsewhere);
    void empty_inbox();
    void handle(Event&& event);
    void drain();
    void deliver(Delivery& delivery);
    void perform(Delivery& delivery, Method method, Work work = Work::elsewhere);
    void trace(const Delivery& delivery, Method method, Trace::Clock::time_point start,
               Trace::Clock::time_point end);
    void handle_error(const Delivery& delivery);
    void send(Delivery& delivery, Outgoing& outgoing);
    /// To every output but those that have been sent something.
    void send_tombstones(const Delivery& delivery, const Outgoing& but = {});
    bool must_wait() const;
    bool is_let_go(const Stamp& stamp) const;
    std::shared_ptr<const void> limit(size_t port, std::shared_ptr<const void> value);
    std::string item_name(const Stamp& stamp) const;

    RunContext& context_;
    const PlannedNode& plan_;
    const Spec& spec_;
    Origin origin_;
    Gate gate_;
    std::unique_ptr<Node> node_;
    std::deque<Delivery> ready_;
    std::vector<Hold> held_;      // of inputs since the last message, if outputs are a new stream
    std::vector<uint64_t> sent_;  // of each output in this pass
    std::unique_ptr<std::atomic<int>[]> alive_;  // messages of each output
    std::atomic<bool> dropped_{false};  // something was let go, as the run is being stopped
    bool cut_ = false;  // of an ordered node: so that what comes after it must not follow it
    Meter meter_;

    std::vector<std::vector<Target>> targets_;  // of each output
    Inbox<Event> inbox_;
    std::vector<Event> taken_;  // from it
    tbb::flow::function_node<int> inbox_worker_;
    tbb::flow::function_node<std::shared_ptr<Delivery>> worker_;
};

}  // namespace graph
