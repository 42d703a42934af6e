// From a plan to running nodes: lists the sources, decides which passes reach which node, and makes
// the TBB graph.
#include "graph/refusal.hpp"
#include "graph/runtime.hpp"
#include "graph/timetable.hpp"

#include <algorithm>
#include <thread>

namespace graph {

namespace {

bool is_latched(const PlannedNode& node, const std::vector<PlannedNode>& nodes) {
    bool epoch = false, stream = false;
    for (const auto& links : node.inputs)
        for (const Link& link : links)
            (nodes[link.node].clocks[link.port] == Clock::epoch ? epoch : stream) = true;
    return epoch && stream;
}

/// The nodes that work together with other processes, and all before them.
std::vector<char> working_together(const std::vector<PlannedNode>& nodes) {
    std::vector<char> needed(nodes.size(), 0);
    for (size_t i = nodes.size(); i-- > 0;) {  // links go forward in the plan
        if (nodes[i].spec->together) needed[i] = 1;
        if (!needed[i]) continue;
        for (const auto& links : nodes[i].inputs)
            for (const Link& link : links) needed[link.node] = 1;
    }
    return needed;
}

/// One process by itself, if there is nothing to do together.
Processes together(const std::vector<PlannedNode>& nodes, const Processes& started) {
    const auto shared = [](const PlannedNode& node) { return node.spec->together; };
    return std::any_of(nodes.begin(), nodes.end(), shared) ? started : Processes{};
}

/// Of several processes the first tells of the run.
RunOptions options_of(RunOptions options, const Processes& processes) {
    if (processes.rank == 0) return options;
    options.trace.clear();
    options.metrics.clear();
    options.metrics_port = -1;
    return options;
}

Progress::Lines lines(const RunOptions& options, bool main) {
    if (!main) return Progress::Lines::none;
    return options.quiet ? Progress::Lines::warnings : Progress::Lines::all;
}

}  // namespace

int thread_count(const Settings& settings, const Processes& processes) {
    return settings.threads > 0 ? settings.threads : core_count(processes);
}

Engine::Runtime::Runtime(Plan p, RunOptions o)
    : plan(std::move(p)),
      processes(together(plan.nodes, o.processes)),
      options(options_of(std::move(o), processes)),
      context(plan.settings, lines(options, main()), options.log_format, options.trace),
      needed(main() ? std::vector<char>(plan.nodes.size(), 1) : working_together(plan.nodes)) {
    for (const PlannedNode& node : plan.nodes) linked.emplace_back(node.spec->outputs.size());
    for (const PlannedNode& node : plan.nodes)
        for (const auto& links : node.inputs)
            for (const Link& link : links) linked[link.node][link.port] = 1;
}

Setup Engine::Runtime::setup(size_t index) const {
    const PlannedNode& node = plan.nodes[index];
    Setup setup;
    setup.id = node.id;
    setup.settings = plan.settings;
    setup.settings.threads = thread_count(plan.settings, options.processes);
    setup.pipeline = plan.resolved;
    setup.resuming = options.resume;
    setup.processes = processes;
    setup.stop = context.vote;
    if (folder) setup.folder = folder->path();
    for (size_t i = 0; i < node.inputs.size(); ++i)
        if (!node.inputs[i].empty()) {
            const Link& link = node.inputs[i].front();
            setup.linked[node.spec->inputs[i].name] = true;
            setup.shapes[node.spec->inputs[i].name] = plan.nodes[link.node].shapes.at(link.port);
            setup.marks[node.spec->inputs[i].name] = plan.nodes[link.node].marks.at(link.port);
        }
    for (size_t port = 0; port < node.spec->outputs.size(); ++port)
        if (linked[index][port]) setup.linked[node.spec->outputs[port].name] = true;
    return setup;
}

void Engine::Runtime::list_sources(Errors& errors) {
    const size_t count = plan.nodes.size();
    feed_of.resize(count);
    indexes_items.assign(count, 1);
    evaluated.assign(count, 0);
    for (size_t i = 0; i < count; ++i) {
        const PlannedNode& node = plan.nodes[i];
        feed_of[i] = i;
        for (const auto& links : node.inputs)
            for (const Link& link : links)
                if (plan.nodes[link.node].clocks[link.port] != Clock::epoch) {
                    feed_of[i] = feed_of[link.node];
                    indexes_items[i] = indexes_items[link.node];
                }
        if (node.spec->reindexes) indexes_items[i] = 0;
        if (is_latched(node, plan.nodes)) evaluated[feed_of[i]] = 1;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!plan.nodes[i].spec->is_source) continue;
        add_refusal(plan.nodes[i], errors, [&] {
            made[i] = plan.nodes[i].spec->make(plan.nodes[i].params.get(), setup(i));
            feeds[i] = std::make_unique<Feed>();
            feeds[i]->source = &dynamic_cast<Source&>(*made[i]);
            list_source(i);
        });
    }
}

namespace {

class RunPreparation final : public Preparation {
  public:
    RunPreparation(RunContext& context, const std::atomic<bool>& stop, const std::string& node)
        : context_(context), stop_(stop), node_(node) {}
    void check_stop() const override {
        if (stop_) throw Stopped();
    }
    void set_aside(const std::string& item, const std::string& reason) override {
        context_.quarantine(item, node_, reason);
    }

  private:
    RunContext& context_;
    const std::atomic<bool>& stop_;
    const std::string& node_;
};

}  // namespace

