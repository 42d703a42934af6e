// See fit_classes.hpp.
#include "models/fit_classes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace models {
namespace {

constexpr int32_t reach = 64;  // latents farther out are coded by escapes, and counted at the end
constexpr size_t span_of = 2 * reach + 1;
constexpr double prior_counts = 4;  // of a table, so that what was never seen can be coded

using Weights = std::vector<double>;  // of the values -reach .. reach

size_t index_of(int32_t value) {
    return static_cast<size_t>(std::clamp(value, -reach, reach) + reach);
}

/// With two geometric slopes, as wide as the counts, added to them.
Weights smoothed(const Weights& counts) {
    double sum = 0, size = 0;
    for (size_t i = 0; i < span_of; ++i) {
        sum += counts[i];
        size += counts[i] * std::abs(static_cast<double>(i) - reach);
    }
    const double mean = (size + 0.02) / (sum + 1);
    const double ratio = mean / (1 + mean);
    Weights weights(span_of);
    for (size_t i = 0; i < span_of; ++i)
        weights[i] = counts[i] + prior_counts * (1 - ratio) *
                                     std::pow(ratio, std::abs(static_cast<double>(i) - reach));
    return weights;
}

/// What each value costs under smoothed counts.
Weights bits_of(const Weights& counts) {
    Weights bits = smoothed(counts);
    const double sum = std::accumulate(bits.begin(), bits.end(), 0.0);
    for (double& value : bits) value = std::min(24.0, -std::log2(value / sum));
    return bits;
}

double cost(const Weights& counts, const Weights& bits) {
    return std::inner_product(counts.begin(), counts.end(), bits.begin(), 0.0);
}

/// The values up to the farthest that may come, and an escape for all others.
EntropyTable table_of(const Weights& counts) {
    const Weights weights = smoothed(counts);
    constexpr double worth_it = 0.05;  // of a count: else an escape does
    size_t first = reach, last = reach;
    for (size_t i = 0; i < span_of; ++i)
        if (weights[i] > worth_it) {
            first = std::min(first, i);
            last = std::max(last, i);
        }
    Weights kept(weights.begin() + static_cast<std::ptrdiff_t>(first),
                 weights.begin() + static_cast<std::ptrdiff_t>(last + 1));
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double inside = std::accumulate(kept.begin(), kept.end(), 0.0);
    // At the edges are also those that lie beyond.
    if (first == 0) kept.front() /= 2;
    if (last == span_of - 1) kept.back() /= 2;
    const double outside = sum - std::accumulate(kept.begin(), kept.end(), 0.0);
    kept.push_back(std::max(outside, inside * 0x1p-16));
    return fit_table(static_cast<int32_t>(first) - reach, kept);
}

class Fit {
  public:
    Fit(std::span<const FitTile> tiles, int64_t channels, int64_t rates,
        const FitClassesOptions& options)
        : tiles_(tiles),
          channels_(static_cast<size_t>(channels)),
          classes_(static_cast<size_t>(options.classes)),
          table_count_(static_cast<size_t>(options.tables)),
          rates_(static_cast<size_t>(rates)) {
        sample(options.places);
    }

    ClassCoder run(int rounds) {
        sort_by_size();
        for (int round = 0; round < rounds; ++round) {
            count();
            fit_tables(round);
            classify();
        }
        order_classes();
        count();
        fit_tables(rounds);
        std::vector<Weights> class_counts(rates_ * contexts, Weights(classes_, 0));
        for (int round = 0; round < 3; ++round) class_counts = classes_of_tiles(class_counts);
        return coder(class_counts);
    }

  private:
    static constexpr size_t contexts = ClassCoder::groups * ClassCoder::groups;

    /// Every so many-th place of all tiles.
    void sample(int64_t most) {
        int64_t all = 0;
        for (const FitTile& tile : tiles_) all += tile.latents.places();
        const int64_t step = (all + most - 1) / most;
        int64_t skip = 0;
        for (const FitTile& tile : tiles_) {
            const int64_t places = tile.latents.places();
            for (; skip < places; skip += step)
                for (size_t c = 0; c < channels_; ++c)
                    values_.push_back(static_cast<int8_t>(std::clamp(
                        tile.latents
                            .values[c * static_cast<size_t>(places) + static_cast<size_t>(skip)],
                        -reach, reach)));
            skip -= places;
        }
        class_of_.resize(values_.size() / channels_);
    }

