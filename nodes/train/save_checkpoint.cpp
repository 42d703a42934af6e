// Keeps the last state of a model in one file, from which training goes on and with which anyone
// encodes and decodes. It is replaced as a whole: a crash leaves the old one or the new one.
#include "formats/error.hpp"
#include "nodes/checkpoint_model.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "checkpoint.h5";
    std::string keep = "last";
};

class SaveCheckpoint : public graph::Node {
  public:
    SaveCheckpoint(const Params& params, const graph::Setup& setup)
        : file_(params.file), best_(params.keep == "best"), setup_(setup) {
        const auto mark = setup.marks.find("model");
        if (mark != setup.marks.end() && !mark->second.empty())
            check(parse_mark(mark->second).judged);
    }

    void receive(graph::Call& call) override {
        const auto& snapshot = call.input<Snapshot>("model");
        check(snapshot.early_stop.has_value());
        if (!best_ && snapshot.state) write_snapshot(setup_.output(file_), snapshot);
        if (!best_ || !snapshot.best) return;
        Snapshot weights = snapshot;
        weights.state = snapshot.model->weights();
        write_snapshot(setup_.output(file_), weights);
    }

    std::shared_ptr<const void> stored() override {
        if (best_) return {};  // training goes on from where it was, not from there
        const auto file = setup_.output(file_);
        if (!std::filesystem::exists(file))
            throw graph::ConfigurationError(setup_.id + ": there is no " + file.string() +
                                            " to resume from: start again with 'run'");
        try {
            return std::make_shared<const Snapshot>(read_snapshot(file));
        } catch (const formats::FormatError& error) {
            throw graph::ConfigurationError(
                fmt::format("{}: {}: there is nothing to resume from: start again with 'run'",
                            setup_.id, error.what()));
        }
    }

  private:
    void check(bool judged) const {
        if (best_ && !judged)
            throw graph::ConfigurationError(
                setup_.id +
                ": 'keep: best' goes by what 'train' finds best: give that node "
                "stop_early: {patience: N}");
    }

    const std::filesystem::path file_;
    const bool best_;
    const graph::Setup setup_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, SaveCheckpoint>(
        {.name = "save_checkpoint",
         .doc = "Keeps the state of a model, to resume training and to encode with.",
         .group = "train",
         .inputs = {graph::port<Snapshot>(graph::Clock::epoch, "model",
                                          "a model as it is trained; what carries no state is let "
                                          "by")},
         .params = {graph::param("file", &Params::file,
                                 "the HDF5 file, in the run's folder if the path is relative"),
                    graph::param("keep", &Params::keep, graph::Choice{{"last", "best"}},
                                 "last: the file that a run goes on from; best: the epoch that "
                                 "stop_early of 'train' found best, to be used afterwards")}}))};

}  // namespace
}  // namespace nodes
