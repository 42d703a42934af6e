// Sends on what a node made, and what stands for what it did not make.
#include "graph/running_node.hpp"

#include <algorithm>

namespace graph {

void RunningNode::link(RunningNode& from, size_t port, size_t input) {
    from.targets_[port].push_back({this, input});
}

/// To all that an output is linked to.
void RunningNode::dispatch(size_t port, Envelope&& envelope, Work work) {
    const auto& targets = targets_[port];
    if (targets.empty()) return;
    for (size_t i = 0; i + 1 < targets.size(); ++i)
        targets[i].node->accept(targets[i].input, Envelope(envelope), Work::elsewhere);
    targets.back().node->accept(targets.back().input, std::move(envelope), work);
}

void RunningNode::send(Delivery& delivery, Outgoing& outgoing) {
    const bool message = delivery.kind == Delivery::Kind::message;
    if (message && !spec_.reindexes) send_tombstones(delivery, outgoing);  // the item ends there
    // With the last message made of an item its hold goes on: a long chain keeps nothing behind.
    Hold hold = std::move(delivery.hold);
    if (spec_.reindexes && !outgoing.empty() && !held_.empty()) {
        hold = merge(held_);
        held_.clear();
    }
    for (auto& [port, envelope] : outgoing) {
        const bool last = &envelope == &outgoing.back().second;
        if (plan_.clocks[port] != Clock::epoch) {
            envelope.hold = last ? std::move(hold) : hold;
            if (spec_.reindexes) {
                envelope.stamp = Stamp{};
                envelope.stamp.pass = delivery.stamp.pass;
                envelope.stamp.index = sent_[port]++;
            }
        }
        // An ordered node has its next message to see to; a parallel one goes on with its last.
        dispatch(port, std::move(envelope),
                 message && last && !spec_.ordered ? Work::here : Work::elsewhere);
    }
}

void RunningNode::send_tombstones(const Delivery& delivery, const Outgoing& but) {
    for (size_t i = 0; i < targets_.size(); ++i) {
        const bool sent = std::ranges::any_of(but, [i](const auto& one) { return one.first == i; });
        if (plan_.clocks[i] == Clock::epoch || sent) continue;
        Envelope envelope;
        envelope.kind = Envelope::Kind::tombstone;
        envelope.stamp = delivery.stamp;
        envelope.hold = delivery.hold;  // or any number could wait for one that is slow
        envelope.failed = delivery.failed;
        dispatch(i, std::move(envelope));
    }
}

void RunningNode::forward_end(int pass, uint64_t count) {
    for (size_t i = 0; i < targets_.size(); ++i) {
        if (plan_.clocks[i] == Clock::epoch) continue;
        Envelope envelope;
        envelope.kind = Envelope::Kind::end;
        envelope.stamp.pass = pass;
        envelope.stamp.index = spec_.reindexes ? sent_[i] : count;
        sent_[i] = 0;
        dispatch(i, std::move(envelope));
    }
}

bool RunningNode::must_wait() const {
    for (size_t i = 0; i < targets_.size(); ++i)
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
                if (!node->context_.ended) node->put({Event::Kind::wake, 0, {}});
            }};
}

}  // namespace graph
