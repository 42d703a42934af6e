// Makes images that look like cells under a fluorescence microscope, so that everything runs with
// no data: U2OS-like cells, dim in the cytoplasm, dark or bright at the nucleus, some full of
// bright granules, under uneven light and with the noise of a camera.
#include "graph/source.hpp"
#include "nodes/types.hpp"

#include <array>

namespace nodes {
namespace {

struct Params : graph::Schedule {
    int64_t count = 144;
    int width = 512;
    int height = 512;
    int bits = 8;
    double cells = 60;
    double noise = 1;
};

constexpr double pi = 3.14159265358979;
constexpr int64_t fields = 3;  // images of one well

/// What all fields of a well share: how dense and how bright the cells are, and how many of them
/// show granules, which is what the assay of BBBC016 doses.
struct Well {
    double density, brightness, background, granular;
};

Well well_of(int64_t item, uint64_t seed) {
    graph::Stamp stamp;
    stamp.pass = 1;  // apart from the items' own numbers
    stamp.index = static_cast<uint64_t>(item / fields);
    graph::Random random(seed, "generate_cells", stamp);
    return {random.uniform(0.6, 1.3), random.uniform(0.6, 1.4), random.uniform(0.05, 0.14),
            random.uniform() * random.uniform(0.2, 1.0)};
}

/// A canvas of light, drawn on with soft spots.
class Field {
  public:
    Field(const Params& params, int64_t item, uint64_t seed)
        : width_(params.width),
          height_(params.height),
          scale_(std::sqrt(static_cast<double>(width_) * height_) / 512),
          well_(well_of(item, seed)),
          random_(random_of(item, seed)),
          light_(static_cast<size_t>(width_) * static_cast<size_t>(height_),
                 static_cast<float>(well_.background)) {}

    formats::Image draw(const Params& params) {
        const auto cells =
            static_cast<int>(std::lround(params.cells * well_.density * random_.uniform(0.8, 1.2)));
        for (int i = 0; i < cells / 5; ++i) draw_haze();
        for (int i = 0; i < cells; ++i) draw_cell();
        if (random_.uniform() < 0.3) draw_debris();
        return expose(params.bits, params.noise);
    }

  private:
    static graph::Random random_of(int64_t item, uint64_t seed) {
        graph::Stamp stamp;
        stamp.index = static_cast<uint64_t>(item);
        return {seed, "generate_cells", stamp};
    }

    /// A spot of elliptic shape: (1 - r^2)^2 is smooth at its edge and needs no exponential.
    struct Spot {
        double x, y;
        double length, breadth;  // half axes
        double angle;
        double light;     // at its middle
        double ring = 0;  // how much darker its middle is: 1 is black
    };

    void add(const Spot& spot) {
        const double reach = std::max(spot.length, spot.breadth);
        const int top = std::max(0, static_cast<int>(spot.y - reach));
        const int bottom = std::min(height_ - 1, static_cast<int>(spot.y + reach) + 1);
        const int left = std::max(0, static_cast<int>(spot.x - reach));
        const int right = std::min(width_ - 1, static_cast<int>(spot.x + reach) + 1);
        const double c = std::cos(spot.angle), s = std::sin(spot.angle);
        const auto along_x = static_cast<float>(c / spot.length);
        const auto along_y = static_cast<float>(s / spot.length);
        const auto across_x = static_cast<float>(-s / spot.breadth);
        const auto across_y = static_cast<float>(c / spot.breadth);
        const auto light = static_cast<float>(spot.light), ring = static_cast<float>(spot.ring);
        for (int y = top; y <= bottom; ++y) {
            float* row = light_.data() + static_cast<size_t>(y) * static_cast<size_t>(width_);
            const auto dy = static_cast<float>(y - spot.y);
            for (int x = left; x <= right; ++x) {
                const auto dx = static_cast<float>(x - spot.x);
                const float u = dx * along_x + dy * along_y, v = dx * across_x + dy * across_y;
                const float fall = std::max(0.0f, 1 - u * u - v * v);
                row[x] += light * fall * fall * (1 - ring * fall);
            }
        }
    }

    /// Flat cells out of focus.
    void draw_haze() {
        add({random_.uniform() * width_, random_.uniform() * height_,
             scale_ * random_.uniform(60, 130), scale_ * random_.uniform(30, 70),
             random_.uniform(0, pi), well_.brightness * random_.uniform(0.02, 0.09)});
    }

    void draw_cell() {
        const double x = random_.uniform(-0.03, 1.03) * width_;
        const double y = random_.uniform(-0.03, 1.03) * height_;
        const double angle = random_.uniform(0, pi);
        const double breadth = scale_ * random_.uniform(18, 30);
        const double length = breadth * random_.uniform(1.1, 2.4);
        const double bright = random_.uniform() < 0.08 ? 3 : 1;  // rounded, dying cells
        const double light = well_.brightness * bright * random_.uniform(0.07, 0.2);
        const double c = std::cos(angle), s = std::sin(angle);

        // The body is a few overlapping lobes, so that no two outlines are alike.
        add({x, y, length, breadth, angle, light});
        for (int lobe = 0; lobe < 3; ++lobe) {
            const double along = random_.uniform(-0.6, 0.6) * length;
            const double across = random_.uniform(-0.4, 0.4) * breadth;
            add({x + along * c - across * s, y + along * s + across * c,
                 length * random_.uniform(0.4, 0.8), breadth * random_.uniform(0.4, 0.8),
                 angle + random_.uniform(-0.5, 0.5), light * random_.uniform(0.2, 0.5)});
        }
        // The nucleus: a bright rim around a shadow, and a nucleolus in it.
        const double nucleus = scale_ * random_.uniform(9, 14);
        add({x, y, nucleus * random_.uniform(1.1, 1.5), nucleus, angle, 1.7 * light, 1.9});
        add({x + random_.uniform(-3, 3) * scale_, y + random_.uniform(-3, 3) * scale_, 3 * scale_,
             2.5 * scale_, angle, 0.8 * light});
        if (random_.uniform() < well_.granular) draw_granules(x, y, length, breadth, angle);
    }

