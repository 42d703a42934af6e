// A folder of files, its plan, and what a shard is made of: for the nodes that write archives.
#pragma once

#include "formats/archive_index.hpp"
#include "formats/digest.hpp"
#include "formats/file.hpp"
#include "formats/shard.hpp"
#include "nodes/archive.hpp"
#include "tests/nodes/frames.hpp"
#include "tests/nodes/runner.hpp"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

/// Environment variables for the time of a test; those by which a share is told are unset first.
class Environment {
  public:
    explicit Environment(const std::map<std::string, std::string>& variables) {
        for (const char* name : {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT",
                                 "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"})
            set(name, nullptr);
        for (const auto& [name, value] : variables) set(name, value.c_str());
    }
    ~Environment() {
        for (const auto& [name, value] : before_)
            value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

  private:
    void set(const std::string& name, const char* value) {
        const char* old = std::getenv(name.c_str());
        before_.emplace(name, old ? std::optional<std::string>(old) : std::nullopt);
        value ? ::setenv(name.c_str(), value, 1) : ::unsetenv(name.c_str());
    }
    std::map<std::string, std::optional<std::string>> before_;
};

inline Environment array_task(int task, int count) {
    return Environment({{"SLURM_ARRAY_TASK_ID", std::to_string(task)},
                        {"SLURM_ARRAY_TASK_COUNT", std::to_string(count)},
                        {"SLURM_ARRAY_TASK_MIN", "0"}});
}

inline std::vector<std::byte> bytes_of(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

inline void write_file(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

/// Of files below `input` that are there.
inline std::shared_ptr<const formats::ArchivePlan> plan_of(const std::filesystem::path& input,
                                                           const std::vector<std::string>& names,
                                                           uint64_t per_shard = 2,
                                                           const std::string& prefix = "",
                                                           int number = 1) {
    formats::ArchivePlan plan;
    plan.number = number;
    plan.input = input.string();
    plan.prefix = prefix;
    plan.settings = "test";
    plan.model = "0123456789abcdef";
    plan.pipeline = "name: test\n";
    plan.software = "latentflow 0";
    for (const auto& name : names)
        plan.files.push_back(
            {name, std::filesystem::file_size(input / name), formats::sha256_file(input / name)});
    plan.shards = formats::cut_shards(plan, per_shard, uint64_t{1} << 30);
    return std::make_shared<const formats::ArchivePlan>(std::move(plan));
}

/// The file of that number in the plan.
inline nodes::PlannedImage image_of(const std::shared_ptr<const formats::ArchivePlan>& plan,
                                    size_t file) {
    size_t shard = 0;
    while (file >= plan->shards[shard].first + plan->shards[shard].count) ++shard;
    return {(std::filesystem::path(plan->input) / plan->files[file].path).string(),
            {plan, shard, std::make_shared<const formats::PlannedFiles>(plan->files_of(shard))},
            file - plan->shards[shard].first};
}

/// As archive_image would make it of a file that no codec takes.
inline nodes::EncodedImage encoded_of(const std::shared_ptr<const formats::ArchivePlan>& plan,
                                      size_t file) {
    nodes::EncodedImage encoded;
    encoded.image = image_of(plan, file);
    const auto& planned = encoded.image.planned();
    encoded.entry.path = plan->prefix + planned.path;
    encoded.entry.sha256 = planned.sha256;
    encoded.entry.size = planned.size;
    encoded.data = formats::read_file(encoded.image.file);
    return encoded;
}

/// The shard, as write_shards would publish it.
inline std::filesystem::path write_shard(const std::filesystem::path& archive,
                                         const std::shared_ptr<const formats::ArchivePlan>& plan,
                                         size_t shard) {
    formats::ShardWriter writer({plan->shards[shard].id, plan->settings, plan->software});
    for (size_t k = 0; k < plan->shards[shard].count; ++k) {
        const auto encoded = encoded_of(plan, plan->shards[shard].first + k);
        writer.add(encoded.entry, encoded.data);
    }
    const auto file = formats::shard_file(archive, plan->shard_name(shard));
    std::filesystem::create_directories(file.parent_path());
    EXPECT_TRUE(writer.publish(file));
    return file;
}

/// One byte of a file becomes another, in its middle unless told.
inline void damage(const std::filesystem::path& file) {
    formats::File opened(file, O_RDWR);
    std::byte byte{};
    const uint64_t at = opened.size() / 2;
    opened.read_at(at, std::span(&byte, 1));
    byte ^= std::byte{1};
    opened.write_at(at, std::span(&byte, 1));
}

/// Path below the folder, to content, of all files in it.
inline std::map<std::string, std::vector<std::byte>> contents(const std::filesystem::path& folder) {
    std::map<std::string, std::vector<std::byte>> files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            files[entry.path().lexically_relative(folder).string()] =
                formats::read_file(entry.path());
    return files;
}
