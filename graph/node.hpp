// What a node is to the engine, and what the engine is to a node. A node is one file: a struct of
// parameters, a function or a class, and the declaration that registers it.
#pragma once

#include "graph/call.hpp"
#include "graph/params.hpp"
#include "graph/port.hpp"
#include "graph/processes.hpp"
#include "graph/stop_vote.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace graph {

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

/// A file that a node writes, or a folder in which it writes many.
struct Written {
    std::filesystem::path path;
    bool in_run = true;  // a relative path is in the run's folder, else where the program started
    bool folder = false;
    bool apart = false;  // not to be one that files of the sources are in, nor one above it
};

struct Schedule;

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

}  // namespace graph
