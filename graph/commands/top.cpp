// `pipeline top`: a run that goes on in another process, drawn as it draws itself.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/log.hpp"
#include "graph/status_file.hpp"
#include "graph/time_text.hpp"
#include "graph/top_view.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

namespace graph {
namespace {

using namespace std::chrono_literals;

struct Arguments {
    std::string folder;
    bool once = false;
};

class Top {
  public:
    Top(std::filesystem::path folder, bool once)
        : folder_(std::move(folder)), once_(once || !display_.able()) {}

    int run() {
        const bool is_run = std::filesystem::exists(folder_ / "resolved.yaml") ||
                            std::filesystem::exists(folder_ / "run.json");
        for (;;) {
            if (const auto status = read_status_file(folder_)) {
                missed_ = 0;
                if (is_stale(*status)) return stale(*status);
                show(*status);
                if (once_) return exit_done;
                std::this_thread::sleep_for(500ms);
            } else if (!is_run) {
                throw ConfigurationError(folder_.string() +
                                         " is not the folder of a run: it has no resolved.yaml");
            } else if (++missed_ > most_missed) {
                return ended();
            } else {
                std::this_thread::sleep_for(100ms);  // perhaps it is being replaced
            }
        }
    }

  private:
    static constexpr int most_missed = 3;
    static constexpr std::chrono::duration<double> silence =
        30s;  // then a run elsewhere seems gone

    /// Clocks of hosts differ, so a file that was changed while we looked is of a run that lives.
    bool is_stale(const RunStatus& status) {
        if (status.written != written_) {
            seen_changing_ = written_ > 0;
            changed_ = Clock::now();
            written_ = status.written;
        }
        const Life life = life_of(status);
        if (life != Life::unknown) return life == Life::gone;
        const auto unchanged = Clock::now() - changed_;
        if (seen_changing_) return unchanged > silence;
        return age(status) > silence.count() && (once_ || unchanged > 5s);
    }

    static double age(const RunStatus& status) {
        return unix_seconds(WallTime::clock::now()) - status.written;
    }

    void show(RunStatus status) {
        constexpr double quiet = 10;  // seconds: a run that hangs, or a disk
        if (status.written > 0 && age(status) > quiet)
            status.state += fmt::format(", silent for {},", duration_text(age(status)));
        const TerminalSize size = once_ && ::isatty(STDOUT_FILENO) != 1
                                      ? TerminalSize{.columns = 100, .rows = 1000}
                                      : display_.size();
        auto lines = top_view(status, size, display_.able() && Display::colored());
        if (once_) {
            for (const auto& line : lines) fmt::print("{}\n", line);
        } else {
            display_.draw(lines);
        }
    }

    int stale(const RunStatus& status) {
        display_.keep();
        fmt::print(
            stderr,
            "{}: its process ({} on {}) is gone and left no end; last heard of {} ago; go on "
            "with: pipeline resume {}\n",
            folder_.string(), status.pid, printable(status.host),
            duration_text(std::max(0.0, age(status))), folder_.string());
        return exit_incomplete;
    }

    int ended() {
        const auto run = read_ended_run(folder_);
        if (!run) {
            display_.keep();
            fmt::print(stderr,
                       "{}: nothing runs there, and it came to no end; go on with: pipeline "
                       "resume {}\n",
                       folder_.string(), folder_.string());
            return exit_incomplete;
        }
        show(*run);
        fmt::print("ended with exit code {}: {}\n", run->exit_code, printable(run->message));
        return exit_done;
    }

    using Clock = std::chrono::steady_clock;
    const std::filesystem::path folder_;
    Display display_{STDOUT_FILENO};
    const bool once_;
    Clock::time_point changed_ = Clock::now();
    double written_ = 0;
    bool seen_changing_ = false;
    int missed_ = 0;
};

const RegisterCommand command{
    "top", "watch a run that goes on, from its folder", [](CLI::App& app) {
        const auto arguments = std::make_shared<Arguments>();
        add_target(app, "RUN_FOLDER", arguments->folder);
        app.add_flag("--once", arguments->once,
                     "show how it stands and end; without a terminal always");
        return [arguments] { return Top(arguments->folder, arguments->once).run(); };
    }};

}  // namespace
}  // namespace graph
