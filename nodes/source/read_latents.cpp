// Reads latents.h5 back, a batch at a time: where decoding and searching begin.
#include "formats/error.hpp"
#include "formats/latents_file.hpp"
#include "graph/refusal.hpp"
#include "graph/source.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params : graph::Schedule {
    std::filesystem::path path;
    int size = 8;
};

std::filesystem::path file_of(const Params& params) {
    return std::filesystem::is_directory(params.path) ? params.path / "latents.h5" : params.path;
}

/// Nothing if there is no such file: the source says so.
std::optional<formats::LatentsHeader> header_of(const Params& params) try {
    return formats::LatentsReader(file_of(params)).header();
} catch (const std::exception&) {
    return {};
}

class ReadLatents : public graph::Source {
  public:
    ReadLatents(const Params& params, const graph::Setup& setup)
        : path_(file_of(params)), size_(static_cast<uint64_t>(params.size)), id_(setup.id) {}

    size_t list() override {
        try {
            file_ = std::make_unique<formats::LatentsReader>(path_);
        } catch (const std::runtime_error&) {
            graph::throw_refusal(id_ + ": ");
        }
        if (file_->size() == 0)
            throw graph::ConfigurationError(id_ + ": there are no latents in " + path_.string());
        return (file_->size() + size_ - 1) / size_;
    }

    graph::Item item(size_t number) const override {
        const uint64_t first = number * size_;
        const std::string name =
            fmt::format("{}[{}:{}]", path_.string(), first, first + count(first));
        return {name, name};
    }

    graph::Clock clock() const override { return graph::Clock::batch; }

    void receive(graph::Call& call) override {
        const formats::LatentsHeader& header = file_->header();
        const uint64_t first = item_of(call) * size_;
        formats::LatentRows rows = file_->read(first, count(first));

        LatentBatch batch;
        batch.latents.values.dims = {static_cast<int64_t>(rows.sources.size()), header.channels,
                                     header.height, header.width};
        batch.latents.values.values = std::move(rows.values);
        batch.latents.centres = header.centres;
        batch.image = {1, rows.sources[0].height, rows.sources[0].width};
        batch.model = header.model;
        batch.checkpoint = header.checkpoint;
        batch.generative = header.generative;
        for (auto& source : rows.sources)
            batch.infos.push_back({.path = std::move(source.path),
                                   .sha256 = std::move(source.sha256),
                                   .page = source.page,
                                   .split = std::move(source.split)});
        call.emit("latents", std::move(batch));
    }

  private:
    uint64_t count(uint64_t first) const { return std::min(size_, file_->size() - first); }

    const std::filesystem::path path_;
    const uint64_t size_;  // of a batch
    const std::string id_;
    std::unique_ptr<formats::LatentsReader> file_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::source<Params, ReadLatents>(
        {.name = "read_latents",
         .doc = "Reads the latents of many images from one HDF5 file.",
         .group = "source",
         .outputs = {graph::port<LatentBatch>(graph::Clock::batch, "latents",
                                              "as write_latents stored them, quantised or not")},
         .params = {
             graph::required(
                 param("path", &Params::path,
                       "the file, or the folder of the run that wrote it as latents.h5")),
             param("size", &Params::size, graph::Range{1, 65536}, "how many images to a batch")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>&) {
        const auto header = header_of(*static_cast<const Params*>(params));
        if (!header) return std::vector<graph::Shape>(1);
        return std::vector<graph::Shape>{{header->channels, header->height, header->width}};
    };
    spec.marks = [](const void* params, const std::vector<std::string>&) {
        const auto header = header_of(*static_cast<const Params*>(params));
        return std::vector<std::string>{header ? model_mark({header->model, header->checkpoint})
                                               : ""};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
