// See latent_coder.hpp.
#include "models/latent_coder.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace models {

namespace {

using Histogram = std::map<int32_t, double>;

constexpr size_t most_values = 1024;  // of a table; the rarest ends go by the escape
constexpr double prior_weight = 32;   // of what all channels have in common, in values of a channel

/// Calls each(channel, value) for all values of all images.
template <class Each>
void for_each_value(const Tensor& latents, Each each) {
    const Dims& dims = latents.dims;
    const auto channels = static_cast<size_t>(dims[1]);
    const auto plane = static_cast<size_t>(dims[2] * dims[3]);
    for (size_t i = 0; i < latents.values.size(); ++i)
        each(i / plane % channels, latents.values[i]);
}

/// A share of each channel's standard deviation. Where a channel hardly moves, a share of what
/// others have: its noise is not worth bits.
std::vector<float> steps_for(const Tensor& latents, double share) {
    const auto channels = static_cast<size_t>(latents.dims[1]);
    const double count = static_cast<double>(latents.values.size()) / static_cast<double>(channels);
    std::vector<double> means(channels), variances(channels);
    for_each_value(latents, [&](size_t c, float value) {
        if (!std::isfinite(value)) throw ModelError("a latent is not finite");
        means[c] += value / count;
    });
    for_each_value(latents, [&](size_t c, float value) {
        variances[c] += (value - means[c]) * (value - means[c]) / count;
    });
    double mean = 0;
    for (const double variance : variances) mean += variance / static_cast<double>(channels);
    if (mean == 0) mean = 1;
    std::vector<float> steps;
    steps.reserve(channels);
    for (const double variance : variances)
        steps.push_back(static_cast<float>(share * std::sqrt(std::max(variance, 1e-4 * mean))));
    return steps;
}

/// The values that get a place in the tables: those seen, without the rarest at either end.
std::pair<int32_t, int32_t> range_of(const Histogram& seen) {
    auto first = seen.begin(), last = std::prev(seen.end());
    while (int64_t{last->first} - first->first >= static_cast<int64_t>(most_values))
        if (first->second < last->second)
            ++first;
        else
            --last;
    return {first->first, last->first};
}

}  // namespace

LatentCoder LatentCoder::fit(const Latents& latents, double step) {
    const Dims& dims = latents.values.dims;
    if (dims.size() != 4 || latents.values.values.empty() || !(step > 0))
        throw ModelError("there are no latents that tables could be fitted on");
    LatentCoder coder;
    coder.dims_ = {dims[1], dims[2], dims[3]};
    coder.centres_ = latents.centres;
    coder.steps_ = steps_for(latents.values, step);

    const size_t channels = coder.steps_.size();
    std::vector<Histogram> seen(channels);
    Histogram all;
    for_each_value(latents.values, [&](size_t c, float value) {
        const int32_t symbol = coder.symbol_of(value, c);
        ++seen[c][symbol];
        ++all[symbol];
    });
    auto [low, high] = range_of(all);
    if (!coder.centres_.empty()) {
        low = 0;
        high = static_cast<int32_t>(coder.centres_.size()) - 1;
    }
    // Each channel's own counts, and a few shared out as in all channels together: where a channel
    // has been seen a few times only, that is the better guess.
    const double total = static_cast<double>(latents.values.values.size());
    for (const Histogram& own : seen) {
        std::vector<double> weights(static_cast<size_t>(high - low) + 2);
        double& escape = weights.back() = prior_weight / total;
        const auto add = [&, low = low, high = high](const Histogram& histogram, double factor) {
            for (const auto& [symbol, count] : histogram)
                (symbol < low || symbol > high ? escape
                                               : weights[static_cast<size_t>(symbol - low)]) +=
                    count * factor;
        };
        add(own, 1);
        add(all, prior_weight / total);
        coder.tables_.push_back(fit_table(low, weights));
    }
    return coder;
}

