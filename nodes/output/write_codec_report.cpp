// Writes codecs.html, the page that a comparison of codecs ends in: BD-rates against one of them,
// plots, and crops at about the same rate.
#include "formats/codec_report.hpp"
#include "formats/publish.hpp"
#include "models/bd_rate.hpp"
#include "nodes/coded_image.hpp"

#include <iostream>
#include <map>

namespace nodes {
namespace {

using formats::CodecReport;

struct Params {
    std::filesystem::path file = "codecs.html";
    std::string anchor = "jpeg2000_rate";
    double from_rate = 0.03;
    double to_rate = 0.4;
    double crop_rate = 0.1;
    bool print = true;
};

using ImageKey = std::pair<std::string, int>;  // path, page

std::string title_of(const ImageKey& image) {
    const std::string name = std::filesystem::path(image.first).filename();
    return image.second > 0 ? fmt::format("{}, page {}", name, image.second + 1) : name;
}

/// The scores of one codec for one image, by setting.
using Scores = std::map<double, StreamScore>;

std::vector<models::RatePoint> curve(const Scores& scores) {
    std::vector<models::RatePoint> points;
    for (const auto& [setting, score] : scores)
        points.push_back({score.bits_per_pixel, score.psnr});
    return points;
}

formats::PlotLine line_of(const std::string& codec, const Scores& scores) {
    formats::PlotLine line{codec, {}};
    for (const auto& point : models::best_points(curve(scores)))
        line.points.emplace_back(point.bits_per_pixel, point.psnr);
    return line;
}

/// Spreads the original's grey levels from black to white, and its decoded versions' alike.
class Stretch {
  public:
    explicit Stretch(const formats::Image& original) {
        const auto [low, high] =
            std::minmax_element(original.samples.begin(), original.samples.end());
        low_ = *low;
        scale_ = *high > *low ? 1 / (*high - *low) : 1;
    }
    formats::Image of(formats::Image image) const {
        for (float& sample : image.samples) sample = (sample - low_) * scale_;
        image.type = formats::SampleType::u8;
        return image;
    }

  private:
    float low_ = 0, scale_ = 1;
};

class WriteCodecReport : public graph::Node {
  public:
    WriteCodecReport(const Params& params, const graph::Setup& setup)
        : params_(params), setup_(setup) {
        if (!(params.from_rate < params.to_rate))
            throw graph::ConfigurationError(setup.id + ": 'from_rate' must be below 'to_rate'");
    }

    void receive(graph::Call& call) override {
        const auto& scores = call.input<CodecScores>("scores");
        auto& images = codecs_[scores.codec];
        for (const StreamScore& score : scores.streams)
            images[{score.path, score.page}].insert_or_assign(score.setting, score);
        for (const formats::Image& original : scores.originals)
            originals_.insert_or_assign({original.path, original.page}, original);
    }

    void finish() override {
        const CodecReport report = make_report();
        formats::publish_text(setup_.output(params_.file), formats::to_html(report));
        if (params_.print) std::cout << summary(report) << std::flush;
    }

  private:
    CodecReport make_report() const {
        CodecReport report;
        report.anchor = params_.anchor;
        report.from_rate = params_.from_rate;
        report.to_rate = params_.to_rate;
        report.crop_rate = params_.crop_rate;
        report.mean.title = "Mean of all images";
        std::map<ImageKey, CodecReport::Plot> plots;
        for (const auto& [codec, images] : codecs_)
            for (const auto& [image, scores] : images) plots[image].title = title_of(image);
        report.images = plots.size();
        for (const auto& [codec, images] : codecs_) {
            report.rows.push_back(row_of(codec));
            report.mean.lines.push_back(mean_of(codec));
            for (auto& [image, plot] : plots) {
                const auto found = images.find(image);
                plot.lines.push_back(found == images.end() ? formats::PlotLine{codec, {}}
                                                           : line_of(codec, found->second));
            }
        }
        for (auto& [image, plot] : plots) report.plots.push_back(std::move(plot));
        for (const auto& [image, original] : originals_)
            report.crops.push_back(crops_of(image, original));
        return report;
    }

