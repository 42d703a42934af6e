// `pipeline test`: runs the tests that pipelines carry, each in a folder of its own.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/testing/test_run.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

namespace graph {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<std::string> pipelines;
    std::string only;
    bool keep = false;
};

/// An empty folder; removed with what is in it, unless it is to be kept.
class TestFolder {
  public:
    explicit TestFolder(bool keep) : keep_(keep) {
        std::string name = (fs::temp_directory_path() / "pipeline-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), name);
        path_ = name;
    }
    ~TestFolder() {
        std::error_code ignored;
        if (!keep_) fs::remove_all(path_, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
    bool keep_;
};

std::string indented(const std::string& text) {
    std::string lines;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        lines += "       | " + text.substr(begin, end - begin) + "\n";
        begin = end + 1;
    }
    return lines;
}

/// Runs it and tells how it went; whether it passed.
bool passes(const ReadyTest& ready, bool keep) {
    const TestFolder folder(keep);
    const TestOutcome outcome = run_test(ready, folder.path());
    const bool passed = outcome.differences.empty();
    fmt::print("{} {}: {} ({:.2f} s)\n", passed ? "ok    " : "FAILED", ready.pipeline,
               ready.test.name, outcome.seconds);
    if (!passed) {
        fmt::print("       {}\n", ready.test.place.text());
        for (const auto& difference : outcome.differences) fmt::print("       {}\n", difference);
        fmt::print("{}", indented(outcome.printed));
    }
    if (keep) fmt::print("       {}\n", folder.path().string());
    std::fflush(stdout);
    return passed;
}

int test(const Arguments& arguments) {
    Errors errors;
    std::vector<ReadyTest> all;
    for (const auto& name : arguments.pipelines)
        std::ranges::move(read_ready_tests(find_pipeline(name), errors), std::back_inserter(all));
    if (!errors.empty()) throw ConfigurationError(errors);
    std::vector<std::string> names;
    for (const auto& ready : all) names.push_back(ready.test.name);
    if (!arguments.only.empty()) {
        std::erase_if(all, [&](const ReadyTest& t) { return t.test.name != arguments.only; });
        if (all.empty() && !names.empty())
            throw ConfigurationError(fmt::format("there is no test '{}'; there are {}{}",
                                                 arguments.only, fmt::join(names, ", "),
                                                 did_you_mean(arguments.only, names)));
    }
    if (all.empty())
        throw ConfigurationError(
            fmt::format("{}: there are no tests; a pipeline has them in a "
                        "section 'tests:'",
                        fmt::join(arguments.pipelines, ", ")));
    size_t failed = 0;
    for (const auto& ready : all)
        if (!passes(ready, arguments.keep)) ++failed;
    fmt::print("{} tests, {} failed\n", all.size(), failed);
    return failed == 0 ? exit_done : exit_incomplete;
}

const RegisterCommand command{
    "test", "run the tests that a pipeline carries", [](CLI::App& app) {
        const auto arguments = std::make_shared<Arguments>();
        app.add_option("PIPELINE", arguments->pipelines)->required()->type_name("");
        app.add_option("--only", arguments->only, "the test of this name alone")->type_name("NAME");
        app.add_flag("--keep", arguments->keep, "keep the folders that the tests run in");
        return [arguments] { return test(*arguments); };
    }};

}  // namespace
}  // namespace graph
