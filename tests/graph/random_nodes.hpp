// The nodes that random graphs are made of. What each makes of a message, drops or fails at is a
// function of the message's value, of its options and of its place, so that random_oracle.hpp can
// say what must come out. They register themselves when a test program includes this file.
#pragma once

#include "graph/node.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace random_nodes {

/// SplitMix64's last step, of two numbers.
inline uint64_t mix(uint64_t a, uint64_t b) {
    return graph::Random(a * 0x9e3779b97f4a7c15 ^ b).next();
}

/// What the sinks got, and how many items and messages there were at once; cleared by each test.
struct Seen {
    using Line = std::vector<uint64_t>;  // pass, index, part of part..., value

    std::mutex mutex;
    std::map<std::string, std::vector<Line>> lines;             // by sink
    std::map<std::string, std::vector<std::string>> totals;     // by the node that sent them
    std::map<std::string, std::shared_ptr<const void>> stored;  // by sink
    std::atomic<int64_t> messages{0}, items{0}, most_items{0};  // alive
};
inline Seen& seen() {
    static Seen instance;
    return instance;
}

/// Alive as long as any message that was made of its item.
struct LiveItem {
    LiveItem() {
        const int64_t now = ++seen().items;
        int64_t most = seen().most_items;
        while (most < now && !seen().most_items.compare_exchange_weak(most, now)) {
        }
    }
    LiveItem(const LiveItem&) = delete;
    LiveItem& operator=(const LiveItem&) = delete;
    ~LiveItem() { --seen().items; }
};

struct Token {
    uint64_t value = 0;
    std::vector<std::shared_ptr<const LiveItem>> items;

    explicit Token(uint64_t v = 0, std::vector<std::shared_ptr<const LiveItem>> of = {})
        : value(v), items(std::move(of)) {
        ++seen().messages;
    }
    Token(const Token& other) : value(other.value), items(other.items) { ++seen().messages; }
    Token(Token&& other) noexcept : value(other.value), items(std::move(other.items)) {
        ++seen().messages;
    }
    Token& operator=(const Token&) = default;
    Token& operator=(Token&&) = default;
    ~Token() { --seen().messages; }
};
struct Total {
    std::string from;
    uint64_t value = 0;
    int epoch = 0;
    bool complete = false;
    uint64_t batches = 0;
};

}  // namespace random_nodes

template <>
inline constexpr const char* graph::port_type<random_nodes::Token> = "random_token";
template <>
inline constexpr const char* graph::port_type<random_nodes::Total> = "random_total";

namespace random_nodes {

using graph::Call;
using graph::Clock;
using graph::port;

struct Options {
    int salt = 0;
    int fail = 0;   // one in so many
    int drop = 0;   // one in so many
    int flaky = 0;  // how often a body throws before it does its work
    int delay = 0;  // microseconds, at most
    int size = 1;   // of a batch; the most parts
};
inline std::vector<graph::Param> params() {
    using graph::param;
    return {param("salt", &Options::salt, "makes it another function"),
            param("fail", &Options::fail, "throws at one in so many"),
            param("drop", &Options::drop, "drops one in so many"),
            param("flaky", &Options::flaky, "throws so often first"),
            param("delay", &Options::delay, "microseconds, at most"),
            param("size", &Options::size, "of a batch; the most parts")};
}

enum class Fate { value, drop, fail };
inline Fate fate(const Options& options, uint64_t value) {
    const uint64_t h = mix(value, static_cast<uint64_t>(options.salt) + 1);
    if (options.fail > 0 && h % static_cast<uint64_t>(options.fail) == 0) return Fate::fail;
    const bool drop = options.drop > 0 && (h >> 32) % static_cast<uint64_t>(options.drop) == 0;
    return drop ? Fate::drop : Fate::value;
}
inline uint64_t parts_of(const Options& options, uint64_t value) {
    return mix(value, 3) % static_cast<uint64_t>(options.size + 1);
}
inline bool goes_to(size_t output, const Options& options, uint64_t value) {
    const uint64_t h = mix(value, static_cast<uint64_t>(options.salt) + 5) % 4;
    return h == 3 || h != output;
}

/// What all of them do before their work: takes its time, and may throw.
class Base : public graph::Node {
  public:
    Base(const Options& o, const graph::Setup& setup) : options_(o), id_(setup.id) {}

