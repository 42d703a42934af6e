// How a run goes on: gives the nodes what a sink kept of them, decides which passes are left, and
// keeps the record by which one can tell later what has changed.
#include "graph/differences.hpp"
#include "graph/paths.hpp"
#include "graph/runtime.hpp"
#include "graph/timetable.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

namespace graph {

namespace {

/// Whether the run in this folder came to its end.
bool is_finished(const std::filesystem::path& folder) {
    std::ifstream file(folder / "run.json");
    const auto status = nlohmann::json::parse(file, nullptr, false);
    return status.is_object() && status.value("exit_code", -1) == exit_done;
}

/// The files that options name, such as a checkpoint; folders are left to sources.
void find_files(const Value& value, std::vector<InputFile>& files) {
    for (const auto& [key, option] : value.entries) find_files(option, files);
    if (value.kind != Value::Kind::scalar || value.text.find_first_of("./") == std::string::npos)
        return;
    InputFile file = look_at(find_shipped(value.text).string());
    if (file.size >= 0) files.push_back(std::move(file));
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void Engine::Runtime::restore(bool prepare) {
    if (std::exchange(restored, true)) return;
    if (prepare) prepare_sources();
    folder = std::make_unique<RunFolder>(plan.settings.out, options.resume || !main());
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        if (feeds.contains(i)) start_pass[i] = 0;
        // What keeps the state of a node that is needed has to give it back.
        const auto& inputs = plan.nodes[i].inputs;
        const bool keeps = options.resume && !inputs.empty() && !inputs.front().empty() &&
                           needed[inputs.front().front().node];
        if (!made.contains(i) && (needed[i] || keeps))
            made[i] = plan.nodes[i].spec->make(plan.nodes[i].params.get(), setup(i));
        if (!needed[i]) continue;
        auto* learner = dynamic_cast<Learner*>(made[i].get());
        if (!learner) continue;
        learners[i] = learner;
    }
    if (!options.resume) return;
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
        const auto stored = made.contains(i) ? made[i]->stored() : nullptr;
        if (!stored) continue;
        const size_t producer = plan.nodes[i].inputs.front().front().node;
        cursors[producer] = made[producer]->resume(stored);
    }
    for (const auto& [i, learner] : learners)
        if (!cursors.contains(i))
            throw ConfigurationError(fmt::format(
                "{}: {} kept no checkpoint that it could go on from, as the pipeline has no "
                "'save_checkpoint' for it; begin again with 'pipeline run'",
                plan.nodes[i].place.text(), plan.nodes[i].id));
    end_early();
    std::map<size_t, int> least;
    for (const auto& [producer, cursor] : cursors) {
        const size_t feed = feed_of[producer];
        const int epochs = feeds.at(feed)->passes.back().epoch + 1;
        if (cursor.epoch >= epochs)
            throw ConfigurationError(fmt::format(
                "{}: {} is in epoch {} already, and {} has {}: its epochs may be raised, but not "
                "taken back",
                plan.nodes[producer].place.text(), plan.nodes[producer].id, cursor.epoch + 1,
                plan.nodes[feed].id, epochs));
        const int pass = first_pass(feeds.at(feed)->passes, cursor);
        least[feed] = least.contains(feed) ? std::min(least[feed], pass) : pass;
    }
    for (const auto& [feed, pass] : least) start_pass[feed] = pass;
}

bool Engine::Runtime::learnt_all() const {
    if (learners.empty() || ends_after) return false;
    return std::all_of(learners.begin(), learners.end(), [&](const auto& learner) {
        const auto ended = learner.second->ended();
        return ended && *ended < feeds.at(feed_of[learner.first])->passes.back().epoch;
    });
}

/// Leaves out the epochs that nobody would learn from.
void Engine::Runtime::end_early() {
    if (!learnt_all()) return;
    int last = 0;
    for (const auto& [i, learner] : learners) last = std::max(last, *learner->ended());
    for (const auto& [i, learner] : learners) {
        end_after(feeds.at(feed_of[i])->passes, last);
        learner->end_at(last);
        Cursor& cursor = cursors[i];
        if (cursor.epoch >= last) cursor = {last, cursor.batches, true};
    }
    ends_after = last;
}

Standing Engine::Runtime::standing(bool prepare) {
    Standing standing;
    const bool finished = is_finished(plan.settings.out);
    // Only what learns can have more to do than was asked of it before.
    const bool learns = std::any_of(plan.nodes.begin(), plan.nodes.end(),
                                    [](const auto& node) { return node.spec->together; });
    if (finished && !learns) {
        standing.finished = true;
        standing.inputs = inputs();
        return standing;
    }
    restore(prepare && !finished);
    bool more = false;
    for (const auto& [i, cursor] : cursors) {
        const auto& passes = feeds.at(feed_of[i])->passes;
        const auto learner = learners.find(i);
        const bool ended = learner != learners.end() && learner->second->ended();
        standing.learned.push_back({plan.nodes[i].id, cursor, passes.back().epoch + 1,
                                    ended ? learner->second->why_ended() : ""});
        for (const Pass& pass : passes)
            more =
                more ||
                (pass.purpose == Purpose::train &&
                 (pass.epoch > cursor.epoch || (pass.epoch == cursor.epoch && !cursor.complete)));
    }
    // What came to its end may be gone on with, for more epochs or with more patience.
    standing.finished = finished && !more;
    standing.inputs = inputs();
    return standing;
}

std::map<std::string, Inputs> Engine::Runtime::inputs() const {
    std::map<std::string, Inputs> all;
    for (const auto& [i, feed] : feeds)
        all[plan.nodes[i].id] = list_inputs(*feed->source, feed->items);
    return all;
}

/// A resumed run keeps the record of what it was begun with, and the options that it was run with
/// before as resolved.1.yaml, resolved.2.yaml, ...
void Engine::Runtime::keep_what_it_is_made_from() const {
    MadeFrom made_from{version(), build_id(), options.made_from, plan.resolved, plan.resolved,
                       {},        {}};
    if (options.resume) {
        // It may say that the run is finished, which it is no more.
        std::filesystem::remove(*folder->path() / "run.json");
        if (auto kept = read_made_from(*folder->path()))
            made_from = std::move(*kept);
        else
            made_from.begun_with = made_from.resolved =
                read_text(*folder->path() / "resolved.yaml");
        const std::string before = std::exchange(made_from.resolved, plan.resolved);
        const auto changes = differences(parse_resolved(before, made_from_file),
                                         parse_resolved(plan.resolved, "resolved.yaml"));
        if (std::all_of(changes.begin(), changes.end(),
                        [](const Difference& one) { return one.path == "run.out"; }))
            return;
        int number = 1;
        std::string name;
        do name = fmt::format("resolved.{}.yaml", number++);
        while (std::filesystem::exists(*folder->path() / name));
        folder->write(name, before);
    } else {
        made_from.inputs = inputs();
        find_files(parse_resolved(plan.resolved, "resolved.yaml"), made_from.files);
    }
    folder->write("resolved.yaml", plan.resolved);
    folder->write(made_from_file, to_json(made_from));
}

}  // namespace graph
