// Order, joins and latches.
#include "graph/gate.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace graph {

Gate::Gate(Rules rules) : rules_(std::move(rules)) {
    latched_.resize(rules_.roles.size());
    floor_.resize(rules_.roles.size());
    streams_ =
        static_cast<size_t>(std::count(rules_.roles.begin(), rules_.roles.end(), Role::stream));
    latches_ = std::ranges::find(rules_.roles, Role::latched) != rules_.roles.end();
    for (size_t pass = 0; pass < rules_.accepts.size(); ++pass)
        if (rules_.accepts[pass]) order_.push_back(static_cast<int>(pass));
}

void Gate::put(size_t input, Envelope envelope, std::deque<Delivery>& ready) {
    const Role role = rules_.roles.at(input);
    if (role == Role::event) {
        Delivery event;
        event.kind = Delivery::Kind::event;
        event.stamp = std::move(envelope.stamp);
        event.hold = std::move(envelope.hold);
        event.values[input] = std::move(envelope.value);
        event.messages = 1;
        event.arrived = envelope.arrived;
        ready.push_back(std::move(event));
        return;
    }
    if (role == Role::latched) {
        const int epoch = envelope.stamp.epoch;
        if (!floor_[input]) floor_[input] = epoch;
        if (envelope.stamp.complete && used_later(epoch)) latched_[input][epoch] = envelope.value;
        return advance(ready);
    }

    const int pass = envelope.stamp.pass;
    if (!accepts(pass)) return;
    if (envelope.kind == Envelope::Kind::end) {
        End& end = ends_[pass];
        if (end.arrived > 0 && end.count != envelope.stamp.index)
            throw std::logic_error(
                fmt::format("joined inputs differ: {} and {} messages in pass {}", end.count,
                            envelope.stamp.index, pass));
        end.count = envelope.stamp.index;
        ++end.arrived;
        if (rules_.ordered) return advance(ready);
        Delivery delivery;
        delivery.kind = Delivery::Kind::end;
        delivery.stamp.pass = pass;
        delivery.count = end.count;
        ready.push_back(std::move(delivery));
        ends_.erase(pass);
        ++next_pass_;
        return;
    }

    auto fill = [&](Delivery& delivery) {
        delivery.stamp = std::move(envelope.stamp);
        delivery.values[input] = std::move(envelope.value);
        delivery.hold =
            delivery.hold ? merge({delivery.hold, envelope.hold}) : std::move(envelope.hold);
        if (envelope.kind == Envelope::Kind::tombstone)
            delivery.kind = Delivery::Kind::tombstone;
        else
            ++delivery.messages;
        if (delivery.messages == 1) delivery.arrived = envelope.arrived;
        delivery.failed = delivery.failed || envelope.failed;
    };
    if (!rules_.ordered) {
        fill(ready.emplace_back());
        return;
    }
    if (streams_ == 1 && !latches_ && next_pass_ < order_.size() && is_next(envelope.stamp)) {
        fill(ready.emplace_back());  // most come in their order, and need not be looked for
        step_past(ready.back().stamp);
        return advance(ready);
    }
    Pending& pending = pending_[envelope.stamp];
    fill(pending.delivery);
    ++pending.arrived;
    if (envelope.kind == Envelope::Kind::value) ++held_;
    advance(ready);
}

void Gate::advance(std::deque<Delivery>& ready) {
    while (next_pass_ < order_.size()) {
        const int number = order_[next_pass_];
        const Pass& pass = rules_.passes->at(static_cast<size_t>(number));
        const auto first = pending_.begin();
        if (first != pending_.end() && is_next(first->first) && first->second.arrived == streams_) {
            if (!attach_latched(first->second.delivery, pass.epoch)) return;
            held_ -= first->second.delivery.messages;
            ready.push_back(std::move(first->second.delivery));
            const Stamp stamp = first->first;
            pending_.erase(first);
            step_past(stamp);
            continue;
        }
        const auto end = ends_.find(number);
        if (end == ends_.end() || end->second.arrived < streams_ ||
            end->second.count != next_index_ || !next_parts_.empty())
            return;
        Delivery delivery;
        delivery.kind = Delivery::Kind::end;
        delivery.stamp.pass = number;
        delivery.count = end->second.count;
        if (!attach_latched(delivery, pass.epoch)) return;
        ready.push_back(std::move(delivery));
        ends_.erase(end);
        ++next_pass_;
        next_index_ = 0;
        if (!used_later(pass.epoch)) drop_latched(pass.epoch);
    }
}

bool Gate::is_next(const Stamp& stamp) const {
    if (stamp.pass != order_[next_pass_] || stamp.index != next_index_) return false;
    if (stamp.parts.size() < next_parts_.size()) return false;
    for (size_t i = 0; i < stamp.parts.size(); ++i)
        if (stamp.parts[i].index != (i < next_parts_.size() ? next_parts_[i] : 0)) return false;
    return true;
}

void Gate::step_past(const Stamp& stamp) {
    next_parts_.clear();
    size_t level = stamp.parts.size();
    while (level > 0 && stamp.parts[level - 1].index + 1 == stamp.parts[level - 1].count) --level;
    if (level == 0) {
        ++next_index_;
        return;
    }
    for (size_t i = 0; i < level; ++i) next_parts_.push_back(stamp.parts[i].index);
    ++next_parts_.back();
}

/// False: it has to wait. Items of epochs before the first model that comes are let go.
bool Gate::attach_latched(Delivery& delivery, int epoch) const {
    for (size_t input = 0; input < rules_.roles.size(); ++input) {
        if (rules_.roles[input] != Role::latched) continue;
        if (!floor_[input]) return false;
        if (epoch < *floor_[input]) {
            if (delivery.kind == Delivery::Kind::message) delivery.kind = Delivery::Kind::tombstone;
            delivery.skipped = true;
            continue;
        }
        const auto found = latched_[input].find(epoch);
        if (found == latched_[input].end()) return false;
        delivery.values[input] = found->second;
    }
    return true;
}

bool Gate::used_later(int epoch) const {
    for (size_t i = next_pass_; i < order_.size(); ++i) {
        const int of_pass = rules_.passes->at(static_cast<size_t>(order_[i])).epoch;
        if (of_pass == epoch) return true;
        if (of_pass > epoch) return false;
    }
    return false;
}

void Gate::drop_latched(int epoch) {
    for (auto& values : latched_) values.erase(epoch);
}

std::string Gate::missing() const {
    if (complete()) return "";
    const Pass& pass = rules_.passes->at(static_cast<size_t>(order_[next_pass_]));
    return fmt::format("epoch {}, split {}: {} of {} messages came{}", pass.epoch, pass.split,
                       next_index_, pass.items,
                       pending_.empty() ? "" : fmt::format(", {} are waiting", pending_.size()));
}

}  // namespace graph
