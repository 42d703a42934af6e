// Builds the flow graph of a plan, drives its sources, and judges at the end whether all came.
#include "graph/engine.hpp"

#include "graph/run_folder.hpp"
#include "graph/running_node.hpp"
#include "graph/tickets.hpp"
#include "graph/timetable.hpp"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace graph {

namespace {

/// A source's items and passes, and where it is in them.
struct Feed {
    std::vector<Item> items;
    std::vector<std::string> names;
    std::vector<Pass> passes;
    Source* source = nullptr;
    std::shared_ptr<RunningNode> node;
    std::shared_ptr<Tickets> tickets;
    std::unique_ptr<tbb::flow::function_node<int>> pump;
    std::atomic<bool> queued{false};
    size_t pass = 0;
    uint64_t index = 0;

    void wake() {
        if (!queued.exchange(true)) pump->try_put(0);
    }
};

bool is_latched(const PlannedNode& node, const std::vector<PlannedNode>& nodes) {
    bool epoch = false, stream = false;
    for (const auto& links : node.inputs)
        for (const Link& link : links)
            (nodes[link.node].clocks[link.port] == Clock::epoch ? epoch : stream) = true;
    return epoch && stream;
}

int thread_count(const Settings& settings) {
    return settings.threads > 0 ? settings.threads
                                : static_cast<int>(std::thread::hardware_concurrency());
}

/// Whether the run in this folder came to its end.
bool is_finished(const std::filesystem::path& folder) {
    std::ifstream file(folder / "run.json");
    const auto status = nlohmann::json::parse(file, nullptr, false);
    return status.is_object() && status.value("exit_code", -1) == exit_done;
}

}  // namespace

struct Engine::Runtime {
    Runtime(Plan p, RunOptions o)
        : plan(std::move(p)),
          options(std::move(o)),
          context(plan.settings, options.quiet, options.trace) {}

    Setup setup(size_t index) const;
    void list_sources();
    void build();
    void restore();
    void pump(Feed& feed);
    Gate::Rules rules(size_t index);
    void watch();
    uint64_t items_done() const;
    RunResult judge();
    RunResult run_in_arena();
    void write_status(const RunResult& result) const;

    Plan plan;
    RunOptions options;
    RunContext context;
    std::map<size_t, std::unique_ptr<Feed>> feeds;  // by node
    std::map<size_t, std::unique_ptr<Node>> made;   // sources, made before the rest
    std::map<size_t, int> start_pass;
    std::vector<size_t> feed_of;             // of each node: the source of its stream, or itself
    std::vector<char> indexes_items;         // of each node's outputs
    std::vector<std::vector<char>> carried;  // passes that leave each node
    std::unique_ptr<RunFolder> folder;
    std::unique_ptr<tbb::flow::graph> graph;
    std::vector<std::shared_ptr<RunningNode>> nodes;

    std::mutex mutex;
    std::condition_variable changed;
    bool running = false, stop_asked = false, stop_sent = false;
};

Setup Engine::Runtime::setup(size_t index) const {
    const PlannedNode& node = plan.nodes[index];
    Setup setup;
    setup.id = node.id;
    setup.settings = plan.settings;
    setup.settings.threads = thread_count(plan.settings);
    setup.pipeline = plan.resolved;
    setup.resuming = options.resume;
    if (folder) setup.folder = folder->path();
    for (size_t i = 0; i < node.inputs.size(); ++i)
        if (!node.inputs[i].empty()) {
            const Link& link = node.inputs[i].front();
            setup.linked[node.spec->inputs[i].name] = true;
            setup.shapes[node.spec->inputs[i].name] = plan.nodes[link.node].shapes.at(link.port);
        }
    for (const auto& other : plan.nodes)
        for (const auto& links : other.inputs)
            for (const Link& link : links)
                if (link.node == index) setup.linked[node.spec->outputs[link.port].name] = true;
    return setup;
}

