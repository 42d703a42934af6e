// Trains a model, one step a batch, and tells the rest of the graph how it stands: a snapshot and
// the means of its losses at the end of each epoch.
#include "graph/learner.hpp"
#include "models/joining.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/epoch_losses.hpp"
#include "nodes/joint_step.hpp"
#include "nodes/start_from.hpp"
#include "nodes/train_params.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <tbb/task_arena.h>

namespace nodes {
namespace {

/// With all processes of the run.
TrainParams joined(TrainParams params, const graph::Setup& setup) try {
    params.ranks = models::join_ranks(setup.processes.rank, setup.processes.count);
    return params;
} catch (const models::ModelError& error) {
    throw graph::ConfigurationError(error.what());
}

class Train : public graph::Node, public graph::Learner {
  public:
    Train(const TrainParams& params, const graph::Setup& setup)
        : params_(joined(params, setup)),
          name_(params.name.empty() ? params.model.type() : params.name),
          image_(trained_image(setup.shapes.at("images"))),
          seed_(static_cast<uint64_t>(setup.settings.seed)),
          stop_(ranks().count() > 1 ? setup.stop : nullptr),
          early_(params.stop_early) {
        if (stop_) stop_->join();
        if (!params.start_from.empty() && !setup.resuming) {
            build();
            start_from(*model_, params.start_from);
        }
    }

    graph::Cursor resume(const std::shared_ptr<const void>& stored) override {
        const auto& snapshot = *std::static_pointer_cast<const Snapshot>(stored);
        build();
        restore_training(*model_, snapshot, name_, params_, image_);
        cursor_ = {snapshot.epoch, snapshot.batches, snapshot.complete};
        steps_ = snapshot.steps;
        losses_.restore(snapshot.sums);
        resumed_threads_ = snapshot.threads;
        resumed_ranks_ = snapshot.ranks;
        if (early_.active() && snapshot.early_stop) {
            early_.restore(*snapshot.early_stop);
            ended_ = early_.ended();
        }
        return cursor_;
    }

    std::optional<int> ended() const override {
        const int epoch = ended_;
        return epoch < 0 ? std::nullopt : std::optional(epoch);
    }
    std::string why_ended() const override { return early_.why(); }
    void end_at(int epoch) override {
        if (cursor_.epoch >= epoch) cursor_ = {epoch, cursor_.batches, true};
    }
    std::string why_alone() const override { return models::why_no_ranks(); }
    std::string evaluated_split() const override {
        return early_.active() && ranks().rank() == 0 ? early_.params().split : "";
    }

    void start(graph::Call& call) override {
        build();
        threads_ = tbb::this_task_arena::max_concurrency();
        const auto warn_if_other = [&](const char* of, int before, int now) {
            if (before == 0 || before == now) return;
            call.warn(
                fmt::format("the run was begun with {} {} and goes on with {}: sums are "
                            "rounded otherwise, and weights will differ in their last bits",
                            before, of, now));
        };
        if (ended()) {  // there is nothing left to train, and the file stays as it is
            threads_ = resumed_threads_;
            left_ = true;
        }
        warn_if_other("threads", resumed_threads_, threads_);
        if (!left_) warn_if_other("processes", resumed_ranks_, ranks().count());
        check_equal(ranks(), model_->weights());
        send_snapshot(call, true);
        if (cursor_.complete && (!ended() || *ended() == cursor_.epoch)) send_metrics(call);
    }

    void receive(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        build();
        if (pass.last_epoch && cursor_.complete && pass.epoch == cursor_.epoch) leave(false);
        if (early_.follows(pass)) {
            const models::Tensor& images = call.input<Batch>("images").images;
            early_.add(images, model_->decode(model_->encode(images)));
        }
        if (pass.purpose != graph::Purpose::train || done(pass, call.stamp().index)) return;
        begin(pass);
        if (left_) return;
        const models::Tensor& images = call.input<Batch>("images").images;
        // Cropping makes more images of an item than the pass counts.
        const double part = std::min(1.0, losses_.images() / static_cast<double>(pass.items));
        JointStep joint(ranks(), stop_ && stop_->asked(), images.dims[0], call.stamp().index);
        const models::Losses losses = step(images, pass.epoch + part);
        losses_.add(losses, static_cast<double>(images.dims[0]));
        for (const auto& [loss, value] : losses)
            call.report(name_ + "." + loss, losses_.mean(loss));
        ++steps_;
        cursor_.batches = call.stamp().index + 1;
        if (joint.stops()) {
            stop_->ask();
            leave(true);
        }
    }

