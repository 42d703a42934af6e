// Latents and their tables, for the tests of nodes that code them.
#pragma once

#include "nodes/tables.hpp"
#include "tests/nodes/runner.hpp"

inline nodes::LatentBatch some_latents(int64_t images, uint64_t seed,
                                       const std::string& model = "m",
                                       const std::string& split = "train") {
    nodes::LatentBatch batch;
    batch.latents.values = models::Tensor({images, 2, 4, 4});
    graph::Random random(seed);
    for (float& value : batch.latents.values.values)
        value = static_cast<float>(std::max(0.0, 3 * random.uniform() - 1));
    batch.image = {1, 16, 16};
    batch.infos = blocks(images, 16, seed, split).infos;
    batch.model = model;
    batch.checkpoint = std::string(64, 'c');
    return batch;
}

inline nodes::Tables some_tables(const std::string& model = "m") {
    return {models::LatentCoder::fit(some_latents(50, 1).latents, 0.125), model};
}

inline void link_tables(graph::Setup& setup) { setup.linked["tables"] = true; }
