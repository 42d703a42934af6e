// Composing pipelines out of the nodes that there are: examples, copies, rows of nodes, the schema.
#include "graph/create.hpp"
#include "graph/example.hpp"
#include "graph/markdown.hpp"
#include "graph/paths.hpp"
#include "graph/plan.hpp"
#include "graph/reference.hpp"
#include "graph/schema.hpp"
#include "tests/formats/scratch.hpp"
#include "tests/nodes/runner.hpp"

#include <fstream>
#include <set>

#include <gmock/gmock.h>

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ComposeTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  fmt::format("compose.{}.{}", ::getpid(),
                              ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    graph::Document load(const std::string& name, const std::string& text,
                         graph::Errors& errors) const {
        std::ofstream(folder_ / (name + ".yaml")) << text;
        return graph::load_document(folder_ / (name + ".yaml"), {}, errors);
    }
    graph::Plan plan(const std::string& text, graph::Errors& errors) const {
        const auto document = load("p", text, errors);
        return graph::make_plan(document, errors);
    }
    static std::multiset<std::string> ops(const graph::Plan& plan) {
        std::multiset<std::string> names;
        for (const auto& node : plan.nodes) names.insert(node.spec->name);
        return names;
    }
    static std::vector<std::string> names(const graph::Plan& plan) {
        std::vector<std::string> list;
        for (const auto& node : plan.nodes) list.push_back(node.spec->name);
        return list;
    }

    fs::path folder_;
};

TEST_F(ComposeTest, EveryNodeHasAnExampleFromAShippedPipelineThatIsAPipeline) {
    for (const auto& [name, spec] : graph::registry()) {
        const graph::Example example = graph::find_example(spec);
        EXPECT_FALSE(example.pipeline.empty()) << name;
        graph::Errors errors;
        const graph::Plan made = plan(example.text, errors);
        EXPECT_EQ(errors.text(), "") << name << "\n" << example.text;
        EXPECT_EQ(ops(made).count(name) > 0, true) << name << "\n" << example.text;
        EXPECT_EQ(example.text.find("${"), std::string::npos) << example.text;
        EXPECT_THAT(graph::describe_text(spec), HasSubstr(example.text));
        EXPECT_THAT(graph::markdown_text(spec), HasSubstr(example.text));
    }
}

TEST_F(ComposeTest, ExamplesDoNotDependOnTheEnvironment) {
    const auto& spec = graph::registry().at("list_files");
    const std::string before = graph::find_example(spec).text;
    ::setenv("PIPELINE_DATA", "/elsewhere", 1);
    EXPECT_EQ(graph::find_example(spec).text, before);
    EXPECT_EQ(graph::markdown_text().find("/elsewhere"), std::string::npos);
    ::unsetenv("PIPELINE_DATA");
}

TEST_F(ComposeTest, CopiesOfShippedPipelinesAreTheSame) {
    for (const auto& path : graph::shipped_pipelines()) {
        const auto created = graph::copy_pipeline(path);
        graph::Errors errors;
        const auto original = graph::load_document(path, {}, errors);
        const auto copy = load(path.stem(), created.text, errors);
        EXPECT_EQ(errors.text(), "") << created.text;
        EXPECT_EQ(copy.resolved, original.resolved) << created.text;
        EXPECT_EQ(copy.params.size(), original.params.size());
        EXPECT_THAT(created.text, HasSubstr("\n# " + graph::header_comment(path).substr(0, 40)));
        EXPECT_EQ(created.text.find("\ninclude:"), std::string::npos);
        EXPECT_EQ(created.text.find("\nname:"), std::string::npos);
    }
}

