// Drives a run: feeds the sources, watches, stops, and judges at the end whether all came.
#include "graph/engine.hpp"

#include "graph/libraries.hpp"
#include "graph/run_json.hpp"
#include "graph/runtime.hpp"
#include "graph/status_file.hpp"

#include <thread>

#include <malloc.h>
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
        feed.node->wait_for_ticket(!ticket);
        if (!ticket) return;
        if (feed.index == 0) context.progress.epoch(pass.epoch, feed.passes.back().epoch + 1);
        Stamp stamp;
        stamp.pass = pass.number;
        stamp.index = feed.index++;
        stamp.epoch = pass.epoch;
        feed.node->make(stamp, std::move(ticket));
    }
}

/// Beside the run: looks at it and passes a wish to stop on to the graph.
void Engine::Runtime::watch(const std::stop_token& ended) {
    while (!ended.stop_requested()) {
        {
            std::unique_lock lock(mutex);
            changed.wait_for(lock, observer->period());
            if (running && stop_asked) context.vote->ask();
            const bool stops = context.vote->carried() || learnt_all();
            if (running && stops && !stop_sent) send_stop();
        }
        observer->look();  // what is seen goes to files, too, which can take a while
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
    const int threads = thread_count(plan.settings, options.processes);
    observer = std::make_unique<Observer>(plan, options,
                                          Resources{.threads = threads,
                                                    .cores = core_count(options.processes),
                                                    .max_in_flight = plan.settings.max_in_flight},
                                          context);
    restore(true);
    if (ends_after)
        for (const auto& [i, learner] : learners)
            context.progress.note(plan.nodes[i].id + ": " + learner->why_ended());
    if (main()) folder->lock();
    build();
    if (main()) keep_what_it_is_made_from();
    for (auto& node : nodes) node->start();
    graph->wait_for_all();
    ::malloc_trim(0);  // lists of millions of inputs were in it, beside which a long run would stay
    if (!context.failed) {
        const auto kept = folder->appear();
        if (!kept.empty())
            context.progress.note("the run that was there is kept as " + kept.string());
    }

    RunResult result;
    const std::exception_ptr error = work(result);
    try {
        record(result);
    } catch (const std::exception&) {
        if (!error) throw;  // else the first one tells more
    }
    if (error) std::rethrow_exception(error);
    return result;
}

/// From the first item to the last; returns the error that ended it, if one did.
std::exception_ptr Engine::Runtime::work(RunResult& result) {
    observe();
    const std::jthread watcher([this](const std::stop_token& ended) { watch(ended); });
    const auto let_stop = [this](bool may) {
        const std::lock_guard lock(mutex);
        running = may;
    };
    let_stop(true);
    for (auto& [i, feed] : feeds) feed->wake();
    graph->wait_for_all();
    let_stop(false);
    if (context.vote->binding() && !stop_sent) send_stop();
    graph->wait_for_all();  // a stop that was sent at the last moment
    context.ended = true;   // what is let go from here on wakes nobody
    try {
        judge(result);  // which may take its time: nodes write what they have gathered
    } catch (const std::exception& error) {
        result.exit_code = exit_code_of(error);
        result.message = error.what();
        return std::current_exception();
    }
    return nullptr;
}

void Engine::Runtime::observe() {
    std::vector<Profile::Subject> subjects;
    for (const auto& node : nodes) subjects.push_back({&node->plan(), &node->meter()});
    std::vector<Observer::Inlet> inlets;
    for (const auto& [i, feed] : feeds)
        inlets.push_back({plan.nodes[i].id, feed->tickets, plan.settings.max_in_flight});
    const bool kept = main() && *folder->path() == folder->final_path();
    observer->begin(std::move(subjects), std::move(inlets), total, kept ? *folder->path() : "");
}

void Engine::Runtime::judge(RunResult& result) {
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
        return;
    }
    std::string missing;
    for (const auto& node : nodes)
        if (const auto what = node->missing(); !what.empty())
            missing += (missing.empty() ? "" : "; ") + node->plan().id + ": " + what;
    if (!missing.empty() && context.stopping) {
        result.exit_code = exit_stopped;
        result.message = "stopped; go on with: pipeline resume " + result.folder.string();
        return;
    }
    if (!missing.empty()) {
        result.exit_code = exit_incomplete;
        result.message = "incomplete: " + missing;
        return;
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
}

/// Shows the end and writes run.json; only then may the status file go.
void Engine::Runtime::record(RunResult& result) {
    result.status = observer->end(result.exit_code, result.message);
    if (main() && !result.goes_on && *folder->path() == folder->final_path()) {
        auto json = run_json(result);
        json["quarantined"] = nlohmann::json::array();
        for (const BadItem& bad : context.bad_items())
            json["quarantined"].push_back(
                {{"file", bad.item}, {"node", bad.node}, {"reason", bad.bare_reason()}});
        json["data"] = describe_data();
        json["libraries"] = loaded_libraries();
        folder->write("run.json", json_text(json));
        remove_status_file(*folder->path());
    }
    observer->close_trace();
}

Engine::Engine(Plan plan, RunOptions options)
    : runtime_(std::make_unique<Runtime>(std::move(plan), std::move(options))) {
    runtime_->check();
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

RunResult Engine::run() try {
    return in_arena([this] { return runtime_->run_in_arena(); });
} catch (const Stopped& stopped) {
    RunResult result;
    result.exit_code = exit_stopped;
    result.message = stopped.what();
    result.main = runtime_->main();
    return result;
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

int exit_code_of(const std::exception& error) {
    if (dynamic_cast<const ConfigurationError*>(&error)) return exit_configuration;
    if (dynamic_cast<const std::system_error*>(&error)) return exit_io;
    return exit_incomplete;
}

}  // namespace graph
