// Megapixels per second of the exact integer synthesis, for channels and windows given by hand:
// what an architecture would cost before it is trained.
#include "models/freeze.hpp"
#include "models/initialisation.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <tbb/task_arena.h>

namespace {

struct Options {
    std::vector<int64_t> channels{48, 64, 64, 32, 1};  // of latents and of each layer's result
    std::vector<int64_t> factors{2, 1, 2, 4};          // how much larger each layer makes images
    std::string up = "pixel_shuffled";
    int64_t kernel = 3;
    std::string instructions;
    int64_t size = 1024;
    int threads = 2;
    double seconds = 3;
};

std::vector<models::TrainedConvolution> random_layers(const Options& options) {
    using Kind = models::TrainedConvolution::Kind;
    const Kind up = options.up == "transposed"  ? Kind::transposed
                    : options.up == "upsampled" ? Kind::upsampled
                                                : Kind::pixel_shuffled;
    models::Generator generator(7);
    std::vector<models::TrainedConvolution> layers;
    for (size_t i = 0; i < options.factors.size(); ++i) {
        models::TrainedConvolution layer;
        layer.factor = options.factors[i];
        layer.kind = layer.factor == 1 ? Kind::plain : up;
        const int64_t kernel = layer.factor == 1 ? 3 : options.kernel;
        const int64_t phases = layer.kind == Kind::pixel_shuffled ? layer.factor * layer.factor : 1;
        const int64_t outputs = options.channels.at(i + 1) * phases;
        layer.weights = models::Tensor({outputs, options.channels[i], kernel, kernel});
        for (float& weight : layer.weights.values)
            weight = static_cast<float>(generator.normal()) * 0.1F;
        layer.bias.resize(static_cast<size_t>(outputs));
        layers.push_back(std::move(layer));
    }
    return layers;
}

/// For each sample; weights of 0 are left out, as the kernels leave them out.
double multiply_adds(const models::IntegerNetwork& network) {
    double sum = 0;
    double scale = 1;
    for (const auto& layer : network.layers()) {
        for (const int32_t weight : layer.weights) sum += weight != 0 ? scale : 0;
        scale *= static_cast<double>(layer.phases());
    }
    return sum / scale;
}

/// Of all runs together, and of the fastest, which others on the machine disturbed least.
struct Speed {
    double mean;
    double best;
};

Speed megapixels_per_second(const models::IntegerNetwork& network, const Options& options) {
    using Clock = std::chrono::steady_clock;
    const int64_t side = options.size / network.scale();
    std::vector<int32_t> latents(static_cast<size_t>(network.layers().front().inputs * side * side),
                                 100);
    const models::Window window{0, 0, side * network.scale(), side * network.scale()};
    std::vector<uint16_t> samples(
        static_cast<size_t>(network.channels() * window.rows * window.columns));
    const auto run = [&] {
        network.run({side, side, {0, 0, side, side}, latents}, window, samples);
    };
    run();  // makes the workspaces
    const double megapixels = static_cast<double>(window.rows * window.columns) / 1e6;
    double taken = 0;
    double least = 1e9;
    double runs = 0;
    for (; taken < options.seconds; ++runs) {
        const auto start = Clock::now();
        run();
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        taken += seconds;
        least = std::min(least, seconds);
    }
    return {runs * megapixels / taken, megapixels / least};
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("megapixels per second of the integer synthesis");
    app.add_option("--channels", options.channels, "of the latents and of each layer's result");
    app.add_option("--up", options.up, "upsampled, transposed or pixel_shuffled");
    app.add_option("--kernel", options.kernel, "of the layers that make images larger");
    app.add_option("--factors", options.factors, "how much larger each layer makes images");
    app.add_option("--instructions", options.instructions, "avx2, sse2 or scalar");
    app.add_option("--size", options.size, "side of the frame in samples");
    app.add_option("--threads", options.threads, "how many to use");
    app.add_option("--seconds", options.seconds, "how long to measure");
    CLI11_PARSE(app, argc, argv);

    std::vector<std::vector<double>> largest;
    for (size_t i = 1; i + 1 < options.channels.size(); ++i)
        largest.emplace_back(options.channels[i], 10.0);
    const auto frozen = models::freeze(random_layers(options), largest, {});
    for (const models::IntegerKernel& kernel : models::integer_kernels()) {
        if (!options.instructions.empty() && kernel.name != options.instructions) continue;
        const models::IntegerNetwork network(frozen.layers(), frozen.largest_latent(), kernel);
        tbb::task_arena(options.threads).execute([&] {
            const Speed speed = megapixels_per_second(network, options);
            const double work = multiply_adds(network);
            std::printf(
                "%s threads %d: %.0f multiply-adds/pixel, %.1f MP/s, at best %.1f (%.1f GMAC/s)\n",
                std::string(kernel.name).c_str(), options.threads, work, speed.mean, speed.best,
                work * speed.best / 1e3);
        });
        if (options.instructions.empty()) break;
    }
    return 0;
}
