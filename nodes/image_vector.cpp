// See image_vector.hpp.
#include "nodes/image_vector.hpp"

#include "formats/archive_plan.hpp"
#include "formats/error.hpp"
#include "formats/vector_manifest.hpp"
#include "graph/refusal.hpp"
#include "models/pooling.hpp"
#include "nodes/archive_models.hpp"
#include "nodes/frame_codec.hpp"

#include <fmt/format.h>

namespace nodes {
namespace {

formats::ArchivePlan first_plan(const std::filesystem::path& archive) try {
    return formats::read_plan(formats::plan_file(archive, 1));
} catch (const std::exception&) {
    graph::throw_refusal();
}

}  // namespace

std::vector<std::string> pooling_names() {
    std::vector<std::string> names;
    for (const auto& pooling : models::poolings()) names.push_back(pooling.name);
    return names;
}

std::string pooling_doc() {
    std::string doc = "how latents become one vector";
    for (const auto& pooling : models::poolings()) doc += "; " + pooling.name + ": " + pooling.doc;
    return doc;
}

std::vector<float> image_vector(const Codec& codec, const FrameLatents& latents,
                                const std::string& pooling) {
    const auto steps = codec.frozen->steps(latents.header.quality);
    const auto size = static_cast<size_t>(latents.rows * latents.columns);
    const auto channels = static_cast<size_t>(latents.channels);
    std::vector<float> plane(channels * size);
    std::vector<double> sum;
    for (size_t p = 0; p < static_cast<size_t>(latents.planes); ++p) {
        for (size_t c = 0; c < channels; ++c)
            for (size_t i = 0; i < size; ++i)
                plane[c * size + i] =
                    static_cast<float>(latents.values[(p * channels + c) * size + i]) *
                    static_cast<float>(steps[c]) / 4096;
        const models::LatentPlane one{latents.channels, latents.rows, latents.columns, plane};
        const auto pooled = models::pool_latents(pooling, {&one, 1});
        sum.resize(pooled.size());
        for (size_t i = 0; i < pooled.size(); ++i) sum[i] += double{pooled[i]};
    }
    std::vector<float> values;
    for (const double value : sum)
        values.push_back(static_cast<float>(value / static_cast<double>(latents.planes)));
    return values;
}

std::vector<float> image_vector(const Codec& codec, const formats::Frame& frame,
                                const Pooled& pooled) {
    const models::FrozenCodec& frozen = *codec.frozen;
    const double best = frozen.quality(frozen.levels() - 1);
    const EncodedStream stream =
        encode_frame(codec, frame, {.quality = std::min(pooled.level, best)});
    return image_vector(
        codec, frame_latents(codec, formats::read_stream(stream.bytes, frame.path()), frame.path()),
        pooled.pooling);
}

std::shared_ptr<const Codec> search_codec(const std::filesystem::path& archive) try {
    return ArchiveModels(archive).of(formats::short_digest(first_plan(archive).model));
} catch (const formats::FormatError& error) {
    throw graph::ConfigurationError(error.what());
}

formats::VectorOptions search_options(const std::filesystem::path& archive, const Codec& codec,
                                      const Pooled& pooled) {
    const auto& all = models::poolings();
    const auto pooling = std::ranges::find(all, pooled.pooling, &models::Pooling::name);
    formats::VectorOptions options;
    // By angle, images of one kind are all alike: of 60 of BBBC016, cropped, 49 are nearest to
    // themselves by distance, and 36 by angle.
    options.metric = formats::Metric::l2;
    options.dimension = static_cast<size_t>(codec.frozen->channels() * pooling->values_per_channel);
    options.source =
        fmt::format("{} of model {} at level {}, archive {}", pooled.pooling,
                    formats::hex(codec.digest), pooled.level, first_plan(archive).shard_name(0));
    return options;
}

std::filesystem::path search_folder(const std::filesystem::path& archive) {
    return archive / "search";
}

void check_search_index(const std::filesystem::path& folder, const formats::VectorOptions& wanted) {
    formats::VectorOptions found;
    try {
        found = formats::read_manifest(folder).options;
    } catch (const std::exception&) {
        return;  // none yet, or damaged: it is written anew
    }
    if (found != wanted)
        throw graph::ConfigurationError(
            fmt::format("{}: belongs to an index of {}, not of {}; remove it to make another",
                        folder.string(), found.source, wanted.source));
}

}  // namespace nodes