TEST_F(ComposeTest, RowsOfNodesAreLinkedAsTheShippedPipelinesAre) {
    size_t rows = 0;
    for (const auto& path : graph::shipped_pipelines()) {
        graph::Errors errors;
        const auto shipped = graph::make_plan(graph::load_document(path, {}, errors), errors);
        // Branches side by side, which use a kind of node twice, cannot be told by an order alone.
        const auto all = ops(shipped);
        if (std::set(all.begin(), all.end()).size() < all.size()) continue;
        const auto created = graph::create_chain(names(shipped), false);
        const auto made = plan(created.text, errors);
        ASSERT_EQ(errors.text(), "") << created.text;
        ASSERT_EQ(names(made), names(shipped)) << created.text;
        ++rows;
        for (size_t i = 0; i < made.nodes.size(); ++i) {
            const auto& a = made.nodes[i];
            const auto& b = shipped.nodes[i];
            for (size_t port = 0; port < a.inputs.size(); ++port) {
                std::set<std::pair<size_t, size_t>> links, expected;
                for (const auto& link : a.inputs[port]) links.emplace(link.node, link.port);
                for (const auto& link : b.inputs[port]) expected.emplace(link.node, link.port);
                EXPECT_EQ(links, expected) << path << " " << b.id << "\n" << created.text;
            }
        }
    }
    EXPECT_GE(rows, 20u);
}

TEST_F(ComposeTest, CreateWritesEveryOptionAtItsDefault) {
    for (const auto& [name, spec] : graph::registry()) {
        graph::Errors errors;
        const auto example = plan(graph::example_chain(spec), errors);
        graph::Created created;
        try {
            created = graph::create_chain(names(example), false);
        } catch (const graph::ConfigurationError& error) {
            ADD_FAILURE() << name << ": " << error.what();
            continue;
        }
        const auto made = plan(created.text, errors);
        ASSERT_EQ(errors.text(), "") << created.text;
        for (const auto& node : made.nodes) {
            const bool asks = std::any_of(node.spec->params.begin(), node.spec->params.end(),
                                          [](const auto& param) { return param.required; });
            if (asks) continue;
            const auto defaults = node.spec->make_params();
            EXPECT_EQ(graph::dump_params(node.spec->params, node.params.get()),
                      graph::dump_params(node.spec->params, defaults.get()));
        }
        for (const auto& param : spec.params)
            EXPECT_THAT(created.text, HasSubstr(" " + param.name + ":")) << name;
    }
}

TEST_F(ComposeTest, SaysWhatIsMissingBetweenTwoNodes) {
    const auto fault = [](const std::vector<std::string>& names) -> std::string {
        try {
            return graph::create_chain(names, false).text;
        } catch (const graph::ConfigurationError& error) {
            return error.what();
        }
    };
    EXPECT_EQ(fault({"list_files", "read_tiff", "train"}),
              "train takes images per batch for its input 'images', and nothing before it gives "
              "that; put batch between read_tiff and train");
    EXPECT_EQ(fault({"list_files", "train"}),
              "train takes images per batch for its input 'images', and nothing before it gives "
              "that; put read_tiff and batch between list_files and train");
    EXPECT_EQ(fault({"lst_files", "resise"}),
              "unknown node 'lst_files'; did you mean 'list_files'?\n"
              "unknown node 'resise'; did you mean 'resize'?");
    EXPECT_THAT(fault({"train"}), HasSubstr("; put "));
}

TEST_F(ComposeTest, TheSchemaKnowsEveryOption) {
    const auto schema = graph::pipeline_schema();
    for (const auto& [name, spec] : graph::registry()) {
        const auto& with = schema["definitions"]["op_" + name]["properties"]["with"];
        ASSERT_EQ(with["properties"].size(), spec.params.size()) << name;
        for (const auto& param : spec.params)
            EXPECT_THAT(with["properties"][param.name]["description"].get<std::string>(),
                        HasSubstr(param.doc));
    }
}

TEST_F(ComposeTest, TheReferenceFitsInATerminal) {
    const auto check = [](const std::string& text) {
        std::istringstream lines(text.substr(0, text.find("\nexample")));
        for (std::string line; std::getline(lines, line);)
            EXPECT_LE(line.size(), line.find(' ', 40) == std::string::npos ? 200u : 80u) << line;
    };
    check(graph::list_text());
    for (const auto& [name, spec] : graph::registry()) check(graph::describe_text(spec));
}

}  // namespace
