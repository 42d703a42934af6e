// Every layer: its gradient against finite differences, and its values against PyTorch's.
#include "models/layers.hpp"
#include "models/pixel_shuffle.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/gradient_check.hpp"

#include <gmock/gmock.h>
#include <tbb/task_arena.h>

namespace models {
namespace {

ConvolutionOptions options(int64_t channels, int64_t kernel = 3, int64_t stride = 1,
                           Activation activation = Activation::none) {
    return {channels, kernel, stride, activation};
}

LayerPointer residual_block(int64_t channels) {
    return residual(
        {convolution(options(channels, 3, 1, Activation::relu)), convolution(options(channels))});
}

struct Case {
    std::string name;
    LayerPointer layer;
    Dims src;
    int64_t images = 2;
    double tolerance = 0.01;  // more for deep ones: rounding
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class Gradients : public testing::TestWithParam<Case> {};

TEST_P(Gradients, AreThoseOfTheForwardPass) {
    check_gradients(GetParam().layer, GetParam().src, GetParam().images, GetParam().tolerance);
}

TEST_P(Gradients, AreTheSameOnOneThread) {
    tbb::task_arena(1).execute([] {
        check_gradients(GetParam().layer, GetParam().src, GetParam().images, GetParam().tolerance);
    });
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Gradients,
    testing::Values(
        Case{"dense", dense({3, 1, 7}), {2, 3, 5}, 5},
        Case{"dense_tanh", dense({19, 1, 1}, Activation::tanh), {1, 60, 50}, 3},
        Case{"convolution", convolution(options(5)), {3, 9, 8}},
        Case{"convolution_relu", convolution(options(16, 3, 1, Activation::relu)), {8, 8, 8}},
        Case{
            "convolution_stride", convolution(options(8, 4, 2, Activation::leaky_relu)), {3, 8, 8}},
        Case{"convolution_1x1", convolution(options(6, 1)), {8, 5, 7}},
        Case{"convolution_7x7", convolution(options(9, 7)), {1, 12, 12}},
        Case{"convolution_sigmoid", convolution(options(1, 3, 1, Activation::sigmoid)), {16, 8, 8}},
        Case{"transposed", transposed_convolution(options(6, 4, 2)), {5, 4, 6}},
        Case{"transposed_3x3",
             transposed_convolution(options(8, 3, 2, Activation::relu)),
             {8, 4, 4}},
        Case{
            "convolution_pool", convolution_pool(options(16, 3, 1, Activation::relu)), {1, 16, 12}},
        Case{"convolution_pool_8",
             convolution_pool(options(8, 3, 1, Activation::relu)),
             {16, 8, 20}},
        Case{"convolution_pool_odd", convolution_pool(options(5)), {3, 8, 6}},
        Case{"upsample_convolution", upsample_convolution(options(3)), {4, 5, 6}},
        Case{"upsample_convolution_8",
             upsample_convolution(options(16, 3, 1, Activation::relu)),
             {8, 6, 10}},
        Case{"upsample_convolution_1", upsample_convolution(options(1)), {16, 6, 9}},
        Case{"upsample_convolution_5x5", upsample_convolution(options(2, 5)), {8, 6, 6}},
        Case{"max_pool", max_pool(), {3, 6, 8}}, Case{"upsample", upsample(), {3, 4, 5}},
        Case{"blur", blur(), {3, 5, 9}}, Case{"relu", activation(Activation::relu), {3, 4, 5}},
        Case{"leaky_relu", activation(Activation::leaky_relu), {3, 4, 5}},
        Case{"sigmoid", activation(Activation::sigmoid), {3, 4, 5}},
        Case{"tanh", activation(Activation::tanh), {3, 4, 5}},
        Case{"batch_norm", batch_norm(), {3, 4, 5}, 4},
        Case{"instance_norm", instance_norm(), {3, 4, 5}},
        Case{"channel_norm", channel_norm(), {6, 4, 5}},
        Case{"residual", residual_block(4), {4, 6, 6}},
        Case{"pixel_shuffle", pixel_shuffle(2), {12, 4, 5}},
        Case{"pixel_shuffle_8", pixel_shuffle(2), {32, 4, 5}},
        Case{"pixel_shuffle_4", pixel_shuffle(4), {16, 4, 5}}, Case{"gdn", gdn(), {10, 5, 7}},
        Case{"gdn_32", gdn(), {32, 6, 6}}, Case{"inverse_gdn", gdn(true), {10, 5, 7}},
        Case{"block",
             std::make_shared<Sequence>(Layers{convolution(options(8)), instance_norm(),
                                               residual_block(8), channel_norm(),
                                               convolution(options(3))}),
             {2, 8, 8},
             2,
             0.05}),
    [](const auto& info) { return info.param.name; });

struct Reference {
    std::string fixture;
    LayerPointer layer;
    std::vector<std::string> parameters = {"weights", "bias"};
};

void PrintTo(const Reference& one, std::ostream* out) { *out << one.fixture; }

class PyTorch : public testing::TestWithParam<Reference> {};

/// PyTorch keeps the weights of transposed convolutions as input, output, height, width.
Tensor output_first(const Tensor& weights) {
    Tensor result({weights.dims[1], weights.dims[0], weights.dims[2], weights.dims[3]});
    const int64_t window = weights.dims[2] * weights.dims[3];
    for (int64_t i = 0; i < weights.dims[0]; ++i)
        for (int64_t o = 0; o < weights.dims[1]; ++o)
            std::copy_n(&weights.values[static_cast<size_t>((i * weights.dims[1] + o) * window)],
                        window,
                        &result.values[static_cast<size_t>((o * weights.dims[0] + i) * window)]);
    return result;
}

void expect_near(std::span<const float> found, std::span<const float> expected,
                 const std::string& what) {
    ASSERT_EQ(found.size(), expected.size()) << what;
    for (size_t i = 0; i < found.size(); ++i)
        EXPECT_NEAR(found[i], expected[i], 2e-5 * std::max(1.F, std::abs(expected[i])))
            << what << " " << i;
}

TEST_P(PyTorch, MakesTheSame) {
    const auto& [name, layer, parameters] = GetParam();
    const Fixture fixture(name);
    const auto get = [&fixture, &name = name](const std::string& tensor) {
        return name.starts_with("transposed") && tensor.ends_with("weights")
                   ? output_first(fixture[tensor])
                   : fixture[tensor];
    };
    Dims image(fixture["src"].dims.begin() + 1, fixture["src"].dims.end());
    image.resize(3, 1);
    Network network("net", image, {layer});
    auto to = network.change().begin();
    for (const std::string& parameter : parameters) {
        const Tensor values = get(parameter);
        to = std::copy(values.values.begin(), values.values.end(), to);
    }
    const int64_t images = fixture["src"].dims[0];
    Pass pass(network, images, Mode::training);
    expect_near(pass.forward(fixture["src"].values.data()), fixture["dst"].values, "dst");
    std::vector<float> diff_src(fixture["src"].values.size());
    std::vector<float> gradients(network.values().size());
    pass.backward(fixture["diff_dst"].values.data(), diff_src.data(), {gradients.data()});
    expect_near(diff_src, fixture["diff_src"].values, "diff_src");
    size_t offset = 0;
    for (const std::string& parameter : parameters) {
        const Tensor expected = get("diff_" + parameter);
        expect_near(std::span(gradients).subspan(offset, expected.values.size()), expected.values,
                    "diff_" + parameter);
        offset += expected.values.size();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Layers, PyTorch,
    testing::Values(
        Reference{"dense", dense({10, 1, 1})}, Reference{"convolution", convolution(options(5))},
        Reference{"convolution_stride_2", convolution(options(6, 3, 2))},
        Reference{"convolution_4x4_stride_2", convolution(options(8, 4, 2))},
        Reference{"convolution_1x1", convolution(options(4, 1))},
        Reference{"convolution_7x7", convolution(options(4, 7))},
        Reference{"convolution_to_one_channel", convolution(options(1))},
        Reference{"transposed_convolution", transposed_convolution(options(3, 4, 2))},
        Reference{"transposed_convolution_3x3", transposed_convolution(options(3, 3, 2))},
        Reference{"max_pool", max_pool(), {}}, Reference{"upsample", upsample(), {}},
        Reference{"upsample_convolution", upsample_convolution(options(3))},
        Reference{"pixel_shuffle", pixel_shuffle(2), {}},
        Reference{"gdn", gdn(), {"beta", "gamma"}},
        Reference{"inverse_gdn", gdn(true), {"beta", "gamma"}},
        Reference{"relu", activation(Activation::relu), {}},
        Reference{"leaky_relu", activation(Activation::leaky_relu), {}},
        Reference{"sigmoid", activation(Activation::sigmoid), {}},
        Reference{"tanh", activation(Activation::tanh), {}},
        Reference{"batch_norm", batch_norm(), {"scale", "shift"}},
        Reference{"instance_norm", instance_norm(), {"scale", "shift"}},
        Reference{"channel_norm", channel_norm(), {"scale", "shift"}},
        Reference{"blur", blur(), {}},
        Reference{"residual", residual_block(4), {"weights_1", "bias_1", "weights_2", "bias_2"}}),
    [](const auto& info) { return info.param.fixture; });

TEST(Blur, MakesUpsamplingBilinear) {
    const Fixture fixture("bilinear");
    const Network network("smooth", {3, 4, 5}, {upsample(), blur()});
    expect_near(network.run(fixture["src"]).values, fixture["dst"].values, "dst");
}

TEST(BatchNorm, KeepsAveragesForInference) {
    const Fixture fixture("batch_norm");
    Network network("net", {3, 5, 6}, {batch_norm()});
    Generator generator(1);
    network.initialise("glorot_uniform", generator);
    std::ranges::copy(fixture["scale"].values, network.change().begin());
    std::ranges::copy(fixture["shift"].values, network.change().begin() + 3);
    Pass pass(network, 4, Mode::training);
    pass.forward(fixture["src"].values.data());
    std::vector<float> gradients(network.values().size());
    pass.backward(fixture["diff_dst"].values.data(), nullptr, {gradients.data()});
    network.move_averages(gradients.data());
    expect_near(network.values().subspan(6, 3), fixture["running_mean"].values, "mean");
    expect_near(network.values().subspan(9, 3), fixture["running_variance"].values, "variance");
    expect_near(network.run(fixture["src"]).values, fixture["inference"].values, "inference");
}

TEST(MaxPool, RefusesOddSizes) {
    EXPECT_THAT(
        [] {
            Network("net", {1, 10, 7}, {max_pool()});
        },
        testing::ThrowsMessage<ModelError>(testing::HasSubstr("7x10")));
}

}  // namespace
}  // namespace models
