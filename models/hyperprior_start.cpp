// How the training of a HyperpriorModel begins with what another has learnt, which may have other
// lambdas or fewer channels of latents.
#include "models/hyperprior_model.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace models {
namespace {

/// `from` in a larger tensor: new sources of what there was count nothing, and new results stay as
/// they are in `own`. Throws ModelError if it does not fit in.
Tensor grown(const NamedTensor& own, const Tensor& from) {
    const Dims& to = own.tensor.dims;
    bool fits = from.dims.size() == to.size();
    for (size_t d = 0; fits && d < to.size(); ++d)
        fits = d < 2 ? from.dims[d] <= to[d] : from.dims[d] == to[d];
    if (!fits)
        throw ModelError(fmt::format("'{}' is {} values, which do not fit into the {} here",
                                     own.name, fmt::join(from.dims, " x "), fmt::join(to, " x ")));
    if (from.dims == to) return from;
    Tensor result = own.tensor;
    const auto of_row = [](const Dims& dims) { return count({dims.begin() + 1, dims.end()}); };
    const int64_t inner = of_row(to), from_inner = of_row(from.dims);
    for (int64_t row = 0; row < from.dims[0]; ++row) {
        const auto first = result.values.begin() + row * inner;
        std::fill_n(first, inner, 0.0F);
        std::copy_n(from.values.begin() + row * from_inner, from_inner, first);
    }
    return result;
}

/// The gains of more channels: those that are new get the mean of the others.
std::vector<float> grown(std::vector<float> gains, size_t channels) {
    double sum = 0;
    for (const float gain : gains) sum += std::log(std::max(gain, HyperpriorModel::least_gain));
    gains.resize(channels, static_cast<float>(std::exp(sum / static_cast<double>(gains.size()))));
    return gains;
}

}  // namespace

void HyperpriorModel::start_from(const Model& other) {
    const auto* from = dynamic_cast<const HyperpriorModel*>(&other);
    if (!from) return Model::start_from(other);
    const std::vector<NamedTensor> tensors = from->weights();
    for (Network* network : {&networks_->analysis, &networks_->hyper_analysis,
                             &networks_->synthesis, &networks_->hyper_synthesis}) {
        std::vector<NamedTensor> own = network->tensors();
        for (NamedTensor& one : own) {
            const auto found = std::ranges::find(tensors, one.name, &NamedTensor::name);
            if (found == tensors.end())
                throw ModelError(
                    fmt::format("no '{}' in what training is to start from", one.name));
            one.tensor = grown(one, found->tensor);
        }
        network->restore(own);
    }
    const auto channels = static_cast<size_t>(networks_->analysis.dst_dims()[0]);
    for (int64_t quality = 0; quality < options_.qualities; ++quality) {
        const double lambda = options_.lambda(static_cast<double>(quality));
        const double at = from->options_.quality_of(lambda);
        // Beyond its last quality, as between its qualities.
        const double beyond = 0.5 * std::log(lambda / from->options_.lambda(at));
        set_gains(networks_->gain, quality, 1, grown(from->gains(at), channels), beyond);
        set_gains(networks_->inverse_gain, quality, -1, grown(from->inverse_gains(at), channels),
                  -beyond);
        const auto prior = row(from->networks_->prior, std::lround(at));
        const auto own = changed_row(networks_->prior, quality);
        if (own.size() != prior.size())
            throw ModelError("the models' widths differ: only latent channels may be more");
        std::ranges::copy(prior, own.begin());
    }
}

}  // namespace models
