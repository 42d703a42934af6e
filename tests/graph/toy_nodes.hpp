// Small nodes that stand for real ones in the engine's tests: numbers instead of images, sums
// instead of models. They register themselves when a test program includes this file.
#pragma once

#include "graph/source.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace toy {

struct Sum {
    int64_t total = 0;
    int epoch = 0;
    bool complete = true;
    uint64_t batches = 0;
};
struct Score {
    int epoch = 0;
    std::string split;
    int64_t model = 0;
    int64_t items = 0;
};

/// What the sinks have seen, by node id; cleared by each test.
struct Seen {
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>> lines;
    std::map<std::string, std::thread::id> threads;
    std::map<std::string, std::shared_ptr<const Sum>> stored;
    int alive = 0, most_alive = 0;

    void add(const std::string& id, std::string line) {
        const std::lock_guard lock(mutex);
        lines[id].push_back(std::move(line));
    }
};
inline Seen& seen() {
    static Seen instance;
    return instance;
}

/// A number that counts how many of it are alive.
struct Number {
    int value = 0;

    explicit Number(int v = 0) : value(v) { change(1); }
    Number(const Number& other) : value(other.value) { change(1); }
    Number(Number&& other) noexcept : value(other.value) { change(1); }
    Number& operator=(const Number&) = default;
    Number& operator=(Number&&) = default;
    ~Number() { change(-1); }

    static void change(int by) {
        const std::lock_guard lock(seen().mutex);
        seen().alive += by;
        seen().most_alive = std::max(seen().most_alive, seen().alive);
    }
};
struct Numbers {
    std::vector<int> values;
};

}  // namespace toy

template <>
inline constexpr const char* graph::port_type<toy::Number> = "number";
template <>
inline constexpr const char* graph::port_type<toy::Numbers> = "numbers";
template <>
inline constexpr const char* graph::port_type<toy::Sum> = "sum";
template <>
inline constexpr const char* graph::port_type<toy::Score> = "score";

namespace toy {

using graph::Call;
using graph::Clock;
using graph::port;

struct CountParams : graph::Schedule {
    int count = 10;
    int64_t group = 1;
};
class Count : public graph::Source {
  public:
    Count(const CountParams& p, const graph::Setup&) : params_(p) {}
    size_t list() override { return static_cast<size_t>(params_.count); }
    graph::Item item(size_t i) const override {
        return {"n" + std::to_string(i), std::to_string(static_cast<int64_t>(i) / params_.group)};
    }
    void receive(Call& call) override {
        call.emit<Number>("number", Number(static_cast<int>(item_of(call))));
    }

  private:
    CountParams params_;
};
inline const graph::Register count{graph::source<CountParams, Count>(
    {.name = "count",
     .doc = "Numbers from 0.",
     .outputs = {port<Number>(Clock::item, "number", "the number")},
     .params = {graph::param("count", &CountParams::count, graph::Range{0, 1e9}, "how many"),
                graph::param("group", &CountParams::group, graph::Range{1, 1e9}, "of a group")}})};

/// A source whose items are made when a run begins.
struct MadeParams : graph::Schedule {
    int count = 0;
    bool may_be_empty = true;
    bool bad = false, waits = false;
};
class Made : public graph::Source {
  public:
    Made(const MadeParams& p, const graph::Setup&) : params_(p) {}
    bool prepare(graph::Preparation& preparation) override {
        ++prepared;
        if (params_.bad) preparation.set_aside("bad", "cannot be read");
        while (params_.waits) preparation.check_stop();
        ready_ = true;
        return true;
    }
    bool may_be_empty() const override { return params_.may_be_empty; }
    size_t list() override {
        ++listed;
        return ready_ ? static_cast<size_t>(params_.count) : 100;
    }
    graph::Item item(size_t i) const override { return {std::to_string(i), std::to_string(i)}; }
    void receive(Call& call) override {
        call.emit<Number>("number", Number(static_cast<int>(item_of(call))));
    }
    static inline int prepared = 0, listed = 0;  // how often, of all

