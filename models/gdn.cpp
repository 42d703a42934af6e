// Generalised divisive normalisation (Ballé, Laparra and Simoncelli 2016, "Density Modeling of
// Images using a Generalized Normalization Transformation"): each channel divided by what all
// channels of the pixel amount to, or, as the inverse, multiplied by it. One kernel a direction, a
// few dozen pixels at a time, so that nothing between goes to memory.
#include "models/layers.hpp"
#include "models/simd.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

using simd::Lanes;
using simd::lanes;

// What is stored are roots, whose squares are the factors: those stay positive, however the
// optimiser moves. Gamma's are shifts from where it begins: 0.1 times the identity and a little of
// every other channel, since a root of exactly 0 would have no gradient.
constexpr float least_beta = 1e-6F;
constexpr float first_own = 0.31622777F;  // the root of 0.1
constexpr float first_other = 0.01F;

constexpr int64_t group = 2 * lanes;  // results that the kernels make side by side
constexpr int64_t tile = 4;           // and for so many pixels
constexpr int64_t chunk = 32;         // pixels whose scratch stays in the first-level cache

/// An image in blocks of eight channels, a pixel's eight side by side.
struct Blocks {
    int64_t count;
    int64_t pixels;
    int64_t at(int64_t block, int64_t pixel) const { return (block * pixels + pixel) * lanes; }
};

struct Factors {
    int64_t width;        // channels, rounded up to a group: so long are rows of scratch too
    const float* matrix;  // [j][i]: what channel j is multiplied by for channel i
    const float* start;   // of the sum of each channel
};

/// sums[p][i] = start[i] + sum over j of matrix[j][i] * values[p][j]
[[gnu::always_inline]] inline void multiply(const Factors& factors, const float* values,
                                            float* sums) {
    const int64_t width = factors.width;
    for (int64_t p = 0; p < chunk; p += tile)
        for (int64_t i = 0; i < width; i += group) {
            Lanes sum[tile][2];
#pragma GCC unroll 4
            for (int64_t t = 0; t < tile; ++t) {
                simd::load(sum[t][0], factors.start + i);
                simd::load(sum[t][1], factors.start + i + lanes);
            }
            const float* row = factors.matrix + i;
            const float* value = values + p * width;
            for (int64_t j = 0; j < width; ++j, row += width) {
                Lanes low;
                Lanes high;
                simd::load(low, row);
                simd::load(high, row + lanes);
#pragma GCC unroll 4
                for (int64_t t = 0; t < tile; ++t) {
                    sum[t][0] += value[t * width + j] * low;
                    sum[t][1] += value[t * width + j] * high;
                }
            }
#pragma GCC unroll 4
            for (int64_t t = 0; t < tile; ++t) {
                simd::store(sums + (p + t) * width + i, sum[t][0]);
                simd::store(sums + (p + t) * width + i + lanes, sum[t][1]);
            }
        }
}

/// products[j][i] += sum over p of left[p][j] * right[p][i]
[[gnu::always_inline]] inline void add_products(int64_t width, const float* left,
                                                const float* right, float* products) {
    for (int64_t j = 0; j < width; j += tile)
        for (int64_t i = 0; i < width; i += group) {
            Lanes sum[tile][2];
            float* to = products + j * width + i;
#pragma GCC unroll 4
            for (int64_t t = 0; t < tile; ++t) {
                simd::load(sum[t][0], to + t * width);
                simd::load(sum[t][1], to + t * width + lanes);
            }
            for (int64_t p = 0; p < chunk; ++p) {
                Lanes low;
                Lanes high;
                simd::load(low, right + p * width + i);
                simd::load(high, right + p * width + i + lanes);
#pragma GCC unroll 4
                for (int64_t t = 0; t < tile; ++t) {
                    const float factor = left[p * width + j + t];
                    sum[t][0] += factor * low;
                    sum[t][1] += factor * high;
                }
            }
#pragma GCC unroll 4
            for (int64_t t = 0; t < tile; ++t) {
                simd::store(to + t * width, sum[t][0]);
                simd::store(to + t * width + lanes, sum[t][1]);
            }
        }
}