    std::span<const int8_t> place(size_t i) const {
        return std::span(values_).subspan(i * channels_, channels_);
    }

    void sort_by_size() {
        std::vector<std::pair<double, size_t>> sizes;
        for (size_t i = 0; i < class_of_.size(); ++i) {
            double size = 0;
            for (const int8_t value : place(i)) size += std::log1p(std::abs(value));
            sizes.emplace_back(size, i);
        }
        std::sort(sizes.begin(), sizes.end());
        for (size_t i = 0; i < sizes.size(); ++i)
            class_of_[sizes[i].second] = static_cast<int32_t>(i * classes_ / sizes.size());
    }

    void count() {
        counts_.assign(classes_ * channels_, Weights(span_of, 0));
        class_sizes_.assign(classes_, 1);
        for (size_t i = 0; i < class_of_.size(); ++i) {
            const auto k = static_cast<size_t>(class_of_[i]);
            ++class_sizes_[k];
            const auto values = place(i);
            for (size_t c = 0; c < channels_; ++c)
                ++counts_[k * channels_ + c][index_of(values[c])];
        }
    }

    /// Tables for the counts of each class and channel, and which of them each takes. The first
    /// ones follow the mean sizes of values.
    void fit_tables(int round) {
        if (round == 0) {
            std::vector<std::pair<double, size_t>> sizes;
            for (size_t i = 0; i < counts_.size(); ++i) {
                double sum = 1, size = 0;
                for (size_t v = 0; v < span_of; ++v) {
                    sum += counts_[i][v];
                    size += counts_[i][v] * std::abs(static_cast<double>(v) - reach);
                }
                sizes.emplace_back(size / sum, i);
            }
            std::sort(sizes.begin(), sizes.end());
            table_of_.resize(counts_.size());
            for (size_t i = 0; i < sizes.size(); ++i)
                table_of_[sizes[i].second] = static_cast<int32_t>(i * table_count_ / sizes.size());
        }
        for (int again = 0; again < 2; ++again) {
            pool();
            for (size_t i = 0; i < counts_.size(); ++i) {
                double least = cost(counts_[i], bits_[static_cast<size_t>(table_of_[i])]);
                for (size_t t = 0; t < table_count_; ++t) {
                    const double here = cost(counts_[i], bits_[t]);
                    if (here >= least) continue;
                    least = here;
                    table_of_[i] = static_cast<int32_t>(t);
                }
            }
        }
        pool();
    }

    void pool() {
        pooled_.assign(table_count_, Weights(span_of, 0));
        for (size_t i = 0; i < counts_.size(); ++i) {
            Weights& sum = pooled_[static_cast<size_t>(table_of_[i])];
            for (size_t v = 0; v < span_of; ++v) sum[v] += counts_[i][v];
        }
        bits_.clear();
        for (const Weights& counts : pooled_) bits_.push_back(bits_of(counts));
    }

    void classify() {
        std::vector<float> costs(channels_ * span_of * classes_);
        for (size_t c = 0; c < channels_; ++c)
            for (size_t v = 0; v < span_of; ++v)
                for (size_t k = 0; k < classes_; ++k)
                    costs[(c * span_of + v) * classes_ + k] = static_cast<float>(
                        bits_[static_cast<size_t>(table_of_[k * channels_ + c])][v]);
        // Knowing their neighbours, classes cost about half of what they would alone.
        std::vector<float> alone(classes_);
        const double all = std::accumulate(class_sizes_.begin(), class_sizes_.end(), 0.0);
        for (size_t k = 0; k < classes_; ++k)
            alone[k] = static_cast<float>(-0.6 * std::log2(class_sizes_[k] / all));
        std::vector<float> sums(classes_);
        for (size_t i = 0; i < class_of_.size(); ++i) {
            sums = alone;
            const auto values = place(i);
            for (size_t c = 0; c < channels_; ++c) {
                const float* row = &costs[(c * span_of + index_of(values[c])) * classes_];
                for (size_t k = 0; k < classes_; ++k) sums[k] += row[k];
            }
            class_of_[i] = static_cast<int32_t>(std::ranges::min_element(sums) - sums.begin());
        }
    }

