// The nodes that random graphs are made of. What each makes of a message, drops or fails at is a
// function of the message's value, of its options and of its place, so that random_oracle.hpp can
// say what must come out. They register themselves when a test program includes this file.
#pragma once

#include "graph/source.hpp"
#include "tests/graph/random_messages.hpp"

namespace random_nodes {

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
     .doc = "Tokens.",
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
                                                .doc = "One token to others.",
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
    return graph::Register{graph::ordered_node<Options, N>(
        {.name = name, .doc = "Records what came.", .inputs = {in}, .params = params()})};
}
inline graph::Register join(const char* name, bool ordered) {
    graph::Spec spec = graph::node<Options, Join>(
        {.name = name,
         .doc = "One token of those of one stamp.",
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
         .doc = "Each token to one output, or to both.",
         .inputs = {port<Token>(Clock::same, "in", "a token")},
         .outputs = {port<Token>(Clock::same, "a", "some"), port<Token>(Clock::same, "b", "some")},
         .params = params()})},
    graph::Register{graph::ordered_node<Options, Learn>(
        {.name = "random_learn",
         .doc = "A hash of all batches, in order.",
         .inputs = {port<Token>(Clock::batch, "in", "batches")},
         .outputs = {graph::limited(2, port<Total>(Clock::epoch, "model", "the total so far"))},
         .params = params()})},
    graph::Register{graph::ordered_node<Options, Judge>(
        {.name = "random_judge",
         .doc = "Holds tokens against the model of their epoch.",
         .inputs = {port<Token>(Clock::same, "in", "tokens"),
                    port<Total>(Clock::epoch, "model", "of the epoch")},
         .outputs = {port<Token>(Clock::same, "out", "judged"),
                     port<Total>(Clock::epoch, "report", "of a pass")},
         .params = params()})},
};

}  // namespace random_nodes