[[gnu::always_inline]] inline void square_root(Lanes& of) {
#pragma GCC unroll 8
    for (int64_t i = 0; i < lanes; ++i) of[i] = std::sqrt(of[i]);
}

struct Scratch {
    float* squares;  // chunk x width each
    float* sums;
    float* terms;
};

/// `roots` gets the factors on src: of the inverse the roots, else one over them.
struct Forward {
    [[gnu::always_inline]] static inline void run(const Factors& factors, const Blocks& blocks,
                                                  bool inverse, const Scratch& scratch,
                                                  const float* src, float* dst, float* roots) {
        const int64_t width = factors.width;
        for (int64_t first = 0; first < blocks.pixels; first += chunk) {
            const int64_t some = std::min(chunk, blocks.pixels - first);
            for (int64_t b = 0; b < blocks.count; ++b)
                for (int64_t p = 0; p < some; ++p) {
                    Lanes x;
                    simd::load(x, src + blocks.at(b, first + p));
                    simd::store(scratch.squares + p * width + b * lanes, x * x);
                }
            multiply(factors, scratch.squares, scratch.sums);
            for (int64_t b = 0; b < blocks.count; ++b)
                for (int64_t p = 0; p < some; ++p) {
                    const int64_t at = blocks.at(b, first + p);
                    Lanes x;
                    Lanes root;
                    simd::load(x, src + at);
                    simd::load(root, scratch.sums + p * width + b * lanes);
                    square_root(root);
                    if (!inverse) root = 1.F / root;
                    simd::store(dst + at, x * root);
                    simd::store(roots + at, root);
                }
        }
    }
};

/// With t = diff_dst * d dst / d sum, but for the factor of a half: diff_src is diff_dst * root
/// + src * (transposed gamma t), and the gradient of gamma a half of t times the squares.
struct Backward {
    [[gnu::always_inline]] static inline void run(const Factors& transposed, const Blocks& blocks,
                                                  bool inverse, const Scratch& scratch,
                                                  const float* src, const float* roots,
                                                  const float* diff_dst, float* diff_src,
                                                  float* diff_gamma, float* diff_beta) {
        const int64_t width = transposed.width;
        for (int64_t first = 0; first < blocks.pixels; first += chunk) {
            const int64_t some = std::min(chunk, blocks.pixels - first);
            if (some < chunk) std::fill_n(scratch.terms, chunk * width, 0.F);
            for (int64_t b = 0; b < blocks.count; ++b) {
                Lanes total;
                simd::load(total, diff_beta + b * lanes);
                for (int64_t p = 0; p < some; ++p) {
                    const int64_t at = blocks.at(b, first + p);
                    Lanes x;
                    Lanes root;
                    Lanes diff;
                    simd::load(x, src + at);
                    simd::load(root, roots + at);
                    simd::load(diff, diff_dst + at);
                    const Lanes term =
                        inverse ? diff * x / root : -(diff * x) * (root * root * root);
                    total += 0.5F * term;
                    simd::store(scratch.terms + p * width + b * lanes, term);
                    simd::store(scratch.squares + p * width + b * lanes, 0.5F * (x * x));
                }
                simd::store(diff_beta + b * lanes, total);
            }
            add_products(width, scratch.squares, scratch.terms, diff_gamma);
            if (!diff_src) continue;
            multiply(transposed, scratch.terms, scratch.sums);
            for (int64_t b = 0; b < blocks.count; ++b)
                for (int64_t p = 0; p < some; ++p) {
                    const int64_t at = blocks.at(b, first + p);
                    Lanes x;
                    Lanes root;
                    Lanes diff;
                    Lanes sum;
                    simd::load(x, src + at);
                    simd::load(root, roots + at);
                    simd::load(diff, diff_dst + at);
                    simd::load(sum, scratch.sums + p * width + b * lanes);
                    simd::store(diff_src + at, diff * root + x * sum);
                }
        }
    }
};

