// YAML to plan: parsing, includes, parameters, variables, and all that is checked before a run,
// against the engine's own small nodes.
#include "graph/yaml.hpp"

#include "graph/plan.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/graph/toy_nodes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto path = fuzz::write("p.yaml", fuzz::bytes_of(data, size));
    graph::Errors errors;
    const graph::Document document = graph::load_document(path, {}, errors);
    if (errors.empty()) graph::make_plan(document, errors);
    if (!errors.empty()) {
        ++fuzz::outcomes().refused;
        fuzz::outcomes().last = errors.text();
        if (fuzz::outcomes().last.empty()) std::abort();
        return 0;
    }
    // What is kept beside the results reads back to the same.
    const auto resolved = fuzz::write("p.yaml", std::as_bytes(std::span(document.resolved)));
    const graph::Document again = graph::load_document(resolved, {}, errors);
    if (!errors.empty() || again.resolved != document.resolved) std::abort();
    ++fuzz::outcomes().read;
    return 0;
}
