// How likely each whole number is, in integers: what the entropy coder goes by. Tables are made
// once, in floating point, when a model is frozen or its latents are looked through; from then on
// they are kept as whole numbers, and coding needs nothing else.
#pragma once

#include "models/model.hpp"
#include "models/rans.hpp"

#include <span>
#include <string>
#include <vector>

namespace models {

/// Frequencies of the values low, low + 1, ... and of an escape, behind which any other value
/// follows as sign and distance in Elias gamma code (Elias 1975).
class EntropyTable {
  public:
    /// One frequency for each value, the last for the escape: each at least 1, together 65536.
    /// Throws ModelError.
    EntropyTable(int32_t low, std::span<const uint32_t> frequencies);

    int32_t low() const { return low_; }
    size_t size() const { return starts_.size() - 1; }  // the escape counts
    uint32_t frequency(size_t i) const { return starts_[i + 1] - starts_[i]; }

    void encode(int32_t value, RansEncoder& encoder) const {
        const int64_t i = int64_t{value} - low_;
        const auto escape = static_cast<int64_t>(size()) - 1;
        const auto place = static_cast<size_t>(i >= 0 && i < escape ? i : escape);
        encoder.put(starts_[place], frequency(place));
        if (i < 0 || i >= escape) encode_far(value, encoder);
    }
    /// Throws ModelError if the payload cannot be right.
    int32_t decode(RansDecoder& decoder) const {
        const uint32_t place = decoder.peek();
        size_t i = first_[place >> bucket_bits];
        while (starts_[i + 1] <= place) ++i;
        decoder.take(starts_[i], frequency(i));
        return i + 1 < size() ? low_ + static_cast<int32_t>(i) : decode_far(decoder);
    }
    /// What encode spends on a value.
    double bits(int32_t value) const;

  private:
    void encode_far(int32_t value, RansEncoder& encoder) const;
    int32_t decode_far(RansDecoder& decoder) const;

    static constexpr int bucket_bits = 8;

    int32_t low_;
    std::vector<uint32_t> starts_;  // of each value and the escape; then 65536
    std::vector<uint16_t> first_;   // which value has the first place of each 256
};

/// The table under which values that come as often as `weights` say cost the fewest bits. The last
/// weight is the escape's. Throws ModelError if there are more than 65536, or one is negative.
EntropyTable fit_table(int32_t low, std::span<const double> weights);

/// Scales of Gaussians, each a constant factor above the one before.
struct ScaleGrid {
    double lowest = 0.11;
    double highest = 256;
    int count = 64;

    double scale(int i) const;
    int nearest(double scale) const;  // by ratio
};
/// For each scale, the table of a Gaussian of mean 0 convolved with a uniform of width 1 (Ballé et
/// al. 2018, "Variational image compression with a scale hyperprior", appendix 6.2): the value k
/// has the Gaussian's probability of being rounded to k.
std::vector<EntropyTable> gaussian_tables(const ScaleGrid& grid = {});

/// All tables, one after the other: of each low, size and the frequencies.
std::vector<int32_t> to_integers(std::span<const EntropyTable> tables);
/// Throws ModelError unless it is what to_integers gave.
std::vector<EntropyTable> tables_of(std::span<const int32_t> integers);

/// The same as a tensor of whole numbers, which checkpoints keep exactly.
NamedTensor to_tensor(const std::string& name, std::span<const EntropyTable> tables);
std::vector<EntropyTable> tables_of(const Tensor& tensor);

}  // namespace models