  protected:
    /// False: dropped.
    bool begin(const Call& call, uint64_t value) {
        if (options_.delay > 0) {
            thread_local graph::Random random(
                std::hash<std::thread::id>()(std::this_thread::get_id()));
            std::this_thread::sleep_for(
                std::chrono::microseconds(random.below(uint64_t(options_.delay))));
        }
        if (options_.flaky > 0) {
            const std::lock_guard lock(mutex_);
            if (attempts_[call.stamp()]++ < options_.flaky) throw std::runtime_error("flaky");
        }
        const Fate what = fate(options_, value);
        if (what == Fate::fail) throw std::runtime_error("bad token");
        return what == Fate::value;
    }
    uint64_t salt() const { return static_cast<uint64_t>(options_.salt); }

    const Options options_;
    const std::string id_;

  private:
    std::mutex mutex_;
    std::map<graph::Stamp, int> attempts_;
};

struct SourceOptions : graph::Schedule {
    int count = 10;
    int group = 1;
    int salt = 0;
    int fail = 0;
    int delay = 0;
};
class MakeTokens : public graph::Source {
  public:
    MakeTokens(const SourceOptions& o, const graph::Setup& setup) : options_(o), id_(setup.id) {}
    size_t list() override { return static_cast<size_t>(options_.count); }
    graph::Item item(size_t i) const override {
        return {id_ + "." + std::to_string(i), std::to_string(i / size_t(options_.group))};
    }
    void receive(Call& call) override {
        const uint64_t value = mix(item_of(call), static_cast<uint64_t>(options_.salt));
        if (options_.delay > 0)
            std::this_thread::sleep_for(
                std::chrono::microseconds(value % uint64_t(options_.delay)));
        if (fate({.salt = options_.salt, .fail = options_.fail}, value) == Fate::fail)
            throw std::runtime_error("bad item");
        call.emit("out", Token(value, {std::make_shared<const LiveItem>()}));
    }

  private:
    const SourceOptions options_;
    const std::string id_;
};
inline const graph::Register make_tokens{graph::source<SourceOptions, MakeTokens>(
    {.name = "random_source",
     .outputs = {port<Token>(Clock::item, "out", "a token")},
     .params = {graph::param("count", &SourceOptions::count, "items"),
                graph::param("group", &SourceOptions::group, "items of one group"),
                graph::param("salt", &SourceOptions::salt, "other tokens"),
                graph::param("fail", &SourceOptions::fail, "throws at one in so many"),
                graph::param("delay", &SourceOptions::delay, "microseconds, at most")}})};

/// A parallel node; `random_tweak` is for training only.
class Map : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& in = call.input<Token>("in");
        if (begin(call, in.value))
            call.emit("out", Token(mix(in.value, salt() + call.random().next()), in.items));
    }
};
/// What it makes of a message depends on all that came before it in the pass.
class Series : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& in = call.input<Token>("in");
        if (!begin(call, in.value)) return;
        state_ = mix(state_, in.value);
        call.emit("out", Token(mix(state_, salt()), in.items));
    }
    void end(Call&) override { state_ = 0; }

  private:
    uint64_t state_ = 0;
};
class Fork : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& in = call.input<Token>("in");
        if (!begin(call, in.value)) return;
        if (goes_to(0, options_, in.value)) call.emit("a", Token(mix(in.value, 10), in.items));
        if (goes_to(1, options_, in.value)) call.emit("b", Token(mix(in.value, 11), in.items));
    }
};
/// Two or three messages of one stamp.
class Join : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        Token out(salt());
        for (const char* name : {"a", "b", "c"}) {
            if (!call.has(name)) continue;
            const auto& in = call.input<Token>(name);
            out.value = mix(out.value, in.value);
            out.items.insert(out.items.end(), in.items.begin(), in.items.end());
        }
        if (begin(call, out.value)) call.emit("out", std::move(out));
    }
};
/// Parts of a message, or items of a batch: maybe none.
class Parts : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& in = call.input<Token>("in");
        if (!begin(call, in.value)) return;
        std::vector<Token> parts;
        for (uint64_t i = 0; i < parts_of(options_, in.value); ++i)
            parts.emplace_back(mix(in.value, i), in.items);
        call.emit_parts("out", std::move(parts));
    }
};
class Batch : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& in = call.input<Token>("in");
        if (!begin(call, in.value)) return;
        batch_.value = mix(batch_.value, in.value);
        batch_.items.insert(batch_.items.end(), in.items.begin(), in.items.end());
        if (++count_ == options_.size) flush(call);
    }
    void end(Call& call) override {
        if (count_ > 0) flush(call);
    }

  private:
    void flush(Call& call) {
        call.emit("out", std::exchange(batch_, Token(0)));
        count_ = 0;
    }
    Token batch_;
    int count_ = 0;
};

