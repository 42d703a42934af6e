// See status.hpp.
#include "graph/report/status.hpp"

#include "graph/report/csv_text.hpp"

#include <nlohmann/json.hpp>

namespace graph::report {
namespace {

using Json = nlohmann::json;

/// The value of that name, or what is given if there is none, or one of another kind.
template <class T>
T get(const Json& object, const char* name, T fallback = {}) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    if (!object.is_object() || found == object.end()) return fallback;
    if constexpr (std::is_same_v<T, std::string>) {
        if (found->is_string()) return found->template get<std::string>();
        return found->is_null() || found->is_structured() ? fallback : found->dump();
    } else {
        return found->is_number() ? found->template get<T>() : fallback;
    }
}

template <class T>
std::optional<T> find(const Json& object, const char* name) {
    if (!object.contains(name) || !object[name].is_number()) return std::nullopt;
    return object[name].get<T>();
}

const Json& part(const Json& object, const char* name) {
    static const Json none = Json::array();
    const auto found = object.find(name);
    return found == object.end() ? none : *found;
}

/// "node: file: reason", as the engine notes it.
BadInput parse_bad_input(const std::string& text) {
    BadInput bad;
    const size_t first = text.find(": ");
    if (first == std::string::npos) return {{}, {}, text};
    bad.node = text.substr(0, first);
    const size_t second = text.find(": ", first + 2);
    if (second != std::string::npos) bad.file = text.substr(first + 2, second - first - 2);
    bad.reason = text.substr(second == std::string::npos ? first + 2 : second + 2);
    return bad;
}

std::vector<BadInput> read_bad_inputs(const Json& list) {
    std::vector<BadInput> inputs;
    for (const Json& entry : list)
        if (entry.is_string())
            inputs.push_back(parse_bad_input(entry.get<std::string>()));
        else if (entry.is_object())
            inputs.push_back({get<std::string>(entry, "file"), get<std::string>(entry, "node"),
                              get<std::string>(entry, "reason")});
    return inputs;
}

std::vector<NodeProfile> read_profile(const Json& list) {
    std::vector<NodeProfile> profile;
    for (const Json& node : list)
        profile.push_back({get<std::string>(node, "id"), get<uint64_t>(node, "values"),
                           get<uint64_t>(node, "failed"), get<double>(node, "busy_seconds"),
                           get<double>(node, "starved_seconds"),
                           get<double>(node, "blocked_seconds"), get<double>(node, "queue_mean"),
                           get<uint64_t>(node, "queue_most")});
    return profile;
}

std::vector<SourceItems> read_sources(const Json& list) {
    std::vector<SourceItems> sources;
    for (const Json& entry : list) {
        SourceItems source{get<std::string>(entry, "id"), get<uint64_t>(entry, "items"), {}};
        if (entry.is_object())
            for (const auto& [split, items] : part(entry, "splits").items())
                if (items.is_number()) source.splits.emplace_back(split, items.get<uint64_t>());
        sources.push_back(std::move(source));
    }
    return sources;
}

}  // namespace

Status read_status(const std::filesystem::path& file) {
    Status status;
    const Json json = Json::parse(read_bytes(file), nullptr, false);
    if (!json.is_object()) return status;
    status.exit_code = find<int>(json, "exit_code");
    status.message = get<std::string>(json, "message");
    status.started = get<std::string>(json, "started");
    status.ended = get<std::string>(json, "ended");
    status.host = get<std::string>(json, "host");
    status.version = get<std::string>(json, "version");
    status.seconds = find<double>(json, "seconds");
    status.threads = find<int64_t>(json, "threads");
    status.bad_inputs = read_bad_inputs(part(json, "quarantined"));
    status.profile = read_profile(part(json, "profile"));
    status.timed = !status.profile.empty();
    status.bottleneck = get<std::string>(json, "bottleneck");
    for (const Json& library : part(json, "libraries"))
        if (library.is_string()) status.libraries.push_back(library.get<std::string>());
    status.sources = read_sources(part(json, "data"));
    if (status.timed) return status;
    for (const auto& [id, count] : part(json, "counts").items())
        status.profile.push_back(
            {id, get<uint64_t>(count, "values"), get<uint64_t>(count, "tombstones")});
    return status;
}

}  // namespace graph::report
