// Brings images to one size, as networks need: by area when shrinking, which keeps the mean and
// does not alias, and by interpolation when enlarging. The work is OpenCV's.
#include "nodes/checkpoint_model.hpp"
#include "nodes/types.hpp"

#include <opencv2/imgproc.hpp>

namespace nodes {
namespace {

struct Params {
    int width = 128;
    int height = 128;
    std::filesystem::path like;
    std::string aspect = "stretch";
    std::string method = "auto";
};

int interpolation(const std::string& method, cv::Size from, cv::Size to) {
    if (method == "nearest") return cv::INTER_NEAREST;
    if (method == "linear") return cv::INTER_LINEAR;
    if (method == "cubic") return cv::INTER_CUBIC;
    const bool enlarges = to.width > from.width || to.height > from.height;
    return method == "area" || !enlarges ? cv::INTER_AREA : cv::INTER_LINEAR;
}

/// The largest part in the middle that has the shape of `to`.
cv::Rect middle(cv::Size from, cv::Size to) {
    const double scale = std::min(static_cast<double>(from.width) / to.width,
                                  static_cast<double>(from.height) / to.height);
    const int width = std::clamp(static_cast<int>(std::lround(to.width * scale)), 1, from.width);
    const int height = std::clamp(static_cast<int>(std::lround(to.height * scale)), 1, from.height);
    return {(from.width - width) / 2, (from.height - height) / 2, width, height};
}

class Resize : public graph::Node {
  public:
    Resize(const Params& params, const graph::Setup&)
        : params_(params), size_(params.width, params.height) {
        if (!params.like.empty()) {
            const models::Dims image = checkpoint_image(params.like);
            size_ = cv::Size(static_cast<int>(image[2]), static_cast<int>(image[1]));
        }
        cv::setNumThreads(1);  // images are resized side by side; each alone is small
    }

    void receive(graph::Call& call) override {
        const auto image = call.shared<formats::Image>("image");
        if (image->width == size_.width && image->height == size_.height)
            return call.emit("image", image);
        call.emit("image", resized(*image));
    }

  private:
    formats::Image resized(const formats::Image& image) const {
        formats::Image small{image.channels, size_.height, size_.width, {},
                             image.type,     image.path,   image.page,  image.sha256};
        const size_t from = static_cast<size_t>(image.height) * image.width;
        const size_t to = static_cast<size_t>(size_.height) * size_.width;
        small.samples.resize(to * image.channels);
        const cv::Size old_size(image.width, image.height);
        const cv::Rect part =
            params_.aspect == "crop" ? middle(old_size, size_) : cv::Rect({0, 0}, old_size);
        for (int c = 0; c < image.channels; ++c) {
            // OpenCV has no matrix of const; it is only read.
            const cv::Mat source(old_size, CV_32F,
                                 const_cast<float*>(image.samples.data()) + c * from);
            cv::Mat target(size_, CV_32F, small.samples.data() + c * to);
            cv::resize(source(part), target, size_, 0, 0,
                       interpolation(params_.method, part.size(), size_));
        }
        if (params_.method == "cubic") {  // which overshoots at edges
            const auto [low, high] =
                std::minmax_element(image.samples.begin(), image.samples.end());
            for (float& sample : small.samples) sample = std::clamp(sample, *low, *high);
        }
        return small;
    }

    const Params params_;
    cv::Size size_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::node<Params, Resize>(
        {.name = "resize",
         .doc = "Brings images to one size.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "of any size")},
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image", "of the new size")},
         .params = {
             param("width", &Params::width, graph::Range{1, 65536}, "the new width in pixels"),
             param("height", &Params::height, graph::Range{1, 65536}, "the new height in pixels"),
             param("like", &Params::like,
                   "a checkpoint, whose model's image size is taken instead of width and height"),
             param("aspect", &Params::aspect, graph::Choice{{"stretch", "crop"}},
                   "images of another shape: stretch them, or cut off what is too much on both "
                   "sides"),
             param("method", &Params::method,
                   graph::Choice{{"auto", "area", "linear", "cubic", "nearest"}},
                   "how: auto is by area when shrinking and linear when enlarging")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        const auto& p = *static_cast<const Params*>(params);
        const int64_t channels = inputs.at(0).empty() ? -1 : inputs[0][0];
        if (!p.like.empty()) {
            const auto header = read_checkpoint_header(p.like);
            if (!header) return std::vector<graph::Shape>{{channels, -1, -1}};
            return std::vector<graph::Shape>{{channels, header->image[1], header->image[2]}};
        }
        return std::vector<graph::Shape>{{channels, p.height, p.width}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
