// Turns latents into bytes, as few as their tables allow, and says how many those are.
#include "nodes/checkpoint_model.hpp"
#include "nodes/tables.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path tables;
    std::string name;
    bool allow_generative = false;
};

class EntropyEncode : public graph::Node {
  public:
    EntropyEncode(const Params& params, const graph::Setup& setup)
        : id_(setup.id),
          name_(params.name.empty() ? setup.id : params.name),
          allow_generative_(params.allow_generative),
          tables_(params.tables, setup) {
        if (const Tables* tables = tables_.stored()) check(tables->generative, tables->model);
        const std::string model = tables_.check_mark(setup, "latents");
        if (!model.empty()) check(is_generative(model), model);
    }

    void receive(graph::Call& call) override {
        const auto& batch = call.input<LatentBatch>("latents");
        check(batch.generative, batch.model);
        PayloadBatch out{tables_.of(call, batch.model).encode(batch.latents),
                         batch.image,
                         batch.infos,
                         batch.model,
                         batch.checkpoint,
                         batch.generative};
        for (const auto& payload : out.payloads) {
            bytes_ += static_cast<double>(payload.size());
            pixels_ += static_cast<double>(batch.image.at(1) * batch.image.at(2));
        }
        call.emit("payloads", std::move(out));
    }

    void end(graph::Call& call) override {
        if (pixels_ == 0) return;
        const graph::Pass& pass = call.pass();
        call.emit_epoch("metrics", pass.epoch, true,
                        std::make_shared<const Metrics>(
                            Metrics{{pass.epoch + 1, name_, pass.split, "coded_bits_per_pixel",
                                     8 * bytes_ / pixels_}}));
        bytes_ = pixels_ = 0;
    }

  private:
    void check(bool generative, const std::string& model) const {
        if (generative && !allow_generative_)
            throw graph::ConfigurationError(
                fmt::format("{}: the model makes up detail that was not in the image; set "
                            "'allow_generative: true' if that is wanted: {}",
                            id_, model));
    }

    const std::string id_;
    const std::string name_;
    const bool allow_generative_;
    const TablesOption tables_;
    double bytes_ = 0, pixels_ = 0;  // of the pass so far
};

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, EntropyEncode>(
        {.name = "entropy_encode",
         .doc = "Turns latents into bytes.",
         .group = "codec",
         .inputs = {graph::port<LatentBatch>(Clock::batch, "latents", "quantised or not"),
                    TablesOption::port()},
         .outputs = {graph::port<PayloadBatch>(Clock::batch, "payloads", "the bytes of each image"),
                     graph::port<Metrics>(Clock::epoch, "metrics",
                                          "coded_bits_per_pixel of each split")},
         .params = {TablesOption::param(&Params::tables),
                    graph::param("name", &Params::name,
                                 "the model's name in the metrics; empty: the node's"),
                    graph::param("allow_generative", &Params::allow_generative,
                                 "code also the latents of a model that makes up detail")}});
    spec.marks = [](const void*, const std::vector<std::string>& inputs) {
        return std::vector<std::string>{inputs.at(0), ""};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