void Engine::Runtime::list_sources() {
    const size_t count = plan.nodes.size();
    feed_of.resize(count);
    indexes_items.assign(count, 1);
    std::vector<char> evaluated(count, 0);
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
        const PlannedNode& node = plan.nodes[i];
        if (!node.spec->is_source) continue;
        made[i] = node.spec->make(node.params.get(), setup(i));
        auto feed = std::make_unique<Feed>();
        feed->source = &dynamic_cast<Source&>(*made[i]);
        feed->items = feed->source->items();
        for (const Item& item : feed->items) feed->names.push_back(item.name);
        const Schedule& schedule = node.spec->schedule(node.params.get());
        const std::string place = node.place.text() + ": " + node.id;
        Splits splits = split_items(feed->items, schedule, plan.settings.seed, place);
        feed->passes = timetable(splits, schedule, evaluated[i] != 0);
        for (size_t s = 0; s < splits.names.size(); ++s)
            if (splits.items[s].empty())
                context.progress.line(
                    fmt::format("warning: {}: the split '{}' is empty and is not "
                                "evaluated",
                                node.id, splits.names[s]));
        feed->source->set_order(std::move(splits), schedule,
                                static_cast<uint64_t>(plan.settings.seed), node.id);
        feeds[i] = std::move(feed);
    }
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
            if (pass.number < start_pass[feed_of[index]]) rules.accepts[size_t(pass.number)] = 0;
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

void Engine::Runtime::restore() {
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        if (feeds.contains(i)) start_pass[i] = 0;
        if (!made.contains(i))
            made[i] = plan.nodes[i].spec->make(plan.nodes[i].params.get(), setup(i));
    }
    if (!options.resume) return;
    std::map<size_t, int> least;
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        const auto stored = made[i]->stored();
        if (!stored) continue;
        const size_t producer = plan.nodes[i].inputs.front().front().node;
        const Cursor cursor = made[producer]->resume(stored);
        const size_t feed = feed_of[producer];
        const int pass = first_pass(feeds.at(feed)->passes, cursor);
        least[feed] = least.contains(feed) ? std::min(least[feed], pass) : pass;
    }
    for (const auto& [feed, pass] : least) start_pass[feed] = pass;
}

void Engine::Runtime::build() {
    graph = std::make_unique<tbb::flow::graph>();
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        Origin origin;
        const auto feed = feeds.find(feed_of[i]);
        if (feed != feeds.end())
            origin = {
                feed->second->source, &feed->second->passes, &feed->second->names,
                plan.nodes[i].inputs.empty() || indexes_items[i] || plan.nodes[i].spec->reindexes};
        // Of a node that reindexes, the inputs still have the numbers of its own input's stream.
        for (const auto& links : plan.nodes[i].inputs)
            for (const Link& link : links)
                if (plan.nodes[link.node].clocks[link.port] != Clock::epoch)
                    origin.items = indexes_items[link.node] != 0;
        nodes.push_back(
            std::make_shared<RunningNode>(*graph, context, plan.nodes[i], origin, rules(i)));
        nodes.back()->set_node(std::move(made[i]));
        for (size_t input = 0; input < plan.nodes[i].inputs.size(); ++input)
            for (const Link& link : plan.nodes[i].inputs[input])
                nodes[i]->link(*nodes[link.node], link.port, input);
    }
    uint64_t total = 0;
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
    context.progress.set_total(total);
}

/// Emits items while there are tickets; a ticket that comes back calls it again.
void Engine::Runtime::pump(Feed& feed) {
    feed.queued = false;
    while (feed.pass < feed.passes.size() && !context.stopping) {
        const Pass& pass = feed.passes[feed.pass];
        if (feed.index == pass.items) {
            feed.node->forward_end(pass.number, pass.items);
            feed.index = 0;
            ++feed.pass;
            continue;
        }
        Hold ticket = feed.tickets->take();
        if (!ticket) return;
        if (feed.index == 0) context.progress.epoch(pass.epoch, feed.passes.back().epoch + 1);
        Stamp stamp;
        stamp.pass = pass.number;
        stamp.index = feed.index++;
        stamp.epoch = pass.epoch;
        feed.node->make(stamp, std::move(ticket));
    }
}

uint64_t Engine::Runtime::items_done() const {
    uint64_t items = 0;
    for (const auto& [i, feed] : feeds) items += feed->tickets->done();
    return items;
}

/// Beside the run: draws progress and passes a wish to stop on to the graph.
void Engine::Runtime::watch() {
    std::unique_lock lock(mutex);
    while (running) {
        changed.wait_for(lock, std::chrono::milliseconds(100));
        if (stop_asked && running && !stop_sent) {
            stop_sent = true;
            context.stopping = true;
            for (auto& node : nodes) node->stop();
        }
        context.progress.tick(items_done(), context.quarantined_count());
    }
}

