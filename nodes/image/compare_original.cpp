// Compares the originals with what an archive says of them: which may be deleted, now that their
// stored form was read and decoded. Nothing is deleted by this program.
#include "formats/digest.hpp"
#include "nodes/archive.hpp"
#include "nodes/archive_listing.hpp"

namespace nodes {
namespace {

namespace fs = std::filesystem;

struct Params {
    fs::path archive;
    fs::path against;
};

class CompareOriginal : public graph::Node {
  public:
    CompareOriginal(const Params& params, const graph::Setup& setup)
        : against_(params.against), origins_(params.archive) {
        if (!against_.empty() && !fs::is_directory(against_))
            throw graph::ConfigurationError(setup.id + ": 'against': there is no folder " +
                                            against_.string());
    }

    void receive(graph::Call& call) override {
        const auto& image = call.input<RestoredImage>("restored");
        VerifiedImage verified;
        verified.id = image.id;
        verified.path = image.entry.path;
        verified.shard_is_whole = image.shard_is_whole;
        if (!against_.empty()) verified.original = compare(image);
        call.emit("verified", std::move(verified));
    }

  private:
    VerifiedImage::Original compare(const RestoredImage& image) const {
        using enum VerifiedImage::Original;
        const auto path = origins_.path(image.shard, image.entry.path);
        if (!path) return unknown;
        const fs::path file = against_ / *path;
        std::error_code error;
        if (!fs::is_regular_file(fs::symlink_status(file, error))) return missing;
        if (fs::file_size(file, error) != image.entry.size || error) return changed;
        return formats::sha256_file(file) == image.entry.sha256 ? same : changed;
    }

    const fs::path against_;
    const ArchiveOrigins origins_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, CompareOriginal>(
    {.name = "compare_original",
     .doc = "Compares originals with the SHA-256 that an archive has of them.",
     .group = "image",
     .inputs = {graph::port<RestoredImage>(Clock::item, "restored", "of restore_image")},
     .outputs = {graph::port<VerifiedImage>(Clock::item, "verified",
                                            "its stored form is whole; and what its original is")},
     .params = {graph::required(param("archive", &Params::archive, "the archive's folder")),
                param("against", &Params::against,
                      "the folder that was archived, with the originals; empty: do not "
                      "compare")}})};

}  // namespace
}  // namespace nodes
