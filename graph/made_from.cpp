// made_from.json, written and read.
#include "graph/made_from.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

namespace graph {

namespace {

using nlohmann::json;

json to_json(const InputFile& file) { return {file.name, file.size, file.modified}; }

InputFile file_of(const json& value) {
    return {value.at(0).get<std::string>(), value.at(1).get<int64_t>(), value.at(2).get<int64_t>()};
}

json to_json(const std::vector<InputFile>& files) {
    json list = json::array();
    for (const InputFile& file : files) list.push_back(to_json(file));
    return list;
}

std::vector<InputFile> files_of(const json& list) {
    std::vector<InputFile> files;
    for (const json& value : list) files.push_back(file_of(value));
    return files;
}

}  // namespace

std::string to_json(const MadeFrom& made_from) {
    json inputs = json::object();
    for (const auto& [source, of] : made_from.inputs)
        inputs[source] = {
            {"count", of.count}, {"names_sha256", of.digest}, {"files", to_json(of.files)}};
    const json value = {{"program", {{"version", made_from.version}, {"build", made_from.build}}},
                        {"pipeline", made_from.source.pipeline.string()},
                        {"params", made_from.source.overrides.params},
                        {"sets", made_from.source.overrides.sets},
                        {"begun_with", made_from.begun_with},
                        {"resolved", made_from.resolved},
                        {"files", to_json(made_from.files)},
                        {"inputs", inputs}};
    // A name of a file need not be UTF-8.
    return value.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<MadeFrom> read_made_from(const std::filesystem::path& folder) try {
    std::ifstream file(folder / made_from_file);
    if (!file) return {};
    const json value = json::parse(file);
    MadeFrom made_from;
    made_from.version = value.at("program").at("version").get<std::string>();
    made_from.build = value.at("program").at("build").get<std::string>();
    made_from.source.pipeline = value.at("pipeline").get<std::string>();
    made_from.source.overrides.params = value.at("params").get<std::vector<std::string>>();
    made_from.source.overrides.sets = value.at("sets").get<std::vector<std::string>>();
    made_from.begun_with = value.at("begun_with").get<std::string>();
    made_from.resolved = value.at("resolved").get<std::string>();
    made_from.files = files_of(value.at("files"));
    for (const auto& [source, of] : value.at("inputs").items())
        made_from.inputs[source] = {of.at("count").get<uint64_t>(),
                                    of.at("names_sha256").get<std::string>(),
                                    files_of(of.at("files"))};
    return made_from;
} catch (const json::exception&) {
    return {};
}

}  // namespace graph
