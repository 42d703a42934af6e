// See integer_network.hpp. Samples are made in tiles, each by one thread through all layers, from a
// margin of latents that gets wider with every layer. Level 0 is the latents, level l the result of
// layer l.
#include "models/integer_network.hpp"

#include "models/model.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace models {
namespace {

// Of a tile, in samples: large enough for margins to cost little, small enough for the last cache.
constexpr int64_t most_rows = 256;
constexpr int64_t most_columns = 1024;

int64_t round_down(int64_t value, int64_t unit) {
    const int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}
int64_t round_up(int64_t value, int64_t unit) { return round_down(value + unit - 1, unit); }

/// What a window of a convolution's results is made from.
Window sources(const Window& results, const IntegerConvolution& convolution) {
    const int64_t up = convolution.up;
    const int64_t margin = convolution.window / 2;
    return {results.y / up - margin, results.x / up - margin, results.rows / up + 2 * margin,
            results.columns / up + 2 * margin};
}

/// The smallest window around one that begins and ends at multiples of `unit`.
Window align(const Window& window, int64_t unit) {
    const int64_t y = round_down(window.y, unit);
    const int64_t x = round_down(window.x, unit);
    return {y, x, round_up(window.end_y(), unit) - y, round_up(window.end_x(), unit) - x};
}

/// Pieces of equal size, but for the last, that begin at multiples of `unit`.
struct Cut {
    int64_t first;
    int64_t size;
    int64_t pieces;

    Cut(int64_t begin, int64_t length, int64_t unit, int64_t most)
        : first(round_down(begin, unit)) {
        const int64_t whole = begin + length - first;
        pieces = (whole + most - 1) / most;
        size = round_up((whole + pieces - 1) / pieces, unit);
        pieces = (whole + size - 1) / size;
    }
};

void fill_latents(const LatentWindow& latents, int64_t channels, int32_t largest,
                  const Window& window, PairRows& rows) {
    const Window& held = latents.held;
    const Window there = intersect(window, held);
    const auto value = [&](int64_t channel, int64_t y, int64_t x) {
        if (channel >= channels) return uint32_t{0};
        const int64_t at = (channel * held.rows + y - held.y) * held.columns + x - held.x;
        const int32_t latent = latents.values[static_cast<size_t>(at)];
        return static_cast<uint32_t>(std::clamp(latent, -largest, largest));
    };
    for (int64_t y = there.y; y < there.end_y(); ++y)
        for (int64_t pair = 0; pair < rows.pairs; ++pair) {
            int32_t* dst = rows.at(y - window.y, pair, there.x - window.x);
            for (int64_t x = there.x; x < there.end_x(); ++x)
                *dst++ = static_cast<int32_t>((value(2 * pair, y, x) & 0xffffU) |
                                              value(2 * pair + 1, y, x) << 16);
        }
}

}  // namespace

Window intersect(const Window& window, const Window& within) {
    const int64_t y = std::max(window.y, within.y);
    const int64_t x = std::max(window.x, within.x);
    return {y, x, std::max<int64_t>(0, std::min(window.end_y(), within.end_y()) - y),
            std::max<int64_t>(0, std::min(window.end_x(), within.end_x()) - x)};
}

struct IntegerNetwork::Workspace {
    std::vector<PairRows> levels;
    std::vector<int32_t> scratch;
};

IntegerNetwork::~IntegerNetwork() = default;

IntegerNetwork::IntegerNetwork(std::vector<IntegerConvolution> layers, int32_t largest_latent,
                               const IntegerKernel& kernel)
    : layers_(std::move(layers)), largest_latent_(largest_latent), kernel_(kernel) {
    if (layers_.empty()) throw ModelError("an integer network has no layers");
    int64_t largest_src = largest_latent;
    for (size_t i = 0; i < layers_.size(); ++i) {
        const IntegerConvolution& layer = layers_[i];
        const std::string name = fmt::format("layer {}", i);
        check_sums(layer, largest_src, name);
        if (i > 0 && layer.inputs != layers_[i - 1].outputs)
            throw ModelError(fmt::format("{} takes {} channels, but the one before makes {}", name,
                                         layer.inputs, layers_[i - 1].outputs));
        largest_src = std::max(layer.largest, -layer.lowest);
        scale_ *= layer.up;
        if (scale_ > 64) throw ModelError("an integer network enlarges more than 64 times");
    }
    if (layers_.back().lowest < 0)
        throw ModelError("the last layer of an integer network makes negative samples");

    largest_levels_ = levels({0, 0, round_up(most_rows, scale_), round_up(most_columns, scale_)});
    for (size_t i = 0; i < layers_.size(); ++i)
        packed_.emplace_back(layers_[i], PairRows(1, 0, largest_levels_[i].columns).stride);
}

/// What of each level a window of samples needs, as if the frame had no border.
std::vector<Window> IntegerNetwork::levels(const Window& samples) const {
    std::vector<Window> levels(layers_.size() + 1);
    levels.back() = align(samples, layers_.back().up);
    for (size_t i = layers_.size(); i-- > 0;)
        levels[i] = align(sources(levels[i + 1], layers_[i]), i > 0 ? layers_[i - 1].up : 1);
    return levels;
}

