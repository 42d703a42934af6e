// What a node is to the engine, and what the engine is to a node. A node is one file: a struct of
// parameters, a function or a class, and the declaration that registers it.
#pragma once

#include "graph/params.hpp"
#include "graph/processes.hpp"
#include "graph/random.hpp"
#include "graph/stamp.hpp"
#include "graph/stop_vote.hpp"

#include <any>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

namespace graph {

/// How often a port's messages come. `same`: as on the node's first input.
enum class Clock { item, batch, epoch, same };
const char* name(Clock clock);

/// The name that users see for a message type; specialised beside each type: nodes/types.hpp.
template <class T>
inline constexpr const char* port_type = nullptr;

struct Port {
    std::string name;
    std::string doc;
    std::string type;
    std::type_index id;
    Clock clock = Clock::item;
    bool optional = false;  // need not be linked
    bool many = false;      // takes a list of links; their messages come one by one, as they arrive
    int limit = 0;          // how many of an output's messages may be alive at once; 0: no limit
};

template <class T>
Port port(Clock clock, std::string name, std::string doc) {
    static_assert(port_type<T> != nullptr, "give the type a name: specialise graph::port_type");
    return {std::move(name), std::move(doc), port_type<T>, typeid(T), clock};
}
inline Port optional(Port port) {
    port.optional = true;
    return port;
}
inline Port many(Port port) {
    port.many = true;
    return port;
}
/// The node is not fed while `limit` messages of this output are alive.
inline Port limited(int limit, Port port) {
    port.limit = limit;
    return port;
}

/// Channels, height, width (or as the type says); -1 where it is not known before the run. Empty:
/// nothing is known.
using Shape = std::vector<int64_t>;
std::string text(const Shape& shape);  // "1x128x128", "?" for what is not known

struct Settings {  // of the section `run`
    int64_t seed = 7;
    int threads = 0;  // 0: as many as the machine has
    int64_t max_in_flight = 256;
    int64_t quarantine_limit = 0;
    int64_t max_memory = 0;  // bytes; 0: no limit
    std::filesystem::path out = "runs/${name}";
};
std::vector<Param> settings_params();

/// What a node may know of its run when it is made.
struct Setup {
    std::string id;  // in the YAML
    Settings settings;
    std::string pipeline;                      // the resolved YAML
    std::map<std::string, Shape> shapes;       // of each linked input
    std::map<std::string, std::string> marks;  // of each linked input; see Spec::marks
    std::map<std::string, bool> linked;        // inputs and outputs
    std::shared_ptr<const std::filesystem::path>
        folder;  // the run's; may move until the run starts
    bool resuming = false;
    Processes processes = {};        // that do this run together; see Spec::together
    std::shared_ptr<StopVote> stop;  // null if nobody can ask

    /// Where an output file of the run belongs; absolute paths stay. Ask when writing, not before.
    std::filesystem::path output(const std::filesystem::path& file) const { return *folder / file; }
    bool is_linked(const std::string& port) const {
        auto found = linked.find(port);
        return found != linked.end() && found->second;
    }
};

/// One delivery to a node: its inputs, its stamp, and where results go.
class Call {
  public:
    virtual ~Call() = default;

    template <class T>
    const T& input(std::string_view port) const {
        return *static_cast<const T*>(value(port, typeid(T)).get());
    }
    template <class T>
    std::shared_ptr<const T> shared(std::string_view port) const {
        return std::static_pointer_cast<const T>(value(port, typeid(T)));
    }
    virtual bool has(std::string_view port) const = 0;

    virtual const Stamp& stamp() const = 0;
    virtual const Pass& pass() const = 0;  // not of a message on the epoch clock
    virtual Random random() const = 0;
    virtual bool stopping() const = 0;  // a long body may give up

    template <class T>
    void emit(std::string_view port, T value) {
        put(port, typeid(T), std::make_shared<const T>(std::move(value)));
    }
    template <class T>
    void emit(std::string_view port, std::shared_ptr<const T> value) {
        put(port, typeid(T), std::move(value));
    }
    /// The parts of this item, in order; none: the item ends here.
    template <class T>
    void emit_parts(std::string_view port, std::vector<T> values) {
        std::vector<std::shared_ptr<const void>> parts;
        for (auto& value : values) parts.push_back(std::make_shared<const T>(std::move(value)));
        put_parts(port, typeid(T), std::move(parts));
    }
    /// On an output with the epoch clock.
    template <class T>
    void emit_epoch(std::string_view port, int epoch, bool complete,
                    std::shared_ptr<const T> value) {
        put_epoch(port, typeid(T), epoch, complete, std::move(value));
    }

    /// A figure for the progress line, such as ("loss", 0.01).
    virtual void report(const std::string& name, double value) = 0;
    virtual void warn(const std::string& message) = 0;

