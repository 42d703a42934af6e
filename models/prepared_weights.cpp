// See prepared_weights.hpp.
#include "models/prepared_weights.hpp"

namespace models {

std::vector<Parameter> weights_and_bias(const Dims& weights, bool bias) {
    std::vector<Parameter> list{{"weights", weights, Parameter::Role::weights}};
    if (bias) list.push_back({"bias", {weights[0]}, Parameter::Role::bias});
    return list;
}

PreparedWeights::PreparedWeights(const Layout& kept, const Layout& wanted)
    : kept_(kept), wanted_(wanted) {
    if (kept == wanted) return;
    memory_ = Memory(wanted, cpu());
    reorder_ = Reorder(kept, wanted);
}

void PreparedWeights::load(const float* values) {
    if (kept_.is_zero()) return;  // of a layer that is not trained
    if (kept_ == wanted_)
        memory_ = view(kept_, values);
    else
        reorder_.run(view(kept_, values), memory_);
}

GradientOfWeights::GradientOfWeights(const Layout& made, const Layout& kept)
    : kept_(kept), memory_(made, cpu()), reorder_(made, kept) {}

void GradientOfWeights::store(float* values) const { reorder_.run(memory_, view(kept_, values)); }

}  // namespace models