    CodecReport::Row row_of(const std::string& codec) const {
        CodecReport::Row row;
        row.codec = codec;
        const auto anchor = codecs_.find(params_.anchor);
        double percent = 0, encode = 0, decode = 0, pixels = 0;
        for (const auto& [image, scores] : codecs_.at(codec)) {
            for (const auto& [setting, score] : scores) {
                if (score.bits_per_pixel < params_.from_rate ||
                    score.bits_per_pixel > params_.to_rate)
                    continue;
                const double size = 8.0 * static_cast<double>(score.bytes) / score.bits_per_pixel;
                pixels += size;
                encode += size / score.encode_mb_s;
                decode += size / score.decode_mb_s;
            }
            if (anchor == codecs_.end() || !anchor->second.contains(image)) continue;
            const auto rate = models::bd_rate(curve(anchor->second.at(image)), curve(scores),
                                              params_.from_rate, params_.to_rate);
            if (!rate) continue;
            percent += rate->percent;
            row.coverage += rate->coverage;
            ++row.images;
        }
        if (row.images > 0) {
            row.bd_percent = percent / static_cast<double>(row.images);
            row.coverage /= static_cast<double>(row.images);
        }
        if (pixels > 0) {
            row.encode_mb_s = pixels / encode;
            row.decode_mb_s = pixels / decode;
        }
        return row;
    }

    /// Averaged at equal rates, where every image has one: a mean at equal settings would judge how
    /// a codec shares bits among images.
    formats::PlotLine mean_of(const std::string& codec) const {
        formats::PlotLine line{codec, {}};
        constexpr int steps = 24;
        const auto& images = codecs_.at(codec);
        for (int i = 0; i <= steps; ++i) {
            const double rate = params_.from_rate *
                                std::pow(params_.to_rate / params_.from_rate, double(i) / steps);
            double sum = 0;
            size_t count = 0;
            for (const auto& [image, scores] : images)
                if (const auto psnr = models::psnr_at(curve(scores), rate)) {
                    sum += *psnr;
                    ++count;
                }
            if (count > 0 && count == images.size())
                line.points.emplace_back(rate, sum / static_cast<double>(count));
        }
        return line;
    }

    CodecReport::Crops crops_of(const ImageKey& image, const formats::Image& original) const {
        const Stretch stretch(original);
        CodecReport::Crops crops{title_of(image), {{"original", "", stretch.of(original)}}};
        for (const auto& [codec, images] : codecs_) {
            const auto scores = images.find(image);
            if (scores == images.end()) continue;
            const StreamScore* nearest = nullptr;
            const auto away = [&](const StreamScore& score) {
                return std::abs(std::log(score.bits_per_pixel / params_.crop_rate));
            };
            for (const auto& [setting, score] : scores->second)
                if (score.crop && (!nearest || away(score) < away(*nearest))) nearest = &score;
            if (!nearest) continue;
            crops.crops.push_back(
                {codec,
                 fmt::format("{:.3f} bpp, {:.2f} dB", nearest->bits_per_pixel, nearest->psnr),
                 stretch.of(*nearest->crop)});
        }
        return crops;
    }

    static std::string summary(const CodecReport& report) {
        std::string text = fmt::format(
            "| codec | rate against {} | range covered | images | encode MB/s | decode MB/s |\n"
            "|---|---|---|---|---|---|\n",
            report.anchor);
        for (const auto& row : report.rows)
            text += fmt::format("| {} | {} | {:.0f} % | {} | {:.1f} | {:.1f} |\n", row.codec,
                                row.bd_percent ? fmt::format("{:+.1f} %", *row.bd_percent) : "",
                                100 * row.coverage, row.images, row.encode_mb_s, row.decode_mb_s);
        return text;
    }

    const Params params_;
    const graph::Setup setup_;
    std::map<std::string, std::map<ImageKey, Scores>> codecs_;
    std::map<ImageKey, formats::Image> originals_;  // crops
};

using graph::param;
const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteCodecReport>(
        {.name = "write_codec_report",
         .doc = "Writes a page that compares codecs: BD-rates, plots, crops at about equal rate.",
         .group = "output",
         .inputs = {graph::many(
             graph::port<CodecScores>(graph::Clock::epoch, "scores", "of any number of codecs"))},
         .params = {
             param("file", &Params::file,
                   "the HTML file, in the run's folder if the path is relative"),
             param("anchor", &Params::anchor, "the codec that the others' rates are compared with"),
             param("from_rate", &Params::from_rate, graph::Range{0.001, 16},
                   "bits per pixel where the comparison begins"),
             param("to_rate", &Params::to_rate, graph::Range{0.001, 16}, "and where it ends"),
             param("crop_rate", &Params::crop_rate, graph::Range{0.001, 16},
                   "bits per pixel of the crops that are shown"),
             param("print", &Params::print, "show the table on standard output too")}}))};

}  // namespace
}  // namespace nodes
