// A small blur, [1 2 1] / 4 along rows and columns. After nearest upsampling and a convolution it
// makes the upsampling bilinear (Karras et al. 2019, "A Style-Based Generator Architecture"), so
// that a generator cannot draw lines and checkerboards of the doubled grid.
#include "models/layers.hpp"
#include "models/simd.hpp"

#include <algorithm>
#include <vector>

namespace models {
namespace {

/// A plane, whose border counts as repeated. `line` has room for a row and one value on either
/// side.
struct BlurPlane {
    [[gnu::always_inline]] static inline void run(const float* src, float* dst, float* line,
                                                  int64_t rows, int64_t columns) {
        for (int64_t y = 0; y < rows; ++y) {
            const float* __restrict__ above = src + std::max<int64_t>(y - 1, 0) * columns;
            const float* __restrict__ here = src + y * columns;
            const float* __restrict__ below = src + std::min(y + 1, rows - 1) * columns;
            float* __restrict__ middle = line + 1;
            for (int64_t x = 0; x < columns; ++x)
                middle[x] = (above[x] + below[x] + 2 * here[x]) * (1.F / 16);
            middle[-1] = middle[0];
            middle[columns] = middle[columns - 1];
            float* __restrict__ to = dst + y * columns;
            for (int64_t x = 0; x < columns; ++x)
                to[x] = middle[x - 1] + middle[x + 1] + 2 * middle[x];
        }
    }
};

class BoundBlur : public BoundLayer {
  public:
    explicit BoundBlur(const Dims& dims)
        : BoundLayer(plain(dims), plain(dims)),
          planes_(dims[0] * dims[1]),
          rows_(dims[2]),
          columns_(dims[3]),
          line_(static_cast<size_t>(columns_ + 2)) {}

    void forward(const Memory& src, const Memory& dst) override { blur(src, dst); }
    /// The operation is symmetric, also at the border.
    void backward(const Memory&, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (diff_src) blur(diff_dst, *diff_src);
    }

  private:
    void blur(const Memory& from, const Memory& to) {
        for (int64_t plane = 0; plane < planes_; ++plane) {
            const int64_t at = plane * rows_ * columns_;
            simd::run<BlurPlane>(floats(from) + at, floats(to) + at, line_.data(), rows_, columns_);
        }
    }

    int64_t planes_;
    int64_t rows_;
    int64_t columns_;
    std::vector<float> line_;
};

class Blur : public Layer {
  public:
    Dims dst_dims(const Dims& src) const override { return src; }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode) const override {
        return std::make_unique<BoundBlur>(src.get_dims());
    }
};

}  // namespace

LayerPointer blur() { return std::make_shared<Blur>(); }

}  // namespace models
