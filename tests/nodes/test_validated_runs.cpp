// What validates does not fail in configuration later: options of shipped pipelines are set, one at
// a time, to the ends of their ranges and beyond, to each of their choices and to nonsense. Either
// the check refuses that, or a run takes it.
#include "graph/engine.hpp"
#include "graph/paths.hpp"
#include "graph/random.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace {

using namespace graph;
using namespace std::chrono_literals;

struct Shipped {
    std::string name;
    Overrides small;  // so that it takes little
};

/// Values to try for a parameter, as YAML.
std::vector<std::string> values_of(const Param& param) {
    std::vector<std::string> values = {"[]", "{no_such: 1}", "\"\""};
    for (const auto& choice : param.choices) values.push_back(choice);
    for (const auto& kind : param.alternatives ? param.alternatives() : std::vector<Alternative>())
        values.push_back(kind.name);
    if (param.type == "boolean") values.insert(values.end(), {"true", "false"});
    if (param.type == "path") values.insert(values.end(), {"none/such", "images/cells_O01f00.tif"});
    if (param.range) {
        const auto [min, max] = *param.range;
        for (const double end : {min - 1, min, max, max + 1})
            if (std::abs(end) < 1e8)  // a source numbers its items when it lists them
                values.push_back(fmt::format("{}", end));
    }
    if (param.type.starts_with("list of "))
        for (std::string& value : values) value = "[" + value + "]";
    return values;
}

/// "width", "quality.level": all options, also those of the kinds that are chosen by default.
void add_paths(const std::vector<Param>& params, const std::string& before,
               std::vector<std::pair<std::string, std::string>>& sets) {
    for (const Param& param : params) {
        const std::string path = before + param.name;
        for (const std::string& value : values_of(param)) sets.emplace_back(path, value);
        add_paths(param.fields, path + ".", sets);
    }
}

class ValidatedRuns : public ::testing::TestWithParam<Shipped> {
  protected:
    void SetUp() override {
        std::string name = GetParam().name;
        folder_ = std::filesystem::temp_directory_path() /
                  fmt::format("validated.{}.{}", ::getpid(), name);
        std::filesystem::create_directories(folder_);
        before_ = std::filesystem::current_path();
        std::filesystem::current_path(folder_);
        Errors errors;
        const Overrides overrides{.params = {"data=images", "count=6", "size=64"},
                                  .sets = {"run.out=made"}};
        Plan plan =
            make_plan(load_document(find_pipeline("make_sample"), overrides, errors), errors);
        ASSERT_EQ(errors.text(), "");
        ASSERT_EQ(Engine(std::move(plan), {.quiet = true}).run().exit_code, 0);
    }
    void TearDown() override {
        std::filesystem::current_path(before_);
        std::filesystem::remove_all(folder_);
    }

    /// What `validate` says; the plan is only good if it is "".
    static std::string check(const Overrides& overrides, Plan& plan) {
        Errors errors;
        plan = make_plan(load_document(find_pipeline(GetParam().name), overrides, errors), errors);
        if (!errors.empty()) return errors.text();
        try {
            const Engine engine(plan, {.quiet = true});
        } catch (const ConfigurationError& error) {
            return error.what();
        }
        return "";
    }

    /// Runs for a moment; gives what is wrong with the configuration.
    static std::string run(Plan plan) {
        Engine engine(std::move(plan), {.quiet = true});
        std::jthread stop([&engine](const std::stop_token& done) {
            for (int i = 0; i < 100 && !done.stop_requested(); ++i)
                std::this_thread::sleep_for(10ms);
            engine.stop();
        });
        try {
            engine.run();
        } catch (const ConfigurationError& error) {
            return error.what();
        } catch (const std::exception&) {
            // A rate may diverge, a disk may be full: that is not the configuration.
        }
        return "";
    }

    std::filesystem::path folder_, before_;
};

TEST_P(ValidatedRuns, NothingFailsInConfigurationLater) {
    Overrides base = GetParam().small;
    base.sets.insert(base.sets.end(), {"run.out=run", "run.threads=2", "run.max_memory=400MB",
                                       "run.max_in_flight=16"});
    Plan plan;
    ASSERT_EQ(check(base, plan), "");
    Random random(7);
    int refused = 0, accepted = 0, ran = 0;
    for (const PlannedNode& node : Plan(plan).nodes) {
        std::vector<std::pair<std::string, std::string>> sets;
        add_paths(node.spec->params, "nodes." + node.id + ".with.", sets);
        for (const auto& [path, value] : sets) {
            Overrides overrides = base;
            overrides.sets.push_back(path + "=" + value);
            Plan changed;
            const std::string complaint = check(overrides, changed);
            if (!complaint.empty()) {
                ++refused;
                continue;
            }
            ++accepted;
            if (random.below(16) != 0) continue;
            ++ran;
            std::filesystem::remove_all("run");
            EXPECT_EQ(run(std::move(changed)), "") << overrides.sets.back();
        }
    }
    EXPECT_GT(refused, 10);
    EXPECT_GT(accepted, 10);
    EXPECT_GT(ran, 0);
}

const std::vector<Shipped> shipped = {
    {"train_convolutional",
     {.params = {"data=images", "epochs=1"},
      .sets = {"nodes.small.width=32", "nodes.small.height=32"}}},
    {"train_gan",
     {.params = {"data=images", "epochs=1"},
      .sets = {"nodes.small.width=32", "nodes.small.height=32"}}},
    {"train_crops",
     {.params = {"data=images", "epochs=1"},
      .sets = {"nodes.crop.width=32", "nodes.crop.height=32"}}},
    {"encode_images", {.params = {"input=images", "output=streams"}}},
    {"plan_archive", {.params = {"input=images", "archive=archive"}}},
    {"make_sample", {.params = {"data=more", "count=2", "size=32"}}},
};
INSTANTIATE_TEST_SUITE_P(Shipped, ValidatedRuns, ::testing::ValuesIn(shipped),
                         [](const auto& info) { return info.param.name; });

}  // namespace
