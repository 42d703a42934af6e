// What the nodes that compare codecs exchange: an image as streams of one codec, and how near each
// comes to the original. A codec joins the comparison by a node that sends a CodedImage.
#pragma once

#include "formats/grey.hpp"
#include "nodes/types.hpp"

#include <chrono>
#include <functional>
#include <span>

namespace nodes {

/// A stream is decoded where it is scored, so that only streams, not pixels, wait in memory.
struct CodedImage {
    struct Stream {
        double setting = 0;  // what the codec was asked for: a quality, a rate, a distance
        std::vector<std::byte> bytes;
        double encode_seconds = 0;
    };
    using Decode = std::function<formats::Image(std::span<const std::byte>)>;

    std::string codec;  // as in codecs.csv
    std::shared_ptr<const formats::Image> original;
    std::vector<Stream> streams;  // one for each setting; none: the codec cannot hold such samples
    Decode decode;                // from several threads at once
};

/// How near one stream comes to its image, and what it takes.
struct StreamScore {
    std::string codec;
    double setting = 0;
    std::string path;  // of the image
    int page = 0;
    uint64_t bytes = 0;
    double bits_per_pixel = 0;
    double psnr = 0, ssim = 0, ms_ssim = 0;      // infinite and 1 where nothing is lost
    int64_t max_error = 0;                       // in grey levels, as stored
    double encode_mb_s = 0, decode_mb_s = 0;     // megabytes of stored pixels a second, wall clock
    std::shared_ptr<const formats::Image> crop;  // of the decoded image; of few images only
};

/// A codec's scores of a whole pass.
struct CodecScores {
    std::string codec;
    std::vector<StreamScore> streams;
    std::vector<formats::Image> originals;  // the crops that `streams` have, of the originals
};

inline double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Codes an image at each setting: encode(image, setting) gives bytes.
template <class Encode>
CodedImage code_image(std::string codec, std::shared_ptr<const formats::Image> image,
                      const std::vector<double>& settings, Encode encode,
                      CodedImage::Decode decode) {
    CodedImage coded{std::move(codec), std::move(image), {}, std::move(decode)};
    for (const double setting : settings) {
        const auto start = std::chrono::steady_clock::now();
        auto bytes = encode(*coded.original, setting);
        coded.streams.push_back({setting, std::move(bytes), seconds_since(start)});
    }
    return coded;
}

/// The settings, or none if the image has more bits than the codec can hold.
inline std::vector<double> settings_for(const formats::Image& image, int max_bits,
                                        const std::vector<double>& settings) {
    const bool fits = image.type != formats::SampleType::u16 || max_bits >= 16;
    return fits ? settings : std::vector<double>{};
}

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<nodes::CodedImage> = "coded image";
template <>
inline constexpr const char* port_type<nodes::CodecScores> = "codec scores";
}  // namespace graph