/// Stands for a trainer: its total is a hash of all that it has seen, in order.
class Learn : public Base {
  public:
    using Base::Base;
    void start(Call& call) override { send(call); }
    void receive(Call& call) override {
        if (!trains(call) || is_behind(call)) return;
        if (call.pass().epoch == total_.epoch && call.stamp().index < total_.batches) return;
        enter(call);
        const auto& in = call.input<Token>("in");
        begin(call, in.value);
        total_.value = mix(total_.value, in.value);
        total_.batches = call.stamp().index + 1;
    }
    void end(Call& call) override {
        if (!trains(call) || is_behind(call)) return;
        enter(call);
        total_.complete = true;
        send(call);
    }
    void stop(Call& call) override { send(call); }
    graph::Cursor resume(const std::shared_ptr<const void>& stored) override {
        total_ = *std::static_pointer_cast<const Total>(stored);
        return {total_.epoch, total_.batches, total_.complete};
    }

  private:
    static bool trains(const Call& call) { return call.pass().purpose == graph::Purpose::train; }
    bool is_behind(const Call& call) const {
        return call.pass().epoch < total_.epoch ||
               (call.pass().epoch == total_.epoch && total_.complete);
    }
    void enter(const Call& call) {
        if (call.pass().epoch > total_.epoch) total_.batches = 0;
        total_.epoch = call.pass().epoch;
        total_.complete = false;
    }
    void send(Call& call) {
        total_.from = id_;
        call.emit_epoch("model", total_.epoch, total_.complete,
                        std::make_shared<const Total>(total_));
    }
    Total total_;
};
/// Stands for an evaluator: holds messages against the model of their epoch.
class Judge : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& in = call.input<Token>("in");
        const auto& model = call.input<Total>("model");
        if (model.epoch != call.pass().epoch || !model.complete)
            throw std::logic_error("a model of another epoch");
        if (!begin(call, in.value)) return;
        state_ = mix(state_, in.value);
        call.emit("out", Token(mix(in.value, model.value), in.items));
    }
    void end(Call& call) override {
        const auto& model = call.input<Total>("model");
        call.emit_epoch("report", call.pass().epoch, true,
                        std::make_shared<const Total>(Total{
                            id_, mix(std::exchange(state_, 0), model.value), call.pass().epoch,
                            true, static_cast<uint64_t>(call.pass().number)}));
    }

  private:
    uint64_t state_ = 0;
};

