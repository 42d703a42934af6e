// Draws a sheet to look at: images in a row, below each what the model makes of it, and below that
// the difference. What figures do not tell, it shows; what it shows stands in the file.
#include "formats/png_writer.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "sheet.png";
    std::string split = "test";
    int columns = 8;
    double difference = 4;
    int gap = 2;
};

class WriteSheet : public graph::Node {
  public:
    WriteSheet(const Params& params, const graph::Setup& setup) : params_(params), setup_(setup) {
        if (setup.is_linked("model") == setup.is_linked("reconstruction"))
            throw graph::ConfigurationError(setup.id +
                                            ": link 'model' or 'reconstruction', one of the two");
    }

    void receive(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        const bool wanted = params_.split.empty() || pass.split == params_.split;
        if (!pass.last_epoch || !wanted || columns_.size() >= static_cast<size_t>(params_.columns))
            return;
        epoch_ = pass.epoch;
        split_ = pass.split;
        const auto& images = call.input<Batch>("images").images;
        if (call.has("reconstruction"))
            return take(images, call.input<Batch>("reconstruction").images);
        const models::Model& model = *call.input<Snapshot>("model").model;
        take(images, model.decode(model.encode(images)));
    }

    void end(graph::Call&) override {
        if (columns_.empty()) return;
        formats::write_png(setup_.output(params_.file), draw(), description());
        columns_.clear();
    }

  private:
    using Pixels = std::vector<float>;

    void take(const models::Tensor& images, const models::Tensor& decoded) {
        if (images.dims != decoded.dims)
            throw std::runtime_error(fmt::format("the images are {}, but their reconstructions {}",
                                                 graph::text(images.dims),
                                                 graph::text(decoded.dims)));
        channels_ = images.dims[1] == 3 ? 3 : 1;  // of others only the first can be shown
        height_ = images.dims[2];
        width_ = images.dims[3];
        const int64_t whole = images.dims[1] * height_ * width_;
        for (int64_t n = 0; n < images.dims[0]; ++n) {
            if (columns_.size() == static_cast<size_t>(params_.columns)) return;
            auto pixels = [&](const models::Tensor& tensor) {
                const auto first = tensor.values.begin() + n * whole;
                return Pixels(first, first + channels_ * height_ * width_);
            };
            auto& rows = columns_.emplace_back();
            rows = {pixels(images), pixels(decoded)};
            if (params_.difference == 0) continue;
            Pixels grey = rows[1];  // no difference is middle grey
            for (size_t i = 0; i < grey.size(); ++i)
                grey[i] = 0.5f + static_cast<float>(params_.difference) * (grey[i] - rows[0][i]);
            rows.push_back(std::move(grey));
        }
    }

    std::string description() const {
        std::string rows = "Rows: originals, reconstructions";
        if (params_.difference > 0)
            rows += fmt::format(", difference x {} (grey: none)", params_.difference);
        // Of ASCII alone: a name may hold anything.
        const bool plain =
            std::all_of(split_.begin(), split_.end(), [](char c) { return c > ' ' && c <= '~'; });
        const std::string split = split_.empty() || !plain ? "" : " of split " + split_;
        return fmt::format("{} images{}, epoch {}. {}.", columns_.size(), split, epoch_ + 1, rows);
    }

    formats::Image draw() const {
        const int64_t rows = static_cast<int64_t>(columns_[0].size());
        const int64_t down = height_ + params_.gap, across = width_ + params_.gap;
        formats::Image sheet;
        sheet.channels = static_cast<int>(channels_);
        sheet.height = static_cast<int>(rows * down - params_.gap);
        sheet.width =
            static_cast<int>(static_cast<int64_t>(columns_.size()) * across - params_.gap);
        sheet.type = formats::SampleType::u8;
        sheet.samples.assign(static_cast<size_t>(channels_) * sheet.height * sheet.width, 1.0f);
        for (size_t column = 0; column < columns_.size(); ++column)
            for (int64_t line = 0; line < rows * channels_ * height_; ++line) {
                const int64_t row = line / (channels_ * height_);
                const int64_t c = line / height_ % channels_, y = line % height_;
                const auto& pixels = columns_[column][static_cast<size_t>(row)];
                const int64_t target = (c * sheet.height + row * down + y) * sheet.width +
                                       static_cast<int64_t>(column) * across;
                std::copy_n(pixels.begin() + (c * height_ + y) * width_, width_,
                            sheet.samples.begin() + target);
            }
        return sheet;
    }

    const Params params_;
    const graph::Setup setup_;
    int epoch_ = 0;
    std::string split_;
    int64_t channels_ = 1, height_ = 0, width_ = 0;
    std::vector<std::vector<Pixels>> columns_;  // of each: original, reconstruction, difference
};

using graph::Clock;
using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteSheet>(
        {.name = "write_sheet",
         .doc = "Draws images above their reconstructions and the difference in a PNG, at the last "
                "epoch.",
         .group = "output",
         .inputs = {graph::port<Batch>(Clock::batch, "images", "the originals"),
                    graph::optional(graph::port<Snapshot>(
                        Clock::epoch, "model", "what to encode and decode them with, or")),
                    graph::optional(graph::port<Batch>(Clock::batch, "reconstruction",
                                                       "the same images, decoded"))},
         .params = {param("file", &Params::file,
                          "the PNG file, in the run's folder if the path is relative"),
                    param("split", &Params::split,
                          "the split whose first images are shown; empty: whichever comes last"),
                    param("columns", &Params::columns, graph::Range{1, 1000}, "how many images"),
                    param("difference", &Params::difference, graph::Range{0, 1000},
                          "a third row has the difference times this, about middle grey; 0: none"),
                    param("gap", &Params::gap, graph::Range{0, 1000}, "pixels between images")}});
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) {
        check_alike(inputs.at(0), inputs.at(2));
        return std::vector<graph::Shape>();
    };
    return graph::writes(&Params::file, std::move(spec));
}()};

}  // namespace
}  // namespace nodes
