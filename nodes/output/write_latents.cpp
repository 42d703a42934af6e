// Writes latents to one HDF5 file, batch after batch in bounded memory. The file appears when the
// run is complete; of several epochs it holds the last.
#include "formats/latents_file.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "latents.h5";
};

class WriteLatents : public graph::Node {
  public:
    WriteLatents(const Params& params, const graph::Setup& setup)
        : file_(params.file), setup_(setup) {}

    void receive(graph::Call& call) override {
        const auto& batch = call.input<LatentBatch>("latents");
        const graph::Pass& pass = call.pass();
        // The passes of one evaluation belong together; anything later stands for the same images.
        const std::pair round{pass.epoch, pass.purpose};
        if (!writer_ || round != round_) {
            writer_ = std::make_unique<formats::LatentsWriter>(setup_.output(file_), header(batch));
            round_ = round;
        }
        std::vector<formats::LatentSource> sources;
        for (const ImageInfo& info : batch.infos)
            sources.push_back({info.path, info.sha256, info.page, info.split,
                               static_cast<int>(batch.image.at(1)),
                               static_cast<int>(batch.image.at(2))});
        writer_->append(sources, batch.latents.values.values);
    }

    void finish() override {
        if (writer_) writer_->commit();
    }

  private:
    static formats::LatentsHeader header(const LatentBatch& batch) {
        const models::Dims& dims = batch.latents.values.dims;
        const double values = static_cast<double>(models::count(dims)) / dims.at(0);
        const double pixels = static_cast<double>(batch.image.at(1) * batch.image.at(2));
        return {.channels = static_cast<int>(dims.at(1)),
                .height = static_cast<int>(dims.at(2)),
                .width = static_cast<int>(dims.at(3)),
                .centres = batch.latents.centres,
                .model = batch.model,
                .bits_per_pixel = batch.latents.bits_per_value() * values / pixels,
                .checkpoint = batch.checkpoint,
                .generative = batch.generative};
    }

    const std::filesystem::path file_;
    const graph::Setup setup_;
    std::pair<int, graph::Purpose> round_;
    std::unique_ptr<formats::LatentsWriter> writer_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteLatents>(
        {.name = "write_latents",
         .doc = "Writes latents and where they come from to one HDF5 file.",
         .group = "output",
         .inputs = {graph::port<LatentBatch>(graph::Clock::batch, "latents", "of one model")},
         .params = {graph::param("file", &Params::file,
                                 "the HDF5 file, in the run's folder if the path is relative")}}))};

}  // namespace
}  // namespace nodes
