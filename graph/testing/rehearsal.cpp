// Changes a plan for a test. The plan is checked already, and stays a plan: the engine runs it as
// any other.
#include "graph/testing/rehearsal.hpp"

#include "graph/source.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

class FedSource : public Source {
  public:
    FedSource(const Feeder& feeder, std::string port, std::vector<std::shared_ptr<void>> items)
        : feeder_(feeder), port_(std::move(port)), items_(std::move(items)) {}

    size_t list() override { return items_.size(); }
    Item item(size_t number) const override {
        const std::string name = fmt::format("item {}", number + 1);
        return {name, name};
    }
    void receive(Call& call) override { feeder_.feed(items_.at(item_of(call)).get(), call, port_); }

  private:
    const Feeder& feeder_;
    const std::string port_;
    const std::vector<std::shared_ptr<void>> items_;
};

class Observer : public Node {
  public:
    Observer(std::type_index type, std::shared_ptr<Observed> observed)
        : observed_(std::move(observed)) {
        const auto found = inspectors().find(type);
        if (found != inspectors().end()) look_ = found->second.look;
    }
    void receive(Call& call) override {
        observed_->add(call.stamp(), look_ ? look_(call, "message") : Facts());
    }

  private:
    std::shared_ptr<Observed> observed_;
    std::function<Facts(const Call&, std::string_view)> look_;
};

}  // namespace

void Observed::add(const Stamp& stamp, Facts facts) {
    const std::lock_guard lock(mutex_);
    messages_.push_back({stamp, std::move(facts)});
}

std::vector<Observed::Message> Observed::messages() const {
    const std::lock_guard lock(mutex_);
    auto sorted = messages_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Message& a, const Message& b) { return a.stamp < b.stamp; });
    return sorted;
}

Rehearsal::Rehearsal(Plan plan, const Document& document, const TestCase& test, Errors& errors)
    : plan_(std::move(plan)) {
    const std::filesystem::path base = std::filesystem::path(*test.place.file).parent_path();
    Errors known;  // check_tests has told them
    for (const auto& [key, items] : test.feed.entries) {
        const TestedPort port = find_port(key, document.nodes, known);
        if (port.spec != nullptr) feed(port, read_feed(port, items, base, known));
    }
    std::map<std::string, TestedPort> expected;
    for (const auto& [key, facts] : test.expect.entries)
        expected[key.text] = find_port(key, document.nodes, known);
    if (!known.empty()) return;
    std::vector<std::string> wanted;
    for (const auto& [key, port] : expected) wanted.push_back(port.node);
    leave_out(wanted, wanted.empty() || !test.files.empty() || !test.says.empty());
    check_sources(test, errors);
    for (const auto& [key, port] : expected) observe(key, port);
}

const Observed* Rehearsal::observed(const std::string& key) const {
    const auto found = observed_.find(key);
    return found == observed_.end() ? nullptr : found->second.get();
}

size_t Rehearsal::index_of(const std::string& id) const {
    const auto found = std::find_if(plan_.nodes.begin(), plan_.nodes.end(),
                                    [&](const PlannedNode& node) { return node.id == id; });
    return static_cast<size_t>(found - plan_.nodes.begin());
}

/// The source whose items come to a node, or the node itself.
size_t Rehearsal::source_of(size_t node) const {
    for (const auto& links : plan_.nodes[node].inputs)
        for (const Link& link : links)
            if (plan_.nodes[link.node].clocks[link.port] != Clock::epoch)
                return source_of(link.node);
    return node;
}

/// The node is a source now, and goes through its items as the source did that it had.
void Rehearsal::feed(const TestedPort& port, std::vector<std::shared_ptr<void>> items) {
    if (port.output == nullptr || items.empty()) return;
    const size_t index = index_of(port.node);
    const PlannedNode& source = plan_.nodes[source_of(index)];
    Spec& spec = specs_.emplace_back();
    spec.name = port.spec->name;
    spec.group = port.spec->group;
    spec.outputs = port.spec->outputs;
    spec.is_source = true;
    spec.make = [&feeder = feeders().at(port.output->id), name = port.output->name,
                 items = std::move(items)](const void*, const Setup&) -> std::unique_ptr<Node> {
        return std::make_unique<FedSource>(feeder, name, items);
    };
    const Schedule schedule =
        source.spec->schedule ? source.spec->schedule(source.params.get()) : Schedule();
    spec.schedule = [schedule](const void*) -> const Schedule& { return schedule; };
    plan_.nodes[index].spec = &spec;
    plan_.nodes[index].inputs.clear();
}

/// Keeps the wanted nodes, or `all` that end somewhere, and what leads to them.
void Rehearsal::leave_out(const std::vector<std::string>& wanted, bool all) {
    std::vector<char> kept(plan_.nodes.size(), 0);
    for (const auto& id : wanted) kept[index_of(id)] = 1;
    for (size_t i = plan_.nodes.size(); i-- > 0;) {  // links go forward in the plan
        if (all && plan_.nodes[i].spec->outputs.empty()) kept[i] = 1;
        if (!kept[i]) continue;
        for (const auto& links : plan_.nodes[i].inputs)
            for (const Link& link : links) kept[link.node] = 1;
    }
    std::vector<size_t> moved(plan_.nodes.size());
    std::vector<PlannedNode> nodes;
    for (size_t i = 0; i < plan_.nodes.size(); ++i) {
        if (!kept[i]) continue;
        moved[i] = nodes.size();
        nodes.push_back(std::move(plan_.nodes[i]));
        for (auto& links : nodes.back().inputs)
            for (Link& link : links) link.node = moved[link.node];
    }
    plan_.nodes = std::move(nodes);
}

/// What is fed must come where it is asked for, and be all that its followers are joined of.
void Rehearsal::check_sources(const TestCase& test, Errors& errors) const {
    for (size_t i = 0; i < plan_.nodes.size(); ++i) {
        std::set<std::string> sources;
        for (const auto& links : plan_.nodes[i].inputs)
            for (const Link& link : links)
                if (plan_.nodes[link.node].clocks[link.port] != Clock::epoch)
                    sources.insert(plan_.nodes[source_of(link.node)].id);
        if (sources.size() > 1)
            errors.add(test.feed.place,
                       fmt::format("{} joins what comes of {}, which have no pairs; feed a node "
                                   "before which they part",
                                   plan_.nodes[i].id, fmt::join(sources, " and ")));
    }
    for (const auto& [key, items] : test.feed.entries)
        if (index_of(key.text.substr(0, key.text.find('.'))) == plan_.nodes.size())
            errors.add(key.place, fmt::format("nothing that is expected comes from {}", key.text));
}

void Rehearsal::observe(const std::string& key, const TestedPort& port) {
    if (port.output == nullptr) return;
    const size_t from = index_of(port.node);
    const auto output = static_cast<size_t>(port.output - port.spec->outputs.data());
    const bool epoch = plan_.nodes[from].clocks[output] == Clock::epoch;
    auto observed = observed_[key] = std::make_shared<Observed>(epoch);

    Spec& spec = specs_.emplace_back();
    spec.name = "test";
    spec.inputs = {*port.output};
    spec.inputs.front().name = "message";
    spec.make = [type = port.output->id, observed](const void*,
                                                   const Setup&) -> std::unique_ptr<Node> {
        return std::make_unique<Observer>(type, observed);
    };
    PlannedNode node;
    node.id = "test of " + key;
    node.spec = &spec;
    node.inputs = {{Link{from, output, {}}}};
    node.on_error = OnError::abort;
    plan_.nodes.push_back(std::move(node));
}

}  // namespace graph