    /// From the quietest class to the liveliest.
    void order_classes() {
        count();
        std::vector<std::pair<double, size_t>> energies;
        for (size_t k = 0; k < classes_; ++k) {
            double bits = 0;
            for (size_t c = 0; c < channels_; ++c) {
                const size_t i = k * channels_ + c;
                bits += cost(counts_[i], bits_[static_cast<size_t>(table_of_[i])]);
            }
            energies.emplace_back(bits / class_sizes_[k], k);
        }
        std::sort(energies.begin(), energies.end());
        std::vector<int32_t> rank(classes_);
        std::vector<int32_t> tables(table_of_.size());
        for (size_t r = 0; r < classes_; ++r) {
            rank[energies[r].second] = static_cast<int32_t>(r);
            std::copy_n(
                table_of_.begin() + static_cast<std::ptrdiff_t>(energies[r].second * channels_),
                channels_, tables.begin() + static_cast<std::ptrdiff_t>(r * channels_));
        }
        table_of_ = std::move(tables);
        for (int32_t& k : class_of_) k = rank[static_cast<size_t>(k)];
    }

    ClassCoder coder(const std::vector<Weights>& class_counts) const {
        ClassCoder::Parts parts;
        parts.channels = static_cast<int64_t>(channels_);
        parts.classes = static_cast<int64_t>(classes_);
        parts.rates = static_cast<int64_t>(rates_);
        parts.table_of = table_of_;
        for (const Weights& counts : pooled_) parts.tables.push_back(table_of(counts));
        for (size_t i = 0; i < class_counts.size(); ++i) {
            // Where little was seen, as at the other rates with the same neighbours.
            Weights weights(classes_ + 1, 0.5);
            Weights common(classes_, 1);
            for (size_t rate = 0; rate < rates_; ++rate)
                for (size_t k = 0; k < classes_; ++k)
                    common[k] += class_counts[rate * contexts + i % contexts][k];
            const double sum = std::accumulate(common.begin(), common.end(), 0.0);
            for (size_t k = 0; k < classes_; ++k)
                weights[k] = class_counts[i][k] + 20 * common[k] / sum;
            weights[classes_] = 1e-3;
            parts.class_tables.push_back(fit_table(0, weights));
        }
        return ClassCoder(std::move(parts));
    }

    std::vector<Weights> classes_of_tiles(const std::vector<Weights>& before) const {
        const ClassCoder current = coder(before);
        std::vector<Weights> counts(rates_ * contexts, Weights(classes_, 0));
        for (const FitTile& tile : tiles_) {
            const auto chosen = current.classes(tile.latents, tile.rate);
            for (int64_t i = 0; i < tile.latents.places(); ++i) {
                const size_t context =
                    current.class_table(tile.rate, chosen, tile.latents.columns, i);
                ++counts[context][static_cast<size_t>(chosen[static_cast<size_t>(i)])];
            }
        }
        return counts;
    }

    std::span<const FitTile> tiles_;
    size_t channels_, classes_, table_count_, rates_;
    std::vector<int8_t> values_;     // sampled places x channels
    std::vector<int32_t> class_of_;  // of sampled places
    std::vector<double> class_sizes_;
    std::vector<Weights> counts_;    // classes x channels
    std::vector<int32_t> table_of_;  // classes x channels
    std::vector<Weights> pooled_;    // of each table
    std::vector<Weights> bits_;
};

}  // namespace

ClassCoder fit_classes(std::span<const FitTile> tiles, int64_t channels, int64_t rates,
                       const FitClassesOptions& options) {
    if (tiles.empty()) throw ModelError("there are no latents to fit tables on");
    for (const FitTile& tile : tiles)
        if (tile.rate < 0 || tile.rate >= rates ||
            static_cast<int64_t>(tile.latents.values.size()) != channels * tile.latents.places())
            throw ModelError(
                fmt::format("tables of {} channels and {} rates cannot be fitted on a "
                            "tile of {} latents at rate {}",
                            channels, rates, tile.latents.values.size(), tile.rate));
    return Fit(tiles, channels, rates, options).run(options.rounds);
}

}  // namespace models
