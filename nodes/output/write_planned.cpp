// Says what an archive's plan leaves to do: a table of files and their shards.
#include "formats/csv.hpp"
#include "nodes/archive.hpp"

#include <set>

#include <fmt/format.h>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "planned.csv";
};

class WritePlanned : public graph::Node {
  public:
    WritePlanned(const Params& params, const graph::Setup& setup)
        : params_(params), setup_(setup) {}

    void receive(graph::Call& call) override {
        const auto& image = call.input<PlannedImage>("image");
        const auto& planned = image.planned();
        const std::string shard = image.job.plan->shard_name(image.job.shard);
        shards_.insert(shard);
        table_.rows.push_back({shard, image.job.plan->prefix + planned.path,
                               std::to_string(planned.size), planned.sha256});
    }

    void finish() override {
        formats::write_csv(setup_.output(params_.file), table_);
        fmt::print("{} images in {} shards are to be done\n", table_.rows.size(), shards_.size());
    }

  private:
    const Params params_;
    const graph::Setup setup_;
    formats::Table table_{{"shard", "path", "size", "sha256"}, {}};
    std::set<std::string> shards_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WritePlanned>(
        {.name = "write_planned",
         .doc = "Writes which files are to be archived, and in which shards.",
         .group = "output",
         .inputs = {graph::port<PlannedImage>(graph::Clock::item, "image", "what is to be done")},
         .params = {graph::param("file", &Params::file, "where the table goes")}}))};

}  // namespace
}  // namespace nodes
