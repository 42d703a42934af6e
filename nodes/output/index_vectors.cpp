// Keeps the vectors of an archive's images in an index, a segment at a time: what was built is not
// built again.
#include "formats/archive.hpp"
#include "formats/vector_index.hpp"
#include "nodes/image_vector.hpp"

#include <fmt/format.h>
#include <tbb/task_arena.h>

namespace nodes {
namespace {

struct Params : Pooled {
    std::filesystem::path archive;
    int64_t segment = static_cast<int64_t>(formats::BuildOptions{}.segment_ids);
};

class IndexVectors : public graph::Node {
  public:
    IndexVectors(const Params& params, const graph::Setup&)
        : params_(params),
          folder_(search_folder(params.archive)),
          options_(search_options(params.archive, *search_codec(params.archive), params)) {
        check_search_index(folder_, options_);
    }

    void start(graph::Call&) override {
        index_.emplace(folder_, options_,
                       formats::BuildOptions{.ids = formats::Archive(params_.archive).size(),
                                             .segment_ids = static_cast<uint64_t>(params_.segment),
                                             .threads = tbb::this_task_arena::max_concurrency()});
    }

    void receive(graph::Call& call) override {
        const auto& vector = call.input<ImageVector>("vector");
        if (!vector.values.empty()) index_->append(vector.id, vector.values);
    }

    void finish() override {
        index_->finish();
        fmt::print("the index is {}\n", folder_.string());
    }

  private:
    const Params params_;
    const std::filesystem::path folder_;
    const formats::VectorOptions options_;
    std::optional<formats::VectorIndexWriter> index_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, IndexVectors>(
        {.name = "index_vectors",
         .doc = "Writes the index by which an archive is searched.",
         .group = "output",
         .inputs = {graph::port<ImageVector>(graph::Clock::item, "vector", "of pool_stored")},
         .params = with_pooled<Params>(
             {graph::required(param("archive", &Params::archive, "the archive's folder")),
              param("segment", &Params::segment, graph::Range{1, 1e9},
                    "images of a segment, which is built in memory")})});
    spec.writes = [](const void* params) {
        return std::vector<graph::Written>{
            {search_folder(static_cast<const Params*>(params)->archive), false, true}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
