// Makes latents of bytes again: those that were encoded, as they had been rounded.
#include "nodes/tables.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path tables;
};

class EntropyDecode : public graph::Node {
  public:
    EntropyDecode(const Params& params, const graph::Setup& setup) : tables_(params.tables, setup) {
        tables_.check_mark(setup, "payloads");
    }

    void receive(graph::Call& call) override {
        const auto& batch = call.input<PayloadBatch>("payloads");
        call.emit("latents",
                  LatentBatch{tables_.of(call, batch.model).decode(batch.payloads), batch.image,
                              batch.infos, batch.model, batch.checkpoint, batch.generative});
    }

  private:
    const TablesOption tables_;
};

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::node<Params, EntropyDecode>(
        {.name = "entropy_decode",
         .doc = "Makes latents of bytes.",
         .group = "codec",
         .inputs = {graph::port<PayloadBatch>(Clock::batch, "payloads",
                                              "made with the same tables"),
                    TablesOption::port()},
         .outputs = {graph::port<LatentBatch>(Clock::batch, "latents",
                                              "of each image of the batch")},
         .params = {TablesOption::param(&Params::tables)}});
    spec.marks = [](const void*, const std::vector<std::string>& inputs) {
        return std::vector<std::string>{inputs.at(0)};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