  private:
    MadeParams params_;
    bool ready_ = false;
};
inline const graph::Register made{graph::source<MadeParams, Made>(
    {.name = "made",
     .doc = "Has its numbers once a run begins.",
     .outputs = {port<Number>(Clock::item, "number", "the number")},
     .params = {graph::param("count", &MadeParams::count, "how many"),
                graph::param("may_be_empty", &MadeParams::may_be_empty, "or an error"),
                graph::param("bad", &MadeParams::bad, "one cannot be made"),
                graph::param("waits", &MadeParams::waits, "until it is stopped")}})};

struct DoubleParams {
    std::vector<int> fail;
    int delay = 0;
};
inline const graph::Register twice{graph::map<DoubleParams, Number, Number>(
    {.name = "double",
     .doc = "Doubles numbers, in parallel.",
     .inputs = {port<Number>(Clock::item, "number", "a number")},
     .outputs = {port<Number>(Clock::item, "number", "its double")},
     .params = {graph::param("fail", &DoubleParams::fail, "numbers that make it throw"),
                graph::param("delay", &DoubleParams::delay, "microseconds, at most")}},
    [](const DoubleParams& p, const Number& n, graph::Random& random) {
        if (p.delay > 0)
            std::this_thread::sleep_for(std::chrono::microseconds(random.below(uint64_t(p.delay))));
        for (const int bad : p.fail)
            if (n.value == bad) throw std::runtime_error("bad number " + std::to_string(bad));
        return Number(2 * n.value);
    })};

struct PartsParams {
    int parts = 3;
};
class Parts : public graph::Node {
  public:
    Parts(const PartsParams& p, const graph::Setup&) : parts_(p.parts) {}
    void receive(Call& call) override {
        const int n = call.input<Number>("number").value;
        std::vector<Number> parts;
        for (int i = 0; i < (parts_ + n) % (parts_ + 1); ++i) parts.emplace_back(100 * n + i);
        call.emit_parts<Number>("number", std::move(parts));
    }

  private:
    int parts_;
};
inline const graph::Register parts{[] {
    auto spec = graph::node<PartsParams, Parts>(
        {.name = "parts",
         .doc = "Makes parts of a number: their count differs, and may be 0.",
         .inputs = {port<Number>(Clock::item, "number", "a number")},
         .outputs = {port<Number>(Clock::item, "number", "100 n + part")},
         .params = {graph::param("parts", &PartsParams::parts, graph::Range{1, 9}, "at most")}});
    spec.makes_parts = true;
    return spec;
}()};

inline const graph::Register negate{[] {
    auto spec = graph::map<graph::NoParams, Number, Number>(
        {.name = "negate",
         .doc = "Negates what is trained on.",
         .inputs = {port<Number>(Clock::item, "number", "a number")},
         .outputs = {port<Number>(Clock::item, "number", "-n")}},
        [](const graph::NoParams&, const Number& n) { return Number(-n.value); });
    spec.only_train = true;
    return spec;
}()};

struct GatherParams {
    int size = 4;
};
class Gather : public graph::Node {
  public:
    Gather(const GatherParams& p, const graph::Setup&) : size_(p.size) {}
    void receive(Call& call) override {
        values_.values.push_back(call.input<Number>("number").value);
        if (static_cast<int>(values_.values.size()) == size_) flush(call);
    }
    void end(Call& call) override {
        if (!values_.values.empty()) flush(call);
    }

  private:
    void flush(Call& call) { call.emit<Numbers>("numbers", std::exchange(values_, {})); }
    int size_;
    Numbers values_;
};
inline const graph::Register gather{[] {
    auto spec = graph::ordered_node<GatherParams, Gather>(
        {.name = "gather",
         .doc = "Batches of numbers.",
         .inputs = {port<Number>(Clock::item, "number", "a number")},
         .outputs = {port<Numbers>(Clock::batch, "numbers", "some numbers")},
         .params = {graph::param("size", &GatherParams::size, graph::Range{1, 1e6}, "numbers")}});
    spec.reindexes = true;
    spec.holds = [](const void* p) { return size_t(static_cast<const GatherParams*>(p)->size); };
    return spec;
}()};

/// A sink: a line for each message, in the order of receipt.
template <class T>
class Record : public graph::Node {
  public:
    Record(const graph::NoParams&, const graph::Setup& setup) : id_(setup.id) {}
    void receive(Call& call) override {
        const auto& pass = call.pass();
        std::string line = fmt::format(
            "{}{}{}:", pass.epoch, pass.purpose == graph::Purpose::train ? "t" : "e", pass.split);
        if constexpr (std::is_same_v<T, Number>)
            line += std::to_string(call.input<T>("in").value);
        else
            line += fmt::format("{}", fmt::join(call.input<T>("in").values, ","));
        seen().add(id_, line);
    }
    void finish() override { seen().add(id_, "finish"); }