    void end(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        if (early_.follows(pass)) judge(call);
        if (pass.purpose == graph::Purpose::train && !done(pass, UINT64_MAX))
            begin(pass);  // if none of its batches came
        if (pass.purpose != graph::Purpose::train) return;
        if (ended() && pass.epoch > cursor_.epoch) {
            // Others still learn from this source. What it knows is the model of this epoch too.
            cursor_.epoch = pass.epoch;
            send_snapshot(call, pass.last_epoch || is_due(pass));
            return;
        }
        if (done(pass, UINT64_MAX)) return;
        cursor_.complete = true;
        const bool save = pass.last_epoch || is_due(pass);
        if (save) check_equal(ranks(), model_->weights());
        send_snapshot(call, save);
        send_metrics(call);
        if (pass.last_epoch) leave(false);
    }

    void stop(graph::Call& call) override { send_snapshot(call, true); }

    void finish() override { leave(false); }

  private:
    models::Ranks& ranks() const { return *params_.ranks; }

    bool is_due(const graph::Pass& pass) const {
        return (pass.epoch + 1) % params_.checkpoint_every == 0;
    }

    /// A pass of the split that decides when to stop is over.
    void judge(graph::Call& call) {
        if (early_.judge(call.pass())) send_snapshot(call, false, true);
        if (!early_.done() || call.pass().last_epoch) return;
        stops_early_ = true;
        if (ranks().count() == 1) end_early();  // else with the others, before the next step
    }
    void end_early() {
        leave(false);
        early_.end(cursor_.epoch);
        ended_ = cursor_.epoch;
    }
    /// The first process alone evaluates, and so tells the others.
    void end_early_together() {
        if (!early_.active() || ranks().count() == 1) return;
        std::array<double, 1> anyone{stops_early_ ? 1.0 : 0.0};
        models::sum(ranks(), anyone);
        if (anyone[0] > 0) end_early();
    }

    /// Not before it is needed: a node that is only to say whether it could run takes no memory.
    void build() {
        if (!model_) model_ = params_.model->build(image_, seed_, params_);
    }

    /// Takes no further batches, and needs the other processes no more.
    void leave(bool early) {
        if (std::exchange(left_, true)) return;
        ranks().done();
        if (stop_) stop_->agree(early);
    }

    /// Whether a run that was resumed had gone past this batch, or one that stops leaves it out.
    bool done(const graph::Pass& pass, uint64_t batch) const {
        if (left_) return true;
        if (pass.epoch != cursor_.epoch) return pass.epoch < cursor_.epoch;
        return cursor_.complete || batch < cursor_.batches;
    }

    void begin(const graph::Pass& pass) {
        losses_.start_clock();
        if (pass.epoch == cursor_.epoch) return;
        end_early_together();
        if (left_) return;
        cursor_ = {pass.epoch, 0, false};
        losses_.begin();
    }

    models::Losses step(const models::Tensor& images, double progress) try {
        return model_->train(images, progress);
    } catch (const models::DivergenceError& error) {
        diverged(error.what(), steps_ + 1);
    }

    [[noreturn]] void diverged(const std::string& how, uint64_t step) const {
        throw models::DivergenceError(fmt::format(
            "{}: {} (epoch {}, step {}); the last good checkpoint is {}: try a lower rate, or "
            "clip_norm",
            name_, how, cursor_.epoch + 1, step,
            saved_epochs_ > 0 ? fmt::format("that of epoch {}", saved_epochs_)
                              : "the one before the first epoch"));
    }

