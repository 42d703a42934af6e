// What an archive says of each image, against plain loops.
#include "nodes/fidelity.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using formats::Frame;
using formats::SampleType;
using nodes::fidelity;

/// Random samples, and the stored values with noise of up to `noise` grey levels.
struct Pair {
    Frame frame;
    std::vector<uint16_t> stored, noisy;
};

Pair make_pair(SampleType type, int size, int channels, int pages, int noise, int most) {
    Pair pair;
    graph::Random random(7);
    const float full = type == SampleType::u8 ? 255.0F : 65535.0F;
    for (int page = 0; page < pages; ++page) {
        auto& image = pair.frame.pages.emplace_back();
        image.width = size;
        image.height = size + 3;
        image.channels = channels;
        image.type = type;
        for (int i = 0; i < size * (size + 3) * channels; ++i) {
            const auto value = static_cast<int>(random.below(static_cast<uint64_t>(most) + 1));
            const auto error = static_cast<int>(random.below(2 * static_cast<uint64_t>(noise) + 1));
            image.samples.push_back(static_cast<float>(value) / full);
            pair.stored.push_back(static_cast<uint16_t>(value));
            pair.noisy.push_back(static_cast<uint16_t>(
                std::clamp(value + error - noise, 0, static_cast<int>(full))));
        }
    }
    return pair;
}

struct Expected {
    double psnr, max_error;
};

Expected by_hand(const Pair& pair, double peak) {
    double sum = 0, most = 0;
    for (size_t i = 0; i < pair.stored.size(); ++i) {
        const double error = std::abs(static_cast<double>(pair.noisy[i]) - pair.stored[i]);
        sum += error * error;
        most = std::max(most, error);
    }
    return {10 * std::log10(peak * peak * static_cast<double>(pair.stored.size()) / sum), most};
}

void expect_as_by_hand(const Pair& pair, double peak) {
    const auto found = fidelity(pair.frame, pair.noisy);
    const Expected expected = by_hand(pair, peak);
    EXPECT_NEAR(found.psnr, expected.psnr, 1e-6);
    EXPECT_EQ(found.max_error, expected.max_error);
    EXPECT_GT(found.ssim, 0);
    EXPECT_LT(found.ssim, 1);
}

TEST(Fidelity, OfEightBitsThePeakIs255) {
    expect_as_by_hand(make_pair(SampleType::u8, 20, 1, 1, 9, 100), 255);
    expect_as_by_hand(make_pair(SampleType::u8, 16, 3, 2, 30, 255), 255);
}

TEST(Fidelity, OfSixteenBitsThePeakIsTheBrightestSampleOfAllPages) {
    Pair pair = make_pair(SampleType::u16, 20, 1, 3, 9, 4000);
    pair.frame.pages[2].samples[5] = 4321.0F / 65535;
    const size_t page = pair.frame.pages[0].samples.size();
    pair.stored[2 * page + 5] = pair.noisy[2 * page + 5] = 4321;
    expect_as_by_hand(pair, 4321);
    pair = make_pair(SampleType::u16, 20, 2, 1, 700, 65535);
    expect_as_by_hand(pair, *std::ranges::max_element(pair.stored));
}

TEST(Fidelity, EqualImages) {
    const Pair pair = make_pair(SampleType::u16, 20, 1, 2, 0, 4000);
    const auto found = fidelity(pair.frame, pair.stored);
    EXPECT_EQ(found.psnr, std::numeric_limits<double>::infinity());
    EXPECT_NEAR(found.ssim, 1, 1e-12);
    EXPECT_EQ(found.max_error, 0);
}

TEST(Fidelity, SimilarityIsTheMeanOfPagesAndUnknownOfTinyOnes) {
    Pair pair = make_pair(SampleType::u8, 20, 1, 2, 20, 255);
    const double both = fidelity(pair.frame, pair.noisy).ssim;
    const size_t page = pair.frame.pages[0].samples.size();
    double sum = 0;
    for (size_t i = 0; i < 2; ++i) {
        const Frame one{{pair.frame.pages[i]}, {}};
        sum += fidelity(one, std::span(pair.noisy).subspan(i * page, page)).ssim;
    }
    EXPECT_NEAR(both, sum / 2, 1e-12);
    const Pair tiny = make_pair(SampleType::u8, 10, 1, 1, 20, 255);
    const auto found = fidelity(tiny.frame, tiny.noisy);
    EXPECT_TRUE(std::isnan(found.ssim));
    EXPECT_NEAR(found.psnr, by_hand(tiny, 255).psnr, 1e-6);
}

TEST(Fidelity, ABlackImageHasAPeak) {
    Pair black = make_pair(SampleType::u16, 20, 1, 1, 0, 0);
    black.noisy[0] = 3;
    const auto found = fidelity(black.frame, black.noisy);
    EXPECT_EQ(found.max_error, 3);
    EXPECT_NEAR(found.psnr, by_hand(black, 1).psnr, 1e-6);
    EXPECT_TRUE(std::isfinite(found.ssim));
}

TEST(Fidelity, TheLargestErrorsOfSixteenBitsDoNotOverflow) {
    Pair pair = make_pair(SampleType::u16, 200, 1, 1, 0, 0);
    std::ranges::fill(pair.noisy, uint16_t{65535});
    EXPECT_EQ(fidelity(pair.frame, pair.noisy).max_error, 65535);
    EXPECT_NEAR(fidelity(pair.frame, pair.noisy).psnr, by_hand(pair, 1).psnr, 1e-6);
}

}  // namespace
