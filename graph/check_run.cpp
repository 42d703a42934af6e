// What only the nodes themselves, the disk and the memory can tell: all that would end a run
// because of its configuration, before it makes anything.
#include "graph/check_outputs.hpp"
#include "graph/estimate.hpp"
#include "graph/refusal.hpp"
#include "graph/runtime.hpp"
#include "graph/size.hpp"

#include <algorithm>
#include <utility>

namespace graph {

void Engine::Runtime::check() {
    Errors errors;
    list_sources(errors);
    // Of a large pipeline the text is long, and each node would get a copy for nothing.
    const std::string text = std::exchange(plan.resolved, "");
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        const PlannedNode& node = plan.nodes[i];
        if (node.spec->is_source || !needed[i]) continue;
        Setup alone = setup(i);  // only to hear what it refuses: the others are not bothered
        alone.processes = {};
        alone.stop = nullptr;
        add_refusal(node, errors, [&] {
            const auto made = node.spec->make(node.params.get(), alone);
            const auto* learner = dynamic_cast<const Learner*>(made.get());
            if (!learner) return;
            check_split(i, learner->evaluated_split());
            const std::string why = processes.count > 1 ? learner->why_alone() : "";
            if (!why.empty())
                throw ConfigurationError(
                    fmt::format("{} processes were started: {}", processes.count, why));
        });
    }
    plan.resolved = text;
    check_outputs(plan, options.resume, errors);
    for (const auto& [i, feed] : feeds)
        if (feed->source) check_originals(plan, *feed->source, feed->items, errors);
    if (errors.empty() && plan.settings.max_memory > 0) check_memory(estimate(), errors);
    if (!errors.empty()) throw ConfigurationError(errors);
}

/// Whether a learner that follows a split's evaluation will ever hear of one.
void Engine::Runtime::check_split(size_t index, const std::string& split) const {
    const auto feed = feeds.find(feed_of[index]);
    if (split.empty() || feed == feeds.end() || feed->second->passes.empty()) return;
    const auto& passes = feed->second->passes;
    const bool found = std::any_of(passes.begin(), passes.end(), [&](const Pass& pass) {
        return pass.purpose == Purpose::evaluate && pass.split == split;
    });
    if (!found)
        throw ConfigurationError(
            fmt::format("stop_early goes by the split '{}', which is never evaluated: a source has "
                        "to make that split, and a node 'evaluate' must be linked to the model",
                        split));
}

void Engine::Runtime::check_memory(const MemoryEstimate& memory, Errors& errors) const {
    const auto limit = static_cast<uint64_t>(plan.settings.max_memory);
    if (memory.total() <= limit) return;
    if (memory.program > limit)
        return errors.add(plan.out, fmt::format("run.max_memory is {}, but the program alone takes "
                                                "{}; raise it",
                                                size_text(limit), size_text(memory.program)));
    const auto& most = memory.largest();
    std::string remedy = "make it smaller";
    if (most.of_item > 0) {
        const uint64_t rest = memory.total() - most.bytes;
        const uint64_t fit = rest < limit ? (limit - rest) / most.of_item : 0;
        remedy = fit > threads() ? fmt::format("lower run.max_in_flight to {}", fit - threads())
                                 : "make the images or the batches smaller";
    }
    errors.add(plan.nodes[most.node].place,
               fmt::format("the run may need {} of memory, but run.max_memory is {}; {} may take "
                           "{}: {}, or raise run.max_memory",
                           size_text(memory.total()), size_text(limit), most.what,
                           size_text(most.bytes), remedy));
}

uint64_t Engine::Runtime::threads() const {
    return static_cast<uint64_t>(thread_count(plan.settings, options.processes));
}

MemoryEstimate Engine::Runtime::estimate() const {
    std::vector<const Source*> sources(plan.nodes.size());
    std::vector<uint64_t> items(plan.nodes.size()), messages(plan.nodes.size());
    for (const auto& [i, feed] : feeds) {
        sources[i] = feed->source;
        items[i] = feed->items;
        for (const Pass& pass : feed->passes) messages[i] += pass.items;
    }
    return estimate_memory(plan, sources, items, messages, static_cast<int>(threads()));
}

}  // namespace graph