    /// A loss tells of the weights before its step: the last step of all is told by them alone.
    void check_finite(const std::vector<models::NamedTensor>& state) const {
        for (const auto& [name, tensor] : state)
            if (!std::ranges::all_of(tensor.values, [](float v) { return std::isfinite(v); }))
                diverged(name + " has values that are not finite", steps_);
    }

    void send_snapshot(graph::Call& call, bool with_state, bool best = false) {
        if (ranks().rank() > 0) return;  // the first process keeps them
        auto snapshot = std::make_shared<Snapshot>();
        snapshot->name = name_;
        snapshot->architecture = params_.model.text();
        snapshot->image = image_;
        snapshot->optimizer = params_.optimizer.type();
        snapshot->epoch = cursor_.epoch;
        snapshot->complete = cursor_.complete;
        snapshot->batches = cursor_.batches;
        snapshot->steps = steps_;
        snapshot->threads = threads_;
        snapshot->ranks = ranks().count();
        snapshot->model = model_->snapshot();
        snapshot->sums = losses_.sums();
        snapshot->best = best;
        if (early_.active()) snapshot->early_stop = early_.state();
        if (with_state) {
            snapshot->state = model_->state();
            check_finite(*snapshot->state);
            saved_epochs_ = cursor_.epoch + (cursor_.complete ? 1 : 0);
        }
        call.emit_epoch<Snapshot>("model", cursor_.epoch, cursor_.complete, std::move(snapshot));
    }

    void send_metrics(graph::Call& call) {
        if (ranks().rank() > 0) return;
        auto rows = losses_.rows(cursor_.epoch + 1, name_, ranks());
        call.emit_epoch("metrics", cursor_.epoch, true,
                        std::make_shared<const Metrics>(std::move(rows)));
    }

    const TrainParams params_;
    const std::string name_;
    const models::Dims image_;
    const uint64_t seed_;
    std::unique_ptr<models::Model> model_;
    const std::shared_ptr<graph::StopVote> stop_;  // null: stops when it is told to
    EarlyStop early_;
    bool stops_early_ = false;
    std::atomic<int> ended_{-1};  // the epoch that it stopped early after
    int threads_ = 0, resumed_threads_ = 0, resumed_ranks_ = 0;
    bool left_ = false;
    graph::Cursor cursor_;  // what is done
    uint64_t steps_ = 0;
    EpochLosses losses_;    // of the cursor's epoch
    int saved_epochs_ = 0;  // in the last checkpoint
};

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::ordered_node<TrainParams, Train>(
        {.name = "train",
         .doc = "Trains a model on batches of images.",
         .group = "train",
         .inputs = {graph::port<Batch>(Clock::batch, "images",
                                       "to train on; those for evaluation are let by")},
         .outputs = {graph::limited(
                         2, graph::port<Snapshot>(Clock::epoch, "model",
                                                  "the model at the start and after each epoch")),
                     graph::port<Metrics>(Clock::epoch, "metrics",
                                          "mean losses and seconds of each epoch, and those "
                                          "spent waiting for other processes")},
         .params = train_params()});
    spec.together = true;
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        const auto& model = static_cast<const TrainParams*>(params)->model;
        const models::Dims image = trained_image(inputs.at(0));
        try {  // images that fit all: what is refused now is the options
            model->latent_dims({image[0], 1 << 16, 1 << 16});
        } catch (const models::ModelError& error) {
            throw graph::ConfigurationError(error.what());
        }
        model->footprint(image);
        return std::vector<graph::Shape>{model->latent_dims(image), {}};
    };
    spec.marks = [](const void* params, const std::vector<std::string>&) {
        const auto& train = *static_cast<const TrainParams*>(params);
        return std::vector<std::string>{
            model_mark({train.model.text(), "", train.stop_early.patience > 0}), ""};
    };
    spec.memory = [](const void* params, const std::vector<graph::Shape>& inputs, size_t batch) {
        return training_memory(*static_cast<const TrainParams*>(params), inputs.at(0), batch);
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