  protected:
    virtual const std::shared_ptr<const void>& value(std::string_view port,
                                                     std::type_index type) const = 0;
    virtual void put(std::string_view port, std::type_index, std::shared_ptr<const void>) = 0;
    virtual void put_parts(std::string_view port, std::type_index,
                           std::vector<std::shared_ptr<const void>>) = 0;
    virtual void put_epoch(std::string_view port, std::type_index, int epoch, bool complete,
                           std::shared_ptr<const void>) = 0;
};

/// Where a resumed run goes on: `batches` of the epoch are done; `complete`: the whole epoch is.
struct Cursor {
    int epoch = 0;
    uint64_t batches = 0;
    bool complete = false;
};

class Node {
  public:
    virtual ~Node() = default;

    /// Before the first message; a trainer sends its first snapshot.
    virtual void start(Call&) {}
    /// A message on each of the inputs. A parallel node is called from several threads at once; an
    /// ordered one in stamp order, one call at a time.
    virtual void receive(Call&) = 0;
    /// All messages of call.pass() have been received (ordered nodes).
    virtual void end(Call&) {}
    /// The run is being stopped, between two messages (ordered nodes): a trainer sends a snapshot.
    virtual void stop(Call&) {}
    /// Everything has come and nothing is missing: publish.
    virtual void finish() {}

    /// For a sink that stores what a resumed run needs: the message that it stored last, which goes
    /// back to the node that sent it.
    virtual std::shared_ptr<const void> stored() { return {}; }
    virtual Cursor resume(const std::shared_ptr<const void>&) { return {}; }
};

/// An item of a source, as its split and its messages name it.
struct Item {
    std::string name;   // a file name, for errors
    std::string group;  // items of one group are never divided among splits
};

/// Item numbers of each split; `names` are in the order in which they are evaluated.
struct Splits {
    std::vector<std::string> names;
    std::vector<std::vector<uint32_t>> items;
};

/// How a source goes through its items; the parameters of every source.
struct Schedule {
    int epochs = 1;
    int evaluate_every = 1;
    bool shuffle = false;
    std::map<std::string, double> split;
};

/// Thrown by what was asked to stop before it had begun.
class Stopped : public std::runtime_error {
  public:
    Stopped() : std::runtime_error("stopped before it had begun: start it again") {}
};

/// What a source asks and says while it prepares, which may take hours. From any thread.
class Preparation {
  public:
    virtual ~Preparation() = default;
    /// Throws Stopped if the run is not to go on.
    virtual void check_stop() const = 0;
    /// Counts a bad input, of which there will be no item.
    virtual void set_aside(const std::string& item, const std::string& reason) = 0;
};

/// Makes the first messages: receive() is called, in parallel, once for each item of each pass, and
/// emits item number item_of(call.stamp()).
class Source : public Node {
  public:
    /// When a run begins, and never for `validate`: makes what list() lists, if it has to be made;
    /// true if it is to be asked again.
    virtual bool prepare(Preparation&) { return false; }
    /// Whether to have no items is to have nothing left to do; otherwise it is an error.
    virtual bool may_be_empty() const { return false; }
    /// Finds its items, and says how many there are. Throws ConfigurationError.
    virtual size_t list() = 0;
    /// One of those that it found last. Not kept by the engine, because there may be millions;
    /// asked from several threads at once.
    virtual Item item(size_t number) const = 0;
    virtual Clock clock() const { return Clock::item; }

    /// Which item a call is for.
    size_t item_of(const Call& call) const { return item_of(call.pass(), call.stamp().index); }
    size_t item_of(const Pass& pass, uint64_t index) const;
    void set_order(Splits splits, const Schedule& schedule, uint64_t seed, std::string id);

  private:
    Splits splits_;
    bool shuffle_ = false;
    uint64_t seed_ = 0;
    std::string id_;
    mutable std::mutex mutex_;
    mutable std::map<int, std::vector<uint32_t>> orders_;  // of the passes going on
};

/// A file that a node writes, or a folder in which it writes many.
struct Written {
    std::filesystem::path path;
    bool in_run = true;  // a relative path is in the run's folder, else where the program started
    bool folder = false;
    bool apart = false;  // not to be one that files of the sources are in, nor one above it
};

/// What `validate`, `list`, `describe`, the graph and the engine know of a kind of node.
struct Spec {
    std::string name;
    std::string doc;
    std::string group;  // the folder: "image", "train"
    std::vector<Port> inputs;
    std::vector<Port> outputs;
    std::vector<Param> params;

    bool ordered = false;     // fed in stamp order, one message at a time; else parallel
    bool reindexes = false;   // its outputs are a new stream: a batch is not an item
    bool only_train = false;  // messages for evaluation pass by untouched
    bool makes_parts = false;
    bool is_source = false;
    /// Does one piece of work in several processes, if they were started together: all run what it
    /// needs, and only the first runs the rest of the pipeline.
    bool together = false;

