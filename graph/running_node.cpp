// Feeds a node, and catches what it throws.
#include "graph/running_node.hpp"

#include "graph/running_call.hpp"

#include <new>
#include <optional>

namespace graph {

namespace {

/// A chain of nodes is done without a task for each; a very long one must not use up the stack.
class Deeper {
  public:
    Deeper() { ++depth(); }
    ~Deeper() { --depth(); }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

    bool may() const {
        constexpr int deepest = 64;
        return depth() <= deepest;
    }

  private:
    static int& depth() {
        thread_local int depth = 0;
        return depth;
    }
};

}  // namespace

// A run that is being stopped still evaluates the epochs that are trained: after a resume their
// models are gone.
bool RunningNode::is_let_go(const Stamp& stamp) const {
    return context_.stopping &&
           (context_.failed || !origin_.passes ||
            origin_.passes->at(static_cast<size_t>(stamp.pass)).purpose == Purpose::train);
}

std::string RunningNode::missing() const {
    return dropped_ ? "stopped before the end" : gate_.missing();
}

RunningNode::RunningNode(tbb::flow::graph& graph, RunContext& context, const PlannedNode& plan,
                         Origin origin, Gate::Rules rules)
    : context_(context),
      plan_(plan),
      spec_(*plan.spec),
      origin_(origin),
      gate_(std::move(rules)),
      sent_(spec_.outputs.size()),
      alive_(std::make_unique<std::atomic<int>[]>(spec_.outputs.size())),
      inbox_worker_(graph, tbb::flow::unlimited, [this](int) { empty_inbox(); }),
      worker_(graph, tbb::flow::unlimited,
              [this](const std::shared_ptr<Delivery>& d) { perform(*d, &Node::receive); }) {
    targets_.resize(spec_.outputs.size());
    meter_.set_joined(gate_.streams());
}

void RunningNode::accept(size_t input, Envelope&& envelope, Work work) {
    if (context_.trace.enabled()) envelope.arrived = Trace::Clock::now();
    if (envelope.kind != Envelope::Kind::end && gate_.passes_on(input))
        return pass_on(input, std::move(envelope), work);
    // What has to wait for others or to keep its order goes through the inbox, which is serial.
    if (is_work(input, envelope)) meter_.arrive();
    put({Event::Kind::message, input, std::move(envelope)}, work);
}

void RunningNode::put(Event&& event, Work work) {
    if (!inbox_.put(std::move(event))) return;
    if (const Deeper deeper; work == Work::here && deeper.may())
        empty_inbox();
    else
        inbox_worker_.try_put(0);
}

void RunningNode::empty_inbox() {
    while (inbox_.take(taken_))
        for (Event& event : taken_) handle(std::move(event));
}

/// Not by itself a model that messages are held against, nor what is no message.
bool RunningNode::is_work(size_t input, const Envelope& envelope) const {
    return envelope.kind == Envelope::Kind::value && gate_.role(input) != Gate::Role::latched;
}

void RunningNode::pass_on(size_t input, Envelope&& envelope, Work work) try {
    if (context_.failed || is_let_go(envelope.stamp)) {
        dropped_ = true;
        return;
    }
    if (!gate_.accepts(envelope.stamp.pass)) {
        if (spec_.only_train) dispatch(0, std::move(envelope), work);
        return;
    }
    Delivery delivery;
    delivery.stamp = std::move(envelope.stamp);
    delivery.hold = std::move(envelope.hold);
    delivery.failed = envelope.failed;
    if (envelope.kind == Envelope::Kind::tombstone) {
        delivery.kind = Delivery::Kind::tombstone;
        return deliver(delivery);
    }
    delivery.values[input] = std::move(envelope.value);
    delivery.messages = 1;
    delivery.arrived = envelope.arrived;
    if (const Deeper deeper; work == Work::here && deeper.may())
        return perform(delivery, &Node::receive, work);
    meter_.arrive();
    deliver(delivery);
} catch (...) {
    context_.fail(plan_.id, std::current_exception());
}

void RunningNode::start() {
    Delivery delivery;
    delivery.kind = Delivery::Kind::event;
    perform(delivery, &Node::start);
}

void RunningNode::make(const Stamp& stamp, Hold ticket) {
    auto delivery = std::make_shared<Delivery>();
    delivery->stamp = stamp;
    delivery->hold = std::move(ticket);
    delivery->messages = 1;
    meter_.arrive();
    worker_.try_put(delivery);
}

// Runs one at a time, so the gate and the node of an ordered kind need no lock.
void RunningNode::handle(Event&& event) try {
    if (event.kind == Event::Kind::stop) {
        Delivery delivery;
        delivery.kind = Delivery::Kind::event;
        if (spec_.ordered && !context_.failed) perform(delivery, &Node::stop);
    } else if (event.kind == Event::Kind::message) {
        Envelope& envelope = event.envelope;
        const Gate::Role role = gate_.role(event.input);
        const bool stream = role == Gate::Role::stream;
        const bool let_go = context_.failed || (stream && is_let_go(envelope.stamp));
        if (let_go || (stream && !gate_.accepts(envelope.stamp.pass))) {
            if (is_work(event.input, envelope)) meter_.leave(1);
            if (let_go)
                dropped_ = true;
            else if (spec_.only_train)
                dispatch(0, std::move(envelope));
            return;
        }
        gate_.put(event.input, std::move(envelope), ready_);
        meter_.hold(gate_.held());
    }
    drain();
} catch (...) {
    context_.fail(plan_.id, std::current_exception());
}

void RunningNode::drain() {
    while (!ready_.empty()) {
        // At the end of a pass a trainer sends a model: not before one of those out has come back.
        const bool waits = ready_.front().kind == Delivery::Kind::end && must_wait();
        meter_.limit(waits);
        if (waits) return;
        Delivery delivery = std::move(ready_.front());
        ready_.pop_front();
        // Once one message is let go, what follows it must not be taken for a whole pass.
        if (delivery.kind != Delivery::Kind::event && (cut_ || is_let_go(delivery.stamp))) {
            dropped_ = true;
            cut_ = spec_.ordered;
            meter_.leave(delivery.messages);
        } else {
            deliver(delivery);
        }
    }
}

void RunningNode::deliver(Delivery& delivery) {
    switch (delivery.kind) {
        case Delivery::Kind::message:
            if (spec_.ordered)
                perform(delivery, &Node::receive);
            else
                worker_.try_put(std::make_shared<Delivery>(std::move(delivery)));
            break;
        case Delivery::Kind::event:
            perform(delivery, &Node::receive);
            break;
        case Delivery::Kind::tombstone:
            meter_.tombstone();
            meter_.leave(delivery.messages);
            if (!spec_.reindexes) send_tombstones(delivery);
            break;
        case Delivery::Kind::end:
            if (spec_.ordered && !delivery.skipped) perform(delivery, &Node::end);
            held_.clear();
            forward_end(delivery.stamp.pass, delivery.count);
            break;
    }
}

void RunningNode::perform(Delivery& delivery, Method method, Work work) {
    using Time = Trace::Clock::time_point;
    // Of this thread, in a chain: the clock costs as much as all else that is done for a message.
    thread_local std::optional<Time> previous_end;

    const bool stream = delivery.kind == Delivery::Kind::message;
    if (context_.failed || (stream && is_let_go(delivery.stamp))) {
        dropped_ = true;
        if (spec_.ordered) cut_ = true;
        if (work == Work::elsewhere) meter_.leave(delivery.messages);
        return;
    }
    const bool given = delivery.messages > 0;
    given ? meter_.begin(work == Work::elsewhere) : meter_.begin_extra();
    const bool timed = work == Work::elsewhere || context_.trace.enabled() || meter_.is_timed();
    Time start;
    if (timed) start = work == Work::here && previous_end ? *previous_end : Trace::Clock::now();
    RunningCall call(*this, delivery);
    bool done = false;
    for (int attempts = plan_.on_error == OnError::retry ? 3 : 1; attempts > 0 && !done;
         --attempts) {
        try {
            (node_.get()->*method)(call);
            done = true;
        } catch (...) {
            call.outgoing().clear();
            if (attempts == 1) handle_error(delivery);
        }
    }
    previous_end.reset();
    std::optional<uint64_t> busy;
    if (timed) {
        previous_end = Trace::Clock::now();
        busy = static_cast<uint64_t>(std::chrono::nanoseconds(*previous_end - start).count());
        if (context_.trace.enabled()) trace(delivery, method, start, *previous_end);
    }
    given ? meter_.end(!done, busy) : meter_.end_extra(*busy);
    for (size_t i = 0; i < spec_.inputs.size(); ++i)
        delivery.values[i].reset();  // before what was made is worked on, which needs room
    if (!done) return;
    if (stream && spec_.reindexes) held_.push_back(delivery.hold);
    send(delivery, call.outgoing());
}

void RunningNode::trace(const Delivery& delivery, Method method, Trace::Clock::time_point start,
                        Trace::Clock::time_point end) {
    std::string what;
    if (delivery.kind == Delivery::Kind::message)
        what = item_name(delivery.stamp);
    else if (delivery.messages > 0)
        what = fmt::format("message of epoch {}", delivery.stamp.epoch);
    else
        what = method == &Node::start ? "start" : method == &Node::stop ? "stop" : "end of a pass";
    context_.trace.add({plan_.id, spec_.name, what, delivery.arrived, start, end});
}

void RunningNode::handle_error(const Delivery& delivery) {
    const bool item = delivery.kind == Delivery::Kind::message;
    try {
        throw;
    } catch (const ConfigurationError&) {
        context_.fail(plan_.id, std::current_exception());
    } catch (const std::exception& error) {
        // A sink that cannot write, as when the disk is full, cannot write the next one either.
        const bool disk =
            spec_.outputs.empty() && dynamic_cast<const std::system_error*>(&error) != nullptr;
        if (!item || disk || plan_.on_error == OnError::abort) {
            context_.fail(plan_.id, std::current_exception());
            return;
        }
        const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
        context_.quarantine(item_name(delivery.stamp), plan_.id,
                            memory ? "it needs more memory than there is" : error.what());
        meter_.tombstone();
        Delivery failed = delivery;
        failed.failed = true;
        if (!spec_.reindexes) send_tombstones(failed);
    }
}

std::string RunningNode::item_name(const Stamp& stamp) const {
    if (!origin_.source) return "";
    const Pass& pass = origin_.passes->at(static_cast<size_t>(stamp.pass));
    if (origin_.items) return origin_.source->item(origin_.source->item_of(pass, stamp.index)).name;
    return fmt::format("message {} of epoch {}, split {}", stamp.index, pass.epoch, pass.split);
}

}  // namespace graph
