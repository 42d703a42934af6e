// See quantiser.hpp.
#include "models/quantiser.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

/// Values of the soft assignment that its gradients are made of.
struct Soft {
    std::vector<float> shares;  // of each centre, their sum is 1
    float mean = 0;
    float variance = 0;

    explicit Soft(size_t centres) : shares(centres) {}

    void assign(float value, std::span<const float> centres, float temperature) {
        float nearest = std::abs(value - centres[0]);
        for (const float centre : centres) nearest = std::min(nearest, std::abs(value - centre));
        float sum = 0, first = 0, second = 0;
        for (size_t j = 0; j < centres.size(); ++j) {
            const float distance = value - centres[j];
            shares[j] = std::exp(temperature * (nearest * nearest - distance * distance));
            sum += shares[j];
        }
        for (size_t j = 0; j < centres.size(); ++j) {
            shares[j] /= sum;
            first += shares[j] * centres[j];
        }
        for (size_t j = 0; j < centres.size(); ++j)
            second += shares[j] * (centres[j] - first) * (centres[j] - first);
        mean = first;
        variance = second;
    }
};

class BoundQuantiser : public BoundLayer {
  public:
    // Plain layout: the padding of a blocked one would be quantised too.
    BoundQuantiser(const QuantiserOptions& options, const Dims& dims)
        : BoundLayer(plain(dims), plain(dims)),
          count_(static_cast<size_t>(count(dims))),
          temperature_(options.temperature),
          trained_(options.train_centres),
          centres_(spaced_centres(options.centres)),
          spaced_(centres_) {}

    void load(const float* shifts) override {
        if (!trained_) return;
        for (size_t j = 0; j < centres_.size(); ++j) centres_[j] = spaced_[j] + shifts[j];
    }

    void forward(const Memory& src, const Memory& dst) override {
        const auto values = std::span(floats(src), count_);
        std::transform(values.begin(), values.end(), floats(dst),
                       [this](float value) { return nearest(value); });
    }

    void backward(const Memory& src, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        Soft soft(centres_.size());
        const bool wanted = trained_ && gradients.values;
        if (wanted) std::fill_n(gradients.values, centres_.size(), 0.F);
        for (size_t i = 0; i < count_; ++i) {
            const float value = within_reach(floats(src)[i]), diff = floats(diff_dst)[i];
            soft.assign(value, centres_, temperature_);
            if (wanted)
                for (size_t j = 0; j < centres_.size(); ++j)
                    gradients.values[j] +=
                        diff * soft.shares[j] *
                        (1 + 2 * temperature_ * (value - centres_[j]) * (centres_[j] - soft.mean));
            if (diff_src) floats(*diff_src)[i] = diff * 2 * temperature_ * soft.variance;
        }
    }

  private:
    /// So far out, distances differ less than floats do.
    float within_reach(float value) const {
        constexpr float reach = 1000;
        return std::clamp(value, -reach, reach);
    }
    float nearest(float value) const {
        if (std::isnan(value)) return value;  // not hidden, so that training sees it diverge
        value = within_reach(value);
        return *std::min_element(centres_.begin(), centres_.end(), [value](float a, float b) {
            return std::abs(value - a) < std::abs(value - b);
        });
    }

    size_t count_;
    float temperature_;
    bool trained_;
    std::vector<float> centres_;
    std::vector<float> spaced_;
};

class Quantiser : public Layer {
  public:
    explicit Quantiser(const QuantiserOptions& options) : options_(options) {
        if (options.centres < 2) throw ModelError("a quantiser needs two centres or more");
    }
    Dims dst_dims(const Dims& src) const override { return src; }
    std::vector<Parameter> parameters(const Dims&) const override {
        if (!options_.train_centres) return {};
        return {{"shifts", {options_.centres}, Parameter::Role::bias}};
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode) const override {
        return std::make_unique<BoundQuantiser>(options_, src.get_dims());
    }

  private:
    QuantiserOptions options_;
};

}  // namespace

LayerPointer quantiser(const QuantiserOptions& options) {
    return std::make_shared<Quantiser>(options);
}

std::vector<float> spaced_centres(int64_t count) {
    std::vector<float> centres(static_cast<size_t>(count));
    for (size_t j = 0; j < centres.size(); ++j)
        centres[j] = static_cast<float>(j) - static_cast<float>(count - 1) / 2;
    return centres;
}

std::vector<float> present_centres(int64_t count, std::span<const float> shifts) {
    std::vector<float> centres = spaced_centres(count);
    for (size_t j = 0; j < shifts.size(); ++j) centres[j] += shifts[j];
    std::sort(centres.begin(), centres.end());
    return centres;
}

}  // namespace models
