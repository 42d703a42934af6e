// The two autoencoders: shapes, learning, and that the same bits come out however they are trained.
#include "models/initialisation.hpp"
#include "models/model.hpp"
#include "tests/models/options.hpp"

#include <algorithm>
#include <limits>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <tbb/task_arena.h>

namespace models {
namespace {

std::shared_ptr<const Architecture> architecture(const std::string& type,
                                                 const Options& options = {}) {
    return selected<Architecture>(type, options).object();
}

std::shared_ptr<const Architecture> small(const std::string& type) {
    if (type == "fully_connected") return architecture(type, {{"hidden", "[40, 12]"}});
    return architecture(type);
}

const Dims image{1, 32, 32};

/// Smooth blobs, different in each image.
Tensor images(int64_t count, uint64_t seed = 3) {
    Generator generator(seed);
    Tensor tensor({count, 1, 32, 32});
    for (int64_t n = 0; n < count; ++n) {
        const double cx = 32 * generator.uniform();
        const double cy = 32 * generator.uniform();
        for (int64_t y = 0; y < 32; ++y)
            for (int64_t x = 0; x < 32; ++x) {
                const double square = (x - cx) * (x - cx) + (y - cy) * (y - cy);
                tensor.values[static_cast<size_t>((n * 32 + y) * 32 + x)] =
                    static_cast<float>(1 / (1 + square / 40));
            }
    }
    return tensor;
}

std::vector<float> flat(const std::vector<NamedTensor>& tensors) {
    std::vector<float> values;
    for (const NamedTensor& named : tensors)
        values.insert(values.end(), named.tensor.values.begin(), named.tensor.values.end());
    return values;
}

/// The state after some steps on a number of threads; batches of 8, the last of 3.
std::vector<float> trained(const std::string& type, int threads, const TrainingOptions& options) {
    const auto model = small(type)->build(image, 5, options);
    tbb::task_arena(threads).execute([&] {
        for (int step = 0; step < 4; ++step) model->train(images(step == 3 ? 3 : 8), step);
    });
    return flat(model->state());
}

class Autoencoders : public testing::TestWithParam<std::string> {};

TEST_P(Autoencoders, Learn) {
    const auto model = small(GetParam())->build(image, 5, {});
    const Tensor batch = images(8);
    const double first = model->train(batch, 0)[0].second;
    double last = first;
    for (int step = 0; step < 150; ++step) last = model->train(batch, 0)[0].second;
    EXPECT_LT(last, first / 4);
    const Tensor made = model->decode(model->encode(batch));
    EXPECT_EQ(made.dims, batch.dims);
    double error = 0;
    for (size_t i = 0; i < made.values.size(); ++i)
        error += (made.values[i] - batch.values[i]) * (made.values[i] - batch.values[i]);
    EXPECT_NEAR(error / static_cast<double>(made.values.size()), last, last / 2);
}

TEST_P(Autoencoders, GiveTheSameBitsEachTime) {
    for (const int threads : {1, 2})
        EXPECT_EQ(trained(GetParam(), threads, {}), trained(GetParam(), threads, {}));
}

TEST_P(Autoencoders, GoOnFromAStoredState) {
    TrainingOptions options;
    options.clip_norm = 0.5;
    const auto straight = small(GetParam())->build(image, 5, options);
    straight->train(images(8), 0);
    const auto resumed = small(GetParam())->build(image, 99, options);
    resumed->restore(straight->state());
    for (const auto& model : {straight.get(), resumed.get()}) model->train(images(8, 4), 1);
    EXPECT_EQ(flat(straight->state()), flat(resumed->state()));
}

TEST_P(Autoencoders, KeepSnapshotsApart) {
    const auto model = small(GetParam())->build(image, 5, {});
    model->train(images(4), 0);
    const auto snapshot = model->snapshot();
    const auto before = model->encode(images(3)).values.values;
    model->train(images(4), 0);
    EXPECT_EQ(snapshot->encode(images(3)).values.values, before);
    EXPECT_NE(model->encode(images(3)).values.values, before);
    const auto other = small(GetParam())->build(image, 1, {});
    other->restore(model->weights());
    EXPECT_EQ(other->encode(images(3)).values.values, model->encode(images(3)).values.values);
}

TEST_P(Autoencoders, EncodeFromSeveralThreads) {
    const auto model = small(GetParam())->build(image, 5, {});
    const auto expected = model->encode(images(5)).values.values;
    std::vector<std::vector<float>> found(4);
    std::vector<std::thread> threads;
    for (auto& values : found)
        threads.emplace_back([&] { values = model->encode(images(5)).values.values; });
    for (std::thread& thread : threads) thread.join();
    for (const auto& values : found)
        for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-5);
}

TEST_P(Autoencoders, StopWhenTheLossIsNotFinite) {
    const auto model = small(GetParam())->build(image, 5, {});
    model->train(images(2), 0);
    Tensor broken = images(2);
    broken.values[7] = std::numeric_limits<float>::quiet_NaN();
    const auto weights = flat(model->weights());
    EXPECT_THAT([&] { model->train(broken, 0); },
                testing::ThrowsMessage<DivergenceError>(
                    testing::AllOf(testing::HasSubstr("loss"), testing::HasSubstr("step 2"))));
    EXPECT_EQ(flat(model->weights()), weights);
}

TEST_P(Autoencoders, RefuseOtherTensors) {
    const auto model = small(GetParam())->build(image, 5, {});
    auto weights = model->weights();
    weights[0].tensor.dims.push_back(1);
    EXPECT_THROW(model->restore(weights), ModelError);
    EXPECT_THROW(model->restore({}), ModelError);
    EXPECT_THROW(model->encode(Tensor({1, 1, 16, 32})), ModelError);
    EXPECT_THROW(model->train(Tensor({1, 2, 32, 32}), 0), ModelError);
}

INSTANTIATE_TEST_SUITE_P(Both, Autoencoders, testing::Values("convolutional", "fully_connected"),
                         [](const auto& info) { return info.param; });

TEST(Convolutional, GivesTheSameBitsForAnyNumberOfThreads) {
    EXPECT_EQ(trained("convolutional", 1, {}), trained("convolutional", 2, {}));
}

TEST(Convolutional, HasTheShapeOfThePaper) {
    EXPECT_EQ(architecture("convolutional")->latent_dims({1, 128, 128}), (Dims{8, 16, 16}));
    const auto weights = architecture("convolutional")->build({1, 128, 128}, 1, {})->weights();
    std::vector<std::string> shapes;
    for (const NamedTensor& named : weights)
        shapes.push_back(fmt::format("{} {}", named.name, fmt::join(named.tensor.dims, " ")));
    EXPECT_THAT(shapes, testing::ElementsAre("encoder.0.weights 16 1 3 3", "encoder.0.bias 16",
                                             "encoder.1.weights 8 16 3 3", "encoder.1.bias 8",
                                             "encoder.2.weights 8 8 3 3", "encoder.2.bias 8",
                                             "decoder.0.weights 8 8 3 3", "decoder.0.bias 8",
                                             "decoder.1.weights 8 8 3 3", "decoder.1.bias 8",
                                             "decoder.2.weights 16 8 3 3", "decoder.2.bias 16",
                                             "decoder.3.weights 1 16 3 3", "decoder.3.bias 1"));
}

TEST(Convolutional, SaysWhichSizesFit) {
    EXPECT_THAT(
        [] {
            architecture("convolutional")->latent_dims({1, 100, 100});
        },
        testing::ThrowsMessage<ModelError>(testing::HasSubstr("multiples of 8")));
}

TEST(Convolutional, TakesOtherOptions) {
    const auto model = architecture("convolutional", {{"encoder", "[4, 6]"},
                                                      {"decoder", "[5, 3]"},
                                                      {"kernel", "5"},
                                                      {"activation", "leaky_relu"},
                                                      {"output", "sigmoid"}})
                           ->build(image, 1, {});
    model->train(images(3), 0);
    EXPECT_EQ(model->encode(images(2)).values.dims, (Dims{2, 6, 8, 8}));
}

TEST(FullyConnected, HasTheShapeOfThePaper) {
    EXPECT_EQ(architecture("fully_connected")->latent_dims({1, 128, 128}), (Dims{2048, 1, 1}));
}

}  // namespace
}  // namespace models
