// Bits and their gradients: against PyTorch's, and that what they are made of are probabilities.
#include "models/likelihood.hpp"
#include "tests/models/fixture.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace models {
namespace {

void expect_near(const std::vector<float>& found, const Tensor& expected, const std::string& what) {
    ASSERT_EQ(found.size(), expected.values.size()) << what;
    for (size_t i = 0; i < found.size(); ++i)  // differences of neighbours: less exact than floats
        EXPECT_NEAR(found[i], expected.values[i], 2e-3 * std::max(1.F, std::abs(found[i])))
            << what << " " << i;
}

TEST(Gaussian, HasTheBitsAndGradientsOfPyTorch) {
    const Fixture fixture("gaussian_bits");
    const auto& values = fixture["values"].values;
    std::vector<float> diff_values(values.size());
    std::vector<float> diff_log_scales(values.size());
    const double bits =
        gaussian_bits(values, fixture["log_scales"].values, diff_values, diff_log_scales);
    EXPECT_NEAR(bits, fixture.number("bits"), 1e-4 * bits);
    expect_near(diff_values, fixture["diff_values"], "diff_values");
    expect_near(diff_log_scales, fixture["diff_log_scales"], "diff_log_scales");
    EXPECT_EQ(gaussian_bits(values, fixture["log_scales"].values, {}, {}), bits);
}

TEST(Mixture, HasTheBitsAndGradientsOfPyTorch) {
    const Fixture fixture("mixture_bits");
    const auto& values = fixture["values"].values;
    std::vector<float> diff_values(values.size());
    std::vector<float> diff_parameters(mixture_parameters);
    const double bits =
        mixture_bits(values, fixture["parameters"].values, diff_values, diff_parameters);
    EXPECT_NEAR(bits, fixture.number("bits"), 1e-4 * bits);
    expect_near(diff_values, fixture["diff_values"], "diff_values");
    expect_near(diff_parameters, fixture["diff_parameters"], "diff_parameters");
}

/// The sum of the probabilities of all whole numbers.
template <class Bits>
double whole(Bits bits) {
    double sum = 0;
    for (int value = -3000; value <= 3000; ++value) {
        const double one = bits(static_cast<float>(value));
        if (one < tail_bits) sum += std::exp2(-one);
    }
    return sum;
}

TEST(Likelihoods, AddUpToOne) {
    for (const float log_scale : {-9.F, -1.F, 0.F, 2.F, 5.F}) {
        const auto bits = [&](float value) {
            return gaussian_bits(std::vector{value}, std::vector{log_scale}, {}, {});
        };
        EXPECT_NEAR(whole(bits), 1, 1e-3) << log_scale;
    }
    const std::vector<float> parameters{0.3F, -1, 2, 1.5F, 0, -3, -1, 0.5F, 1};
    EXPECT_NEAR(
        whole([&](float value) { return mixture_bits(std::vector{value}, parameters, {}, {}); }), 1,
        1e-3);
}

TEST(Likelihoods, PullBackWhatIsFarOut) {
    for (const float value : {-4000.F, 300.F}) {
        std::vector<float> diff_value(1);
        std::vector<float> diff_log_scale(1);
        EXPECT_GT(gaussian_bits(std::vector{value}, std::vector{0.F}, diff_value, diff_log_scale),
                  tail_bits);
        EXPECT_GT(diff_value[0] * value, 0);
        EXPECT_LT(diff_log_scale[0], 0);
    }
    // Narrower than the least scale cannot be asked for, wider always.
    std::vector<float> diff_value(1);
    std::vector<float> diff_log_scale(1);
    gaussian_bits(std::vector{0.F}, std::vector{-7.F}, diff_value, diff_log_scale);
    EXPECT_EQ(diff_log_scale[0], 0);
    gaussian_bits(std::vector{1.F}, std::vector{-7.F}, diff_value, diff_log_scale);
    EXPECT_LT(diff_log_scale[0], 0);
}

}  // namespace
}  // namespace models
