// An index over a small archive, for the tests of the nodes that search.
#pragma once

#include "nodes/image_vector.hpp"
#include "tests/nodes/small_archive.hpp"

/// The vectors of all images, as pool_stored makes them.
inline std::vector<nodes::ImageVector> pooled(const SmallArchive& archive,
                                              const std::string& more = "") {
    Runner pool("pool_stored", archive.params(more));
    pool.start();
    std::vector<nodes::ImageVector> vectors;
    for (uint64_t id = 0; id < 4; ++id)
        vectors.push_back(pool.map<nodes::StoredImage, nodes::ImageVector>(
            "image", archive.listed(id), "vector"));
    return vectors;
}

inline void make_index(const SmallArchive& archive, const std::string& more = "") {
    const auto vectors = pooled(archive, more);
    Runner index("index_vectors", archive.params(more));
    index.start();
    for (const auto& vector : vectors) index.give("vector", vector).receive();
    index.node().finish();
}
