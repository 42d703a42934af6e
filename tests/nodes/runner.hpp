// Runs one node without an engine: gives it messages, and keeps what it sends.
#pragma once

#include "graph/document.hpp"
#include "graph/source.hpp"
#include "graph/timetable.hpp"
#include "nodes/types.hpp"
#include "tests/formats/scratch.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

/// A message that a node has sent.
struct Sent {
    std::string port;
    std::type_index type;
    std::shared_ptr<const void> value;
    int epoch = 0;
    bool complete = true;
};

class Runner final : public graph::Call {
  public:
    /// `params` as under `with`; `change` may alter what the node knows of its run. Throws
    /// ConfigurationError as a pipeline would.
    explicit Runner(const std::string& op, const std::string& params = "{}",
                    const std::function<void(graph::Setup&)>& change = {})
        : spec_(graph::registry().at(op)), params_(spec_.make_params()) {
        graph::Errors errors;
        const graph::Value value = graph::parse_yaml(params, "test", errors);
        graph::set_params(spec_.params, params_.get(), value, op, errors);
        if (!errors.empty()) throw graph::ConfigurationError(errors);
        setup.id = op;
        setup.folder = std::make_shared<const std::filesystem::path>(folder.path());
        if (change) change(setup);
        node_ = spec_.make(params_.get(), setup);
        pass_.items = 1;
    }

    graph::Node& node() { return *node_; }
    const graph::Spec& spec() const { return spec_; }
    std::vector<graph::Shape> shapes(const std::vector<graph::Shape>& inputs) const {
        return spec_.shapes(params_.get(), inputs);
    }

    /// The pass that the next messages belong to; it begins at index 0.
    Runner& in_pass(int epoch, graph::Purpose purpose, std::string split, bool last = false,
                    size_t items = 1) {
        pass_ = {pass_.number + 1, epoch, purpose, std::move(split), items, last};
        stamp_ = {};
        stamp_.pass = pass_.number;
        return *this;
    }
    template <class T>
    Runner& give(const std::string& port, T value) {
        return give(port, std::make_shared<const T>(std::move(value)));
    }
    template <class T>
    Runner& give(const std::string& port, std::shared_ptr<const T> value) {
        inputs_.insert_or_assign(port, Given{typeid(T), std::move(value)});
        return *this;
    }

    /// Feeds the node what was given; the next message has the next index.
    Runner& receive() {
        node_->receive(*this);
        ++stamp_.index;
        return *this;
    }
    /// The next message has the next index, after one that failed.
    Runner& skip() { return ++stamp_.index, *this; }
    Runner& start() { return node_->start(*this), *this; }
    Runner& end() { return node_->end(*this), *this; }
    Runner& stop() { return node_->stop(*this), *this; }

    /// Of a source: its items; it makes them in their order.
    std::vector<graph::Item> items() {
        auto& source = dynamic_cast<graph::Source&>(*node_);
        std::vector<graph::Item> items;
        const size_t count = source.list();
        for (size_t i = 0; i < count; ++i) items.push_back(source.item(i));
        source.set_order(graph::undivided(count), {}, 0, setup.id);
        in_pass(0, graph::Purpose::train, "all");
        return items;
    }

    /// The values sent on a port since the last call.
    template <class T>
    std::vector<std::shared_ptr<const T>> take(const std::string& port) {
        std::vector<std::shared_ptr<const T>> taken;
        for (const Sent& message : sent)
            if (message.port == port && message.type == typeid(T))
                taken.push_back(std::static_pointer_cast<const T>(message.value));
        std::erase_if(sent, [&](const Sent& message) { return message.port == port; });
        return taken;
    }
    /// The one value that one message makes.
    template <class In, class Out>
    Out map(const std::string& in, In value, const std::string& out) {
        give(in, std::move(value)).receive();
        return *take<Out>(out).at(0);
    }

    bool has(std::string_view port) const override { return inputs_.contains(std::string(port)); }
    const graph::Stamp& stamp() const override { return stamp_; }
    const graph::Pass& pass() const override { return pass_; }
    graph::Random random() const override {
        return {static_cast<uint64_t>(setup.settings.seed), setup.id, stamp_};
    }
    bool stopping() const override { return false; }
    void report(const std::string& name, double value) override { reports[name] = value; }
    void warn(const std::string& message) override { warnings.push_back(message); }

    Scratch folder;  // the run's
    graph::Setup setup;
    std::vector<Sent> sent;
    std::map<std::string, double> reports;
    std::vector<std::string> warnings;

