// The report of one run; see report.hpp.
#include "graph/report/report.hpp"

#include "graph/paths.hpp"
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"
#include "graph/text_file.hpp"

#include <fmt/format.h>

namespace graph::report {

namespace fs = std::filesystem;

std::string run_report(const fs::path& folder) {
    const Record record = read_record(folder);
    std::string links, body;
    const auto add = [&](const char* id, const char* title, const std::string& part) {
        if (part.empty()) return;
        links += fmt::format("<a href=\"#{}\">{}</a>\n", id, title);
        body += section(id, title, part);
    };
    add("bad-inputs", "Bad inputs", bad_inputs_part(record));
    add("curves", "Curves", curves_part(record));
    add("figures", "Figures", figures_part(record));
    add("pictures", "Pictures", pictures_part(record));
    body += "<div class=pair>\n";
    add("graph", "Graph", graph_part(record));
    add("data", "Data", data_part(record));
    body += "</div>\n";
    add("profile", "Profile", profile_part(record));
    add("tables", "Tables", tables_part(record));
    add("settings", "Settings", settings_part(record));
    add("files", "Files", files_part(record));
    return page(record.name, heading(record) + "<nav>" + links + "</nav>\n" + body +
                                 fmt::format("<footer>latentflow {}</footer>\n", version()));
}

fs::path write_report(const fs::path& folder) {
    const fs::path file = folder / "report.html";
    replace_file_durably(file, run_report(folder));
    return file;
}

std::string try_report(const fs::path& folder) noexcept try {
    if (fs::exists(folder / "resolved.yaml")) write_report(folder);
    return {};
} catch (const std::exception& error) {
    return error.what();
}

}  // namespace graph::report
