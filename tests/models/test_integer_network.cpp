// Exact synthesis: every kernel equals a naive sum in 64 bits, every window the crop of the whole.
#include "models/initialisation.hpp"
#include "models/integer_network.hpp"
#include "models/model.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <tbb/task_arena.h>

namespace models {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

int32_t random_integer(Generator& generator, int32_t lowest, int32_t largest) {
    const auto range = static_cast<uint64_t>(int64_t{largest} - lowest + 1);
    return static_cast<int32_t>(lowest + static_cast<int64_t>(generator.next() % range));
}

/// Weights as large as the bound allows for sources up to largest_src.
IntegerConvolution random_layer(Generator& generator, int64_t inputs, int64_t outputs, int64_t up,
                                int64_t window, int64_t largest_src) {
    IntegerConvolution layer{inputs, outputs, up, window, {}, {}, {}, 0, 16383};
    const int64_t taps = inputs * window * window;
    const int32_t bias = 1 << 29;
    const int64_t sum = ((int64_t{1} << 31) - 1 - bias) / std::max<int64_t>(1, largest_src);
    const auto most = static_cast<int32_t>(std::min<int64_t>(32767, sum / taps));
    for (int64_t row = 0; row < layer.phases() * outputs; ++row) {
        const bool extreme = row % 3 == 0;  // all weights at the bound, of one sign
        const int32_t sign = row % 2 == 0 ? 1 : -1;
        for (int64_t i = 0; i < taps; ++i)
            layer.weights.push_back(extreme ? sign * most : random_integer(generator, -most, most));
        layer.bias.push_back(extreme ? sign * bias : random_integer(generator, -bias, bias));
        layer.shift.push_back(random_integer(generator, 14, 18));
    }
    return layer;
}

/// A small synthesis of every kind of layer: odd channels, taps of 0, one to sixteen phases.
std::vector<IntegerConvolution> random_layers(uint64_t seed, int64_t up = 2, int64_t channels = 3) {
    Generator generator(seed);
    std::vector<IntegerConvolution> layers{random_layer(generator, 5, 9, 1, 3, 32767),
                                           random_layer(generator, 9, 6, 2, 3, 16383),
                                           random_layer(generator, 6, 3, 1, 1, 16383),
                                           random_layer(generator, 3, channels, up, 5, 16383)};
    layers[0].lowest = -16383;
    layers[3].largest = 65535;
    for (size_t i = 0; i < layers[1].weights.size(); ++i)  // only 2 x 2 of the 3 x 3 taps
        if (i % 3 == (i / (9 * 9 * 6)) % 2 * 2) layers[1].weights[i] = 0;
    return layers;
}

struct Frame {
    int64_t rows;
    int64_t columns;
    std::vector<int32_t> latents;

