// See entropy_table.hpp.
#include "models/entropy_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>

#include <fmt/format.h>

namespace models {

namespace {

constexpr int32_t farthest_low = 1 << 24;  // up to which a float holds every whole number

/// How far outside its table a value is, from 1.
struct Distance {
    bool below;
    uint64_t steps;
};

Distance distance(int32_t value, int32_t low, size_t values) {
    const int64_t i = int64_t{value} - low;
    if (i < 0) return {true, static_cast<uint64_t>(-i)};
    return {false, static_cast<uint64_t>(i) - values + 1};
}

}  // namespace

EntropyTable::EntropyTable(int32_t low, std::span<const uint32_t> frequencies)
    : low_(low), starts_{0}, first_(certainty >> bucket_bits) {
    uint64_t sum = 0;
    for (const uint32_t frequency : frequencies) {
        if (frequency == 0 || frequency > certainty || frequencies.size() > certainty) {
            sum = 0;
            break;
        }
        sum += frequency;
        starts_.push_back(static_cast<uint32_t>(sum));
    }
    if (sum != certainty || std::abs(int64_t{low}) > farthest_low)
        throw ModelError(
            fmt::format("no table of frequencies: {} numbers from {} on", frequencies.size(), low));
    size_t i = 0;
    for (size_t bucket = 0; bucket < first_.size(); ++bucket) {
        while (starts_[i + 1] <= bucket << bucket_bits) ++i;
        first_[bucket] = static_cast<uint16_t>(i);
    }
}

void EntropyTable::encode_far(int32_t value, RansEncoder& encoder) const {
    const auto [below, steps] = distance(value, low_, size() - 1);
    encoder.put_bits(below, 1);
    int bits = std::bit_width(steps) - 1;  // behind the leading one
    for (int i = 0; i < bits; ++i) encoder.put_bits(0, 1);
    encoder.put_bits(1, 1);
    while (bits > 0) {
        const int some = std::min(bits, probability_bits);
        bits -= some;
        encoder.put_bits(static_cast<uint32_t>(steps >> bits), some);
    }
}

int32_t EntropyTable::decode_far(RansDecoder& decoder) const {
    const auto refuse = [] { throw ModelError("the coded latent is damaged: a value is too far"); };
    const bool below = decoder.take_bits(1) != 0;
    int bits = 0;
    while (decoder.take_bits(1) == 0)
        if (++bits > 32) refuse();
    int64_t steps = 1;
    while (bits > 0) {
        const int some = std::min(bits, probability_bits);
        bits -= some;
        steps = steps << some | decoder.take_bits(some);
    }
    const int64_t value = below ? low_ - steps : low_ + static_cast<int64_t>(size()) - 2 + steps;
    if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max())
        refuse();
    return static_cast<int32_t>(value);
}

double EntropyTable::bits(int32_t value) const {
    const int64_t i = int64_t{value} - low_;
    const size_t escape = size() - 1;
    const auto cost = [&](size_t place) {
        return probability_bits - std::log2(static_cast<double>(frequency(place)));
    };
    if (i >= 0 && static_cast<size_t>(i) < escape) return cost(static_cast<size_t>(i));
    return cost(escape) + 2 * std::bit_width(distance(value, low_, escape).steps);
}

EntropyTable fit_table(int32_t low, std::span<const double> weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const bool good = std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0; });
    if (weights.empty() || weights.size() > certainty || !good || !std::isfinite(sum))
        throw ModelError(fmt::format("no table can be made of {} weights", weights.size()));

    // Each gets what it is due, rounded down; what is left goes, one by one, where it saves most.
    // As each next one saves less, no other division is cheaper (Fox 1966).
    const double share = sum > 0 ? (certainty - static_cast<double>(weights.size())) / sum : 0;
    std::vector<uint32_t> frequencies;
    uint32_t left = certainty;
    for (const double weight : weights) {
        frequencies.push_back(std::max(1U, static_cast<uint32_t>(weight * share)));
        left -= frequencies.back();
    }
    using Gain = std::pair<double, size_t>;
    const auto gain = [&](size_t i) {
        return Gain{weights[i] * std::log1p(1.0 / frequencies[i]), weights.size() - 1 - i};
    };
    std::vector<Gain> gains;
    for (size_t i = 0; i < weights.size(); ++i) gains.push_back(gain(i));
    std::priority_queue<Gain> queue({}, std::move(gains));
    for (; left > 0; --left) {
        const size_t i = weights.size() - 1 - queue.top().second;
        ++frequencies[i];
        queue.pop();
        queue.push(gain(i));
    }
    return {low, frequencies};
}

