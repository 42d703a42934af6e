// The messages that nodes exchange, and the names that users see for them.
#pragma once

#include "formats/image.hpp"
#include "graph/node.hpp"
#include "models/latent_coder.hpp"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nodes {

/// A file that a source found.
struct File {
    std::string path;  // as it can be opened
    std::string split;
};

/// Where an image of a batch comes from; latents.h5 keeps it.
struct ImageInfo {
    std::string path;
    std::string sha256;  // of the file
    int page = 0;
    std::string split;
    formats::SampleType type = formats::SampleType::u8;  // as the image was stored
};

/// Images of one size, as a network takes them: N x C x H x W in [0, 1].
struct Batch {
    models::Tensor images;
    std::vector<ImageInfo> infos;
};

struct LatentBatch {
    models::Latents latents;
    models::Dims image;  // C, H, W of the images that they stand for
    std::vector<ImageInfo> infos;
    std::string model;        // architecture and options, as YAML
    std::string checkpoint;   // digest of the file that the model came from; empty: none
    bool generative = false;  // the model makes up detail
};

/// Entropy tables for the latents of one model.
struct Tables {
    models::LatentCoder coder;
    std::string model;  // as in LatentBatch
    bool generative = false;
};

/// Latents as bytes.
struct PayloadBatch {
    std::vector<std::vector<std::byte>> payloads;  // of each image
    models::Dims image;                            // and the rest as in LatentBatch
    std::vector<ImageInfo> infos;
    std::string model;
    std::string checkpoint;
    bool generative = false;
};

/// What decides when training stops early, as it is kept in a checkpoint. Epochs count from 0; -1:
/// none yet.
struct EarlyStopState {
    double best = std::numeric_limits<double>::quiet_NaN();
    int best_epoch = -1;
    int scored_epoch = -1;
    int ended_epoch = -1;  // training stopped after it
};

/// Throws runtime_error if images of these shapes, as far as they are known, cannot be compared.
inline void check_alike(const graph::Shape& images, const graph::Shape& reconstructions) {
    for (size_t i = 0; i < std::min(images.size(), reconstructions.size()); ++i)
        if (images[i] >= 0 && reconstructions[i] >= 0 && images[i] != reconstructions[i])
            throw std::runtime_error("its reconstructions are of " + graph::text(reconstructions) +
                                     "; both must be of one size");
}

/// A model at the end of an epoch, as it was then, while training goes on.
struct Snapshot {
    std::string name;          // of the model in metrics.csv: the architecture's, or as `name` says
    std::string architecture;  // "{type: convolutional, ...}": with it and the weights, all is said
    models::Dims image;        // C, H, W
    std::string optimizer;     // its type, whose moments are in the state; empty: an older file
    int epoch = 0;
    bool complete = true;  // false: within the epoch
    uint64_t batches = 0;  // of the epoch done, if it is not complete
    uint64_t steps = 0;
    int threads = 0;
    int ranks = 1;  // processes that trained it
    std::shared_ptr<const models::Model> model;
    /// What training needs to go on; only when a checkpoint is due.
    std::optional<std::vector<models::NamedTensor>> state;
    /// Sums of the losses since the epoch's start, so that a resumed epoch reports the same means.
    models::Losses sums;
    std::optional<EarlyStopState> early_stop;  // if training may stop early
    /// Sent a second time, once it was evaluated, without state: the best epoch so far.
    bool best = false;
};

struct Metric {
    int epoch = 0;  // from 1, as people count
    std::string model, split, metric;
    double value = 0;
};
using Metrics = std::vector<Metric>;

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<nodes::File> = "file";
template <>
inline constexpr const char* port_type<formats::Image> = "image";
template <>
inline constexpr const char* port_type<nodes::Batch> = "images";
template <>
inline constexpr const char* port_type<nodes::LatentBatch> = "latents";
template <>
inline constexpr const char* port_type<nodes::Tables> = "tables";
template <>
inline constexpr const char* port_type<nodes::PayloadBatch> = "payloads";
template <>
inline constexpr const char* port_type<nodes::Snapshot> = "model";
template <>
inline constexpr const char* port_type<nodes::Metrics> = "metrics";
}  // namespace graph