Window IntegerNetwork::needed(const Window& window, int64_t frame_rows,
                              int64_t frame_columns) const {
    return intersect(levels(window).front(), {0, 0, frame_rows, frame_columns});
}

void IntegerNetwork::run(const LatentWindow& latents, const Window& window,
                         std::span<uint16_t> samples) const {
    const Window frame{0, 0, latents.frame_rows * scale_, latents.frame_columns * scale_};
    if (window.rows < 0 || window.columns < 0 || intersect(window, frame) != window)
        throw ModelError(fmt::format(
            "a window of {} x {} at ({}, {}) is not within {} x {} samples", window.rows,
            window.columns, window.y, window.x, frame.rows, frame.columns));
    if (window.rows == 0 || window.columns == 0) return;
    const Window need = needed(window, latents.frame_rows, latents.frame_columns);
    const Window& held = latents.held;
    const auto size = [](int64_t channels, const Window& of) {
        return static_cast<size_t>(channels * of.rows * of.columns);
    };
    const Window all{0, 0, latents.frame_rows, latents.frame_columns};
    if (intersect(need, held) != need || intersect(held, all) != held ||
        latents.values.size() != size(layers_[0].inputs, held) ||
        samples.size() != size(channels(), window))
        throw ModelError(fmt::format(
            "{} x {} x {} samples need {} x {} x {} latents from ({}, {}) on; given were {} from "
            "({}, {}) on and room for {} samples",
            channels(), window.rows, window.columns, layers_[0].inputs, need.rows, need.columns,
            need.y, need.x, latents.values.size(), held.y, held.x, samples.size()));

    const Cut rows(window.y, window.rows, scale_, largest_levels_.back().rows);
    const Cut columns(window.x, window.columns, scale_, largest_levels_.back().columns);
    const auto make = [&] {
        auto workspace = std::make_unique<Workspace>();
        for (size_t i = 0; i <= layers_.size(); ++i) {
            const Window& level = largest_levels_[i];
            workspace->levels.emplace_back(i == 0 ? layers_[0].inputs : layers_[i - 1].outputs,
                                           level.rows, level.columns);
            if (i > 0)
                workspace->scratch.resize(
                    std::max(workspace->scratch.size(),
                             static_cast<size_t>(packed_[i - 1].scratch_size(level.columns))));
        }
        return workspace;
    };
    const auto run_piece = [&](int64_t piece) {
        const Window tile{rows.first + piece / columns.pieces * rows.size,
                          columns.first + piece % columns.pieces * columns.size, rows.size,
                          columns.size};
        workspaces_.with([](const Workspace&) { return true; }, make,
                         [&](Workspace& workspace) {
                             run_tile(latents, intersect(tile, window), window, samples, workspace);
                         });
    };
    tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(int64_t{0}, rows.pieces * columns.pieces, run_piece,
                          tbb::simple_partitioner());
    });
}

void IntegerNetwork::run_tile(const LatentWindow& latents, const Window& tile, const Window& window,
                              std::span<uint16_t> samples, Workspace& workspace) const {
    const std::vector<Window> levels = this->levels(tile);
    Window frame{0, 0, latents.frame_rows, latents.frame_columns};
    for (size_t i = 0; i <= layers_.size(); ++i) {
        const Window& level = levels[i];
        PairRows& dst = workspace.levels[i];
        if (i > 0)
            frame = {0, 0, frame.rows * layers_[i - 1].up, frame.columns * layers_[i - 1].up};
        const Window there = intersect(level, frame);
        if (there != level) std::fill(dst.values.begin(), dst.values.end(), 0);  // around the frame
        if (i == 0) {
            fill_latents(latents, layers_[0].inputs, largest_latent_, level, dst);
            continue;
        }
        const int64_t up = layers_[i - 1].up;
        const Window from = sources(there, layers_[i - 1]);
        const Window& before = levels[i - 1];
        PairRows& src = workspace.levels[i - 1];
        for (int64_t y = 0; y < there.rows / up; ++y)
            packed_[i - 1].run(kernel_, src.at(from.y + y - before.y, 0, from.x - before.x),
                               there.columns / up, dst, there.y - level.y + y * up,
                               there.x - level.x, workspace.scratch);
    }

    const Window& level = levels.back();
    PairRows& pairs = workspace.levels.back();
    for (int64_t channel = 0; channel < channels(); ++channel)
        for (int64_t y = tile.y; y < tile.end_y(); ++y) {
            const int32_t* src = pairs.at(y - level.y, channel / 2, tile.x - level.x);
            uint16_t* dst = samples.data() +
                            (channel * window.rows + y - window.y) * window.columns + tile.x -
                            window.x;
            const int half = channel % 2 == 0 ? 0 : 16;
            for (int64_t x = 0; x < tile.columns; ++x)
                dst[x] = static_cast<uint16_t>(static_cast<uint32_t>(src[x]) >> half);
        }
}

}  // namespace models
