// Ranks that are threads of one process, for tests: sums as MPI makes them, in the ranks' order.
#pragma once

#include "models/ranks.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

/// What all ranks share.
class Meeting {
  public:
    explicit Meeting(int count) : count(count) {}

    /// Waits until each rank has come with its values for this sum, and replaces them.
    void sum(size_t number, int rank, models::Ranks::Values values) {
        std::unique_lock lock(mutex_);
        auto& come = sums_[number];
        come[rank] = values;
        if (static_cast<int>(come.size()) == count) {
            std::visit([&](auto all) { add(come, all); }, come.at(0));
            done_[number] = true;
            changed_.notify_all();
        }
        changed_.wait(lock, [&] { return done_[number]; });
    }

    const int count;

  private:
    template <class T>
    static void add(const std::map<int, models::Ranks::Values>& come, std::span<T> first) {
        std::vector<T> total(first.size());
        for (const auto& [rank, values] : come) {
            const auto own = std::get<std::span<T>>(values);
            if (own.size() != total.size()) throw std::logic_error("sums of unlike sizes");
            for (size_t i = 0; i < total.size(); ++i) total[i] += own[i];
        }
        for (const auto& [rank, values] : come)
            std::ranges::copy(total, std::get<std::span<T>>(values).begin());
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<size_t, std::map<int, models::Ranks::Values>> sums_;
    std::map<size_t, bool> done_;
};

class JoinedRank : public models::Ranks {
  public:
    JoinedRank(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

    int rank() const override { return rank_; }
    int count() const override { return meeting_.count; }
    size_t announce(Values values) override {
        const std::lock_guard lock(mutex_);
        announced_.push_back(values);
        ready_.push_back(false);
        return announced_.size() - 1;
    }
    void ready(size_t sum) override {
        const std::lock_guard lock(mutex_);
        if (ready_.at(sum)) throw std::logic_error("a sum was ready twice");
        ready_[sum] = true;
        order.push_back(sum);
    }
    void wait(size_t sum) override {
        if (!ready_.at(sum)) throw std::logic_error("waits for what is not ready");
        meeting_.sum(sum, rank_, announced_.at(sum));
    }
    void done() override {}
    double waited() const override { return 0; }

    size_t announced() const { return announced_.size(); }
    std::vector<size_t> order;  // in which sums became ready

  private:
    Meeting& meeting_;
    int rank_;
    std::mutex mutex_;
    std::vector<Values> announced_;
    std::vector<char> ready_;
};

/// Calls body(ranks) for each of so many ranks, side by side, and throws what one of them threw.
inline void on_ranks(int count, const std::function<void(std::shared_ptr<JoinedRank>)>& body) {
    Meeting meeting(count);
    std::vector<std::exception_ptr> errors(static_cast<size_t>(count));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank)
        threads.emplace_back([&, rank] {
            try {
                body(std::make_shared<JoinedRank>(meeting, rank));
            } catch (...) {
                errors[static_cast<size_t>(rank)] = std::current_exception();
            }
        });
    for (auto& thread : threads) thread.join();
    for (const auto& error : errors)
        if (error) std::rethrow_exception(error);
}
