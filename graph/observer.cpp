// See observer.hpp.
#include "graph/observer.hpp"

#include "graph/metrics_text.hpp"
#include "graph/paths.hpp"
#include "graph/status_file.hpp"
#include "graph/text_file.hpp"

#include <algorithm>
#include <cmath>

namespace graph {

Observer::Observer(const Plan& plan, const RunOptions& options, Resources resources,
                   RunContext& context)
    : options_(options), context_(context), resources_(resources) {
    name_process(run_);
    run_.name = plan.name;
    run_.folder = plan.settings.out.string();
    run_.version = version();
    run_.started = unix_seconds(WallTime::clock::now());
    run_.threads = resources_.threads;
    context_.trace.open(plan.name);
    last_ = std::make_shared<const RunStatus>(status());
    if (!options.metrics.empty()) replace_file(options.metrics, metrics_text(*last_));
    if (options.metrics_port < 0) return;
    server_.emplace(options.metrics_port, [this] {
        const std::lock_guard lock(mutex_);
        return metrics_text(*last_);
    });
    context_.progress.note(
        fmt::format("metrics are at http://127.0.0.1:{}/metrics", server_->port()));
}

/// A run that could not begin leaves no metrics that would say that it goes on.
Observer::~Observer() {
    std::error_code ignored;
    if (!ended_ && !options_.metrics.empty()) std::filesystem::remove(options_.metrics, ignored);
}

void Observer::begin(std::vector<Profile::Subject> nodes, std::vector<Inlet> inlets, uint64_t total,
                     std::filesystem::path folder) {
    profile_.begin(std::move(nodes));
    inlets_ = std::move(inlets);
    run_.total = total;
    folder_ = std::move(folder);
    context_.progress.begin();
    looked_ = Clock::now();
}

std::chrono::milliseconds Observer::period() const {
    using namespace std::chrono_literals;
    const auto run = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_);
    return std::clamp(run / 100, 1ms, 20ms);
}

uint64_t Observer::items_done() const {
    uint64_t items = 0;
    for (const Inlet& inlet : inlets_) items += inlet.tickets->done();
    return items;
}

RunStatus Observer::status() const {
    RunStatus status = run_;
    if (context_.stopping) status.state = "stopping";
    if (context_.ended) status.state = "finishing";
    status.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    context_.progress.fill(status);
    status.items = items_done();
    status.rate = rate_.rate();
    if (status.rate > 0 && status.total >= status.items)
        status.left_seconds = static_cast<double>(status.total - status.items) / status.rate;
    status.quarantined = context_.quarantined_count();
    status.nodes = profile_.nodes();
    for (const Inlet& inlet : inlets_)
        status.sources.push_back({inlet.id, inlet.tickets->out(), inlet.limit});
    Resources used = resources_;
    used.seconds = profile_.seconds();
    used.cpu_seconds = cpu_seconds() - cpu_before_;
    status.bottleneck = bottleneck(profile_.loads(), used);
    return status;
}

void Observer::look() noexcept try {
    profile_.sample();
    const auto now = Clock::now();
    const double elapsed = std::chrono::duration<double>(now - looked_).count();
    looked_ = now;
    constexpr double late = 15;  // seconds: a rate that an ETA can be made from
    const uint64_t items = items_done();
    rate_.add(static_cast<double>(items - items_), elapsed, std::exp(-elapsed / late));
    items_ = items;
    if (context_.trace.enabled()) trace_counts();
    if (context_.progress.due()) context_.progress.show(status());
    if (now - published_ >= std::chrono::seconds(1)) {
        published_ = now;
        publish(status());
    }
} catch (const std::exception& error) {
    if (!std::exchange(told_, true))
        context_.progress.warn("", std::string("the run cannot be watched: ") + error.what());
}

void Observer::publish(const RunStatus& status) {
    {
        const std::lock_guard lock(mutex_);
        last_ = std::make_shared<const RunStatus>(status);
    }
    if (!options_.metrics.empty()) replace_file(options_.metrics, metrics_text(status));
    if (!folder_.empty()) write_status_file(folder_, status);
}

/// Counters are steps: only what changed is written.
void Observer::trace_counts() {
    size_t counter = 0;
    const auto put = [&](const std::string& name, int64_t value) {
        if (counter == traced_.size()) traced_.push_back(-1);
        if (std::exchange(traced_[counter++], value) != value) context_.trace.count(name, value);
    };
    for (const NodeStatus& node : profile_.nodes()) put("waiting for " + node.id, node.queue);
    for (const Inlet& inlet : inlets_) put("in flight from " + inlet.id, inlet.tickets->out());
}

RunStatus Observer::end(int exit_code, const std::string& message) {
    ended_ = true;
    profile_.sample();
    RunStatus last = status();
    last.state = "ended";
    last.message = message;
    last.exit_code = exit_code;
    for (NodeStatus& node : last.nodes) node.state.clear();
    last.rate = static_cast<double>(last.items) / std::max(last.seconds, 1e-3);
    context_.progress.finish(last);
    server_.reset();
    try {
        if (!options_.metrics.empty()) replace_file(options_.metrics, metrics_text(last));
    } catch (const std::exception& error) {
        context_.progress.warn("", error.what());
    }
    return last;
}

void Observer::close_trace() {
    if (const uint64_t left_out = context_.trace.close(); left_out > 0)
        context_.progress.warn("", fmt::format("the trace has the first {} events, {} more would "
                                               "be too many for a viewer",
                                               Trace::most_events, left_out));
}

}  // namespace graph
