// What the processes that train a model together say to each other beside each step of it: whether
// somebody wants to stop, so that all do so after the same step, and how they differ, if they do.
#pragma once

#include "graph/node.hpp"
#include "models/model.hpp"

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace nodes {

/// One step; goes on while the model trains.
class JointStep {
  public:
    /// images, index: of the batch, which should be the same one everywhere.
    JointStep(models::Ranks& ranks, bool stop, int64_t images, uint64_t index)
        : ranks_(ranks),
          own_{stop ? 1.0 : 0.0, static_cast<double>(images), static_cast<double>(index)},
          all_(own_),
          sum_(ranks.announce(std::span<double>(all_))) {
        ranks.ready(sum_);
    }
    JointStep(const JointStep&) = delete;
    JointStep& operator=(const JointStep&) = delete;

    /// Whether anyone wants to stop. Throws runtime_error if the batches differ.
    bool stops() {
        ranks_.wait(sum_);
        for (const size_t i : {1, 2})
            if (all_[i] != own_[i] * ranks_.count())
                throw std::runtime_error(
                    "the processes that train together get different batches: each must see the "
                    "same files");
        return all_[0] > 0;
    }

  private:
    models::Ranks& ranks_;
    std::array<double, 3> own_;
    std::array<double, 3> all_;
    size_t sum_;
};

/// Throws runtime_error unless the tensors are the same, bit for bit, in all processes.
void check_equal(models::Ranks& ranks, const std::vector<models::NamedTensor>& tensors);

}  // namespace nodes