double ScaleGrid::scale(int i) const {
    return lowest * std::pow(highest / lowest, static_cast<double>(i) / (count - 1));
}

int ScaleGrid::nearest(double scale) const {
    const double place = std::log(scale / lowest) / std::log(highest / lowest) * (count - 1);
    return static_cast<int>(std::lround(std::clamp(place, 0.0, static_cast<double>(count - 1))));
}

std::vector<EntropyTable> gaussian_tables(const ScaleGrid& grid) {
    std::vector<EntropyTable> tables;
    for (int i = 0; i < grid.count; ++i) {
        // erfc, not erf, so that the tail keeps its digits.
        const double unit = 1 / (grid.scale(i) * std::sqrt(2.0));
        const auto above = [&](double x) { return std::erfc(x * unit) / 2; };
        std::vector<double> half;  // of 1, 2, ..., as long as one is worth half a place
        for (double k = 1;; ++k) {
            const double p = above(k - 0.5) - above(k + 0.5);
            if (p * certainty < 0.5) break;
            half.push_back(p);
        }
        std::vector<double> weights(half.rbegin(), half.rend());
        weights.push_back(1 - 2 * above(0.5));
        weights.insert(weights.end(), half.begin(), half.end());
        weights.push_back(2 * above(static_cast<double>(half.size()) + 0.5));
        tables.push_back(fit_table(-static_cast<int32_t>(half.size()), weights));
    }
    return tables;
}

std::vector<int32_t> to_integers(std::span<const EntropyTable> tables) {
    std::vector<int32_t> integers;
    for (const EntropyTable& table : tables) {
        integers.push_back(table.low());
        integers.push_back(static_cast<int32_t>(table.size()));
        for (size_t i = 0; i < table.size(); ++i)
            integers.push_back(static_cast<int32_t>(table.frequency(i)));
    }
    return integers;
}

std::vector<EntropyTable> tables_of(std::span<const int32_t> integers) {
    std::span<const int32_t> rest = integers;
    const auto next = [&](int64_t least, int64_t most) {
        if (rest.empty() || rest.front() < least || rest.front() > most)
            throw ModelError("the stored entropy tables are damaged");
        const int32_t value = rest.front();
        rest = rest.subspan(1);
        return value;
    };
    std::vector<EntropyTable> tables;
    while (!rest.empty()) {
        const int32_t low = next(-farthest_low, farthest_low);
        const int32_t size = next(1, certainty);
        std::vector<uint32_t> frequencies;
        for (int32_t i = 0; i < size; ++i)
            frequencies.push_back(static_cast<uint32_t>(next(1, certainty)));
        tables.emplace_back(low, frequencies);
    }
    return tables;
}

NamedTensor to_tensor(const std::string& name, std::span<const EntropyTable> tables) {
    NamedTensor named{name, {}};
    for (const int32_t integer : to_integers(tables))
        named.tensor.values.push_back(static_cast<float>(integer));
    named.tensor.dims = {static_cast<int64_t>(named.tensor.values.size())};
    return named;
}

std::vector<EntropyTable> tables_of(const Tensor& tensor) {
    std::vector<int32_t> integers;
    for (const float value : tensor.values) {
        if (!(std::abs(value) <= farthest_low) || value != std::floor(value))
            throw ModelError("the stored entropy tables are damaged");
        integers.push_back(static_cast<int32_t>(value));
    }
    return tables_of(std::span<const int32_t>(integers));
}

}  // namespace models
