// See test_run.hpp.
#include "graph/testing/test_run.hpp"

#include "graph/testing/comparison.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

namespace graph {

namespace {

namespace fs = std::filesystem;

/// While it lives, the working folder is another, and what is printed goes to a file there.
class Elsewhere {
  public:
    explicit Elsewhere(const fs::path& folder) : before_(fs::current_path()) {
        fs::current_path(folder);
        std::fflush(nullptr);
        const int file = ::open("printed", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        for (size_t i = 0; i < streams.size(); ++i) {
            kept_[i] = ::dup(streams[i]);
            ::dup2(file, streams[i]);
        }
        ::close(file);
    }
    ~Elsewhere() {
        std::fflush(nullptr);
        for (size_t i = 0; i < streams.size(); ++i) {
            ::dup2(kept_[i], streams[i]);
            ::close(kept_[i]);
        }
        std::error_code ignored;
        fs::current_path(before_, ignored);
    }
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;

  private:
    static constexpr std::array streams = {STDOUT_FILENO, STDERR_FILENO};
    fs::path before_;
    std::array<int, 2> kept_{};
};

/// What it throws becomes an exit code, as in main.
RunResult run(Plan plan) {
    RunResult result;
    try {
        return Engine(std::move(plan), {.quiet = true}).run();
    } catch (const ConfigurationError& error) {
        result.exit_code = exit_configuration;
        result.message = error.what();
    } catch (const std::system_error& error) {
        result.exit_code = exit_io;
        result.message = error.what();
    } catch (const std::exception& error) {
        result.exit_code = exit_incomplete;
        result.message = error.what();
    }
    return result;
}

/// In the run's folder, or in the working folder.
bool is_there(const std::string& pattern) {
    for (const char* folder : {"run/", ""}) {
        glob_t found{};
        const bool any = ::glob((folder + pattern).c_str(), 0, nullptr, &found) == 0;
        ::globfree(&found);
        if (any) return true;
    }
    return false;
}

std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

TestOutcome run_test(const ReadyTest& ready, const fs::path& folder) {
    const auto start = std::chrono::steady_clock::now();
    const TestCase& test = ready.test;
    TestOutcome outcome;
    RunResult result;
    std::vector<std::string> missing;
    {
        const Elsewhere elsewhere(folder);
        if (ready.rehearsal) {
            Plan plan = ready.rehearsal->plan();
            plan.settings.out = folder / "run";
            result = run(std::move(plan));
        } else {
            result.exit_code = exit_configuration;
            result.message = ready.errors;
        }
        fmt::print("{}\n", result.message);
        for (const auto& file : test.files)
            if (!is_there(file)) missing.push_back(file);
    }
    outcome.printed = text_of(folder / "printed");
    if (result.exit_code != test.exit)
        outcome.differences.push_back(
            fmt::format("the exit code is {}, not {}", result.exit_code, test.exit));
    if (ready.rehearsal)
        for (auto& text : compare(test, *ready.rehearsal, result))
            outcome.differences.push_back(std::move(text));
    for (const auto& file : missing) outcome.differences.push_back("there is no file " + file);
    if (outcome.printed.find(test.says) == std::string::npos)
        outcome.differences.push_back(fmt::format("it does not say '{}'", test.says));
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    outcome.seconds = spent.count();
    return outcome;
}

}  // namespace graph
