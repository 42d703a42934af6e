// See status_file.hpp. Readers open the file anew each time and find it whole or not at all; on NFS
// a handle of a file that was replaced is stale, which counts as not at all.
#include "graph/status_file.hpp"

#include "graph/text_file.hpp"
#include "graph/time_text.hpp"

#include <array>
#include <csignal>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace graph {

namespace fs = std::filesystem;

namespace {

constexpr const char* name = "status.json";

std::string host_name() {
    std::array<char, 256> host{};
    return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

/// When a process started, in ticks since the machine did; 0 if there is none.
int64_t start_of(int64_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text;
    std::getline(file, text);
    const size_t command_end = text.rfind(')');  // the command may hold spaces and parentheses
    if (command_end == std::string::npos) return 0;
    std::istringstream fields(text.substr(command_end + 1));
    std::string field;
    fields >> field;
    if (field == "Z" || field == "X") return 0;  // ended, and not yet waited for
    constexpr int start = 22;
    for (int i = 3; i < start; ++i) fields >> field;
    return fields ? std::stoll(field) : 0;
}

nlohmann::json read_json(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return nullptr;
    return nlohmann::json::parse(file, nullptr, false);
}

}  // namespace

void name_process(RunStatus& status) {
    status.host = host_name();
    status.pid = ::getpid();
    status.process_start = start_of(status.pid);
}

void write_status_file(const fs::path& folder, RunStatus status) {
    status.written = unix_seconds(WallTime::clock::now());
    replace_file(folder / name, json_text(status));
}

void remove_status_file(const fs::path& folder) noexcept {
    std::error_code ignored;
    fs::remove(folder / name, ignored);
}

std::optional<RunStatus> read_status_file(const fs::path& folder) try {
    const auto json = read_json(folder / name);
    if (!json.is_object()) return {};
    return json.get<RunStatus>();
} catch (const std::exception&) {
    return {};  // not ours
}

Life life_of(const RunStatus& status) {
    if (status.host != host_name()) return Life::unknown;
    if (status.pid <= 0) return Life::gone;
    // Within a container a pid means another process: /proc has no such start.
    const int64_t start = start_of(status.pid);
    return start != 0 && start == status.process_start ? Life::alive : Life::gone;
}

std::optional<RunStatus> read_ended_run(const fs::path& folder) try {
    const auto json = read_json(folder / "run.json");
    if (!json.is_object()) return {};
    RunStatus status;
    status.folder = folder.string();
    status.state = "ended";
    status.name = json.value("name", folder.filename().string());
    status.message = json.value("message", "");
    status.exit_code = json.value("exit_code", -1);
    status.host = json.value("host", "");
    status.version = json.value("version", "");
    status.threads = json.value("threads", 0);
    status.seconds = json.value("seconds", 0.0);
    status.items = status.total = json.value("items", uint64_t{0});
    status.bottleneck = json.value("bottleneck", "");
    status.quarantined = json.value("quarantined", nlohmann::json::array()).size();
    from_json({{"figures", json.value("figures", nlohmann::json::object())}}, status);
    status.nodes = json.value("profile", status.nodes);
    return status;
} catch (const std::exception&) {
    return {};
}

}  // namespace graph
