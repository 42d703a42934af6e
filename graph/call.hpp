// One message's visit to a node: what the node may ask, and where its results go.
#pragma once

#include "graph/random.hpp"
#include "graph/stamp.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace graph {

/// One delivery to a node: its inputs, its stamp, and where results go.
class Call {
  public:
    virtual ~Call() = default;

    template <class T>
    const T& input(std::string_view port) const {
        return *static_cast<const T*>(value(port, typeid(T)).get());
    }
    template <class T>
    std::shared_ptr<const T> shared(std::string_view port) const {
        return std::static_pointer_cast<const T>(value(port, typeid(T)));
    }
    virtual bool has(std::string_view port) const = 0;

    virtual const Stamp& stamp() const = 0;
    virtual const Pass& pass() const = 0;  // not of a message on the epoch clock
    virtual Random random() const = 0;
    virtual bool stopping() const = 0;  // a long body may give up

    template <class T>
    void emit(std::string_view port, T value) {
        put(port, typeid(T), std::make_shared<const T>(std::move(value)));
    }
    template <class T>
    void emit(std::string_view port, std::shared_ptr<const T> value) {
        put(port, typeid(T), std::move(value));
    }
    /// The parts of this item, in order; none: the item ends here.
    template <class T>
    void emit_parts(std::string_view port, std::vector<T> values) {
        std::vector<std::shared_ptr<const void>> parts;
        for (auto& value : values) parts.push_back(std::make_shared<const T>(std::move(value)));
        put_parts(port, typeid(T), std::move(parts));
    }
    /// On an output with the epoch clock.
    template <class T>
    void emit_epoch(std::string_view port, int epoch, bool complete,
                    std::shared_ptr<const T> value) {
        put_epoch(port, typeid(T), epoch, complete, std::move(value));
    }

    /// A figure for the progress line, such as ("loss", 0.01).
    virtual void report(const std::string& name, double value) = 0;
    virtual void warn(const std::string& message) = 0;

  protected:
    virtual const std::shared_ptr<const void>& value(std::string_view port,
                                                     std::type_index type) const = 0;
    virtual void put(std::string_view port, std::type_index, std::shared_ptr<const void>) = 0;
    virtual void put_parts(std::string_view port, std::type_index,
                           std::vector<std::shared_ptr<const void>>) = 0;
    virtual void put_epoch(std::string_view port, std::type_index, int epoch, bool complete,
                           std::shared_ptr<const void>) = 0;
};

}  // namespace graph