void Engine::Runtime::prepare_sources() {
    Errors errors;
    for (const auto& [i, feed] : feeds)
        if (RunPreparation run(context, stop_asked, plan.nodes[i].id); feed->source->prepare(run))
            add_refusal(plan.nodes[i], errors, [&, source = i] { list_source(source); });
    if (!errors.empty()) throw ConfigurationError(errors);
}

void Engine::Runtime::list_source(size_t index) {
    const PlannedNode& node = plan.nodes[index];
    Feed& feed = *feeds.at(index);
    feed.items = feed.source->list();
    const Schedule& schedule = node.spec->schedule(node.params.get());
    const bool nothing_to_do = feed.items == 0 && feed.source->may_be_empty();
    if (feed.items == 0 && !nothing_to_do)
        throw ConfigurationError(node.id + ": there are no items");
    Splits splits =
        schedule.split.empty() || nothing_to_do
            ? undivided(feed.items)
            : split_items(*feed.source, feed.items, schedule, plan.settings.seed, node.id);
    feed.passes = timetable(splits, schedule, evaluated[index] != 0);
    for (size_t s = 0; s < splits.names.size(); ++s)
        if (splits.items[s].empty() && !nothing_to_do)
            context.progress.warn(
                node.id,
                fmt::format("the split '{}' is empty and is not evaluated", splits.names[s]));
    feed.source->set_order(std::move(splits), schedule, static_cast<uint64_t>(plan.settings.seed),
                           node.id);
}

/// Which passes reach a node, and what its inputs are to it.
Gate::Rules Engine::Runtime::rules(size_t index) {
    const PlannedNode& node = plan.nodes[index];
    Gate::Rules rules;
    const bool latched = is_latched(node, plan.nodes);
    size_t streams = 0;
    const auto feed = feeds.find(feed_of[index]);
    if (feed != feeds.end()) {
        rules.passes = &feed->second->passes;
        rules.accepts.assign(rules.passes->size(), 1);
        for (const Pass& pass : *rules.passes)
            if (pass.number < start_pass[feed_of[index]] || skips(pass))
                rules.accepts[size_t(pass.number)] = 0;
    }
    for (const auto& links : node.inputs) {
        Gate::Role role = Gate::Role::absent;
        for (const Link& link : links) {
            if (plan.nodes[link.node].clocks[link.port] == Clock::epoch) {
                role = latched ? Gate::Role::latched : Gate::Role::event;
                continue;
            }
            role = Gate::Role::stream;
            ++streams;
            for (size_t p = 0; p < rules.accepts.size(); ++p)
                rules.accepts[p] = rules.accepts[p] && carried[link.node][p];
        }
        rules.roles.push_back(role);
    }
    if (streams == 0 && !node.spec->is_source) rules.accepts.clear();
    carried.push_back(rules.accepts);
    for (size_t p = 0; p < rules.accepts.size(); ++p) {
        const Pass& pass = (*rules.passes)[p];
        if (latched && pass.purpose != Purpose::evaluate) rules.accepts[p] = 0;
        if (node.spec->only_train && pass.purpose != Purpose::train) rules.accepts[p] = 0;
        if (node.last_epoch_only && !pass.last_epoch) rules.accepts[p] = 0;
    }
    if (!node.spec->only_train) carried.back() = rules.accepts;
    if (node.spec->is_source) rules.accepts.clear();
    // What has no output of its own stream is counted at its gate, in order.
    const bool sink = std::all_of(node.clocks.begin(), node.clocks.end(),
                                  [](Clock clock) { return clock == Clock::epoch; });
    rules.ordered = node.spec->ordered || streams > 1 || latched || sink;
    return rules;
}

void Engine::Runtime::build() {
    graph = std::make_unique<tbb::flow::graph>();
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        Origin origin;
        const auto feed = feeds.find(feed_of[i]);
        if (feed != feeds.end())
            origin = {
                feed->second->source, &feed->second->passes,
                plan.nodes[i].inputs.empty() || indexes_items[i] || plan.nodes[i].spec->reindexes};
        // Of a node that reindexes, the inputs still have the numbers of its own input's stream.
        for (const auto& links : plan.nodes[i].inputs)
            for (const Link& link : links)
                if (plan.nodes[link.node].clocks[link.port] != Clock::epoch)
                    origin.items = indexes_items[link.node] != 0;
        Gate::Rules accepted = rules(i);  // of all nodes, since those that follow build on them
        nodes.push_back(nullptr);
        if (!needed[i]) continue;
        nodes.back() = std::make_shared<RunningNode>(*graph, context, plan.nodes[i], origin,
                                                     std::move(accepted));
        nodes.back()->set_node(std::move(made[i]));
        for (size_t input = 0; input < plan.nodes[i].inputs.size(); ++input)
            for (const Link& link : plan.nodes[i].inputs[input])
                nodes[i]->link(*nodes[link.node], link.port, input);
    }
    std::erase_if(feeds, [&](const auto& feed) { return !needed[feed.first]; });
    for (auto& [i, feed] : feeds) {
        Feed& f = *feed;
        f.node = nodes[i];
        f.pass = static_cast<size_t>(start_pass[i]);
        for (size_t p = f.pass; p < f.passes.size(); ++p) total += f.passes[p].items;
        f.tickets = std::make_shared<Tickets>(plan.settings.max_in_flight, [this, &f] {
            if (!context.ended) f.wake();
        });
        f.pump = std::make_unique<tbb::flow::function_node<int>>(*graph, tbb::flow::serial,
                                                                 [this, &f](int) { pump(f); });
    }
    std::erase(nodes, nullptr);
}

}  // namespace graph
