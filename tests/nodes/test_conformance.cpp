// What holds for every node, pipeline and include, whoever adds one.
#include "graph/plan.hpp"
#include "tests/nodes/runner.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;

const fs::path source_dir = SOURCE_DIR;

std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::vector<fs::path> files(const fs::path& folder, const std::set<std::string>& endings) {
    std::vector<fs::path> list;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (endings.contains(entry.path().extension())) list.push_back(entry.path());
    std::sort(list.begin(), list.end());
    return list;
}

/// Of the project, not those that tests may have registered.
std::map<std::string, graph::Spec> all_nodes() { return graph::registry(); }

void check_params(const std::vector<graph::Param>& params, const std::string& owner) {
    std::set<std::string> names;
    for (const auto& param : params) {
        const std::string name = owner + "." + param.name;
        EXPECT_TRUE(names.insert(param.name).second) << name << " is declared twice";
        EXPECT_TRUE(std::regex_match(param.name, std::regex("[a-z][a-z0-9_]*"))) << name;
        EXPECT_FALSE(param.doc.empty()) << name << " has no doc";
        EXPECT_FALSE(param.type.empty()) << name << " has no type";
        check_params(param.fields, name);
        if (!param.alternatives) continue;
        EXPECT_FALSE(param.alternatives().empty()) << name;
        for (const auto& alternative : param.alternatives()) {
            EXPECT_FALSE(alternative.doc.empty()) << name << ": " << alternative.name;
            check_params(alternative.params, name + "." + alternative.name);
        }
    }
}

TEST(Conformance, EveryNodeSaysWhatItIs) {
    for (const auto& [name, spec] : all_nodes()) {
        EXPECT_EQ(spec.name, name);
        EXPECT_FALSE(spec.doc.empty()) << name;
        EXPECT_EQ(spec.inputs.empty(), spec.is_source) << name;
        EXPECT_FALSE(spec.inputs.empty() && spec.outputs.empty()) << name;
        std::set<std::string> ports;
        for (const auto& port : spec.inputs) {
            EXPECT_TRUE(ports.insert(port.name).second) << name << "." << port.name;
            EXPECT_FALSE(port.doc.empty()) << name << "." << port.name;
        }
        ports.clear();
        for (const auto& port : spec.outputs) {
            EXPECT_TRUE(ports.insert(port.name).second) << name << "." << port.name;
            EXPECT_FALSE(port.doc.empty()) << name << "." << port.name;
        }
        check_params(spec.params, name);
    }
}

TEST(Conformance, DefaultsAreWithinTheirRangesAndChoices) {
    for (const auto& [name, spec] : all_nodes()) {
        const auto params = spec.make_params();
        const std::string text = graph::dump_params(spec.params, params.get());
        graph::Errors errors;
        const graph::Value value = graph::parse_yaml(text, name, errors);
        graph::set_params(spec.params, params.get(), value, name, errors);
        EXPECT_TRUE(errors.empty()) << text << "\n" << errors.text();
        EXPECT_EQ(graph::dump_params(spec.params, params.get()), text);
    }
}

TEST(Conformance, OneNodeIsOneFileWithATest) {
    std::set<std::string> found;
    for (const auto& group : fs::directory_iterator(source_dir / "nodes")) {
        if (!group.is_directory()) continue;
        for (const auto& file : files(group.path(), {".cpp", ".hpp"})) {
            const std::string name = file.stem();
            found.insert(name);
            ASSERT_TRUE(graph::registry().contains(name)) << file << " registers no such node";
            EXPECT_EQ(graph::registry().at(name).group, group.path().filename()) << file;
            EXPECT_TRUE(fs::exists(source_dir / "tests/nodes" / ("test_" + name + ".cpp")))
                << name << " has no test";
        }
    }
    for (const auto& [name, spec] : all_nodes())
        EXPECT_TRUE(found.contains(name)) << name << " has no file of its name";
}

/// The folders of ours that a file includes, as "formats/" or "graph/params.hpp".
std::vector<std::string> includes(const fs::path& file) {
    static const std::regex include("#include \"([^\"]+)\"");
    std::vector<std::string> list;
    const std::string text = text_of(file);
    for (std::sregex_iterator i(text.begin(), text.end(), include), end; i != end; ++i)
        list.push_back((*i)[1]);
    return list;
}

TEST(Conformance, FoldersIncludeWhatTheyMay) {
    const std::map<std::string, std::string> allowed = {
        {"graph", "graph/.*"},
        {"formats", "formats/.*"},
        {"models", "models/.*|graph/params\\.hpp"},
        {"nodes", "graph/.*|models/.*|formats/.*|nodes/[^/]*\\.hpp"}};
    size_t count = 0;
    for (const auto& [folder, pattern] : allowed)
        for (const auto& file : files(source_dir / folder, {".cpp", ".hpp"}))
            for (const auto& included : includes(file)) {
                ++count;
                EXPECT_TRUE(std::regex_match(included, std::regex(pattern)))
                    << file << " may not include " << included;
            }
    EXPECT_GT(count, 100u);
}

graph::Plan plan_of(const fs::path& file, graph::Errors& errors) {
    return graph::make_plan(graph::load_document(file, {}, errors), errors);
}

TEST(Conformance, ShippedPipelinesAreGood) {
    std::set<std::string> used;
    for (const auto& file : files(source_dir / "pipelines", {".yaml"})) {
        EXPECT_TRUE(text_of(file).starts_with("# ")) << file << " does not say what it does";
        graph::Errors errors;
        const graph::Plan plan = plan_of(file, errors);
        EXPECT_TRUE(errors.empty()) << errors.text();
        EXPECT_EQ(plan.name, file.stem().string());
        for (const auto& node : plan.nodes) used.insert(node.spec->name);

        // What comes in is named alike everywhere; what an archive holds is gone through once.
        graph::Errors none, given;
        std::vector<std::string> params;
        for (const auto& param : graph::load_document(file, {}, none).params)
            if (param.name == "epochs")
                params.emplace_back("epochs=2");
            else if (param.name == "data" || param.name == "input" || param.name == "archive")
                params.push_back(param.name + "=x");
        EXPECT_FALSE(params.empty()) << file;
        graph::load_document(file, {.params = params, .sets = {}}, given);
        EXPECT_TRUE(given.empty()) << given.text();
    }
    for (const auto& [name, spec] : all_nodes())
        EXPECT_TRUE(used.contains(name)) << "no pipeline shows how to use " << name;
}

TEST(Conformance, CompareTrainsTheThreeModelsOnOneLoader) {
    graph::Errors errors;
    const graph::Plan plan = plan_of(source_dir / "pipelines/compare.yaml", errors);
    ASSERT_TRUE(errors.empty()) << errors.text();
    std::set<std::string> trainers, sources;
    for (const auto& node : plan.nodes) {
        if (node.spec->name == "train") trainers.insert(node.id);
        if (node.spec->is_source) sources.insert(node.id);
    }
    EXPECT_EQ(trainers, (std::set<std::string>{"convolutional", "fully_connected", "gan"}));
    EXPECT_EQ(sources.size(), 1u);
}

}  // namespace