RunResult Engine::Runtime::run_in_arena() {
    if (options.resume && is_finished(plan.settings.out)) {
        RunResult result;
        result.folder = plan.settings.out;
        result.message = "this run is finished; there is nothing to resume";
        return result;
    }
    folder = std::make_unique<RunFolder>(plan.settings.out, options.resume);
    restore();
    build();
    if (!options.resume) folder->write("resolved.yaml", plan.resolved);
    for (auto& node : nodes) node->start();
    graph->wait_for_all();
    if (!context.failed) {
        const auto kept = folder->appear();
        if (!kept.empty())
            context.progress.line("the run that was there is kept as " + kept.string());
    }

    {
        const std::lock_guard lock(mutex);
        running = true;
    }
    std::thread watcher([this] { watch(); });
    for (auto& [i, feed] : feeds) feed->wake();
    graph->wait_for_all();
    {
        const std::lock_guard lock(mutex);
        running = false;
    }
    changed.notify_all();
    watcher.join();
    graph->wait_for_all();  // a stop that was sent at the last moment
    RunResult result = judge();
    context.ended = true;
    if (!folder->path()->empty() && *folder->path() == folder->final_path()) write_status(result);
    if (context.trace.enabled()) context.trace.write();
    return result;
}

RunResult Engine::Runtime::judge() {
    RunResult result;
    result.folder = folder->final_path();
    result.quarantined = context.quarantined();
    for (const auto& node : nodes) result.counts.push_back(node->count());
    if (const auto error = context.error()) std::rethrow_exception(error);

    std::string missing;
    for (const auto& node : nodes)
        if (const auto what = node->missing(); !what.empty())
            missing += (missing.empty() ? "" : "; ") + node->plan().id + ": " + what;
    if (!missing.empty() && context.stopping) {
        result.exit_code = exit_stopped;
        result.message = "stopped; go on with: pipeline resume " + result.folder.string();
        return result;
    }
    context.progress.finish(items_done());
    if (!missing.empty()) {
        result.exit_code = exit_incomplete;
        result.message = "incomplete: " + missing;
        return result;
    }
    for (auto& node : nodes) node->node().finish();
    const auto bad = result.quarantined.size();
    if (bad > static_cast<size_t>(plan.settings.quarantine_limit)) {
        result.exit_code = exit_bad_inputs;
        result.message =
            fmt::format("done, but {} bad inputs were set aside and run.quarantine_limit is {}",
                        bad, plan.settings.quarantine_limit);
    } else {
        result.message = bad > 0 ? fmt::format("done; {} bad inputs were set aside", bad) : "done";
    }
    return result;
}

void Engine::Runtime::write_status(const RunResult& result) const {
    nlohmann::json counts = nlohmann::json::object();
    for (const auto& count : result.counts)
        counts[count.id] = {{"values", count.values}, {"tombstones", count.tombstones}};
    const nlohmann::json status = {{"exit_code", result.exit_code},
                                   {"message", result.message},
                                   {"quarantined", result.quarantined},
                                   {"counts", counts}};
    folder->write("run.json",
                  status.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Engine::Engine(Plan plan, RunOptions options)
    : runtime_(std::make_unique<Runtime>(std::move(plan), std::move(options))) {
    runtime_->list_sources();
}

Engine::~Engine() = default;

RunResult Engine::run() {
    const int threads = thread_count(runtime_->plan.settings);
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<size_t>(threads));
    tbb::task_arena arena(threads);
    return arena.execute([this] { return runtime_->run_in_arena(); });
}

void Engine::stop() {
    const std::lock_guard lock(runtime_->mutex);
    runtime_->stop_asked = true;
    runtime_->changed.notify_all();
}

std::string Engine::describe_work() const {
    std::string text;
    for (const auto& [i, feed] : runtime_->feeds) {
        uint64_t items = 0;
        for (const Pass& pass : feed->passes) items += pass.items;
        text += fmt::format("{}: {} items, {} passes, {} messages\n", runtime_->plan.nodes[i].id,
                            feed->items.size(), feed->passes.size(), items);
    }
    return text;
}

}  // namespace graph
