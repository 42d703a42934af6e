// Bytes for the latents of a frozen codec. Every place of the latent grid belongs to a class, which
// is sent before its latents and says with which table each channel is coded: static tables that
// compete, so that nothing but whole numbers and look-ups stands between bytes and latents. The
// class itself is coded knowing those of the places to the left and above.
#pragma once

#include "models/entropy_table.hpp"
#include "models/integer_network.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace models {

/// Latents of one tile: channels x rows x columns of whole numbers.
struct TileLatents {
    int64_t rows = 0;
    int64_t columns = 0;
    std::vector<int32_t> values;

    int64_t places() const { return rows * columns; }
};

class ClassCoder {
  public:
    /// Neighbouring classes come in so many groups, by their number: classes are counted from the
    /// quietest to the liveliest.
    static constexpr int64_t groups = 8;

    struct Parts {
        int64_t channels = 0;
        int64_t classes = 0;
        int64_t rates = 0;                       // that have distributions of classes of their own
        std::vector<EntropyTable> tables;        // of latents
        std::vector<int32_t> table_of;           // classes x channels: which of `tables`
        std::vector<EntropyTable> class_tables;  // rates x groups (left) x groups (above)
    };

    /// Throws ModelError if the parts do not fit together.
    explicit ClassCoder(Parts parts);
    /// Takes what tensors() gave, which may stand among others.
    explicit ClassCoder(const std::vector<NamedIntegers>& tensors);
    /// "coder.sizes" (channels, classes, rates), "coder.table_of", and of the tables, one after the
    /// other, low, size and frequencies: "coder.tables", "coder.class_tables".
    std::vector<NamedIntegers> tensors() const;

    int64_t channels() const { return parts_.channels; }
    int64_t rates() const { return parts_.rates; }

    /// rate: 0 to rates() - 1. Each place gets the class under which it takes the fewest bits.
    std::vector<std::byte> encode(const TileLatents& latents, int64_t rate) const;
    /// What encode would spend, but for the few bytes of the coder's state.
    double bits(const TileLatents& latents, int64_t rate) const;
    /// Throws ModelError if the payload cannot be right.
    TileLatents decode(std::span<const std::byte> payload, int64_t rows, int64_t columns,
                       int64_t rate) const;

    /// The class that each place gets, in raster order.
    std::vector<int32_t> classes(const TileLatents& latents, int64_t rate) const;
    /// Which of the class_tables codes the class of place i, by those before it.
    size_t class_table(int64_t rate, std::span<const int32_t> classes, int64_t columns,
                       int64_t i) const;

  private:
    void check(const TileLatents& latents, int64_t rate) const;
    void add_costs(const int32_t* latents, int64_t step, std::span<uint32_t> costs) const;
    const EntropyTable& table(int32_t of_class, int64_t channel) const {
        return parts_.tables[static_cast<size_t>(
            parts_.table_of[static_cast<size_t>(of_class * parts_.channels + channel)])];
    }

    Parts parts_;
    int32_t reach_ = 0;                  // costs_ holds latents within +-reach_
    std::vector<uint16_t> costs_;        // channels x (2 reach_ + 1) x classes, in 1/64 of a bit
    std::vector<uint16_t> class_costs_;  // class_tables x classes
};

}  // namespace models
