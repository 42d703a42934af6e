// Reads what an archive keeps of an image: the run of bytes that its table names, and no more.
#include "nodes/restore.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path archive;
    bool latents = true;
};

StoredImage read_stored(const Params& params, const StoredImage& listed) {
    StoredImage image = listed;
    read_data(params.archive, image, params.latents);
    return image;
}

using graph::Clock;
using graph::param;
const graph::Register node{graph::map<Params, StoredImage, StoredImage>(
    {.name = "read_stored",
     .doc = "Reads the data of an archive's images, and compares their SHA-256.",
     .group = "image",
     .inputs = {graph::port<StoredImage>(Clock::item, "image", "one of list_archive")},
     .outputs = {graph::port<StoredImage>(Clock::item, "stored", "with its data")},
     .params = {graph::required(param("archive", &Params::archive, "the archive's folder")),
                param("latents", &Params::latents,
                      "read what can be searched too; damage to it is then the image's")}},
    read_stored)};

}  // namespace
}  // namespace nodes
