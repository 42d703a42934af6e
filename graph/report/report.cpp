// The report of one run; see report.hpp.
#include "graph/report/report.hpp"

#include "graph/paths.hpp"
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"
#include "graph/run_folder.hpp"

#include <array>
#include <cstdio>

#include <fmt/format.h>

namespace graph::report {

namespace fs = std::filesystem;

std::string run_report(const fs::path& folder) {
    const Record record = read_record(folder);
    struct Part {
        const char *id, *title;
        std::string body;
    };
    const std::array parts = {
        Part{"bad-inputs", "Bad inputs", bad_inputs_part(record)},
        Part{"curves", "Curves", curves_part(record)},
        Part{"figures", "Figures", figures_part(record)},
        Part{"pictures", "Pictures", pictures_part(record)},
        Part{"graph", "Graph", graph_part(record)},
        Part{"data", "Data", data_part(record)},
        Part{"profile", "Profile", profile_part(record)},
        Part{"tables", "Tables", tables_part(record)},
        Part{"settings", "Settings", settings_part(record)},
        Part{"files", "Files", files_part(record)},
    };
    std::string links, body;
    for (const Part& part : parts) {
        if (part.body.empty()) continue;
        links += fmt::format("<a href=\"#{}\">{}</a>\n", part.id, part.title);
        body += section(part.id, part.title, part.body);
    }
    return page(record.name, heading(record) + "<nav>" + links + "</nav>\n" + body +
                                 fmt::format("<footer>latentflow {}</footer>\n", version()));
}

void write_whole(const fs::path& file, const std::string& bytes) {
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    RunFolder(folder, true).write(file.filename().string(), bytes);
}

fs::path write_report(const fs::path& folder) {
    const fs::path file = folder / "report.html";
    write_whole(file, run_report(folder));
    return file;
}

void report_run(const fs::path& folder) noexcept try {
    if (fs::exists(folder / "resolved.yaml")) write_report(folder);
} catch (const std::exception& error) {
    std::fputs(("warning: no report: " + std::string(error.what()) + "\n").c_str(), stderr);
} catch (...) {
}

}  // namespace graph::report
