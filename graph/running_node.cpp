// Feeds a node, catches what it throws, and sends on what it makes.
#include "graph/running_node.hpp"

#include "graph/running_call.hpp"

#include <optional>

namespace graph {

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
    : graph_(graph),
      context_(context),
      plan_(plan),
      spec_(*plan.spec),
      origin_(origin),
      gate_(std::move(rules)),
      sent_(spec_.outputs.size()),
      alive_(std::make_unique<std::atomic<int>[]>(spec_.outputs.size())),
      inbox_(graph, tbb::flow::serial, [this](const Event& event) { handle(event); }),
      worker_(graph, tbb::flow::unlimited,
              [this](const std::shared_ptr<Delivery>& d) { perform(*d, &Node::receive); }) {
    meter_.set_joined(gate_.streams());
    for (size_t i = 0; i < spec_.outputs.size(); ++i)
        outputs_.push_back(std::make_unique<tbb::flow::broadcast_node<Envelope>>(graph));
}

void RunningNode::link(RunningNode& from, size_t port, size_t input) {
    const bool counted = gate_.role(input) != Gate::Role::latched;  // a model is no work by itself
    auto tag = [this, input, counted](const Envelope& e) {
        Event event{Event::Kind::message, input, e};
        if (counted && e.kind == Envelope::Kind::value) meter_.arrive();
        if (context_.trace.enabled()) event.envelope.arrived = Trace::Clock::now();
        return event;
    };
    links_.push_back(std::make_unique<tbb::flow::function_node<Envelope, Event>>(
        graph_, tbb::flow::serial, tag));
    tbb::flow::make_edge(*from.outputs_[port], *links_.back());
    tbb::flow::make_edge(*links_.back(), inbox_);
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
void RunningNode::handle(const Event& event) try {
    if (event.kind == Event::Kind::stop) {
        Delivery delivery;
        delivery.kind = Delivery::Kind::event;
        if (spec_.ordered && !context_.failed) perform(delivery, &Node::stop);
    } else if (event.kind == Event::Kind::message) {
        const Envelope& envelope = event.envelope;
        const Gate::Role role = gate_.role(event.input);
        const bool stream = role == Gate::Role::stream;
        const bool let_go = context_.failed || (stream && is_let_go(envelope.stamp));
        if (let_go || (stream && !gate_.accepts(envelope.stamp.pass))) {
            if (role != Gate::Role::latched && envelope.kind == Envelope::Kind::value)
                meter_.leave(1);
            if (let_go)
                dropped_ = true;
            else if (spec_.only_train)
                outputs_.front()->try_put(envelope);
            return;
        }
        gate_.put(event.input, envelope, ready_);
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
        if (delivery.kind != Delivery::Kind::event && is_let_go(delivery.stamp)) {
            dropped_ = true;
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

void RunningNode::forward_end(int pass, uint64_t count) {
    for (size_t i = 0; i < outputs_.size(); ++i) {
        if (plan_.clocks[i] == Clock::epoch) continue;
        Envelope envelope;
        envelope.kind = Envelope::Kind::end;
        envelope.stamp.pass = pass;
        envelope.stamp.index = spec_.reindexes ? sent_[i] : count;
        sent_[i] = 0;
        outputs_[i]->try_put(envelope);
    }
}

void RunningNode::perform(Delivery& delivery, Method method) {
    const bool stream = delivery.kind == Delivery::Kind::message;
    if (context_.failed || (stream && is_let_go(delivery.stamp))) {
        dropped_ = true;
        meter_.leave(delivery.messages);
        return;
    }
    const bool given = delivery.messages > 0;
    given ? meter_.begin() : meter_.begin_extra();
    const auto start = Trace::Clock::now();
    std::optional<Outgoing> made;
    for (int attempts = plan_.on_error == OnError::retry ? 3 : 1; attempts > 0 && !made;
         --attempts) {
        RunningCall call(*this, delivery);
        try {
            (node_.get()->*method)(call);
            made = call.take();
        } catch (...) {
            if (attempts == 1) handle_error(delivery);
        }
    }
    const auto end = Trace::Clock::now();
    const auto busy = static_cast<uint64_t>(std::chrono::nanoseconds(end - start).count());
    given ? meter_.end(!made, busy) : meter_.end_extra(busy);
    if (context_.trace.enabled()) trace(delivery, method, start, end);
    if (!made) return;
    if (stream && spec_.reindexes) held_.push_back(delivery.hold);
    send(delivery, std::move(*made));
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
        context_.quarantine(item_name(delivery.stamp), plan_.id, error.what());
        meter_.tombstone();
        Delivery failed = delivery;
        failed.failed = true;
        if (!spec_.reindexes) send_tombstones(failed);
    }
}

void RunningNode::send(const Delivery& delivery, Outgoing&& outgoing) {
    std::vector<char> sent(outputs_.size(), 0);
    Hold hold = delivery.hold;
    if (spec_.reindexes && !outgoing.empty() && !held_.empty()) {
        hold = merge(held_);
        held_.clear();
    }
    for (auto& [port, envelope] : outgoing) {
        sent[port] = 1;
        if (plan_.clocks[port] != Clock::epoch) {
            envelope.hold = hold;
            if (spec_.reindexes) {
                envelope.stamp = Stamp{};
                envelope.stamp.pass = delivery.stamp.pass;
                envelope.stamp.index = sent_[port]++;
            }
        }
        outputs_[port]->try_put(envelope);
    }
    if (delivery.kind == Delivery::Kind::message && !spec_.reindexes)
        send_tombstones(delivery, sent);  // where it has no parts, the item ends here
}

void RunningNode::send_tombstones(const Delivery& delivery, const std::vector<char>& sent) {
    for (size_t i = 0; i < outputs_.size(); ++i) {
        if (plan_.clocks[i] == Clock::epoch || (i < sent.size() && sent[i])) continue;
        Envelope envelope;
        envelope.kind = Envelope::Kind::tombstone;
        envelope.stamp = delivery.stamp;
        envelope.failed = delivery.failed;
        outputs_[i]->try_put(envelope);
    }
}

bool RunningNode::must_wait() const {
    for (size_t i = 0; i < outputs_.size(); ++i)
        if (spec_.outputs[i].limit > 0 && alive_[i] >= spec_.outputs[i].limit) return true;
    return false;
}

std::shared_ptr<const void> RunningNode::limit(size_t port, std::shared_ptr<const void> value) {
    if (spec_.outputs[port].limit == 0) return value;
    ++alive_[port];
    const void* address = value.get();
    return {address, [self = weak_from_this(), port, value](const void*) mutable {
                value.reset();
                const auto node = self.lock();
                if (!node) return;
                --node->alive_[port];
                if (!node->context_.ended) node->inbox_.try_put({Event::Kind::wake, 0, {}});
            }};
}

std::string RunningNode::item_name(const Stamp& stamp) const {
    if (!origin_.source) return "";
    const Pass& pass = origin_.passes->at(static_cast<size_t>(stamp.pass));
    if (origin_.items) return origin_.source->item(origin_.source->item_of(pass, stamp.index)).name;
    return fmt::format("message {} of epoch {}, split {}", stamp.index, pass.epoch, pass.split);
}

}  // namespace graph
