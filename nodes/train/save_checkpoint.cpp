// Keeps the last state of a model in one file, from which training goes on and with which anyone
// encodes and decodes. It is replaced as a whole: a crash leaves the old one or the new one.
#include "nodes/checkpoint_model.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "checkpoint.h5";
};

class SaveCheckpoint : public graph::Node {
  public:
    SaveCheckpoint(const Params& params, const graph::Setup& setup)
        : file_(params.file), setup_(setup) {}

    void receive(graph::Call& call) override {
        const auto& snapshot = call.input<Snapshot>("model");
        if (snapshot.state) write_snapshot(setup_.output(file_), snapshot);
    }

    std::shared_ptr<const void> stored() override {
        const auto file = setup_.output(file_);
        if (!std::filesystem::exists(file))
            throw graph::ConfigurationError(setup_.id + ": there is no " + file.string() +
                                            " to resume from: start again with 'run'");
        return std::make_shared<const Snapshot>(read_snapshot(file));
    }

  private:
    const std::filesystem::path file_;
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
                                 "the HDF5 file, in the run's folder if the path is relative")}}))};

}  // namespace
}  // namespace nodes
