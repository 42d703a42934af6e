// What `train` tells of an epoch: the means of its losses, and how long it took.
#pragma once

#include "models/ranks.hpp"
#include "nodes/types.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace nodes {

class EpochLosses {
  public:
    /// A new epoch begins; its seconds count from the first call after rows().
    void begin() { sums_.clear(); }
    void start_clock();

    /// Of a step on so many images.
    void add(const models::Losses& losses, double images);
    /// How many images there were so far.
    double images() const;
    /// Of the images so far.
    double mean(const std::string& loss) const;

    /// As a checkpoint keeps them, so that a resumed epoch tells the same means.
    const models::Losses& sums() const { return sums_; }
    void restore(const models::Losses& sums) { sums_ = sums; }

    /// Of an epoch (from 1) that is over: the means, its seconds, and those spent waiting for other
    /// processes. Seconds only if the clock was started, which it stops.
    Metrics rows(int epoch, const std::string& model, const models::Ranks& ranks);

  private:
    using Clock = std::chrono::steady_clock;

    models::Losses sums_;  // "images" is how many there were
    std::optional<Clock::time_point> begun_;
    double waited_before_ = 0;  // this epoch, for the others
};

}  // namespace nodes
