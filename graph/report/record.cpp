// See record.hpp.
#include "graph/report/record.hpp"

#include "graph/list_folder.hpp"
#include "graph/report/csv_text.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace graph::report {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> list_files(const fs::path& folder) {
    auto files = list_folder(folder);
    std::erase_if(files,
                  [](const fs::path& file) { return file.filename().string().starts_with("."); });
    return files;
}

/// The plan that ran tells most; what moved or changed since must not keep it from being drawn.
Sketch draw_plan(const Document& document, bool good) {
    if (good) {
        Errors errors;
        try {
            const Plan plan = make_plan(document, errors);
            if (errors.empty()) return make_sketch(plan);
        } catch (const std::exception&) {
        }
    }
    return make_sketch(document.nodes);
}

std::string name_of(const fs::path& folder) {
    const fs::path path = fs::absolute(folder).lexically_normal();
    return (path.has_filename() ? path : path.parent_path()).filename().string();
}

}  // namespace

std::vector<fs::path> Record::files_like(const std::string& extension) const {
    std::vector<fs::path> found;
    std::copy_if(files.begin(), files.end(), std::back_inserter(found), [&](const fs::path& file) {
        return file.extension() == extension && fs::is_regular_file(file);
    });
    return found;
}

Record read_record(const fs::path& given) {
    Record record;
    record.folder = given.has_filename() ? given : given.parent_path();
    const fs::path yaml = record.folder / "resolved.yaml";
    if (!fs::is_regular_file(yaml) && fs::is_regular_file(record.folder / "sweep.csv"))
        throw ConfigurationError(fmt::format(
            "{} is the folder of a sweep: its report is made by 'pipeline sweep PIPELINE "
            "--collect', and each trial in it is a run with its own",
            given.string()));
    if (!fs::is_regular_file(yaml))
        throw ConfigurationError(fmt::format("{} is not the folder of a run: it has no {}",
                                             given.string(), yaml.filename().string()));
    record.name = name_of(record.folder);
    record.resolved = read_bytes(yaml);
    Errors errors;
    Document document = load_document(yaml, {}, errors);
    record.sketch = draw_plan(document, errors.empty());
    record.pipeline = document.name;
    record.run = std::move(document.run);
    record.nodes = std::move(document.nodes);
    record.status = read_status(record.folder / "run.json");
    record.curves = read_curves(read_bytes(record.folder / "metrics.csv"));
    record.files = list_files(record.folder);
    return record;
}

std::vector<std::string> labels_of(const std::vector<fs::path>& folders) {
    std::map<std::string, int> count;
    for (const auto& folder : folders) ++count[name_of(folder)];
    std::vector<std::string> labels;
    for (const auto& folder : folders) {
        const std::string name = name_of(folder);
        labels.push_back(count[name] > 1 ? folder.string() : name);
    }
    return labels;
}

}  // namespace graph::report
