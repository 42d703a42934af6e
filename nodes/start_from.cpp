// See start_from.hpp.
#include "nodes/start_from.hpp"

#include "models/thaw_codec.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/codec.hpp"

namespace nodes {

void start_from(models::Model& model, const std::filesystem::path& path) try {
    if (const auto codec = find_codec(path))
        model.start_from(*models::thaw_codec(*codec->frozen));
    else
        model.start_from(*load_model(path).model);
} catch (const models::ModelError& error) {
    throw graph::ConfigurationError(path.string() + ": " + error.what());
}

}  // namespace nodes
