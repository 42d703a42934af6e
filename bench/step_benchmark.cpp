// Images per second of training steps on random images: what bench/torch_step.py measures for
// PyTorch.
#include "models/initialisation.hpp"
#include "models/model.hpp"

#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace {

struct Options {
    std::string model = "convolutional";
    int64_t batch = 8;
    int64_t size = 128;
    int threads = 2;
    double seconds = 5;
};

models::Tensor random_images(const Options& options) {
    models::Tensor images({options.batch, 1, options.size, options.size});
    models::Generator generator(7);
    for (float& value : images.values) value = static_cast<float>(generator.uniform());
    return images;
}

double images_per_second(const Options& options) {
    using Clock = std::chrono::steady_clock;
    const graph::Selected<models::Architecture> architecture(options.model);
    const auto model = architecture.object()->build({1, options.size, options.size}, 7, {});
    const models::Tensor images = random_images(options);
    for (int i = 0; i < 3; ++i) model->train(images, 0);  // makes the workspaces
    int64_t done = 0;
    const auto start = Clock::now();
    std::chrono::duration<double> taken{};
    while (taken.count() < options.seconds) {
        model->train(images, 0);
        done += options.batch;
        taken = Clock::now() - start;
    }
    return static_cast<double>(done) / taken.count();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("images per second of training");
    app.add_option("--model", options.model, "convolutional, fully_connected or gan");
    app.add_option("--batch", options.batch, "images in a step");
    app.add_option("--size", options.size, "side of the images in pixels");
    app.add_option("--threads", options.threads, "how many to use");
    app.add_option("--seconds", options.seconds, "how long to measure");
    CLI11_PARSE(app, argc, argv);
    tbb::task_arena(options.threads).execute([&] {
        std::printf("%s batch %lld threads %d: %.1f images/s\n", options.model.c_str(),
                    static_cast<long long>(options.batch), options.threads,
                    images_per_second(options));
    });
    return 0;
}
