// Drives a run: feeds the sources, watches, stops, and judges at the end whether all came.
#include "graph/engine.hpp"

#include "graph/runtime.hpp"

#include <thread>

#include <nlohmann/json.hpp>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace graph {

/// Emits items while there are tickets; a ticket that comes back calls it again.
void Engine::Runtime::pump(Feed& feed) {
    feed.queued = false;
    while (feed.pass < feed.passes.size() && !context.stopping) {
        const Pass& pass = feed.passes[feed.pass];
        if (skips(pass)) {
            ++feed.pass;
            continue;
        }
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
        if (stop_asked) context.vote->ask();
        const bool stops = context.vote->carried() || learnt_all();
        if (stops && running && !stop_sent) send_stop();
        context.progress.tick(items_done(), context.quarantined_count());
    }
}

void Engine::Runtime::send_stop() {
    stop_sent = true;
    context.stopping = true;
    for (auto& node : nodes) node->stop();
}

RunResult Engine::Runtime::run_in_arena() {
    if (options.resume && standing(true).finished) {
        RunResult result;
        result.folder = plan.settings.out;
        result.message = "this run is finished; there is nothing to resume";
        result.main = main();
        return result;
    }
    restore(true);
    if (ends_after)
        for (const auto& [i, learner] : learners)
            context.progress.line(plan.nodes[i].id + ": " + learner->why_ended());
    if (main()) folder->lock();
    build();
    if (main()) keep_what_it_is_made_from();
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
    if (context.vote->binding() && !stop_sent) send_stop();
    graph->wait_for_all();  // a stop that was sent at the last moment
    context.ended = true;   // what is let go from here on wakes nobody
    RunResult result = judge();
    if (main() && !result.goes_on && !folder->path()->empty() &&
        *folder->path() == folder->final_path())
        write_status(result);
    if (context.trace.enabled()) context.trace.write();
    return result;
}

RunResult Engine::Runtime::judge() {
    RunResult result;
    result.folder = folder->final_path();
    result.main = main();
    result.quarantined = context.quarantined();
    for (const auto& node : nodes) result.counts.push_back(node->count());
    if (const auto error = context.error()) std::rethrow_exception(error);

    if (learnt_all()) {
        // What is left, at the epoch that is the last one now, is done as a run that is resumed. Of
        // several processes the others have nothing left to do.
        result.goes_on = main() && !stop_asked;
        result.exit_code = stop_asked ? exit_stopped : exit_done;
        result.message = "stopped; go on with: pipeline resume " + result.folder.string();
        return result;
    }
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

/// With the threads that the run may have.
template <class Body>
auto Engine::in_arena(Body body) const {
    const int threads = thread_count(runtime_->plan.settings, runtime_->options.processes);
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<size_t>(threads));
    tbb::task_arena arena(threads);
    return arena.execute(body);
}

RunResult Engine::run() {
    return in_arena([this] { return runtime_->run_in_arena(); });
}

Standing Engine::standing() {
    return in_arena([this] { return runtime_->standing(false); });
}

std::map<std::string, Inputs> Engine::inputs() const { return runtime_->inputs(); }

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
                            feed->items, feed->passes.size(), items);
    }
    return text;
}

}  // namespace graph