    Frame(uint64_t seed, int64_t channels, int64_t r, int64_t c) : rows(r), columns(c) {
        Generator generator(seed);
        for (int64_t i = 0; i < channels * rows * columns; ++i)
            latents.push_back(i % 5 == 0 ? (i % 2 == 0 ? 40000 : -40000)  // beyond the clamp
                                         : random_integer(generator, -32767, 32767));
    }
    LatentWindow whole() const { return {rows, columns, {0, 0, rows, columns}, latents}; }
};

/// The definition, in 64 bits.
std::vector<int64_t> reference(const IntegerConvolution& layer, const std::vector<int64_t>& src,
                               int64_t rows, int64_t columns) {
    const int64_t up = layer.up;
    std::vector<int64_t> dst(static_cast<size_t>(layer.outputs * rows * columns * up * up));
    for (int64_t a = 0; a < up; ++a)
        for (int64_t b = 0; b < up; ++b)
            for (int64_t o = 0; o < layer.outputs; ++o)
                for (int64_t y = 0; y < rows; ++y)
                    for (int64_t x = 0; x < columns; ++x) {
                        const auto row = static_cast<size_t>((a * up + b) * layer.outputs + o);
                        int64_t sum = layer.bias[row];
                        size_t weight =
                            row * static_cast<size_t>(layer.inputs * layer.window * layer.window);
                        for (int64_t i = 0; i < layer.inputs; ++i)
                            for (int64_t p = 0; p < layer.window; ++p)
                                for (int64_t q = 0; q < layer.window; ++q, ++weight) {
                                    const int64_t from_y = y + p - layer.window / 2;
                                    const int64_t from_x = x + q - layer.window / 2;
                                    if (from_y < 0 || from_y >= rows || from_x < 0 ||
                                        from_x >= columns)
                                        continue;
                                    sum += layer.weights[weight] *
                                           src[static_cast<size_t>((i * rows + from_y) * columns +
                                                                   from_x)];
                                }
                        EXPECT_EQ(sum, static_cast<int32_t>(sum));  // as was proven
                        const int64_t to = ((o * rows + y) * up + a) * columns * up + x * up + b;
                        dst[static_cast<size_t>(to)] = std::clamp<int64_t>(
                            sum >> layer.shift[row], layer.lowest, layer.largest);
                    }
    return dst;
}

std::vector<uint16_t> reference(const std::vector<IntegerConvolution>& layers, const Frame& frame,
                                int32_t largest) {
    std::vector<int64_t> values;
    for (const int32_t latent : frame.latents)
        values.push_back(std::clamp(latent, -largest, largest));
    int64_t rows = frame.rows;
    int64_t columns = frame.columns;
    for (const IntegerConvolution& layer : layers) {
        values = reference(layer, values, rows, columns);
        rows *= layer.up;
        columns *= layer.up;
    }
    return {values.begin(), values.end()};
}

std::vector<uint16_t> run(const IntegerNetwork& network, const LatentWindow& latents,
                          const Window& window) {
    std::vector<uint16_t> samples(
        static_cast<size_t>(network.channels() * window.rows * window.columns));
    network.run(latents, window, samples);
    return samples;
}

Window whole(const IntegerNetwork& network, const Frame& frame) {
    return {0, 0, frame.rows * network.scale(), frame.columns * network.scale()};
}

std::vector<uint16_t> crop(const std::vector<uint16_t>& samples, int64_t channels, const Window& of,
                           const Window& window) {
    std::vector<uint16_t> result;
    for (int64_t channel = 0; channel < channels; ++channel)
        for (int64_t y = window.y; y < window.end_y(); ++y) {
            const auto from = samples.begin() + (channel * of.rows + y) * of.columns + window.x;
            result.insert(result.end(), from, from + window.columns);
        }
    return result;
}

TEST(IntegerKernel, IsTheOneThatTheMachineAndTheEnvironmentAllow) {
    const char* set = std::getenv("ONEDNN_MAX_CPU_ISA");
    const std::string most = set ? set : "";
    std::vector<std::string_view> expected{"sse2", "scalar"};
    if (__builtin_cpu_supports("avx2") && !most.starts_with("SSE"))
        expected.insert(expected.begin(), "avx2");
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && most.empty())
        expected.insert(expected.begin(), "avx512_vnni");
    std::vector<std::string_view> names;
    for (const IntegerKernel& kernel : integer_kernels()) names.push_back(kernel.name);
    EXPECT_EQ(names, expected);
}

class Kernels : public testing::TestWithParam<std::tuple<int64_t, int64_t>> {};

