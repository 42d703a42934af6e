// `pipeline report`: a run explained, or several compared, as a page to be read anywhere.
#include "graph/report/report.hpp"

#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/report/tensorboard.hpp"
#include "graph/text_file.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<fs::path> runs;
    fs::path output, tensorboard;
};

int report(const Arguments& arguments) {
    if (!arguments.tensorboard.empty())
        report::write_tensorboard(arguments.runs, arguments.tensorboard);
    const bool one = arguments.runs.size() == 1;
    fs::path file = arguments.output;
    if (file.empty()) file = one ? arguments.runs[0] / "report.html" : "compare.html";
    replace_file_durably(
        file, one ? report::run_report(arguments.runs[0]) : report::comparison(arguments.runs));
    fmt::print("{}\n", file.string());
    if (!arguments.tensorboard.empty()) fmt::print("{}\n", arguments.tensorboard.string());
    return exit_done;
}

const RegisterCommand command{
    "report", "explain a run, or compare several, in a page", [](CLI::App& app) {
        const auto arguments = std::make_shared<Arguments>();
        app.add_option("RUN_FOLDER", arguments->runs, "one run: its report; more: a comparison")
            ->required()
            ->type_name("");
        app.add_option("--output,-o", arguments->output,
                       "the HTML file; else report.html in the run's folder, or compare.html here")
            ->type_name("FILE");
        app.add_option("--tensorboard", arguments->tensorboard,
                       "write event files for TensorBoard too, in DIR/RUN")
            ->type_name("DIR");
        return [arguments] { return report(*arguments); };
    }};

}  // namespace
}  // namespace graph
