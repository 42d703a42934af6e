// How near decoded images are to their originals, as means over the images of a pass: shared by the
// nodes that score a model and those that score any two streams.
#pragma once

#include "models/metrics.hpp"
#include "nodes/types.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace nodes {

struct ScoreParams {
    std::vector<std::string> metrics = {"mse", "psnr", "ssim"};
};

/// The parameter `metrics` of a node whose parameters derive from ScoreParams.
template <class P>
graph::Param metrics_param() {
    std::vector<std::string> names;
    std::string doc = "what to report:";
    for (const auto& metric : models::metrics()) {
        doc += (names.empty() ? " " : "; ") + metric.name + " is " + metric.doc;
        names.push_back(metric.name);
    }
    return graph::param("metrics",
                        static_cast<std::vector<std::string> P::*>(&ScoreParams::metrics),
                        graph::Choice{names}, doc);
}

/// Throws runtime_error if images of that shape, as far as it is known, are too small for one.
inline void check_size(const ScoreParams& params, const graph::Shape& image) {
    if (image.size() != 3) return;
    for (const auto& metric : models::metrics())
        for (const int64_t side : {image[1], image[2]})
            if (std::ranges::find(params.metrics, metric.name) != params.metrics.end() &&
                side >= 0 && side < metric.least)
                throw std::runtime_error(
                    fmt::format("{0} needs {1}x{1} pixels at least; leave it out of 'metrics', or "
                                "make the images larger",
                                metric.name, metric.least));
}

/// Adds up in the order of calls, so that the same images give the same means, bit for bit.
class Score {
  public:
    explicit Score(const ScoreParams& params) {
        for (const auto& metric : models::metrics())
            if (std::find(params.metrics.begin(), params.metrics.end(), metric.name) !=
                params.metrics.end())
                sums_.push_back({metric, 0});
    }

    void add(const models::Tensor& images, const models::Tensor& others) {
        for (Sum& sum : sums_)
            for (const double value : sum.metric.of(images, others)) {
                check_number(sum.metric, value);
                sum.value += value;
            }
        images_ += images.dims.at(0);
    }

    /// The means of a pass as rows of metrics.csv, none without images; starts anew.
    Metrics take(const graph::Pass& pass, const std::string& model) {
        Metrics rows;
        for (Sum& sum : sums_) {
            if (images_ > 0)
                rows.push_back({pass.epoch + 1, model, pass.split, sum.metric.name,
                                sum.value / static_cast<double>(images_)});
            sum.value = 0;
        }
        images_ = 0;
        return rows;
    }

  private:
    /// What a network makes of an image may be anything, once its training has diverged.
    static void check_number(const models::Metric& metric, double value) {
        if (std::isfinite(value) || (metric.higher_is_better && value > 0)) return;
        throw std::runtime_error(
            fmt::format("{} is {}: what the model made of an image is no image; if it was trained "
                        "here, train it with a lower rate, or clip_norm",
                        metric.name, value));
    }

    struct Sum {
        models::Metric metric;
        double value;
    };
    std::vector<Sum> sums_;
    int64_t images_ = 0;
};

}  // namespace nodes
