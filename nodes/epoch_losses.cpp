// See epoch_losses.hpp.
#include "nodes/epoch_losses.hpp"

namespace nodes {

namespace {

constexpr const char* count = "images";

double& sum_of(models::Losses& sums, const std::string& name) {
    for (auto& [key, sum] : sums)
        if (key == name) return sum;
    return sums.emplace_back(name, 0).second;
}

double found(const models::Losses& sums, const std::string& name) {
    for (const auto& [key, sum] : sums)
        if (key == name) return sum;
    return 0;
}

}  // namespace

void EpochLosses::start_clock() {
    if (!begun_) begun_ = Clock::now();
}

void EpochLosses::add(const models::Losses& losses, double images) {
    sum_of(sums_, count) += images;
    for (const auto& [loss, value] : losses) sum_of(sums_, loss) += value * images;
}

double EpochLosses::images() const { return found(sums_, count); }

double EpochLosses::mean(const std::string& loss) const { return found(sums_, loss) / images(); }

Metrics EpochLosses::rows(int epoch, const std::string& model, const models::Ranks& ranks) {
    Metrics rows;
    const auto add = [&](const char* metric, double value) {
        rows.push_back({epoch, model, "train", metric, value});
    };
    if (images() > 0)
        for (const auto& [loss, sum] : sums_)
            if (loss != count) add(loss.c_str(), sum / images());
    if (begun_) {
        add("seconds", std::chrono::duration<double>(Clock::now() - *begun_).count());
        if (ranks.count() > 1) add("seconds_waiting", ranks.waited() - waited_before_);
    }
    waited_before_ = ranks.waited();
    begun_.reset();
    return rows;
}

}  // namespace nodes