class BoundGdn : public BoundLayer {
  public:
    BoundGdn(const Dims& dims, bool inverse, Mode mode)
        : BoundLayer(in_blocks(dims), in_blocks(dims)),
          images_(dims[0]),
          channels_(dims[1]),
          width_((channels_ + group - 1) / group * group),
          blocks_{(channels_ + lanes - 1) / lanes, dims[2] * dims[3]},
          inverse_(inverse) {
        const auto square = static_cast<size_t>(width_ * width_);
        const auto row = static_cast<size_t>(width_);
        gamma_.resize(square);
        transposed_.resize(square);
        beta_.assign(row, 1);  // of channels that only fill a block, whose values are 0
        zeros_.resize(row);
        scratch_.resize(3 * row * chunk);
        roots_ = Memory(src(), cpu());
        if (mode == Mode::inference) return;
        diff_gamma_.resize(square);
        diff_beta_.resize(row);
    }

    void load(const float* values) override {
        values_ = values;
        for (int64_t i = 0; i < channels_; ++i) {
            beta_[index(i)] = values[i] * values[i] + least_beta;
            for (int64_t j = 0; j < channels_; ++j) {
                const float root = gamma_root(i, j);
                gamma_[index(j * width_ + i)] = root * root;
                transposed_[index(i * width_ + j)] = root * root;
            }
        }
    }

    void forward(const Memory& src, const Memory& dst) override {
        for (int64_t image = 0; image < images_; ++image)
            simd::run<Forward>(Factors{width_, gamma_.data(), beta_.data()}, blocks_, inverse_,
                               scratch(), floats(src) + first(image), floats(dst) + first(image),
                               floats(roots_) + first(image));
    }

    void backward(const Memory& src, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        std::ranges::fill(diff_gamma_, 0.F);
        std::ranges::fill(diff_beta_, 0.F);
        for (int64_t image = 0; image < images_; ++image)
            simd::run<Backward>(Factors{width_, transposed_.data(), zeros_.data()}, blocks_,
                                inverse_, scratch(), floats(src) + first(image),
                                floats(roots_) + first(image), floats(diff_dst) + first(image),
                                diff_src ? floats(*diff_src) + first(image) : nullptr,
                                diff_gamma_.data(), diff_beta_.data());
        if (!gradients) return;
        for (int64_t i = 0; i < channels_; ++i) {
            gradients.values[i] = 2 * values_[i] * diff_beta_[index(i)];
            for (int64_t j = 0; j < channels_; ++j)
                gradients.values[channels_ + i * channels_ + j] =
                    2 * gamma_root(i, j) * diff_gamma_[index(j * width_ + i)];
        }
    }

  private:
    static size_t index(int64_t at) { return static_cast<size_t>(at); }
    int64_t first(int64_t image) const { return image * blocks_.count * blocks_.pixels * lanes; }
    float gamma_root(int64_t i, int64_t j) const {
        return values_[channels_ + i * channels_ + j] + (i == j ? first_own : first_other);
    }
    Scratch scratch() {
        float* values = scratch_.data();
        return {values, values + width_ * chunk, values + 2 * width_ * chunk};
    }

    int64_t images_;
    int64_t channels_;
    int64_t width_;
    Blocks blocks_;
    bool inverse_;
    const float* values_ = nullptr;
    std::vector<float> gamma_;       // [j][i], so that a row holds what all i take of j
    std::vector<float> transposed_;  // [i][j]
    std::vector<float> beta_;
    std::vector<float> zeros_;
    std::vector<float> scratch_;
    std::vector<float> diff_gamma_;  // [j][i]
    std::vector<float> diff_beta_;
    Memory roots_;
};

class Gdn : public Layer {
  public:
    explicit Gdn(bool inverse) : inverse_(inverse) {}
    Dims dst_dims(const Dims& src) const override { return src; }
    std::vector<Parameter> parameters(const Dims& src) const override {
        return {{"beta", {src[0]}, Parameter::Role::scale},
                {"gamma", {src[0], src[0]}, Parameter::Role::bias}};
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        return std::make_unique<BoundGdn>(src.get_dims(), inverse_, mode);
    }

  private:
    bool inverse_;
};

}  // namespace

LayerPointer gdn(bool inverse) { return std::make_shared<Gdn>(inverse); }

}  // namespace models
