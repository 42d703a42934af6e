// Nodes that messages begin at: what they list, how they go through it, and their declaration.
#pragma once

#include "graph/node.hpp"

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace graph {

/// An item of a source, as its split and its messages name it.
struct Item {
    std::string name;   // a file name, for errors
    std::string group;  // items of one group are never divided among splits
};

/// Item numbers of each split; `names` are in the order in which they are evaluated.
struct Splits {
    std::vector<std::string> names;
    std::vector<std::vector<uint32_t>> items;
};

/// How a source goes through its items; the parameters of every source.
struct Schedule {
    int epochs = 1;
    int evaluate_every = 1;
    bool shuffle = false;
    std::map<std::string, double> split;
};

/// Thrown by what was asked to stop before it had begun.
class Stopped : public std::runtime_error {
  public:
    Stopped() : std::runtime_error("stopped before it had begun: start it again") {}
};

/// What a source asks and says while it prepares, which may take hours. From any thread.
class Preparation {
  public:
    virtual ~Preparation() = default;
    /// Throws Stopped if the run is not to go on.
    virtual void check_stop() const = 0;
    /// Counts a bad input, of which there will be no item.
    virtual void set_aside(const std::string& item, const std::string& reason) = 0;
};

/// Makes the first messages: receive() is called, in parallel, once for each item of each pass, and
/// emits item number item_of(call.stamp()).
class Source : public Node {
  public:
    /// When a run begins, and never for `validate`: makes what list() lists, if it has to be made;
    /// true if it is to be asked again.
    virtual bool prepare(Preparation&) { return false; }
    /// Whether to have no items is to have nothing left to do; otherwise it is an error.
    virtual bool may_be_empty() const { return false; }
    /// Finds its items, and says how many there are. Throws ConfigurationError.
    virtual size_t list() = 0;
    /// One of those that it found last. Not kept by the engine, because there may be millions;
    /// asked from several threads at once.
    virtual Item item(size_t number) const = 0;
    virtual Clock clock() const { return Clock::item; }

    /// Which item a call is for.
    size_t item_of(const Call& call) const { return item_of(call.pass(), call.stamp().index); }
    size_t item_of(const Pass& pass, uint64_t index) const;
    void set_order(Splits splits, const Schedule& schedule, uint64_t seed, std::string id);

  private:
    Splits splits_;
    bool shuffle_ = false;
    uint64_t seed_ = 0;
    std::string id_;
    mutable std::mutex mutex_;
    mutable std::map<int, std::vector<uint32_t>> orders_;  // of the passes going on
};

/// A source that is a class N; P derives from Schedule, whose parameters follow its own.
template <class P, class N>
Spec source(Declaration d) {
    Spec spec = node<P, N>(std::move(d));
    spec.is_source = true;
    spec.schedule = [](const void* params) -> const Schedule& {
        return *static_cast<const P*>(params);
    };
    spec.params.push_back(param("epochs", static_cast<int P::*>(&Schedule::epochs), Range{1, 1e6},
                                "how many times the items to train on are gone through"));
    spec.params.push_back(param(
        "split", static_cast<std::map<std::string, double> P::*>(&Schedule::split), Range{0, 1e12},
        "the share or the number of items (or groups) of each split, such as "
        "{train: 0.7, test: 0.3}; without it all items are one split"));
    spec.params.push_back(param("shuffle", static_cast<bool P::*>(&Schedule::shuffle),
                                "a new order of the items to train on in each epoch"));
    spec.params.push_back(param("evaluate_every", static_cast<int P::*>(&Schedule::evaluate_every),
                                Range{1, 1e6},
                                "epochs from one evaluation to the next; the last is always one"));
    return spec;
}

}  // namespace graph
