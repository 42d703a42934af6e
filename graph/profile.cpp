// See profile.hpp.
#include "graph/profile.hpp"

#include <algorithm>
#include <cmath>

#include <sys/resource.h>

namespace graph {

namespace {

const char* text(size_t activity) {
    constexpr std::array<const char*, 3> names = {"busy", "blocked", "starved"};
    return names.at(activity);
}

double seconds_of(const Meter::Sums& sums) { return 1e-9 * static_cast<double>(sums.busy); }

}  // namespace

void Profile::begin(std::vector<Subject> subjects) {
    for (const Subject& subject : subjects) seen_.push_back({.subject = subject});
    last_ = Clock::now();
}

void Profile::sample() {
    const auto now = Clock::now();
    const double elapsed = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    seconds_ += elapsed;
    constexpr double late = 3;  // seconds after which a moment counts a third
    const double decay = std::exp(-elapsed / late);
    for (Seen& seen : seen_) {
        const Meter& meter = *seen.subject.meter;
        const Meter::Sums sums = meter.sums();
        const auto activity = static_cast<size_t>(meter.activity(sums));
        seen.seconds.at(activity) += elapsed;
        for (size_t a = 0; a < seen.recent.size(); ++a)
            seen.recent[a].add(a == activity ? elapsed : 0, elapsed, decay);
        const int64_t waiting = meter.waiting(sums);
        seen.queue += static_cast<double>(waiting) * elapsed;
        seen.queue_most = std::max(seen.queue_most, waiting);
        if (meter.limited() && Meter::bodies(sums) == 0) seen.limited += elapsed;
        seen.rate.add(static_cast<double>(sums.values - seen.values), elapsed, decay);
        seen.values = sums.values;
        seen.bodies.add(static_cast<double>(Meter::bodies(sums)) * elapsed, elapsed, decay);
    }
}

std::vector<NodeStatus> Profile::nodes() const {
    std::vector<NodeStatus> nodes;
    for (const Seen& seen : seen_) {
        const Meter& meter = *seen.subject.meter;
        NodeStatus& node = nodes.emplace_back();
        node.id = seen.subject.plan->id;
        node.op = seen.subject.plan->spec->name;
        const Meter::Sums sums = meter.sums();
        node.values = sums.values;
        node.failed = sums.failed;
        node.busy_seconds = seconds_of(sums);
        node.starved_seconds = seen.seconds[size_t(Activity::starved)];
        node.blocked_seconds = seen.seconds[size_t(Activity::blocked)];
        node.queue_mean = seconds_ > 0 ? seen.queue / seconds_ : 0;
        node.queue_most = seen.queue_most;
        node.queue = meter.waiting(sums);
        node.rate = seen.rate.rate();
        node.busy = seen.bodies.rate();
        const auto most =
            std::max_element(seen.recent.begin(), seen.recent.end(),
                             [](const Recent& a, const Recent& b) { return a.rate() < b.rate(); });
        node.state = text(static_cast<size_t>(most - seen.recent.begin()));
    }
    return nodes;
}

std::vector<NodeLoad> Profile::loads() const {
    std::vector<NodeLoad> loads;
    for (const Seen& seen : seen_) {
        const PlannedNode& plan = *seen.subject.plan;
        NodeLoad& load = loads.emplace_back();
        load.id = plan.id;
        load.op = plan.spec->name;
        load.one_at_a_time = plan.spec->ordered;
        load.busy_seconds = seconds_of(seen.subject.meter->sums());
        load.limited_seconds = seen.limited;
        load.is_source = plan.spec->is_source;
        load.is_sink = plan.spec->outputs.empty();
        const auto& params = plan.spec->params;
        load.makes_batches = plan.spec->reindexes &&
                             std::any_of(params.begin(), params.end(),
                                         [](const Param& param) { return param.name == "size"; });
    }
    return loads;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace graph