class Sink : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        Seen::Line line{uint64_t(call.stamp().pass), call.stamp().index};
        for (const auto& part : call.stamp().parts) line.push_back(part.index);
        const auto& in = call.input<Token>("in");
        line.push_back(in.value);
        begin(call, in.value);
        const std::lock_guard lock(seen().mutex);
        seen().lines[id_].push_back(std::move(line));
    }
};
inline std::string line_of(const Total& total) {
    return fmt::format("{} {} {}", total.epoch, total.complete, total.value);
}
class TotalSink : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& total = call.input<Total>("in");
        begin(call, 0);
        const std::lock_guard lock(seen().mutex);
        seen().totals[total.from].push_back(line_of(total));
    }
};
class Save : public Base {
  public:
    using Base::Base;
    void receive(Call& call) override {
        const auto& total = call.input<Total>("in");
        begin(call, 0);
        const std::lock_guard lock(seen().mutex);
        seen().stored[id_] = std::make_shared<const Total>(total);
    }
    std::shared_ptr<const void> stored() override { return seen().stored[id_]; }
};

template <class N>
graph::Register one(const char* name, Clock in, Clock out, bool ordered) {
    graph::Spec spec = graph::node<Options, N>({.name = name,
                                                .inputs = {port<Token>(in, "in", "a token")},
                                                .outputs = {port<Token>(out, "out", "another")},
                                                .params = params()});
    spec.ordered = ordered;
    spec.only_train = std::string_view(name) == "random_tweak";
    spec.makes_parts = std::is_same_v<N, Parts>;
    spec.reindexes = std::is_same_v<N, Batch>;
    if (spec.reindexes)
        spec.holds = [](const void* p) { return size_t(static_cast<const Options*>(p)->size); };
    return graph::Register{spec};
}
template <class N, class In>
graph::Register sink(const char* name, Clock clock, bool many) {
    graph::Port in = port<In>(clock, "in", "what came");
    in.many = many;
    return graph::Register{
        graph::ordered_node<Options, N>({.name = name, .inputs = {in}, .params = params()})};
}
inline graph::Register join(const char* name, bool ordered) {
    graph::Spec spec = graph::node<Options, Join>(
        {.name = name,
         .inputs = {port<Token>(Clock::same, "a", "one"), port<Token>(Clock::same, "b", "other"),
                    graph::optional(port<Token>(Clock::same, "c", "third"))},
         .outputs = {port<Token>(Clock::same, "out", "of all")},
         .params = params()});
    spec.ordered = ordered;
    return graph::Register{spec};
}

inline const graph::Register registered[] = {
    one<Map>("random_map", Clock::same, Clock::same, false),
    one<Map>("random_tweak", Clock::same, Clock::same, false),
    one<Series>("random_series", Clock::same, Clock::same, true),
    one<Parts>("random_parts", Clock::item, Clock::item, false),
    one<Parts>("random_unbatch", Clock::batch, Clock::item, false),
    one<Batch>("random_batch", Clock::item, Clock::batch, true),
    join("random_join", false),
    join("random_join_in_order", true),
    sink<Sink, Token>("random_sink", Clock::same, false),
    sink<TotalSink, Total>("random_totals", Clock::epoch, true),
    sink<Save, Total>("random_save", Clock::epoch, false),
    graph::Register{graph::node<Options, Fork>(
        {.name = "random_fork",
         .inputs = {port<Token>(Clock::same, "in", "a token")},
         .outputs = {port<Token>(Clock::same, "a", "some"), port<Token>(Clock::same, "b", "some")},
         .params = params()})},
    graph::Register{graph::ordered_node<Options, Learn>(
        {.name = "random_learn",
         .inputs = {port<Token>(Clock::batch, "in", "batches")},
         .outputs = {graph::limited(2, port<Total>(Clock::epoch, "model", "the total so far"))},
         .params = params()})},
    graph::Register{graph::ordered_node<Options, Judge>(
        {.name = "random_judge",
         .inputs = {port<Token>(Clock::same, "in", "tokens"),
                    port<Total>(Clock::epoch, "model", "of the epoch")},
         .outputs = {port<Token>(Clock::same, "out", "judged"),
                     port<Total>(Clock::epoch, "report", "of a pass")},
         .params = params()})},
};

}  // namespace random_nodes
