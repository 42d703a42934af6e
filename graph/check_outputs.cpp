// See check_outputs.hpp.
#include "graph/check_outputs.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

namespace graph {

namespace fs = std::filesystem;

namespace {

const char* const choose_another = "; choose another with --set run.out=DIR";

void check_run_folder(const Plan& plan, Errors& errors) {
    fs::path folder = plan.settings.out;
    if (folder.empty()) return errors.add(plan.out, "'out' is empty; give the run a folder");
    if (!folder.has_filename()) folder = folder.parent_path();
    std::error_code error;
    const bool there = fs::exists(folder, error);
    const std::string name = folder.string();
    if (there && !fs::is_directory(folder, error))
        return errors.add(plan.out,
                          fmt::format("'out': {} is a file, not a folder{}", name, choose_another));
    if (there && !fs::is_empty(folder, error) && !fs::exists(folder / "resolved.yaml", error))
        return errors.add(plan.out, fmt::format("'out': {} is there and is not a run's folder{}",
                                                name, choose_another));
    // It is made beside itself, and appears when it is whole.
    const std::string why =
        why_not_writable(folder.has_parent_path() ? folder.parent_path() : fs::path("."));
    if (!why.empty())
        errors.add(plan.out,
                   fmt::format("'out': {} cannot be made: {}{}", name, why, choose_another));
}

/// What is wrong with a file in the run's folder; "" if nothing.
std::string check_name(const fs::path& file) {
    if (file.empty() || !file.has_filename()) return "has no name for its file";
    if (file.has_parent_path())
        return fmt::format(
            "writes {}, but the run's folder has no folders in it; give a name "
            "without '/', or a path from '/' on",
            file.string());
    if (file == "resolved.yaml" || file == "run.json")
        return fmt::format("writes {}, which is the run's own; give another name", file.string());
    return "";
}

}  // namespace

std::string why_not_writable(const fs::path& path) {
    std::error_code error;
    fs::path there = path;
    while (!there.empty() && !fs::exists(there, error)) there = there.parent_path();
    if (there.empty()) there = ".";
    if (!fs::is_directory(there, error)) return there.string() + " is a file, not a folder";
    if (::access(there.c_str(), W_OK | X_OK) != 0)
        return fmt::format("nothing can be written in {} ({})", there.string(),
                           std::generic_category().message(errno));
    return "";
}

void check_outputs(const Plan& plan, bool resume, Errors& errors) {
    if (!resume) check_run_folder(plan, errors);
    std::map<fs::path, const PlannedNode*> writers;
    for (const PlannedNode& node : plan.nodes) {
        if (!node.spec->writes) continue;
        for (const Written& written : node.spec->writes(node.params.get())) {
            const bool in_run = written.in_run && written.path.is_relative();
            const auto refuse = [&](const std::string& why) {
                errors.add(node.place, fmt::format("'{}' {}", node.id, why));
            };
            if (in_run && !written.folder) {
                if (const auto wrong = check_name(written.path); !wrong.empty()) {
                    refuse(wrong);
                    continue;
                }
            } else if (!in_run) {
                const fs::path folder = written.folder ? written.path : written.path.parent_path();
                if (const auto why = why_not_writable(folder); !why.empty()) {
                    refuse(fmt::format("cannot write {}: {}", written.path.string(), why));
                    continue;
                }
            }
            if (written.folder) continue;
            const auto [first, fresh] =
                writers.emplace(in_run ? written.path : fs::absolute(written.path), &node);
            if (!fresh)
                refuse(
                    fmt::format("writes {}, which '{}' writes too; give one of them another name",
                                written.path.string(), first->second->id));
        }
    }
}

void check_originals(const Plan& plan, const Source& source, size_t items, Errors& errors) {
    const auto apart = [](const PlannedNode& node) {
        return node.spec->writes &&
               std::ranges::any_of(node.spec->writes(node.params.get()), &Written::apart);
    };
    if (std::ranges::none_of(plan.nodes, apart)) return;
    std::error_code error;
    std::set<fs::path> folders, around;       // of the files, and those above
    const size_t step = 1 + items / 100'000;  // of millions, some: their folders are few
    for (size_t i = 0; i < items; i += step) {
        const fs::path file = source.item(i).name;
        if (!folders.insert(file.parent_path()).second || !fs::exists(file, error)) continue;
        fs::path above = fs::canonical(file, error).parent_path();
        while (around.insert(above).second) above = above.parent_path();
    }
    for (const PlannedNode& node : plan.nodes) {
        if (!node.spec->writes) continue;
        for (const Written& written : node.spec->writes(node.params.get())) {
            const fs::path folder =
                written.in_run ? plan.settings.out / written.path : written.path;
            if (!written.apart || !around.contains(fs::weakly_canonical(folder, error))) continue;
            errors.add(node.place, fmt::format("{}: the originals are in {}: give another folder "
                                               "to write to",
                                               node.id, folder.string()));
        }
    }
}

}  // namespace graph