  private:
    std::string id_;
};
inline const graph::Register record{graph::ordered_node<graph::NoParams, Record<Number>>(
    {.name = "record",
     .doc = "Records numbers.",
     .inputs = {port<Number>(Clock::item, "in", "numbers")}})};
inline const graph::Register record_batches{graph::ordered_node<graph::NoParams, Record<Numbers>>(
    {.name = "record_batches",
     .doc = "Records batches.",
     .inputs = {port<Numbers>(Clock::batch, "in", "batches")}})};

struct LearnParams {
    int delay = 0;
    int fail_at = -1;
};
/// Stands for a trainer: its model is a hash of what it has seen, in order.
class Learn : public graph::Node {
  public:
    Learn(const LearnParams& p, const graph::Setup&) : params_(p) {}
    void start(Call& call) override { send(call, sum_.complete && resumed_); }
    void receive(Call& call) override {
        if (call.pass().purpose != graph::Purpose::train) return;
        const int epoch = call.pass().epoch;
        if (epoch < sum_.epoch || (epoch == sum_.epoch && resumed_ && sum_.complete)) return;
        if (epoch == sum_.epoch && call.stamp().index < sum_.batches) return;
        if (epoch > sum_.epoch) sum_.batches = 0;
        sum_.epoch = epoch;
        sum_.complete = false;
        if (params_.delay > 0)
            std::this_thread::sleep_for(std::chrono::microseconds(params_.delay));
        if (++steps_ == params_.fail_at) throw std::runtime_error("loss is not finite");
        for (const int v : call.input<Numbers>("numbers").values)
            sum_.total = (sum_.total * 31 + v) % 1'000'000'007;
        ++sum_.batches;
        call.report("sum", static_cast<double>(sum_.total));
    }
    void end(Call& call) override {
        if (call.pass().purpose != graph::Purpose::train || call.pass().epoch < sum_.epoch ||
            (resumed_ && sum_.complete && call.pass().epoch == sum_.epoch))
            return;
        sum_.complete = true;
        send(call, true);
    }
    void stop(Call& call) override { send(call, sum_.complete && sum_.batches > 0); }
    graph::Cursor resume(const std::shared_ptr<const void>& stored) override {
        sum_ = *std::static_pointer_cast<const Sum>(stored);
        resumed_ = true;
        return {sum_.epoch, sum_.batches, sum_.complete};
    }

  private:
    void send(Call& call, bool complete) {
        Sum sum = sum_;
        sum.complete = complete;
        call.emit_epoch("sum", sum.epoch, complete, std::make_shared<const Sum>(sum));
    }
    LearnParams params_;
    Sum sum_{0, 0, false, 0};
    int steps_ = 0;
    bool resumed_ = false;
};
inline const graph::Register learn{graph::ordered_node<LearnParams, Learn>(
    {.name = "learn",
     .doc = "Sums numbers up, in order.",
     .inputs = {port<Numbers>(Clock::batch, "numbers", "batches")},
     .outputs = {graph::limited(2, port<Sum>(Clock::epoch, "sum", "the sum so far"))},
     .params = {graph::param("delay", &LearnParams::delay, "microseconds"),
                graph::param("fail_at", &LearnParams::fail_at, "step that throws")}})};

class Save : public graph::Node {
  public:
    Save(const graph::NoParams&, const graph::Setup& setup) : id_(setup.id) {}
    void receive(Call& call) override {
        const auto sum = call.shared<Sum>("sum");
        const std::lock_guard lock(seen().mutex);
        // A copy, as a file would be: the message itself must be let go.
        seen().stored[id_] = std::make_shared<const Sum>(*sum);
        seen().lines[id_].push_back(
            fmt::format("{}{}:{}", sum->epoch, sum->complete ? "!" : "", sum->total));
    }
    std::shared_ptr<const void> stored() override { return seen().stored[id_]; }

  private:
    std::string id_;
};
inline const graph::Register save{graph::ordered_node<graph::NoParams, Save>(
    {.name = "save",
     .doc = "Keeps the last sum.",
     .inputs = {port<Sum>(Clock::epoch, "sum", "sums")}})};

struct AssessParams {
    int delay = 0;
};
class Assess : public graph::Node {
  public:
    Assess(const AssessParams& p, const graph::Setup& setup) : id_(setup.id), delay_(p.delay) {}
    void receive(Call& call) override {
        if (delay_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay_));
        items_ += static_cast<int64_t>(call.input<Numbers>("numbers").values.size());
        if (call.input<Sum>("sum").epoch != call.pass().epoch)
            throw std::logic_error("wrong epoch");
    }
    void end(Call& call) override {
        const Sum& sum = call.input<Sum>("sum");
        seen().add(id_, fmt::format("{}{}:{} of {}", call.pass().epoch, call.pass().split,
                                    sum.total, std::exchange(items_, 0)));
    }

  private:
    std::string id_;
    int delay_;
    int64_t items_ = 0;
};
inline const graph::Register assess{graph::ordered_node<AssessParams, Assess>(
    {.name = "assess",
     .doc = "Holds the sum of an epoch against the items to evaluate.",
     .inputs = {port<Numbers>(Clock::batch, "numbers", "batches"),
                port<Sum>(Clock::epoch, "sum", "the model")},
     .params = {graph::param("delay", &AssessParams::delay, "microseconds")}})};

class Add : public graph::Node {
  public:
    Add(const graph::NoParams&, const graph::Setup&) {}
    void receive(Call& call) override {
        call.emit<Number>("number",
                          Number(call.input<Number>("a").value + call.input<Number>("b").value));
    }
};
inline const graph::Register add{graph::node<graph::NoParams, Add>(
    {.name = "add",
     .doc = "Adds two numbers of one stamp.",
     .inputs = {port<Number>(Clock::item, "a", "one"), port<Number>(Clock::item, "b", "other")},
     .outputs = {port<Number>(Clock::item, "number", "a + b")}})};

}  // namespace toy