  private:
    struct Given {
        std::type_index type;
        std::shared_ptr<const void> value;
    };

    const std::shared_ptr<const void>& value(std::string_view port,
                                             std::type_index type) const override {
        const Given& given = inputs_.at(std::string(port));
        EXPECT_EQ(given.type, type) << port;
        return given.value;
    }
    void put(std::string_view port, std::type_index type,
             std::shared_ptr<const void> value) override {
        sent.push_back({std::string(port), type, std::move(value)});
        check(sent.back());
    }
    void put_parts(std::string_view port, std::type_index type,
                   std::vector<std::shared_ptr<const void>> values) override {
        EXPECT_TRUE(spec_.makes_parts);
        for (auto& value : values) put(port, type, std::move(value));
    }
    void put_epoch(std::string_view port, std::type_index type, int epoch, bool complete,
                   std::shared_ptr<const void> value) override {
        sent.push_back({std::string(port), type, std::move(value), epoch, complete});
        check(sent.back());
    }
    /// A node must send what it declares.
    void check(const Sent& message) const {
        for (const graph::Port& port : spec_.outputs)
            if (port.name == message.port) {
                EXPECT_EQ(port.id, message.type) << message.port;
                return;
            }
        ADD_FAILURE() << spec_.name << " has no output " << message.port;
    }

    const graph::Spec& spec_;
    std::shared_ptr<void> params_;
    std::unique_ptr<graph::Node> node_;
    std::map<std::string, Given> inputs_;
    graph::Pass pass_;
    graph::Stamp stamp_;
};

/// What a statement throws, as text; "" if nothing.
template <class Body>
std::string error_of(Body body) {
    try {
        body();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

inline formats::Image make_image(int width, int height, std::vector<float> samples,
                                 const std::string& path = "a.tif") {
    formats::Image image;
    image.width = width;
    image.height = height;
    image.samples = std::move(samples);
    image.type = formats::SampleType::u8;
    image.path = path;
    return image;
}

/// Samples 0, 1, 2, ... divided by how many there are.
inline formats::Image ramp(int width, int height, const std::string& path = "a.tif") {
    std::vector<float> samples(static_cast<size_t>(width) * static_cast<size_t>(height));
    for (size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<float>(i) / static_cast<float>(samples.size());
    return make_image(width, height, std::move(samples), path);
}

/// `count` images of random blocks, which a small network can learn.
inline nodes::Batch blocks(int64_t count, int64_t size, uint64_t seed,
                           const std::string& split = "train") {
    nodes::Batch batch;
    batch.images = models::Tensor({count, 1, size, size});
    graph::Random random(seed);
    for (int64_t n = 0; n < count; ++n) {
        float corners[4];
        for (float& corner : corners) corner = static_cast<float>(random.uniform());
        for (int64_t y = 0; y < size; ++y)
            for (int64_t x = 0; x < size; ++x)
                batch.images.values[static_cast<size_t>((n * size + y) * size + x)] =
                    corners[(2 * y >= size ? 2 : 0) + (2 * x >= size ? 1 : 0)];
        nodes::ImageInfo info;
        info.path = "image" + std::to_string(n) + ".tif";
        info.sha256 = std::string(64, 'a');
        info.split = split;
        batch.infos.push_back(info);
    }
    return batch;
}

inline const char* const small_model = "{type: convolutional, encoder: [4, 2], decoder: [2, 4]}";

/// A trainer of the small model on 16x16 images.
inline std::unique_ptr<Runner> make_trainer(const std::string& more = "") {
    return std::make_unique<Runner>("train",
                                    "{model: " + std::string(small_model) +
                                        ", optimizer: {type: adam, rate: 0.01}" + more + "}",
                                    [](graph::Setup& setup) {
                                        setup.shapes["images"] = {1, 16, 16};
                                    });
}

/// A model that was trained for some steps, with its state.
inline std::shared_ptr<const nodes::Snapshot> trained_snapshot(int steps = 5) {
    auto trainer = make_trainer();
    trainer->start();
    trainer->in_pass(0, graph::Purpose::train, "train", true, static_cast<size_t>(4 * steps));
    for (int i = 0; i < steps; ++i)
        trainer->give("images", blocks(4, 16, static_cast<uint64_t>(i))).receive();
    trainer->end();
    return trainer->take<nodes::Snapshot>("model").back();
}
