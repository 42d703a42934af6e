// See network.hpp.
#include "models/network.hpp"

#include "models/portions.hpp"

#include <algorithm>
#include <future>
#include <new>

#include <fmt/format.h>

namespace models {
namespace {

Dims batch_of(int64_t images, const Dims& image) {
    Dims dims{images};
    dims.insert(dims.end(), image.begin(), image.end());
    return dims;
}

/// The runs of `values` that belong to each parameter.
template <class Values, class Use>
void for_each_parameter(const std::vector<Parameter>& parameters, Values values, Use use) {
    size_t offset = 0;
    for (const Parameter& parameter : parameters) {
        const auto size = static_cast<size_t>(count(parameter.dims));
        use(parameter, values.subspan(offset, size));
        offset += size;
    }
}

}  // namespace

Network::Network(std::string name, const Dims& src, Layers layers)
    : name_(std::move(name)),
      src_(src),
      layers_(std::make_shared<Sequence>(std::move(layers))),
      parameters_(layers_->parameters(src)) {
    dst_ = layers_->dst_dims(src);
    int64_t size = 0;
    for (Parameter& parameter : parameters_) {
        parameter.name = name_ + "." + parameter.name;
        size += count(parameter.dims);
    }
    values_.resize(static_cast<size_t>(size));
}

Network::Network(const Network& other)
    : name_(other.name_),
      src_(other.src_),
      dst_(other.dst_),
      layers_(other.layers_),
      parameters_(other.parameters_),
      values_(other.values_) {}

Network::Network(const Network& other, const Dims& src) : Network(other) {
    const auto same = [](const Parameter& a, const Parameter& b) { return a.dims == b.dims; };
    if (!std::ranges::equal(layers_->parameters(src), parameters_, same))
        throw ModelError(fmt::format("the weights of {} are for {} values, not for {}", name_,
                                     fmt::join(src_, " x "), fmt::join(src, " x ")));
    src_ = src;
    dst_ = layers_->dst_dims(src);
}

Network::~Network() = default;

std::span<float> Network::change() {
    ++version_;
    return values_;
}

void Network::initialise(const std::string& kind, Generator& generator) {
    const auto set = [&](const Parameter& parameter, std::span<float> values) {
        using Role = Parameter::Role;
        if (parameter.role == Role::weights) {
            const Dims& dims = parameter.dims;  // output channels, input channels, window
            const int64_t fan_in = count(dims) / dims[0];
            models::initialise(values, kind, fan_in, count(dims) / dims[1], generator);
        } else {
            const bool one = parameter.role == Role::scale || parameter.role == Role::variance;
            std::fill(values.begin(), values.end(), one ? 1.F : 0.F);
        }
    };
    for_each_parameter(parameters_, change(), set);
}

void Network::move_averages(const float* gradients) {
    for_each_parameter(parameters_, change(), [&](const Parameter& parameter, auto values) {
        const float* observed = gradients + (values.data() - values_.data());
        if (!parameter.trained())
            for (size_t i = 0; i < values.size(); ++i)
                values[i] += 0.1F * (observed[i] - values[i]);
    });
}

std::vector<NamedTensor> Network::tensors() const {
    std::vector<NamedTensor> list;
    for_each_parameter(parameters_, values(), [&](const Parameter& parameter, auto values) {
        NamedTensor& named = list.emplace_back();
        named.name = parameter.name;
        named.tensor.dims = parameter.dims;
        named.tensor.values.assign(values.begin(), values.end());
    });
    return list;
}

void Network::restore(const std::vector<NamedTensor>& tensors) {
    for_each_parameter(parameters_, change(), [&](const Parameter& parameter, auto values) {
        const Tensor& tensor = find_tensor(tensors, parameter.name, parameter.dims);
        std::copy(tensor.values.begin(), tensor.values.end(), values.begin());
    });
}

void Network::check(const Tensor& src) const {
    if (src.dims.size() != 4 || !std::equal(src_.begin(), src_.end(), src.dims.begin() + 1))
        throw ModelError(fmt::format("{} takes {} values, not {}", name_, fmt::join(src_, " x "),
                                     fmt::join(src.dims, " x ")));
}

Tensor Network::run(const Tensor& src) const {
    check(src);
    Tensor dst(batch_of(src.dims[0], dst_));
    const auto size = static_cast<int64_t>(values_.size());
    const auto run_portion = [&](const Portion& portion) {
        const auto fits = [&](const Pass& pass) { return pass.images() == portion.images; };
        const auto make = [&] {
            return std::make_unique<Pass>(*this, portion.images, Mode::inference);
        };
        passes_.with(fits, make, [&](Pass& pass) {
            const auto made = pass.forward(src.values.data() + portion.first * count(src_));
            std::copy(made.begin(), made.end(), dst.values.begin() + portion.first * count(dst_));
        });
    };
    for_each_portion(cut(src.dims[0], separable(), size), separable(), run_portion);
    return dst;
}

Pass::Pass(const Network& network, int64_t images, Mode mode) try
    : network_(network),
      images_(images),
      mode_(mode),
      layers_(network.layers_->bind(plain(batch_of(images, network.src_)), mode)),
      dst_(layers_->dst(), cpu()) {
    const Layout wanted = plain(batch_of(images, network.dst_));
    const bool as_wanted = wanted == dst_.get_desc();
    plain_dst_ = as_wanted ? dst_ : Memory(wanted, cpu());
    if (!as_wanted) to_plain_ = Reorder(dst_.get_desc(), wanted);
    if (mode == Mode::inference) return;
    diff_dst_ = Memory(dst_.get_desc(), cpu());
    from_plain_ = Reorder(wanted, dst_.get_desc());
} catch (const dnnl::error& error) {
    throw_again(error);
} catch (const std::future_error&) {  // oneDNN keeps primitives, and one's maker found no memory
    throw std::bad_alloc();
}

Pass::~Pass() = default;

std::span<const float> Pass::forward(const float* src) {
    if (version_ != network_.version()) layers_->load(network_.values().data());
    version_ = network_.version();
    src_ = view(layers_->src(), src);
    layers_->forward(src_, dst_);
    if (floats(plain_dst_) != floats(dst_)) to_plain_.run(dst_, plain_dst_);
    return {floats(plain_dst_), static_cast<size_t>(images_ * count(network_.dst_dims()))};
}

void Pass::backward(const float* diff_dst, float* diff_src, const Gradients& gradients) {
    from_plain_.run(view(plain_dst_.get_desc(), diff_dst), diff_dst_);
    const Memory diff = diff_src ? view(layers_->src(), diff_src) : Memory();
    layers_->backward(src_, dst_, diff_dst_, diff_src ? &diff : nullptr, gradients);
}

}  // namespace models
