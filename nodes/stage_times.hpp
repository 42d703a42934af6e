// How much time a node's stages took, over all threads: what says where an archive's time goes.
#pragma once

#include "formats/csv.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace nodes {

class StageTimes {
  public:
    void add(const std::string& stage, double seconds) {
        const std::lock_guard lock(mutex_);
        seconds_[stage] += seconds;
    }

    /// What body() gives; its time counts as the stage's.
    template <class Body>
    auto measure(const std::string& stage, Body body) {
        const auto start = std::chrono::steady_clock::now();
        auto result = body();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        add(stage, took.count());
        return result;
    }

    void write(const std::filesystem::path& file) const {
        formats::Table table{{"stage", "seconds"}, {}};
        for (const auto& [stage, seconds] : seconds_)
            table.rows.push_back({stage, formats::csv_number(seconds)});
        formats::write_csv(file, table);
    }

  private:
    std::mutex mutex_;
    std::map<std::string, double> seconds_;
};

}  // namespace nodes
