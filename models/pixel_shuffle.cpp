// See pixel_shuffle.hpp.
#include "models/pixel_shuffle.hpp"

#include "models/model.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace models {
namespace {

constexpr int64_t block = 8;

class BoundShuffle : public BoundLayer {
  public:
    /// unit: values of a pixel that lie side by side, a block of channels or one.
    BoundShuffle(const Layout& src, const Layout& dst, int64_t factor, int64_t unit)
        : BoundLayer(src, dst),
          images_(dst.get_dims()[0]),
          planes_(dst.get_dims()[1] / unit),
          rows_(src.get_dims()[2]),
          columns_(src.get_dims()[3]),
          factor_(factor),
          unit_(unit) {}

    void forward(const Memory& src, const Memory& dst) override {
        for_each_row([&](int64_t coarse, int64_t fine) {
            copy(floats(src) + coarse, unit_, floats(dst) + fine, factor_ * unit_);
        });
    }
    void backward(const Memory&, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (!diff_src) return;
        for_each_row([&](int64_t coarse, int64_t fine) {
            copy(floats(diff_dst) + fine, factor_ * unit_, floats(*diff_src) + coarse, unit_);
        });
    }

  private:
    /// Calls use(index in src, index in dst) for the first values of each row of src.
    template <class Use>
    void for_each_row(Use use) const {
        const int64_t phases = factor_ * factor_;
        for (int64_t image = 0; image < images_; ++image)
            for (int64_t phase = 0; phase < phases; ++phase)
                for (int64_t plane = 0; plane < planes_; ++plane)
                    for (int64_t y = 0; y < rows_; ++y) {
                        const int64_t from = (image * phases + phase) * planes_ + plane;
                        const int64_t to = image * planes_ + plane;
                        const int64_t row = y * factor_ + phase / factor_;
                        use((from * rows_ + y) * columns_ * unit_,
                            ((to * rows_ * factor_ + row) * columns_ * factor_ + phase % factor_) *
                                unit_);
                    }
    }

    void copy(const float* from, int64_t from_step, float* to, int64_t to_step) const {
        for (int64_t x = 0; x < columns_; ++x, from += from_step, to += to_step)
            if (unit_ == block)
                std::copy_n(from, block, to);
            else
                *to = *from;
    }

    int64_t images_;
    int64_t planes_;
    int64_t rows_;  // of src
    int64_t columns_;
    int64_t factor_;
    int64_t unit_;
};

class PixelShuffle : public Layer {
  public:
    explicit PixelShuffle(int64_t factor) : factor_(factor) {}

    Dims dst_dims(const Dims& src) const override {
        if (src[0] % (factor_ * factor_))
            throw ModelError(
                fmt::format("{} channels cannot become {}x{} pixels", src[0], factor_, factor_));
        return {src[0] / (factor_ * factor_), src[1] * factor_, src[2] * factor_};
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode) const override {
        const Dims dims = src.get_dims();
        const Dims image = dst_dims({dims[1], dims[2], dims[3]});
        const Dims dst{dims[0], image[0], image[1], image[2]};
        if (src == in_blocks(dims) && dst[1] % block == 0)
            return std::make_unique<BoundShuffle>(src, in_blocks(dst), factor_, block);
        return std::make_unique<BoundShuffle>(plain(dims), plain(dst), factor_, 1);
    }

  private:
    int64_t factor_;
};

}  // namespace

LayerPointer pixel_shuffle(int64_t factor) { return std::make_shared<PixelShuffle>(factor); }

}  // namespace models
