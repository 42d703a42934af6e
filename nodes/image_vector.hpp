// One vector for an image, by which it is found among others: its latents, pooled.
#pragma once

#include "formats/archive_entry.hpp"
#include "formats/frame.hpp"
#include "formats/vector_options.hpp"
#include "nodes/archive.hpp"
#include "nodes/codec.hpp"
#include "nodes/frame.hpp"
#include "nodes/frame_latents.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nodes {

/// An image of an archive, and its vector; none if it is indexed already.
struct ImageVector {
    uint64_t id = 0;
    std::vector<float> values;
};

/// An image to look for.
struct Query {
    formats::Frame frame;
    std::vector<float> values;
};

/// An image that was found.
struct Answer {
    StoredImage image;
    double distance = 0;
};
struct Answers {
    formats::Frame query;
    std::vector<Answer> found;  // the nearest first
};

std::vector<std::string> pooling_names();
std::string pooling_doc();

/// How vectors are made; what is compared must be made alike.
struct Pooled {
    std::string pooling = "mean_deviation";
    double level = 4;  // of quality, or the model's best: for images that are not kept as streams
};

/// Of a node whose parameters P derive from Pooled, behind its own.
template <class P>
std::vector<graph::Param> with_pooled(std::vector<graph::Param> own) {
    own.push_back(graph::param("pooling", static_cast<std::string P::*>(&Pooled::pooling),
                               graph::Choice{pooling_names()}, pooling_doc()));
    own.push_back(
        graph::param("level", static_cast<double P::*>(&Pooled::level), graph::Range{0, 15},
                     "the quality at which images are encoded that are not kept as streams"));
    return own;
}

/// Latents times their steps, so that qualities do not matter, pooled, and the mean of all planes,
/// so that their number does not matter either.
std::vector<float> image_vector(const Codec& codec, const FrameLatents& latents,
                                const std::string& pooling);
/// Encodes the frame first. Throws FormatError if its samples are not 8 or 16 bits without sign.
std::vector<float> image_vector(const Codec& codec, const formats::Frame& frame,
                                const Pooled& pooled);

/// The codec of an archive's first plan, with which vectors are made. Throws ConfigurationError.
std::shared_ptr<const Codec> search_codec(const std::filesystem::path& archive);

/// What an index over the archive is, so that another's is not taken for it.
formats::VectorOptions search_options(const std::filesystem::path& archive, const Codec& codec,
                                      const Pooled& pooled);
/// Throws ConfigurationError if there is an index of other vectors in the folder.
void check_search_index(const std::filesystem::path& folder, const formats::VectorOptions& wanted);

std::filesystem::path search_folder(const std::filesystem::path& archive);

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<nodes::ImageVector> = "image vector";
template <>
inline constexpr const char* port_type<nodes::Query> = "query";
template <>
inline constexpr const char* port_type<nodes::Answers> = "answers";
}  // namespace graph
