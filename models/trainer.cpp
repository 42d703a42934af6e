// See trainer.hpp.
#include "models/trainer.hpp"

#include "models/in_parallel.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace models {
namespace {

constexpr int64_t step_base = 1 << 20;  // a float holds integers only up to 2^24

size_t size_of(const Network& network) { return network.values().size(); }

}  // namespace

Trainer::Trainer(const TrainingOptions& options, std::string name,
                 const std::vector<Network*>& networks)
    : name_(std::move(name)),
      optimizer_(options.optimizer.object()),
      schedule_(options.schedule.object()),
      clip_norm_(options.clip_norm),
      ranks_(options.ranks) {
    for (Network* network : networks) {
        Trained& trained = trained_.emplace_back();
        trained.network = network;
        trained.moments.resize(static_cast<size_t>(optimizer_->moments()));
        trained.gradients = std::make_unique<GradientSum>(*network, ranks_);
    }
}

void Trainer::allocate() {
    for (Trained& trained : trained_)
        for (Buffer& moment : trained.moments)
            if (!moment) moment = std::make_unique<float[]>(size_of(*trained.network));
}

void Trainer::begin(const std::vector<Portion>& portions, double progress) {
    allocate();
    ++step_.number;
    step_.rate_factor = schedule_->factor(progress);
    step_.gradient_scale = 1;
    // Backward comes to the last network first, and sums go out in the order of these calls.
    for (auto at = trained_.rbegin(); at != trained_.rend(); ++at) {  // clang 14 has no views
        Trained& trained = *at;
        trained.gradients->begin(portions.size());
        trained.take = nullptr;
        // The whole gradient must be there first.
        if (portions.size() > 1 || clip_norm_ > 0 || ranks_->count() > 1) continue;
        trained.take = [this, &trained, values = trained.network->change()](
                           int64_t offset, std::span<const float> tile) {
            update(trained, values, offset, tile);
        };
    }
}

const Trainer::Trained& Trainer::trained(const Network& network) const {
    const auto found = std::find_if(trained_.begin(), trained_.end(),
                                    [&](const Trained& one) { return one.network == &network; });
    if (found == trained_.end()) throw ModelError("this network has another trainer");
    return *found;
}

Gradients Trainer::gradients(const Portion& portion, const Network& network) const {
    const Trained& of = trained(network);
    Gradients gradients = of.gradients->of(portion);
    if (of.take) gradients.take = &of.take;
    return gradients;
}

void Trainer::sum() {
    for (auto at = trained_.rbegin(); at != trained_.rend(); ++at)
        at->total = at->gradients->total();
}

std::span<float> Trainer::total(const Network& network) const { return trained(network).total; }

void Trainer::finish() {
    double norm_of_all = 0;
    if (clip_norm_ > 0) {
        for (const Trained& trained : trained_) norm_of_all += norm(trained);
        step_.gradient_scale = clip_scale(std::sqrt(norm_of_all), clip_norm_);
    }
    for (const Trained& trained : trained_) {
        update(trained);
        trained.network->move_averages(trained.total.data());
    }
}

namespace {

/// Calls use(offset, count) for each run of neighbouring parameters that accept() does.
template <class Accept, class Use>
void for_each_run(const Network& network, Accept accept, Use use) {
    int64_t begin = 0;
    int64_t end = 0;
    for (const Parameter& parameter : network.parameters()) {
        const bool accepted = accept(parameter);
        if (!accepted && end > begin) use(begin, end - begin);
        if (!accepted) begin = end + count(parameter.dims);
        end += count(parameter.dims);
    }
    if (end > begin) use(begin, end - begin);
}

}  // namespace

double Trainer::norm(const Trained& trained) const {
    double squared = 0;
    const auto add = [&](int64_t offset, int64_t size) {
        squared += squared_norm(
            trained.total.subspan(static_cast<size_t>(offset), static_cast<size_t>(size)));
    };
    for_each_run(
        *trained.network, [](const Parameter& one) { return one.trained(); }, add);
    return squared;
}

void Trainer::update(const Trained& trained) const {
    const auto left = [&](const Parameter& one) {
        return one.trained() && !(one.streams && trained.take);
    };
    const std::span<float> values = trained.network->change();
    for_each_run(*trained.network, left, [&](int64_t offset, int64_t size) {
        in_parallel(static_cast<size_t>(size), [&](size_t begin, size_t end) {
            const int64_t first = offset + static_cast<int64_t>(begin);
            update(trained, values, first,
                   trained.total.subspan(static_cast<size_t>(first), end - begin));
        });
    });
}

void Trainer::update(const Trained& trained, std::span<float> values, int64_t offset,
                     std::span<const float> gradients) const {
    const auto first = static_cast<size_t>(offset);
    Slice slice{values.subspan(first, gradients.size()), gradients, {}};
    for (size_t i = 0; i < trained.moments.size(); ++i)
        slice.moments[i] = {trained.moments[i].get() + first, gradients.size()};
    optimizer_->update(slice, step_);
}

std::vector<NamedTensor> Trainer::state() const {
    Tensor steps({2});
    steps.values = {static_cast<float>(step_.number % step_base),
                    static_cast<float>(std::div(step_.number, step_base).quot)};
    std::vector<NamedTensor> list{{name_ + ".steps", std::move(steps)}};
    for (const Trained& trained : trained_) {
        for (size_t i = 0; i < trained.moments.size(); ++i) {
            const float* from = trained.moments[i].get();
            for (const Parameter& parameter : trained.network->parameters()) {
                Tensor tensor(parameter.dims);  // zeros before the first step
                if (from) std::copy_n(from, tensor.values.size(), tensor.values.begin());
                if (from) from += tensor.values.size();
                list.push_back(
                    {fmt::format("{}.{}.moment{}", name_, parameter.name, i), std::move(tensor)});
            }
        }
    }
    return list;
}

bool Trainer::owns_some_of(const std::vector<NamedTensor>& tensors) const {
    return std::any_of(tensors.begin(), tensors.end(), [&](const NamedTensor& named) {
        return named.name.starts_with(name_ + ".");
    });
}

void Trainer::restore(const std::vector<NamedTensor>& tensors) {
    allocate();
    const Tensor& steps = find_tensor(tensors, name_ + ".steps", {2});
    step_.number =
        static_cast<int64_t>(steps.values[0]) + static_cast<int64_t>(steps.values[1]) * step_base;
    for (const Trained& trained : trained_)
        for (size_t i = 0; i < trained.moments.size(); ++i) {
            float* to = trained.moments[i].get();
            for (const Parameter& parameter : trained.network->parameters()) {
                const std::string name = fmt::format("{}.{}.moment{}", name_, parameter.name, i);
                const Tensor& tensor = find_tensor(tensors, name, parameter.dims);
                to = std::copy(tensor.values.begin(), tensor.values.end(), to);
            }
        }
}

}  // namespace models
