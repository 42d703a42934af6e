// Makes of what an archive keeps what was archived: a frame, whole or a window of it, or the file.
#include "nodes/number_list.hpp"
#include "nodes/restore.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path archive;
    std::string window;
    int64_t max_samples = int64_t{1} << 30;
};

class RestoreImage : public graph::Node {
  public:
    RestoreImage(const Params& params, const graph::Setup& setup) : models_(params.archive) {
        options_.max_samples = static_cast<uint64_t>(params.max_samples);
        const auto window = parse_numbers(params.window, 4, setup.id + ": window");
        if (!window.empty())
            options_.window = FrameWindow{window[0], window[1], window[2], window[3]};
    }

    void receive(graph::Call& call) override {
        const auto& stored = call.input<StoredImage>("stored");
        RestoredImage image;
        image.id = stored.id;
        image.entry = stored.entry;
        image.shard = stored.shard;
        image.shard_is_whole = stored.shard_is_whole;
        if (stored.entry.coding == formats::Coding::original && !options_.window)
            image.original = restore_original(stored);
        else
            image.frame = restore_frame(models_, stored, options_);
        call.emit("restored", std::move(image));
    }

  private:
    const ArchiveModels models_;
    RestoreOptions options_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, RestoreImage>(
    {.name = "restore_image",
     .doc = "Decodes what an archive keeps, and compares the digests of pixels and files.",
     .group = "codec",
     .inputs = {graph::port<StoredImage>(Clock::item, "stored", "with its data: of read_stored")},
     .outputs = {graph::port<RestoredImage>(
         Clock::item, "restored", "a frame; of what is kept as a file, that file's bytes")},
     .params = {graph::required(param("archive", &Params::archive,
                                      "the archive's folder, in which its models are")),
                param("window", &Params::window,
                      "x,y,width,height: of each image only these pixels; empty: all"),
                param("max_samples", &Params::max_samples, graph::Range{1, 1e12},
                      "refuse larger frames (pixels times channels times pages)")}})};

}  // namespace
}  // namespace nodes