LatentCoder::LatentCoder(const std::vector<NamedTensor>& tensors) {
    const auto find = [&](const char* name) -> const Tensor& {
        for (const auto& named : tensors)
            if (named.name == name) return named.tensor;
        throw ModelError(fmt::format("no '{}' among the stored tables of a latent", name));
    };
    for (const float side : find("dims").values) {
        if (!(side >= 1 && side <= 1 << 24)) throw ModelError("the stored dims are damaged");
        dims_.push_back(static_cast<int64_t>(side));
    }
    centres_ = find("centres").values;
    steps_ = find("steps").values;
    tables_ = tables_of(find("tables"));
    const bool finite = std::all_of(steps_.begin(), steps_.end(),
                                    [](float step) { return std::isfinite(step) && step > 0; });
    if (dims_.size() != 3 || static_cast<int64_t>(tables_.size()) != dims_[0] ||
        steps_.size() != tables_.size() || !finite ||
        static_cast<double>(dims_[0]) * dims_[1] * dims_[2] > 1 << 30)
        throw ModelError("the stored tables of a latent do not fit together");
}

std::vector<NamedTensor> LatentCoder::tensors() const {
    const auto list = [](const char* name, std::vector<float> values) {
        NamedTensor named{name, {}};
        named.tensor.dims = {static_cast<int64_t>(values.size())};
        named.tensor.values = std::move(values);
        return named;
    };
    return {list("dims", {dims_.begin(), dims_.end()}), list("centres", centres_),
            list("steps", steps_), to_tensor("tables", tables_)};
}

int32_t LatentCoder::symbol_of(float value, size_t channel) const {
    if (!centres_.empty()) {
        const auto nearest = std::min_element(
            centres_.begin(), centres_.end(),
            [&](float a, float b) { return std::abs(a - value) < std::abs(b - value); });
        return static_cast<int32_t>(nearest - centres_.begin());
    }
    const float steps = value / steps_[channel];
    if (!(std::abs(steps) < 1e9F))
        throw ModelError(
            fmt::format("a latent is {}, too far from those that the tables were "
                        "fitted on: fit them anew",
                        value));
    return static_cast<int32_t>(std::lround(steps));
}

float LatentCoder::value_of(int32_t symbol, size_t channel) const {
    if (centres_.empty()) return static_cast<float>(symbol) * steps_[channel];
    if (symbol < 0 || static_cast<size_t>(symbol) >= centres_.size())
        throw ModelError("the coded latent is damaged: it has a value that is no centre");
    return centres_[static_cast<size_t>(symbol)];
}

void LatentCoder::check(const Latents& latents) const {
    const Dims& dims = latents.values.dims;
    if (dims.size() != 4 || !std::equal(dims_.begin(), dims_.end(), dims.begin() + 1) ||
        latents.centres != centres_)
        throw ModelError(fmt::format(
            "the tables are for latents of {} with {} centres, but these are {} (images first) "
            "with {}: use those of the same model",
            fmt::join(dims_, " x "), centres_.size(), fmt::join(dims, " x "),
            latents.centres.size()));
}

std::vector<std::vector<std::byte>> LatentCoder::encode(const Latents& latents) const {
    check(latents);
    const auto size = static_cast<size_t>(count(dims_));
    std::vector<std::vector<std::byte>> payloads;
    RansEncoder encoder;
    size_t coded = 0;
    for_each_value(latents.values, [&](size_t c, float value) {
        tables_[c].encode(symbol_of(value, c), encoder);
        if (++coded % size == 0) payloads.push_back(encoder.finish());
    });
    return payloads;
}

Latents LatentCoder::decode(std::span<const std::vector<std::byte>> payloads) const {
    Latents latents;
    latents.values = Tensor({static_cast<int64_t>(payloads.size()), dims_[0], dims_[1], dims_[2]});
    latents.centres = centres_;
    const auto plane = static_cast<size_t>(dims_[1] * dims_[2]);
    auto value = latents.values.values.begin();
    for (const auto& payload : payloads) {
        RansDecoder decoder(payload);
        for (size_t c = 0; c < tables_.size(); ++c)
            for (size_t i = 0; i < plane; ++i) *value++ = value_of(tables_[c].decode(decoder), c);
        decoder.finish();
    }
    return latents;
}

}  // namespace models