    std::function<std::shared_ptr<void>()> make_params;
    std::function<std::unique_ptr<Node>(const void* params, const Setup&)> make;
    /// How many items it may keep before it lets one go on: 8 for batches of 8.
    std::function<size_t(const void* params)> holds;
    /// The shapes of the outputs; throws std::exception if the inputs do not fit.
    std::function<std::vector<Shape>(const void* params, const std::vector<Shape>& inputs)> shapes;
    /// What the messages of each output are of, such as the model that made latents, in words of
    /// the nodes' own; throws std::exception if those of the inputs do not go together. "": not
    /// known.
    std::function<std::vector<std::string>(const void* params,
                                           const std::vector<std::string>& inputs)>
        marks;
    /// The shape of what it makes of an item of this name, such as a file's; empty: not known. For
    /// estimates only: another item may be larger.
    std::function<Shape(const void* params, const std::string& item)> peek;
    /// How many parts it makes of an item of this shape, at most; 0: not known.
    std::function<size_t(const void* params, const Shape& input)> parts;
    /// What it writes.
    std::function<std::vector<Written>(const void* params)> writes;
    /// Bytes that it needs beside its messages, such as a model and its gradients, at most;
    /// `items`: that a message of its first input stands for.
    std::function<uint64_t(const void* params, const std::vector<Shape>& inputs, size_t items)>
        memory;
    std::function<const Schedule&(const void* params)> schedule;  // of a source
};

/// No node has more inputs, so that what comes for one needs no memory of its own.
inline constexpr size_t most_inputs = 8;

/// The kinds of node that there are, by name.
std::map<std::string, Spec>& registry();

struct Register {
    explicit Register(Spec spec);
};

/// What a declaration says of a node; everything else follows from its types.
struct Declaration {
    std::string name = {};
    std::string doc = {};
    std::string group = {};
    std::vector<Port> inputs = {};
    std::vector<Port> outputs = {};
    std::vector<Param> params = {};
};

struct NoParams {};

template <class P>
Spec describe_node(Declaration d) {
    Spec spec;
    spec.name = std::move(d.name);
    spec.doc = std::move(d.doc);
    spec.group = std::move(d.group);
    spec.inputs = std::move(d.inputs);
    spec.outputs = std::move(d.outputs);
    spec.params = std::move(d.params);
    spec.make_params = [] { return std::make_shared<P>(); };
    return spec;
}

/// A node that is a class N, made from its parameters: N(const P&, const Setup&).
template <class P, class N>
Spec node(Declaration d) {
    Spec spec = describe_node<P>(std::move(d));
    spec.make = [](const void* params, const Setup& setup) -> std::unique_ptr<Node> {
        return std::make_unique<N>(*static_cast<const P*>(params), setup);
    };
    return spec;
}

/// As node(), for a node that is fed in order, one message at a time.
template <class P, class N>
Spec ordered_node(Declaration d) {
    Spec spec = node<P, N>(std::move(d));
    spec.ordered = true;
    return spec;
}

/// The node, which writes one file; relative paths are in the run's folder.
template <class P>
Spec writes(std::filesystem::path P::*file, Spec spec) {
    spec.writes = [file](const void* params) {
        return std::vector<Written>{{static_cast<const P*>(params)->*file}};
    };
    return spec;
}

/// A node that is a function of one message: Out body(const P&, const In&) or with a Random at the
/// end. It is called from several threads at once.
template <class P, class In, class Out, class Body>
Spec map(Declaration d, Body body) {
    struct Map : Node {
        P params;
        std::string in, out;
        Body body;
        Map(const P& p, std::string i, std::string o, Body b)
            : params(p), in(std::move(i)), out(std::move(o)), body(b) {}
        void receive(Call& call) override {
            if constexpr (std::is_invocable_v<Body, const P&, const In&, Random&>) {
                Random random = call.random();
                call.emit<Out>(out, body(params, call.input<In>(in), random));
            } else {
                call.emit<Out>(out, body(params, call.input<In>(in)));
            }
        }
    };
    const std::string in = d.inputs.at(0).name, out = d.outputs.at(0).name;
    Spec spec = describe_node<P>(std::move(d));
    spec.make = [in, out, body](const void* params, const Setup&) -> std::unique_ptr<Node> {
        return std::make_unique<Map>(*static_cast<const P*>(params), in, out, body);
    };
    return spec;
}

/// A source that is a class N; P derives from Schedule, whose parameters follow its own.
template <class P, class N>
Spec source(Declaration d) {
    Spec spec = node<P, N>(std::move(d));
    spec.is_source = true;
    spec.schedule = [](const void* params) -> const Schedule& {
        return *static_cast<const P*>(params);
    };
    spec.params.push_back(param("epochs", static_cast<int P::*>(&Schedule::epochs), Range{1, 1e6},
                                "how many times the items to train on are gone through"));
    spec.params.push_back(param(
        "split", static_cast<std::map<std::string, double> P::*>(&Schedule::split), Range{0, 1e12},
        "the share or the number of items (or groups) of each split, such as "
        "{train: 0.7, test: 0.3}; without it all items are one split"));
    spec.params.push_back(param("shuffle", static_cast<bool P::*>(&Schedule::shuffle),
                                "a new order of the items to train on in each epoch"));
    spec.params.push_back(param("evaluate_every", static_cast<int P::*>(&Schedule::evaluate_every),
                                Range{1, 1e6},
                                "epochs from one evaluation to the next; the last is always one"));
    return spec;
}

}  // namespace graph