TEST_P(Kernels, EqualSumsIn64Bits) {
    for (const uint64_t seed : {1, 2, 3}) {
        const auto [up, channels] = GetParam();
        const auto layers = random_layers(seed, up, channels);
        const Frame frame(seed, 5, 7, static_cast<int64_t>(4 + 9 * seed));
        const auto expected = reference(layers, frame, 32767);
        EXPECT_GT(std::count_if(expected.begin(), expected.end(),
                                [](uint16_t v) { return v > 0 && v < 65535; }),
                  static_cast<int64_t>(expected.size()) / 20);  // not all clamped
        for (const IntegerKernel& kernel : integer_kernels()) {
            const IntegerNetwork network(layers, 32767, kernel);
            EXPECT_EQ(run(network, frame.whole(), whole(network, frame)), expected) << kernel.name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Phases, Kernels,
                         testing::Combine(testing::Values(1, 2, 4), testing::Values(1, 2, 3, 5)));

TEST(IntegerNetwork, WindowsAreCropsOfTheWhole) {
    const IntegerNetwork network(random_layers(4), 32767);
    const Frame frame(4, 5, 150, 260);  // several tiles
    const Window all = whole(network, frame);
    const auto samples = run(network, frame.whole(), all);
    Generator generator(5);
    for (int i = 0; i < 40; ++i) {
        Window window;
        window.y = i % 4 == 0 ? 0 : random_integer(generator, 0, 599);
        window.x = i % 4 == 1 ? 0 : random_integer(generator, 0, 1039);
        window.rows = i % 4 == 2
                          ? 600 - window.y
                          : random_integer(generator, 1, static_cast<int32_t>(600 - window.y));
        window.columns = random_integer(generator, 1, static_cast<int32_t>(1040 - window.x));

        const Window need = network.needed(window, frame.rows, frame.columns);
        std::vector<int32_t> part;
        for (int64_t channel = 0; channel < 5; ++channel)
            for (int64_t y = need.y; y < need.end_y(); ++y) {
                const auto from =
                    frame.latents.begin() + (channel * frame.rows + y) * frame.columns + need.x;
                part.insert(part.end(), from, from + need.columns);
            }
        EXPECT_TRUE(run(network, {frame.rows, frame.columns, need, part}, window) ==
                    crop(samples, 3, all, window))
            << window.y << ' ' << window.x << ' ' << window.rows << ' ' << window.columns;
    }
}

TEST(IntegerNetwork, IsTheSameForAnyNumberOfThreads) {
    const IntegerNetwork network(random_layers(6), 32767);
    const Frame frame(6, 5, 200, 200);
    std::vector<std::vector<uint16_t>> samples;
    for (const int threads : {1, 2, 4})
        tbb::task_arena(threads).execute(
            [&] { samples.push_back(run(network, frame.whole(), whole(network, frame))); });
    EXPECT_TRUE(samples[0] == samples[1]);
    EXPECT_TRUE(samples[0] == samples[2]);
}

TEST(IntegerNetwork, RefusesWhatItLacks) {
    const IntegerNetwork network(random_layers(7), 32767);
    const Frame frame(7, 5, 6, 6);
    EXPECT_THROW(run(network, frame.whole(), {0, 0, 25, 24}), ModelError);
    EXPECT_THROW(run(network, frame.whole(), {-1, 0, 2, 2}), ModelError);
    LatentWindow part = frame.whole();
    part.held = {3, 0, 3, 6};
    part.values = part.values.first(90);
    EXPECT_THROW(run(network, part, {0, 0, 4, 4}), ModelError);
    part.values = part.values.first(89);
    EXPECT_THROW(run(network, part, {20, 0, 4, 4}), ModelError);
}

TEST(IntegerNetwork, RefusesSumsThatMayOverflow) {
    auto layers = random_layers(8);
    const auto build = [&] { return IntegerNetwork(layers, 32767).scale(); };
    EXPECT_EQ(build(), 4);
    layers[1].bias[4] = std::numeric_limits<int32_t>::min();
    EXPECT_THAT(build,
                ThrowsMessage<ModelError>(HasSubstr("layer 1: sums of channel 4 may reach")));
    layers[1].bias[4] = 0;
    layers[2].weights[0] = -32768;
    EXPECT_THAT(build, ThrowsMessage<ModelError>(HasSubstr("layer 2: channel 0 has a weight")));
    layers = random_layers(8);
    layers[0].largest = 32767;  // more than the sums of the next layer leave room for
    EXPECT_THAT(build, ThrowsMessage<ModelError>(HasSubstr("layer 1: sums of channel")));
    layers[0].largest = 65535;
    EXPECT_THAT(build, ThrowsMessage<ModelError>(HasSubstr("no 16-bit values")));
    layers = random_layers(8);
    layers[2].shift[0] = 32;
    EXPECT_THROW(build(), ModelError);
    layers = random_layers(8);
    layers.erase(layers.begin() + 1);
    EXPECT_THROW(build(), ModelError);
}

TEST(IntegerNetwork, TheBoundIsExact) {
    IntegerConvolution layer{1, 1, 1, 1, {32767}, {0}, {16}, 0, 65535};
    layer.bias[0] = static_cast<int32_t>((int64_t{1} << 31) - 1 - 32767LL * 32767);
    EXPECT_NO_THROW(check_sums(layer, 32767, "last"));
    const Frame frame(9, 1, 3, 40);
    for (const IntegerKernel& kernel : integer_kernels()) {
        const IntegerNetwork network({layer}, 32767, kernel);
        EXPECT_EQ(run(network, frame.whole(), {0, 0, 3, 40}), reference({layer}, frame, 32767));
    }
    ++layer.bias[0];
    EXPECT_THAT([&] { check_sums(layer, 32767, "last"); },
                ThrowsMessage<ModelError>(HasSubstr("last: sums of channel 0")));
}

TEST(IntegerNetwork, ComesBackFromItsTensors) {
    const IntegerNetwork network(random_layers(10), 20000);
    const IntegerNetwork back(network.tensors());
    EXPECT_EQ(back.digest(), network.digest());
    const Frame frame(10, 5, 9, 20);
    EXPECT_EQ(run(back, frame.whole(), whole(network, frame)),
              run(network, frame.whole(), whole(network, frame)));

    EXPECT_NE(IntegerNetwork(random_layers(10), 20001).digest(), network.digest());
    EXPECT_NE(IntegerNetwork(random_layers(11), 20000).digest(), network.digest());
    for (size_t i = 0; i < network.tensors().size(); ++i) {
        auto tensors = network.tensors();
        tensors[i].values.pop_back();
        EXPECT_THROW(IntegerNetwork{tensors}, ModelError) << tensors[i].name;
        tensors = network.tensors();
        tensors[i].dims.push_back(1);
        EXPECT_THROW(IntegerNetwork{tensors}, ModelError) << tensors[i].name;
    }
}

/// Any change of these two would make streams that were written before decode to other samples.
TEST(IntegerNetwork, IsTheSameForEver) {
    const IntegerNetwork network(random_layers(12), 32767);
    const Frame frame(12, 5, 20, 33);
    uint64_t sum = 0;
    for (const uint16_t sample : run(network, frame.whole(), whole(network, frame)))
        sum = sum * 31 + sample;
    EXPECT_EQ(network.digest(), 2186342887294350705U);
    EXPECT_EQ(sum, 15933363845114314899U);
}

}  // namespace
}  // namespace models
