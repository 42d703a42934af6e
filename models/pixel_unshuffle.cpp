// See pixel_unshuffle.hpp.
#include "models/pixel_unshuffle.hpp"

#include "models/model.hpp"

#include <fmt/format.h>

namespace models {
namespace {

Dims unshuffled(const Dims& image) { return {4 * image[0], image[1] / 2, image[2] / 2}; }

class BoundUnshuffle : public BoundLayer {
  public:
    BoundUnshuffle(int64_t images, const Dims& image, const Dims& dst)
        : BoundLayer(plain({images, image[0], image[1], image[2]}),
                     plain({images, dst[0], dst[1], dst[2]})),
          rows_(images * image[0] * dst[1]),
          height_(dst[1]),
          width_(dst[2]) {}

    void forward(const Memory& src, const Memory& dst) override {
        for_each_row([from = floats(src), to = floats(dst)](int64_t fine, int64_t coarse) {
            to[coarse] = from[fine];
        });
    }
    void backward(const Memory&, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (!diff_src) return;
        for_each_row([from = floats(diff_dst), to = floats(*diff_src)](
                         int64_t fine, int64_t coarse) { to[fine] = from[coarse]; });
    }

  private:
    /// Calls copy(index in src, index in dst) for all values.
    template <class Copy>
    void for_each_row(Copy copy) const {
        const int64_t plane = height_ * width_;
        for (int64_t row = 0; row < rows_; ++row)
            for (int64_t part = 0; part < 4; ++part) {
                const int64_t fine = (2 * row + part / 2) * 2 * width_ + part % 2;
                const int64_t coarse = (row / height_ * 4 + part) * plane + row % height_ * width_;
                for (int64_t x = 0; x < width_; ++x) copy(fine + 2 * x, coarse + x);
            }
    }

    int64_t rows_;  // of dst, in all images and channels of src
    int64_t height_;
    int64_t width_;
};

class PixelUnshuffle : public Layer {
  public:
    Dims dst_dims(const Dims& src) const override {
        if (src[1] % 2 || src[2] % 2)
            throw ModelError(
                fmt::format("{}x{} pixels cannot be taken two by two", src[2], src[1]));
        return unshuffled(src);
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode) const override {
        const Dims dims = src.get_dims();
        const Dims image{dims[1], dims[2], dims[3]};
        return std::make_unique<BoundUnshuffle>(dims[0], image, unshuffled(image));
    }
};

}  // namespace

LayerPointer pixel_unshuffle() { return std::make_shared<PixelUnshuffle>(); }

}  // namespace models
