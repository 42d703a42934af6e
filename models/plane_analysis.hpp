// The analysis of a codec over planes of any size: large ones are gone through in windows, so that
// memory is bounded and threads share the work.
#pragma once

#include "models/hyperprior_model.hpp"

#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace models {

/// The latents of a plane of samples, before any quality is chosen: channels x rows x columns.
struct AnalysedPlane {
    int64_t rows = 0;
    int64_t columns = 0;
    std::vector<float> values;

    int64_t places() const { return rows * columns; }
};

class PlaneAnalysis {
  public:
    explicit PlaneAnalysis(std::shared_ptr<const HyperpriorModel> model);

    const HyperpriorModel& model() const { return *model_; }

    /// samples: height x width, black 0 and white 1. The plane is continued by its edges to whole
    /// latents. Windows have margins beyond which the analysis does not see. Safe from several
    /// threads at once.
    AnalysedPlane run(std::span<const float> samples, int64_t height, int64_t width) const;

  private:
    std::shared_ptr<const Network> network(const Dims& image) const;

    std::shared_ptr<const HyperpriorModel> model_;
    mutable std::mutex mutex_;
    mutable std::vector<std::pair<Dims, std::shared_ptr<const Network>>> networks_;  // by size
};

}  // namespace models
