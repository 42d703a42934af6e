// See bottleneck.hpp. The rules go from what is certain to what is likely; the first that holds
// speaks.
#include "graph/bottleneck.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace graph {

namespace {

constexpr double shortest = 0.5;      // seconds of a run that can tell something
constexpr double most = 0.8;          // of the time: what is at work for so long sets the pace
constexpr double much = 0.3;          // of the time
constexpr double mostly_waits = 0.5;  // of busy time, without a processor at work

const NodeLoad& busiest(const std::vector<NodeLoad>& loads) {
    return *std::max_element(loads.begin(), loads.end(), [](const auto& a, const auto& b) {
        return a.busy_seconds < b.busy_seconds;
    });
}

std::string name(const NodeLoad& load) { return fmt::format("'{}' ({})", load.id, load.op); }

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * std::min(share, 1.0)); }

/// The option that makes its messages larger, if a node makes batches.
std::string batch_size(const std::vector<NodeLoad>& loads) {
    for (const auto& load : loads)
        if (load.makes_batches) return "nodes." + load.id + ".size";
    return "";
}

/// For a node that works on one message after the other, all of the time.
std::string remedy(const NodeLoad& load, const std::vector<NodeLoad>& loads) {
    if (load.is_sink)
        return "use faster storage, or let it write less often (evaluate_every of the source, or "
               "larger batches)";
    const std::string size = batch_size(loads);
    if (load.makes_batches || size.empty()) return "give it less to do by its options";
    return "larger batches (" + size + ") cost it less each";
}

std::string more_threads(const Resources& r) {
    if (r.threads < r.cores)
        return fmt::format("raise run.threads (it is {}, and there are {} cores)", r.threads,
                           r.cores);
    return fmt::format(
        "run.threads is {}, one for each core: only more cores, or less work in "
        "that node's options, help",
        r.threads);
}

}  // namespace

std::string bottleneck(const std::vector<NodeLoad>& loads, const Resources& r) {
    if (loads.empty() || r.seconds < shortest) return "the run was too short to tell";
    const double all_threads = r.seconds * r.threads;
    const double used = r.cpu_seconds / all_threads;
    double busy = 0;
    for (const auto& load : loads) busy += load.busy_seconds;
    const NodeLoad& first = busiest(loads);

    for (const auto& load : loads)
        if (!load.is_source && load.limited_seconds > much * r.seconds)
            return fmt::format(
                "{} waited {} of the time until what it had sent, such as models, was done with: "
                "evaluate or save less often (evaluate_every of the source)",
                name(load), percent(load.limited_seconds / r.seconds));

    std::vector<NodeLoad> ordered;
    std::copy_if(loads.begin(), loads.end(), std::back_inserter(ordered), [&](const auto& load) {
        return load.one_at_a_time && load.busy_seconds > most * r.seconds;
    });
    if (!ordered.empty()) {
        const NodeLoad& load = busiest(ordered);
        return fmt::format(
            "{} takes one message at a time, in order, and was at work {} of the "
            "time, so it sets the pace: {}{}",
            name(load), percent(load.busy_seconds / r.seconds), remedy(load, loads),
            used < mostly_waits ? "; it leaves threads idle, so more of them do not help" : "");
    }

    const bool threads_are_in_bodies = busy > most * all_threads;
    if (threads_are_in_bodies && r.cpu_seconds < mostly_waits * busy)
        return fmt::format(
            "the threads waited for the disk or the network, most of all in {}, {} of their time: "
            "raise run.threads (it is {}) so that waits overlap, or use faster storage",
            name(first), percent(first.busy_seconds / all_threads), r.threads);
    if (used > most && busy < much * r.cpu_seconds)
        return fmt::format(
            "the nodes' own work was {} of what the processors did: the messages are "
            "too small to be worth passing on; {}",
            percent(busy / std::max(r.cpu_seconds, 1e-9)),
            batch_size(loads).empty() ? "give each item more to do, or batch the items earlier"
                                      : "raise " + batch_size(loads));
    if (threads_are_in_bodies || used > most)
        return fmt::format("all {} threads were at work, most of all in {}, {} of their time: {}",
                           r.threads, name(first), percent(first.busy_seconds / all_threads),
                           more_threads(r));

    for (const auto& load : loads)
        if (load.is_source && load.limited_seconds > much * r.seconds)
            return fmt::format(
                "threads were idle while all {} items that may be in memory at once "
                "were on their way from {}: raise run.max_in_flight",
                r.max_in_flight, name(load));
    return fmt::format(
        "no node held the others up: {} was the busiest, {} of the time, and the "
        "threads were at work {} of theirs; no setting promises much",
        name(first), percent(first.busy_seconds / r.seconds), percent(used));
}

}  // namespace graph
