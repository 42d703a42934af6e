// See early_stop.hpp.
#include "nodes/early_stop.hpp"

#include <cmath>

namespace nodes {

namespace {

ScoreParams only(const std::string& metric) {
    ScoreParams params;
    params.metrics = {metric};
    return params;
}

bool higher_is_better(const std::string& metric) {
    for (const auto& one : models::metrics())
        if (one.name == metric) return one.higher_is_better;
    return false;
}

}  // namespace

std::vector<graph::Param> early_stop_params() {
    std::vector<std::string> metrics;
    for (const auto& metric : models::metrics()) metrics.push_back(metric.name);
    return {graph::param("patience", &EarlyStopParams::patience, graph::Range{0, 1e6},
                         "stop after so many epochs without a better one; 0: train all epochs"),
            graph::param("metric", &EarlyStopParams::metric, graph::Choice{metrics},
                         "the figure that tells"),
            graph::param("split", &EarlyStopParams::split,
                         "on which images, evaluated as evaluate_every of the source says"),
            graph::param("min_delta", &EarlyStopParams::min_delta, graph::Range{0, 1e12},
                         "by how much an epoch must be better to count")};
}

EarlyStop::EarlyStop(const EarlyStopParams& params)
    : params_(params),
      higher_is_better_(higher_is_better(params.metric)),
      score_(only(params.metric)) {}

bool EarlyStop::judge(const graph::Pass& pass) {
    state_.scored_epoch = pass.epoch;
    const Metrics rows = score_.take(pass, "");
    if (rows.empty() || std::isnan(rows[0].value)) return false;
    const double value = rows[0].value;
    const double gain = higher_is_better_ ? value - state_.best : state_.best - value;
    const bool first = std::isnan(state_.best);
    if (!first && !(gain > params_.min_delta)) return false;
    state_.best = value;
    state_.best_epoch = pass.epoch;
    return true;
}

std::string EarlyStop::why() const {
    if (state_.best_epoch < 0)
        return fmt::format("stopped after epoch {}: {} {} has been no number since the start",
                           state_.scored_epoch + 1, params_.split, params_.metric);
    return fmt::format(
        "stopped after epoch {}: the {} {} of epoch {}, {:.4g}, has not been bettered for {} "
        "epochs (stop_early.patience is {})",
        state_.scored_epoch + 1, params_.split, params_.metric, state_.best_epoch + 1, state_.best,
        state_.scored_epoch - state_.best_epoch, params_.patience);
}

}  // namespace nodes
