// See integer_convolution.hpp.
#include "models/integer_convolution.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

namespace models {
namespace {

constexpr int64_t largest_weight = 32767;  // -32768 squared, twice, would not fit in a sum

void check_shape(const IntegerConvolution& it, const std::string& name) {
    const auto within = [](int64_t value, int64_t most) { return value >= 1 && value <= most; };
    const bool sizes = within(it.inputs, 4096) && within(it.outputs, 4096) &&
                       within(it.window, 15) && it.window % 2 == 1 &&
                       (it.up == 1 || it.up == 2 || it.up == 4);
    if (!sizes || count(it.weight_dims()) != static_cast<int64_t>(it.weights.size()) ||
        static_cast<int64_t>(it.bias.size()) != it.phases() * it.outputs ||
        it.shift.size() != it.bias.size())
        throw ModelError(fmt::format(
            "{}: {} -> {} channels, up {}, window {} do not go with {} weights, {} biases and {} "
            "shifts",
            name, it.inputs, it.outputs, it.up, it.window, it.weights.size(), it.bias.size(),
            it.shift.size()));
    if (it.lowest > it.largest || it.lowest < -largest_weight || it.largest > 65535)
        throw ModelError(fmt::format("{}: results of {} .. {} are no 16-bit values", name,
                                     it.lowest, it.largest));
}

}  // namespace

void check_sums(const IntegerConvolution& convolution, int64_t largest_src,
                const std::string& name) {
    check_shape(convolution, name);
    if (largest_src < 0 || largest_src > largest_weight)
        throw ModelError(
            fmt::format("{}: sources up to {} are no 16-bit values", name, largest_src));
    const auto taps = convolution.inputs * convolution.window * convolution.window;
    auto weight = convolution.weights.begin();
    for (size_t row = 0; row < convolution.bias.size(); ++row) {
        const auto channel = static_cast<int64_t>(row) % convolution.outputs;
        int64_t sum = 0;
        for (int64_t i = 0; i < taps; ++i, ++weight) {
            const int64_t size = std::abs(int64_t{*weight});
            if (size > largest_weight)
                throw ModelError(fmt::format("{}: channel {} has a weight of {}, not of 16 bits",
                                             name, channel, *weight));
            sum += size;
        }
        const int64_t most = sum * largest_src + std::abs(int64_t{convolution.bias[row]});
        if (most >= int64_t{1} << 31)
            throw ModelError(fmt::format(
                "{}: sums of channel {} may reach {}, which 32 bits do not hold; its weights or "
                "the activations need a smaller scale",
                name, channel, most));
        if (convolution.shift[row] < 0 || convolution.shift[row] > 31)
            throw ModelError(fmt::format("{}: channel {} is shifted by {} bits", name, channel,
                                         convolution.shift[row]));
    }
}

PairRows::PairRows(int64_t channels, int64_t rows, int64_t columns)
    : pairs((channels + 1) / 2),
      stride(columns + integer_row_slack),
      values(static_cast<size_t>(rows * pairs * stride + integer_row_slack)) {}

PackedConvolution::PackedConvolution(const IntegerConvolution& convolution, int64_t src_stride)
    : up_(convolution.up), lowest_(convolution.lowest), largest_(convolution.largest) {
    const int64_t outputs = convolution.outputs;
    phases_.resize(static_cast<size_t>(up_ * up_));
    if (outputs == 1 && up_ > 1) {  // a channel of zeros beside it would cost as much as itself
        channels_ = {1};
        for (int64_t a = 0; a < up_; ++a) {
            std::vector<int64_t> rows(static_cast<size_t>(up_));
            std::iota(rows.begin(), rows.end(), a * up_);
            phases_[static_cast<size_t>(a * up_)] = {pack(convolution, rows, src_stride)};
        }
        return;
    }
    for (int64_t first = 0; first < outputs; first += 4)
        channels_.push_back(outputs - first > 2 ? 4 : 2);
    for (int64_t phase = 0; phase < up_ * up_; ++phase) {
        int64_t channel = 0;
        for (const int64_t channels : channels_) {
            std::vector<int64_t> rows;
            for (int64_t c = 0; c < channels; ++c, ++channel)
                rows.push_back(channel < outputs ? phase * outputs + channel : -1);
            phases_[static_cast<size_t>(phase)].push_back(pack(convolution, rows, src_stride));
        }
    }
}

PackedConvolution::Group PackedConvolution::pack(const IntegerConvolution& convolution,
                                                 const std::vector<int64_t>& rows,
                                                 int64_t src_stride) {
    const int64_t inputs = convolution.inputs;
    const int64_t window = convolution.window;
    Group group;
    for (const int64_t row : rows) {
        group.bias.push_back(row < 0 ? 0 : convolution.bias[static_cast<size_t>(row)]);
        group.shift.push_back(row < 0 ? 0 : convolution.shift[static_cast<size_t>(row)]);
    }
    const auto weight = [&](int64_t row, int64_t i, int64_t p, int64_t q) {
        if (row < 0 || i >= inputs) return uint32_t{0};
        const int64_t at = ((row * inputs + i) * window + p) * window + q;
        return static_cast<uint32_t>(convolution.weights[static_cast<size_t>(at)]) & 0xffffU;
    };
    std::vector<int32_t> of_pair(rows.size());
    for (int64_t p = 0; p < window; ++p)
        for (int64_t pair = 0; pair < (inputs + 1) / 2; ++pair)
            for (int64_t q = 0; q < window; ++q) {
                for (size_t r = 0; r < rows.size(); ++r)
                    of_pair[r] = static_cast<int32_t>(weight(rows[r], 2 * pair, p, q) |
                                                      weight(rows[r], 2 * pair + 1, p, q) << 16);
                if (std::all_of(of_pair.begin(), of_pair.end(), [](int32_t w) { return w == 0; }))
                    continue;
                const int64_t offset = (p * ((inputs + 1) / 2) + pair) * src_stride + q;
                group.offsets.push_back(static_cast<int32_t>(offset));
                group.weights.insert(group.weights.end(), of_pair.begin(), of_pair.end());
            }
    return group;
}

int64_t PackedConvolution::scratch_size(int64_t columns) const {
    return up_ * IntegerRow::most_channels * (columns + integer_row_slack);
}

void PackedConvolution::run(const IntegerKernel& kernel, const int32_t* src, int64_t columns,
                            PairRows& dst, int64_t dst_row, int64_t dst_column,
                            std::vector<int32_t>& scratch) const {
    IntegerRow row{};
    row.src = src;
    row.columns = columns;
    row.phases = up_;
    row.lowest = lowest_;
    row.largest = largest_;
    row.sums = scratch.data();
    row.sums_stride = columns + integer_row_slack;
    row.dst_stride = dst.stride;
    for (int64_t a = 0; a < up_; ++a) {
        int64_t pair = 0;
        for (size_t g = 0; g < channels_.size(); ++g) {
            row.channels = channels_[g];
            for (int64_t b = 0; b < (row.channels == 1 ? 1 : up_); ++b) {
                const Group& group = phases_[static_cast<size_t>(a * up_ + b)][g];
                row.products[b] = {group.offsets.data(), group.weights.data(),
                                   static_cast<int64_t>(group.offsets.size()), group.bias.data(),
                                   group.shift.data()};
            }
            row.dst = dst.at(dst_row + a, pair, dst_column);
            kernel.run(row);
            pair += (row.channels + 1) / 2;
        }
    }
}

}  // namespace models