    void draw_granules(double x, double y, double length, double breadth, double angle) {
        const double c = std::cos(angle), s = std::sin(angle);
        const auto granules = 10 + static_cast<int>(random_.below(35));
        const double light = well_.brightness * random_.uniform(0.1, 0.4);
        for (int i = 0; i < granules; ++i) {
            const double around = random_.uniform(0, 2 * pi);
            const double out = std::sqrt(random_.uniform(0.06, 0.5));
            const double along = out * std::cos(around) * length;
            const double across = out * std::sin(around) * breadth;
            const double size = std::max(0.8, scale_ * random_.uniform(1.4, 3.6));
            add({x + along * c - across * s, y + along * s + across * c, size, size, 0,
                 light * random_.uniform(0.4, 2)});
        }
    }

    void draw_debris() {
        const double x = random_.uniform() * width_, y = random_.uniform() * height_;
        for (int i = 0; i < 4; ++i)
            add({x + random_.uniform(-8, 8) * scale_, y + random_.uniform(-8, 8) * scale_,
                 random_.uniform(6, 14) * scale_, random_.uniform(3, 8) * scale_,
                 random_.uniform(0, pi), random_.uniform(0.3, 0.9)});
    }

    /// Four sums of uniforms out of one number are near enough to a normal distribution.
    float normal() {
        const uint64_t bits = random_.next();
        const auto sum = static_cast<int>((bits & 0xffff) + (bits >> 16 & 0xffff) +
                                          (bits >> 32 & 0xffff) + (bits >> 48));
        return static_cast<float>(sum - 131070) * (1 / 37837.0f);  // 65536 * sqrt(4 / 12)
    }

    /// What the camera sees: brighter in the middle of the light, with shot and read-out noise.
    formats::Image expose(int bits, double noise) {
        formats::Image image;
        image.width = width_;
        image.height = height_;
        image.type = bits == 8 ? formats::SampleType::u8 : formats::SampleType::u16;
        image.samples = std::move(light_);
        const double middle_x = random_.uniform(0.35, 0.65) * width_;
        const double middle_y = random_.uniform(0.35, 0.65) * height_;
        const auto reach = static_cast<float>(
            1.2 / (static_cast<double>(width_) * width_ + static_cast<double>(height_) * height_));
        const auto shot = static_cast<float>(noise * noise * 0.0008);
        const auto read = static_cast<float>(noise * noise * 0.00004);
        const float full = bits == 8 ? 255 : 65535;
        size_t i = 0;
        for (int y = 0; y < height_; ++y) {
            const auto dy = static_cast<float>(y - middle_y);
            for (int x = 0; x < width_; ++x, ++i) {
                const auto dx = static_cast<float>(x - middle_x);
                const float light = image.samples[i] * (1 - reach * (dx * dx + dy * dy));
                const float seen =
                    light + normal() * std::sqrt(std::max(0.0f, light) * shot + read);
                image.samples[i] = std::floor(std::clamp(seen, 0.0f, 1.0f) * full + 0.5f) / full;
            }
        }
        return image;
    }

    const int width_, height_;
    const double scale_;  // cells are larger in larger images
    const Well well_;
    graph::Random random_;
    std::vector<float> light_;
};

class GenerateCells : public graph::Source {
  public:
    GenerateCells(const Params& params, const graph::Setup& setup)
        : params_(params), seed_(static_cast<uint64_t>(setup.settings.seed)) {
        if (params.bits != 8 && params.bits != 16)
            throw graph::ConfigurationError(setup.id + ": 'bits' must be 8 or 16");
    }

    size_t list() override { return static_cast<size_t>(params_.count); }
    graph::Item item(size_t number) const override {
        const auto i = static_cast<int64_t>(number);
        return {name(i), fmt::format("{:02}", i / fields + 1)};
    }

    void receive(graph::Call& call) override {
        const auto item = static_cast<int64_t>(item_of(call));
        formats::Image image = Field(params_, item, seed_).draw(params_);
        image.path = name(item);
        call.emit("image", std::move(image));
    }

  private:
    /// As files of BBBC016 are named: the well and the field in it.
    static std::string name(int64_t item) {
        return fmt::format("cells_O{:02}f{:02}.tif", item / fields + 1, item % fields);
    }

    const Params params_;
    const uint64_t seed_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::source<Params, GenerateCells>(
        {.name = "generate_cells",
         .doc = "Makes images of cell-like shapes, the same for the same seed.",
         .group = "source",
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image",
                                                 "as a fluorescence microscope would give it")},
         .params = {param("count", &Params::count, graph::Range{1, 1e9}, "how many images"),
                    param("width", &Params::width, graph::Range{16, 16384}, "in pixels"),
                    param("height", &Params::height, graph::Range{16, 16384}, "in pixels"),
                    param("bits", &Params::bits, graph::Range{8, 16}, "of each pixel: 8 or 16"),
                    param("cells", &Params::cells, graph::Range{0, 10000},
                          "cells in an image, on average"),
                    param("noise", &Params::noise, graph::Range{0, 100},
                          "of the camera: 0 none, 1 as usual")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>&) {
        const auto& p = *static_cast<const Params*>(params);
        return std::vector<graph::Shape>{{1, p.height, p.width}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
