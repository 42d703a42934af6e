// The engine's side of a Call: gives a node its inputs and collects what it emits.
#pragma once

#include "graph/running_node.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <stdexcept>

namespace graph {

/// What a body emits is kept until it returns, so that one that throws
/// has sent nothing.
class RunningCall final : public Call {
  public:
    RunningCall(RunningNode& node, const Delivery& delivery) : node_(node), delivery_(delivery) {}

    bool has(std::string_view port) const override {
        const size_t index = find(node_.spec_.inputs, port);
        return delivery_.values[index] != nullptr;
    }
    const Stamp& stamp() const override { return delivery_.stamp; }
    const Pass& pass() const override {
        return node_.origin_.passes->at(static_cast<size_t>(delivery_.stamp.pass));
    }
    Random random() const override {
        return {static_cast<uint64_t>(node_.context_.settings.seed), node_.plan_.id,
                delivery_.stamp};
    }
    bool stopping() const override { return node_.context_.stopping; }
    void report(const std::string& name, double value) override {
        node_.context_.progress.report(name, value);
    }
    void warn(const std::string& message) override {
        node_.context_.progress.warn(node_.plan_.id, message);
    }
    RunningNode::Outgoing& outgoing() { return outgoing_; }

  private:
    size_t find(const std::vector<Port>& ports, std::string_view name) const {
        for (size_t i = 0; i < ports.size(); ++i)
            if (ports[i].name == name) return i;
        throw std::logic_error(fmt::format("{} has no port '{}'", node_.spec_.name, name));
    }
    size_t find(const std::vector<Port>& ports, std::string_view name, std::type_index type) const {
        const size_t index = find(ports, name);
        if (ports[index].id != type)
            throw std::logic_error(fmt::format("port '{}' of {} is of type {}", name,
                                               node_.spec_.name, ports[index].type));
        return index;
    }
    const std::shared_ptr<const void>& value(std::string_view port,
                                             std::type_index type) const override {
        const auto& value = delivery_.values[find(node_.spec_.inputs, port, type)];
        if (!value)
            throw std::logic_error(
                fmt::format("nothing came on '{}' of {}", port, node_.spec_.name));
        return value;
    }
    void put(std::string_view port, std::type_index type,
             std::shared_ptr<const void> value) override {
        Envelope envelope;
        envelope.stamp = delivery_.stamp;
        envelope.value = std::move(value);
        outgoing_.emplace_back(find(node_.spec_.outputs, port, type), std::move(envelope));
    }
    void put_parts(std::string_view port, std::type_index type,
                   std::vector<std::shared_ptr<const void>> values) override {
        for (size_t i = 0; i < values.size(); ++i) {
            put(port, type, std::move(values[i]));
            outgoing_.back().second.stamp.parts.push_back(
                {static_cast<uint32_t>(i), static_cast<uint32_t>(values.size())});
        }
    }
    void put_epoch(std::string_view port, std::type_index type, int epoch, bool complete,
                   std::shared_ptr<const void> value) override {
        const size_t index = find(node_.spec_.outputs, port, type);
        Envelope envelope;
        envelope.stamp.epoch = epoch;
        envelope.stamp.complete = complete;
        envelope.value = node_.limit(index, std::move(value));
        outgoing_.emplace_back(index, std::move(envelope));
    }

    RunningNode& node_;
    const Delivery& delivery_;
    // Room for what most bodies send, without asking for memory.
    alignas(std::max_align_t)
        std::array<std::byte, 2 * sizeof(RunningNode::Outgoing::value_type)> room_;
    std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
    RunningNode::Outgoing outgoing_{&memory_};
};

}  // namespace graph
