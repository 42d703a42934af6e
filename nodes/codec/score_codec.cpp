// Decodes each stream of a codec and tells how near it comes to the original: the rows of
// codecs.csv. Streams are decoded here, one at a time, so that comparing takes little memory.
#include "models/metrics.hpp"
#include "nodes/coded_image.hpp"

#include <set>
#include <utility>

namespace nodes {
namespace {

struct Params {
    double peak = 0;
    int crops = 4;
    int crop_size = 128;
};

/// Samples in units of the peak.
models::Tensor tensor_of(const formats::Image& image, float scale) {
    models::Tensor tensor({1, 1, image.height, image.width});
    std::transform(image.samples.begin(), image.samples.end(), tensor.values.begin(),
                   [scale](float sample) { return sample * scale; });
    return tensor;
}

double full_scale(const formats::Image& image) {
    return image.type == formats::SampleType::u8 ? 255 : 65535;
}

int64_t largest_error(const formats::Image& a, const formats::Image& b) {
    float most = 0;
    for (size_t i = 0; i < a.samples.size(); ++i)
        most = std::max(most, std::abs(a.samples[i] - b.samples[i]));
    return std::llround(most * full_scale(a));
}

struct Window {
    int left = 0, top = 0, width = 0, height = 0;

    formats::Image of(const formats::Image& image) const {
        formats::Image crop;
        crop.width = width;
        crop.height = height;
        crop.type = image.type;
        crop.path = image.path;
        crop.page = image.page;
        for (int y = 0; y < height; ++y) {
            const auto row = image.samples.begin() + int64_t{top + y} * image.width + left;
            crop.samples.insert(crop.samples.end(), row, row + width);
        }
        return crop;
    }
};

double variance(const formats::Image& image) {
    double sum = 0, squares = 0;
    for (const double sample : image.samples) {
        sum += sample;
        squares += sample * sample;
    }
    const auto count = static_cast<double>(image.samples.size());
    return squares / count - sum * sum / (count * count);
}

/// Where there is most to see: the first of the windows of most variance, on a grid of half
/// windows.
Window busiest(const formats::Image& image, int size) {
    Window best{0, 0, std::min(size, image.width), std::min(size, image.height)};
    double most = -1;
    const int step = std::max(1, size / 2);
    for (int top = 0; top + best.height <= image.height; top += step)
        for (int left = 0; left + best.width <= image.width; left += step) {
            const Window window{left, top, best.width, best.height};
            const double here = variance(window.of(image));
            if (here <= most) continue;
            most = here;
            best = window;
        }
    return best;
}

class ScoreCodec : public graph::Node {
  public:
    ScoreCodec(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        const auto& coded = call.input<CodedImage>("coded");
        const formats::Image& original = *coded.original;
        const std::string name = name_of(original, call.stamp());
        scores_.codec = coded.codec;
        std::optional<Window> window;
        if (is_shown(call) && !coded.streams.empty()) window = busiest(original, params_.crop_size);
        const double full = full_scale(original);
        // A peak is that of 16-bit cameras; what has 8 bits always has one of 255.
        const bool scaled = params_.peak > 0 && original.type == formats::SampleType::u16;
        const auto scale = static_cast<float>(scaled ? full / params_.peak : 1);
        const auto tensor = tensor_of(original, scale);
        std::vector<StreamScore> rows;  // all of an image or, if one fails, none
        for (const auto& stream : coded.streams)
            rows.push_back(score(coded, stream, tensor, scale, window, name));
        scores_.streams.insert(scores_.streams.end(), rows.begin(), rows.end());
        names_.insert({name, original.page});
        if (!window) return;
        scores_.originals.push_back(window->of(original));
        scores_.originals.back().path = name;
    }

    void end(graph::Call& call) override {
        if (scores_.codec.empty()) return;
        call.emit_epoch("scores", call.pass().epoch, true,
                        std::make_shared<const CodecScores>(std::move(scores_)));
        scores_ = {};
        names_.clear();
    }

  private:
    /// The path; of further windows of one image, which one, so that each has scores of its own.
    std::string name_of(const formats::Image& image, const graph::Stamp& stamp) const {
        if (stamp.parts.empty() || !names_.contains({image.path, image.page})) return image.path;
        return fmt::format("{} window {}", image.path, stamp.parts.back().index + 1);
    }

    /// Images evenly spread over the pass.
    bool is_shown(const graph::Call& call) const {
        const uint64_t items = std::max<uint64_t>(call.pass().items, 1), index = call.stamp().index;
        const auto crops = static_cast<uint64_t>(params_.crops);
        return index * crops / items != (index + 1) * crops / items || crops >= items;
    }

    static StreamScore score(const CodedImage& coded, const CodedImage::Stream& stream,
                             const models::Tensor& tensor, float scale,
                             const std::optional<Window>& window, const std::string& name) {
        const formats::Image& original = *coded.original;
        const auto start = std::chrono::steady_clock::now();
        const formats::Image decoded = coded.decode(stream.bytes);
        const double seconds = seconds_since(start);
        if (decoded.width != original.width || decoded.height != original.height ||
            decoded.type != original.type || decoded.channels != original.channels)
            throw std::runtime_error(fmt::format("{} at {} decodes to an image of another size",
                                                 coded.codec, stream.setting));
        const auto pixels = static_cast<double>(original.samples.size());
        const double megabytes = pixels * formats::bits(original.type) / 8e6;
        const auto other = tensor_of(decoded, scale);
        StreamScore score;
        score.codec = coded.codec;
        score.setting = stream.setting;
        score.path = name;
        score.page = original.page;
        score.bytes = stream.bytes.size();
        score.bits_per_pixel = 8 * static_cast<double>(stream.bytes.size()) / pixels;
        score.psnr = models::psnr(tensor, other).at(0);
        score.ssim = models::ssim(tensor, other).at(0);
        score.ms_ssim = models::ms_ssim(tensor, other).at(0);
        score.max_error = largest_error(original, decoded);
        score.encode_mb_s = megabytes / std::max(stream.encode_seconds, 1e-9);
        score.decode_mb_s = megabytes / std::max(seconds, 1e-9);
        if (window) score.crop = std::make_shared<const formats::Image>(window->of(decoded));
        return score;
    }

    const Params params_;
    CodecScores scores_;
    std::set<std::pair<std::string, int>> names_;  // of the pass, with the page
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::ordered_node<Params, ScoreCodec>(
    {.name = "score_codec",
     .doc = "Decodes a codec's streams and scores them against the originals.",
     .group = "codec",
     .inputs = {graph::port<CodedImage>(Clock::item, "coded", "of one codec")},
     .outputs = {graph::port<CodecScores>(
         Clock::epoch, "scores",
         "of each image and setting: bytes, bits per pixel, PSNR, SSIM, MS-SSIM, largest error, "
         "MB/s")},
     .params = {param("peak", &Params::peak, graph::Range{0, 65535},
                      "the white of 16-bit images, such as 4095 of a 12-bit camera; 0: 65535"),
                param("crops", &Params::crops, graph::Range{0, 1000},
                      "of so many images a window goes with the scores, to be shown"),
                param("crop_size", &Params::crop_size, graph::Range{8, 4096},
                      "of that window, in pixels")}})};

}  // namespace
}  // namespace nodes
