// When training has been going on for nothing: follows one figure of one split, which the trainer
// itself takes at each evaluation, so that the decision depends on the images and the weights
// alone. Its state goes into checkpoints.
#pragma once

#include "nodes/score.hpp"

namespace nodes {

struct EarlyStopParams {
    int patience = 0;
    std::string metric = "mse";
    std::string split = "test";
    double min_delta = 0;
};

std::vector<graph::Param> early_stop_params();

class EarlyStop {
  public:
    explicit EarlyStop(const EarlyStopParams& params);

    bool active() const { return params_.patience > 0; }
    /// Whether the images of this pass are to be scored: not again in a resumed run.
    bool follows(const graph::Pass& pass) const {
        return active() && state_.ended_epoch < 0 && pass.purpose == graph::Purpose::evaluate &&
               pass.split == params_.split && pass.epoch > state_.scored_epoch;
    }
    void add(const models::Tensor& images, const models::Tensor& decoded) {
        score_.add(images, decoded);
    }
    /// At the end of a pass that it follows: whether this epoch is the best so far.
    bool judge(const graph::Pass& pass);

    void end(int epoch) { state_.ended_epoch = epoch; }
    /// The epoch after which it ended; -1: none.
    int ended() const { return state_.ended_epoch; }
    /// There has been none better for `patience` epochs.
    bool done() const {
        return active() && state_.scored_epoch - state_.best_epoch >= params_.patience;
    }
    std::string why() const;

    const EarlyStopParams& params() const { return params_; }
    const EarlyStopState& state() const { return state_; }
    /// With more patience than it had, training that had ended goes on.
    void restore(const EarlyStopState& state) {
        state_ = state;
        if (!done()) state_.ended_epoch = -1;
    }

  private:
    EarlyStopParams params_;
    bool higher_is_better_;
    Score score_;
    EarlyStopState state_;
};

}  // namespace nodes
