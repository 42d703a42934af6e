// See integer_convolution.hpp.
#include "models/integer_convolution.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

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
    for (int64_t first = 0; first < convolution.outputs; first += 4)
        channels_.push_back(convolution.outputs - first > 2 ? 4 : 2);
    for (int64_t phase = 0; phase < convolution.phases(); ++phase) {
        auto& groups = phases_.emplace_back();
        int64_t first = 0;
        for (const int64_t channels : channels_) {
            groups.push_back(pack(convolution, phase, first, channels, src_stride));
            first += channels;
        }
    }
}

PackedConvolution::Group PackedConvolution::pack(const IntegerConvolution& convolution,
                                                 int64_t phase, int64_t first, int64_t channels,
                                                 int64_t src_stride) const {
    const int64_t inputs = convolution.inputs;
    const int64_t outputs = convolution.outputs;
    const int64_t window = convolution.window;
    const int64_t pairs = (inputs + 1) / 2;
    const int64_t real = std::min(channels, outputs - first);  // the others are 0
    Group group;
    group.bias.resize(static_cast<size_t>(channels));
    group.shift.resize(static_cast<size_t>(channels));
    std::copy_n(convolution.bias.begin() + phase * outputs + first, real, group.bias.begin());
    std::copy_n(convolution.shift.begin() + phase * outputs + first, real, group.shift.begin());

    const auto weight = [&](int64_t c, int64_t i, int64_t p, int64_t q) {
        if (c >= real || i >= inputs) return uint32_t{0};
        const int64_t o = phase * outputs + first + c;
        const int64_t at = ((o * inputs + i) * window + p) * window + q;
        return static_cast<uint32_t>(convolution.weights[static_cast<size_t>(at)]) & 0xffffU;
    };
    for (int64_t p = 0; p < window; ++p)
        for (int64_t pair = 0; pair < pairs; ++pair)
            for (int64_t q = 0; q < window; ++q) {
                std::array<int32_t, IntegerRow::most_channels> of_pair{};
                for (int64_t c = 0; c < channels; ++c)
                    of_pair[static_cast<size_t>(c)] = static_cast<int32_t>(
                        weight(c, 2 * pair, p, q) | weight(c, 2 * pair + 1, p, q) << 16);
                if (std::all_of(of_pair.begin(), of_pair.end(), [](int32_t w) { return w == 0; }))
                    continue;
                group.offsets.push_back(static_cast<int32_t>((p * pairs + pair) * src_stride + q));
                group.weights.insert(group.weights.end(), of_pair.begin(),
                                     of_pair.begin() + channels);
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
            for (int64_t b = 0; b < up_; ++b) {
                const Group& group = phases_[static_cast<size_t>(a * up_ + b)][g];
                row.products[b] = {group.offsets.data(), group.weights.data(),
                                   static_cast<int64_t>(group.offsets.size()), group.bias.data(),
                                   group.shift.data()};
            }
            row.dst = dst.at(dst_row + a, pair, dst_column);
            kernel.run(row);
            pair += row.channels / 2;
        }
    }
}

}  // namespace models
