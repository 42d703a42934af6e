// What turns gradients into new weights for the networks of a model: gradients of each portion of a
// batch, their sum, clipping, the optimiser, its moments and its count of steps.
#pragma once

#include "models/gradient_sum.hpp"
#include "models/layer.hpp"
#include "models/model.hpp"
#include "models/network.hpp"
#include "models/portions.hpp"

#include <memory>
#include <string>
#include <vector>

namespace models {

class Trainer {
  public:
    /// The networks, which are trained as one, must outlive the trainer. `name` stands before the
    /// names of its state: "optimizer.encoder.0.weights.moment0".
    Trainer(const TrainingOptions& options, std::string name,
            const std::vector<Network*>& networks);

    /// Starts the next step. `progress`: epochs, for the schedule.
    void begin(const std::vector<Portion>& portions, double progress);
    /// Where a portion's backward puts its gradients; they add up over portions and ranks.
    Gradients gradients(const Portion& portion, const Network& network) const;
    /// Waits for the sum of the gradients. After the last backward; `total` may then be changed.
    void sum();
    std::span<float> total(const Network& network) const;
    /// Changes the weights. Must follow each begin(), after sum().
    void finish();

    int64_t steps() const { return step_.number; }  // that were begun

    std::vector<NamedTensor> state() const;
    /// Whether these are of state(), not weights only.
    bool owns_some_of(const std::vector<NamedTensor>& tensors) const;
    void restore(const std::vector<NamedTensor>& tensors);

  private:
    using Buffer = std::unique_ptr<float[]>;  // not touched before its first use, unlike a vector
    struct Trained {
        Network* network;
        std::vector<Buffer> moments;
        std::unique_ptr<GradientSum> gradients;
        std::span<float> total;  // their sum
        TakeTile take;           // empty if gradients are kept
    };

    void allocate();  // moments, which a model that is only read never needs
    const Trained& trained(const Network& network) const;
    double norm(const Trained& trained) const;
    void update(const Trained& trained) const;
    void update(const Trained& trained, std::span<float> values, int64_t offset,
                std::span<const float> gradients) const;

    std::string name_;
    std::shared_ptr<const Optimizer> optimizer_;
    std::shared_ptr<const Schedule> schedule_;
    double clip_norm_;
    std::shared_ptr<Ranks> ranks_;
    std::vector<Trained> trained_;
    Step step_{.number = 0};
};

}  // namespace models
