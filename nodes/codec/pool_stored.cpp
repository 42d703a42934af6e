// Makes one vector of each image of an archive, for search. Images whose vectors are in the index
// already are not read again.
#include "formats/archive.hpp"
#include "formats/error.hpp"
#include "formats/vector_index.hpp"
#include "nodes/image_vector.hpp"
#include "nodes/restore.hpp"

namespace nodes {
namespace {

struct Params : Pooled {
    std::filesystem::path archive;
};

class PoolStored : public graph::Node {
  public:
    PoolStored(const Params& params, const graph::Setup&)
        : params_(params), models_(params.archive), codec_(search_codec(params.archive)) {
        check_search_index(search_folder(params.archive),
                           search_options(params.archive, *codec_, params));
    }

    void start(graph::Call&) override {
        const formats::VectorIndexWriter index(search_folder(params_.archive),
                                               search_options(params_.archive, *codec_, params_),
                                               {.ids = formats::Archive(params_.archive).size()});
        missing_ = index.missing();
    }

    void receive(graph::Call& call) override {
        StoredImage image = call.input<StoredImage>("image");
        if (std::ranges::none_of(missing_, [&](const formats::IdRange& range) {
                return range.first <= image.id && image.id < range.end;
            }))
            return call.emit("vector", ImageVector{image.id, {}});
        read_data(params_.archive, image);
        call.emit("vector", ImageVector{image.id, vector_of(image, call)});
    }

  private:
    /// None of a file that is no image to a codec: it cannot be found by what it looks like.
    std::vector<float> vector_of(const StoredImage& image, graph::Call& call) const {
        const bool coded = image.entry.coding == formats::Coding::stream ||
                           image.entry.coding == formats::Coding::latents;
        if (coded && image.entry.model == formats::hex(codec_->digest)) {
            const auto bytes = restore_stream(models_, image);
            return image_vector(
                *codec_,
                frame_latents(*codec_, formats::read_stream(bytes, image.place()), image.place()),
                params_.pooling);
        }
        try {
            return image_vector(*codec_, restore_frame(models_, image, {}), params_);
        } catch (const formats::FormatError& error) {
            if (image.entry.coding != formats::Coding::original) throw;
            call.warn(std::string(error.what()) + "; it will not be found by search");
            return {};
        }
    }

    const Params params_;
    const ArchiveModels models_;
    const std::shared_ptr<const Codec> codec_;
    std::vector<formats::IdRange> missing_;
};

using graph::Clock;
const graph::Register node{graph::node<Params, PoolStored>(
    {.name = "pool_stored",
     .doc = "Makes a vector of each image of an archive, from its latents.",
     .group = "codec",
     .inputs = {graph::port<StoredImage>(Clock::item, "image", "of list_archive")},
     .outputs = {graph::port<ImageVector>(Clock::item, "vector", "for index_vectors")},
     .params = with_pooled<Params>(
         {graph::required(graph::param("archive", &Params::archive, "the archive's folder"))})})};

}  // namespace
}  // namespace nodes
