// The files of an index of vectors: a segment, which is searched if it is one, and the manifest.
#include "formats/error.hpp"
#include "formats/vector_graph.hpp"
#include "formats/vector_manifest.hpp"
#include "tests/fuzz/signed_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto path = fuzz::write_signed("index.h5", data, size);
    fuzz::may_refuse<formats::FormatError>([&] {
        const auto segment = formats::read_segment(path);
        const formats::VectorGraph graph(segment);
        if (graph.size() == 0) return;
        std::vector<formats::Neighbour> found;
        const std::vector<float> query(segment.header.options.dimension, 0.5F);
        graph.search(query, 3, 8, found);
    });
    fuzz::may_refuse<formats::FormatError>([&] { formats::read_manifest(fuzz::folder()); });
    return 0;
}
