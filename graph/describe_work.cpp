// What a run would do, for --dry-run: items, batches, memory, and what it writes.
#include "graph/runtime.hpp"
#include "graph/size.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

std::string plural(uint64_t count, const std::string& what) {
    const bool hisses = what.ends_with("tch") || what.ends_with("ss");
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : hisses ? "es" : "s");
}

/// "144 items (101 train, 43 test), 20 epochs: 60 passes, 2880 messages"
std::string source_text(const Feed& feed) {
    uint64_t messages = 0;
    int epochs = 0;
    std::map<std::string, uint64_t> splits;
    for (const Pass& pass : feed.passes) {
        messages += pass.items;
        epochs = std::max(epochs, pass.epoch + 1);
        splits[pass.split] = pass.items;
    }
    std::string divided;
    if (splits.size() > 1)
        for (const auto& [name, items] : splits)
            divided += fmt::format("{}{} {}", divided.empty() ? " (" : ", ", items, name);
    return fmt::format("{}{}, {}: {}, {}", plural(feed.items, "item"),
                       divided.empty() ? "" : divided + ")", plural(epochs, "epoch"),
                       plural(feed.passes.size(), "pass"), plural(messages, "message"));
}

/// How many parts of one item come to a node; 0: not known.
uint64_t parts_of_item(const Plan& plan, const PlannedNode& node) {
    if (node.inputs.empty() || node.inputs[0].empty()) return 1;
    const PlannedNode& from = plan.nodes[node.inputs[0][0].node];
    const uint64_t own = from.spec->parts ? from.spec->parts(from.params.get(), {}) : 1;
    return own * parts_of_item(plan, from);
}

/// Of each pass, whose last batch may be short.
std::string batches_text(const Feed& feed, uint64_t parts, uint64_t size) {
    uint64_t batches = 0;
    for (const Pass& pass : feed.passes) batches += (pass.items * parts + size - 1) / size;
    return fmt::format("{} of at most {}",
                       parts > 0 ? plural(batches, "batch") : std::string("batches"), size);
}

/// What may be in memory, part by part.
std::string memory_text(const MemoryEstimate& memory, const Settings& settings, uint64_t threads) {
    std::string text = fmt::format("memory: {} {}, with {}\n", size_text(memory.total()),
                                   memory.unknown.empty() ? "at most" : "and what is not known",
                                   plural(threads, "thread"));
    for (const auto& part : memory.parts)
        text += fmt::format("  {}: {}\n", part.what, size_text(part.bytes));
    text += fmt::format("  the program: {}\n", size_text(memory.program));
    if (!memory.unknown.empty())
        text += fmt::format("  not known: what {} make\n", fmt::join(memory.unknown, ", "));
    if (settings.max_memory > 0)
        text += fmt::format("  run.max_memory: {}\n",
                            size_text(static_cast<uint64_t>(settings.max_memory)));
    return text;
}

/// The run's folder with what is written in it, then what is written elsewhere.
std::string outputs_text(const Plan& plan) {
    const auto& out = plan.settings.out;
    std::string inside, outside;
    for (const PlannedNode& node : plan.nodes) {
        if (!node.spec->writes) continue;
        for (const Written& written : node.spec->writes(node.params.get())) {
            const std::string line = fmt::format("{}{} ({})\n", written.path.string(),
                                                 written.folder ? "/" : "", node.id);
            if (written.in_run && written.path.is_relative())
                inside += "  " + line;
            else
                outside += "writes " + line;
        }
    }
    return fmt::format("writes {}{}:\n{}  resolved.yaml, run.json\n{}", out.string(),
                       std::filesystem::exists(out / "resolved.yaml")
                           ? ", and keeps the run that is there under another name"
                           : "",
                       inside, outside);
}

}  // namespace

std::string Engine::describe_work() const {
    const Runtime& run = *runtime_;
    std::string text;
    for (const auto& [i, feed] : run.feeds)
        text += fmt::format("{}: {}\n", run.plan.nodes[i].id, source_text(*feed));
    for (size_t i = 0; i < run.plan.nodes.size(); ++i) {
        const PlannedNode& node = run.plan.nodes[i];
        const auto feed = node.inputs.empty() || node.inputs[0].empty()
                              ? run.feeds.end()
                              : run.feeds.find(run.feed_of[node.inputs[0][0].node]);
        if (node.spec->reindexes && node.spec->holds && feed != run.feeds.end())
            text +=
                fmt::format("{}: {}\n", node.id,
                            batches_text(*feed->second, parts_of_item(run.plan, node),
                                         std::max<size_t>(1, node.spec->holds(node.params.get()))));
    }
    return text + memory_text(run.estimate(), run.plan.settings, run.threads()) +
           outputs_text(run.plan);
}

}  // namespace graph
