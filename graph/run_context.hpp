// What all nodes of one run share: its settings, whether it is being stopped, and the bad items.
#pragma once

#include "graph/bad_item.hpp"
#include "graph/node.hpp"
#include "graph/progress.hpp"
#include "graph/trace.hpp"

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace graph {

class RunContext {
  public:
    RunContext(Settings s, Progress::Lines lines, LogFormat format,
               std::filesystem::path trace_file)
        : settings(std::move(s)), progress(lines, format), trace(std::move(trace_file)) {}

    const Settings settings;
    Progress progress;
    Trace trace;
    std::atomic<bool> stopping{false};  // on a signal, or after an error
    std::atomic<bool> failed{false};
    std::atomic<bool> ended{false};
    const std::shared_ptr<StopVote> vote = std::make_shared<StopVote>();

    /// An error that ends the run; the first one counts.
    void fail(const std::string& node, std::exception_ptr error) {
        const std::lock_guard lock(mutex_);
        if (!error_) {
            error_ = std::move(error);
            failed_node_ = node;
        }
        failed = true;
        stopping = true;
    }
    std::exception_ptr error() const { return error_; }
    const std::string& failed_node() const { return failed_node_; }

    /// Sets an item aside; it counts once, however many epochs it fails in.
    void quarantine(const std::string& item, const std::string& node, const std::string& reason) {
        const std::lock_guard lock(mutex_);
        const BadItem bad{item, node, reason};
        if (quarantined_.emplace(item, bad).second) progress.quarantined(node, bad.what());
    }
    std::vector<BadItem> bad_items() const {
        const std::lock_guard lock(mutex_);
        std::vector<BadItem> list;
        for (const auto& [item, bad] : quarantined_) list.push_back(bad);
        return list;
    }
    /// The same as texts: "node: file: reason".
    std::vector<std::string> quarantined() const {
        std::vector<std::string> list;
        for (const BadItem& bad : bad_items()) list.push_back(bad.node + ": " + bad.what());
        return list;
    }
    size_t quarantined_count() const {
        const std::lock_guard lock(mutex_);
        return quarantined_.size();
    }

  private:
    mutable std::mutex mutex_;
    std::exception_ptr error_;
    std::string failed_node_;
    std::map<std::string, BadItem> quarantined_;  // by their names
};

}  // namespace graph
