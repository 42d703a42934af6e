// What flows through the links: its type, its clock, its stream (what has the same stamps can be
// joined) and its shape, from the sources to the sinks.
#include "graph/planning.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

bool fits(Clock input, Clock output) {
    return input == Clock::same || output == Clock::same || input == output;
}

class Flow {
  public:
    Flow(std::vector<Draft>& drafts, Errors& errors) : drafts_(drafts), errors_(errors) {}

    void pass(Draft& draft) {
        const PlannedNode& node = draft.node;
        for (size_t i = 0; i < node.inputs.size(); ++i)
            for (const Link& link : node.inputs[i])
                if (!check_link(node.spec->inputs[i], link, node))
                    draft.unfed.push_back(&node.spec->inputs[i]);
        const size_t before = errors_.size();
        check_joined(node);
        draft.has_fault = errors_.size() > before;
        set_outputs(draft.node);
        set_shapes(draft);
        set_marks(draft);
        if (!draft.says_on_error) {
            // An ordered node beyond the items (a trainer, a sink of results) has no item to spare.
            const bool vital =
                node.spec->ordered && !node.spec->inputs.empty() &&
                (first_clock(node) == Clock::batch || first_clock(node) == Clock::epoch);
            draft.node.on_error = vital ? OnError::abort : OnError::quarantine;
        }
    }

  private:
    const PlannedNode& from(const Link& link) const { return drafts_[link.node].node; }
    /// `same`: not known, because of an error.
    Clock clock(const Link& link) const {
        return from(link).spec ? from(link).clocks[link.port] : Clock::same;
    }
    std::string name(const Link& link) const {
        const auto& outputs = from(link).spec->outputs;
        return from(link).id + (outputs.size() > 1 ? "." + outputs[link.port].name : "");
    }

    /// Whether it is good, as far as it is known.
    bool check_link(const Port& input, const Link& link, const PlannedNode& node) {
        if (from(link).spec == nullptr) return true;
        const Port& output = from(link).spec->outputs[link.port];
        if (output.id != input.id)
            errors_.add(link.place,
                        fmt::format("'{}' is of type {}, but input '{}' of {} takes {}{}",
                                    name(link), output.type, input.name, node.spec->name,
                                    input.type, converters(output, clock(link), input)));
        else if (!fits(input.clock, clock(link)))
            errors_.add(
                link.place,
                fmt::format("'{}' comes once per {}, but input '{}' of {} takes one per "
                            "{}{}",
                            name(link), graph::name(clock(link)), input.name, node.spec->name,
                            graph::name(input.clock), converters(output, clock(link), input)));
        else
            return true;
        return false;
    }

    /// The nodes that make what an input takes from what an output gives.
    static std::string converters(const Port& output, Clock clock, const Port& input) {
        std::vector<std::string> found;
        for (const auto& [name, spec] : registry()) {
            if (spec.inputs.empty() || spec.inputs[0].id != output.id ||
                !fits(spec.inputs[0].clock, clock))
                continue;
            const bool alone = std::all_of(spec.inputs.begin() + 1, spec.inputs.end(),
                                           [](const Port& port) { return port.optional; });
            // Its first output is what it is for.
            const bool makes =
                !spec.outputs.empty() && spec.outputs[0].id == input.id &&
                fits(input.clock,
                     spec.outputs[0].clock == Clock::same ? clock : spec.outputs[0].clock);
            if (alone && makes) found.push_back("'" + name + "'");
        }
        if (found.empty()) return "";
        return fmt::format("; put a {} between", fmt::join(found, " or "));
    }

    /// Inputs that are taken together must come from one stream, or their messages have no pairs.
    void check_joined(const PlannedNode& node) {
        const Link* first = nullptr;
        for (const auto& links : node.inputs)
            for (const Link& link : links) {
                if (clock(link) == Clock::epoch || clock(link) == Clock::same) continue;
                const bool joined = first != nullptr && &links != input_of(node, *first);
                if (joined && stream(link) != stream(*first))
                    errors_.add(link.place,
                                fmt::format("'{}' and '{}' are of different streams, so {} cannot "
                                            "join their messages; feed it by one batch or source",
                                            name(*first), name(link), node.spec->name));
                if (first == nullptr) first = &link;
            }
    }
    static const std::vector<Link>* input_of(const PlannedNode& node, const Link& link) {
        for (const auto& links : node.inputs)
            if (!links.empty() && &links.front() <= &link && &link <= &links.back()) return &links;
        return nullptr;
    }
    size_t stream(const Link& link) const { return from(link).streams[link.port]; }

    Clock first_clock(const PlannedNode& node) const {
        if (node.spec->is_source) return Clock::item;
        for (const auto& links : node.inputs)
            if (!links.empty()) return clock(links.front());
        return Clock::same;
    }

