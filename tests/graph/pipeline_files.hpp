// A folder of pipeline files for a test, and what the checks say of them, with the folder's name
// left out.
#pragma once

#include "graph/plan.hpp"
#include "tests/graph/toy_nodes.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace toy {

class PipelineFiles : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("pipelines.{}.{}", ::getpid(), test->name());
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }
    graph::Document load(const std::string& text, const graph::Overrides& overrides = {}) {
        errors_ = {};
        return graph::load_document(write("p.yaml", text), overrides, errors_);
    }
    graph::Plan plan(const std::string& text, const graph::Overrides& overrides = {}) {
        const graph::Document document = load(text, overrides);
        return graph::make_plan(document, errors_);
    }
    /// The errors of the last pipeline, one a line.
    std::string errors() const {
        std::string text = errors_.text();
        const std::string prefix = folder_.string() + "/";
        for (size_t at; (at = text.find(prefix)) != std::string::npos;)
            text.erase(at, prefix.size());
        return text;
    }
    std::string faults(const std::string& text, const graph::Overrides& overrides = {}) {
        plan(text, overrides);
        return errors();
    }
    /// Of nodes alone, from line 3 on.
    std::string node_faults(const std::string& nodes, const graph::Overrides& overrides = {}) {
        return faults("version: 1\nnodes:\n" + nodes, overrides);
    }

    std::filesystem::path folder_;
    graph::Errors errors_;
};

/// One of several kinds, and every type of option.
struct Brush {
    virtual ~Brush() = default;
};
struct RoundBrush : Brush {
    int radius = 3;
};
struct FlatBrush : Brush {
    float width = 0.5f;
};
inline const graph::Kinds<Brush>::Add<RoundBrush> round_brush{
    "round", "a disk", {graph::param("radius", &RoundBrush::radius, graph::Range{1, 9}, "pixels")}};
inline const graph::Kinds<Brush>::Add<FlatBrush> flat_brush{
    "flat", "a line", {graph::param("width", &FlatBrush::width, "of the line")}};

struct PaintParams {
    std::string color = "red";
    std::filesystem::path file;
    bool fast = false;
    std::vector<double> weights = {1, 2.5};
    graph::Selected<Brush> brush{"round"};
};
class Paint : public graph::Node {
  public:
    Paint(const PaintParams&, const graph::Setup&) {}
    void receive(Call& call) override { call.emit("number", call.shared<Number>("number")); }
};
inline const graph::Register paint{[] {
    auto spec = graph::node<PaintParams, Paint>(
        {.name = "paint",
         .doc = "Has options of every type.",
         .group = "toys",
         .inputs = {port<Number>(Clock::item, "number", "a number"),
                    graph::optional(port<Sum>(Clock::epoch, "sum", "a sum"))},
         .outputs = {port<Number>(Clock::same, "number", "the same number")},
         .params = {graph::param("color", &PaintParams::color, graph::Choice{{"red", "green"}},
                                 "which color"),
                    graph::required(graph::param("file", &PaintParams::file, "where it goes")),
                    graph::param("fast", &PaintParams::fast, "in a hurry"),
                    graph::param("weights", &PaintParams::weights, graph::Range{0, 10}, "of each"),
                    graph::kind("brush", &PaintParams::brush, "what it paints with")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>&) {
        if (static_cast<const PaintParams*>(params)->fast)
            throw std::invalid_argument("cannot be fast");
        return std::vector<graph::Shape>{{1, -1, 8}};
    };
    return spec;
}()};

}  // namespace toy