    /// The stream that a node's outputs go on with; nothing: they begin a new one.
    std::optional<size_t> primary_stream(const PlannedNode& node) const {
        if (node.spec->reindexes || node.spec->makes_parts) return {};
        for (const auto& links : node.inputs)
            if (!links.empty() && clock(links.front()) != Clock::epoch &&
                from(links.front()).spec != nullptr)
                return links.size() == 1 ? std::optional(stream(links.front())) : std::nullopt;
        return {};
    }

    void set_outputs(PlannedNode& node) {
        const auto primary = primary_stream(node);
        std::map<Clock, size_t> begun;  // outputs of one clock share a new stream
        for (size_t i = 0; i < node.spec->outputs.size(); ++i) {
            const Clock declared = node.spec->outputs[i].clock;
            node.clocks[i] = declared == Clock::same ? first_clock(node) : declared;
            if (node.clocks[i] == Clock::epoch)
                node.streams[i] = streams_++;
            else if (primary)
                node.streams[i] = *primary;
            else if (const auto known = begun.find(node.clocks[i]); known != begun.end())
                node.streams[i] = known->second;
            else
                node.streams[i] = begun[node.clocks[i]] = streams_++;
        }
    }

    const Shape& shape(const Link& link) const { return from(link).shapes[link.port]; }

    /// The node that gave a link's messages their shape: those after it passed the shape on.
    const PlannedNode& origin(const Link& link) const {
        const PlannedNode& node = from(link);
        for (const auto& links : node.inputs)
            if (!links.empty() && from(links.front()).spec != nullptr &&
                shape(links.front()) == shape(link))
                return origin(links.front());
        return node;
    }

    void set_shapes(Draft& draft) {
        PlannedNode& node = draft.node;
        const Link* shaped = nullptr;  // the first input of known shape
        std::vector<Shape> inputs;
        draft.has_fault = draft.has_fault || !node.params || !draft.unfed.empty();
        for (const auto& links : node.inputs) {
            inputs.emplace_back();
            if (links.empty()) continue;
            const Draft& feeder = drafts_[links.front().node];
            draft.has_fault = draft.has_fault || feeder.has_fault || feeder.node.spec == nullptr;
            if (feeder.node.spec == nullptr) continue;
            inputs.back() = shape(links.front());
            if (shaped == nullptr && !inputs.back().empty()) shaped = &links.front();
        }
        if (node.spec->shapes && !draft.has_fault) try {
                node.shapes = node.spec->shapes(node.params.get(), inputs);
            } catch (const ConfigurationError& error) {  // of its options, whatever the shape
                draft.has_fault = true;
                errors_.add(node.place, fmt::format("{}: {}", node.spec->name, error.what()));
            } catch (const std::exception& error) {
                draft.has_fault = true;
                report_shape(node, shaped, error.what());
            }
        node.shapes.resize(node.spec->outputs.size());
    }

    void set_marks(Draft& draft) {
        PlannedNode& node = draft.node;
        if (!node.spec->marks || draft.has_fault) return;
        std::vector<std::string> inputs;
        for (const auto& links : node.inputs)
            inputs.push_back(links.empty() ? "" : from(links.front()).marks[links.front().port]);
        try {
            node.marks = node.spec->marks(node.params.get(), inputs);
        } catch (const std::exception& error) {
            draft.has_fault = true;
            errors_.add(node.place, fmt::format("{}: {}", node.spec->name, error.what()));
        }
        node.marks.resize(node.spec->outputs.size());
    }

    /// At the node that made the shape, if it is known; else where it does not fit.
    void report_shape(const PlannedNode& node, const Link* shaped, const std::string& why) {
        const Shape known = shaped == nullptr ? Shape{-1} : shape(*shaped);
        if (*std::min_element(known.begin(), known.end()) < 0)
            return errors_.add(node.place, fmt::format("{}: {}", node.spec->name, why));
        const PlannedNode& maker = origin(*shaped);
        const bool one_file = maker.place.file && node.place.file &&
                              *maker.place.file == *node.place.file && node.place.line > 0;
        errors_.add(
            maker.place,
            fmt::format(
                "'{}' makes {}, which '{}' ({}) does not take: {}", maker.id, text(known), node.id,
                one_file ? fmt::format("line {}", node.place.line) : node.place.text(), why));
    }

    std::vector<Draft>& drafts_;
    Errors& errors_;
    size_t streams_ = 0;
};

}  // namespace

void check_flow(std::vector<Draft>& drafts, Errors& errors) {
    Flow flow(drafts, errors);
    for (Draft& draft : drafts)
        if (draft.node.spec != nullptr) flow.pass(draft);
}

}  // namespace graph
