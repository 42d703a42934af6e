// Lists the shards that an archive's plans have, whether they are there or not.
#include "formats/error.hpp"
#include "graph/source.hpp"
#include "nodes/archive.hpp"

namespace nodes {
namespace {

struct Params : graph::Schedule {
    std::filesystem::path archive;
};

class ListShards : public graph::Source {
  public:
    ListShards(const Params& params, const graph::Setup& setup) : params_(params), id_(setup.id) {}

    size_t list() override try {
        shards_.clear();
        for (auto& plan : formats::read_plans(params_.archive)) {
            const auto shared = std::make_shared<const formats::ArchivePlan>(std::move(plan));
            for (size_t i = 0; i < shared->shards.size(); ++i) shards_.push_back({shared, i});
        }
        if (shards_.empty())
            throw graph::ConfigurationError(id_ + ": " + params_.archive.string() +
                                            " is no archive: it has no plan");
        return shards_.size();
    } catch (const formats::FormatError& error) {
        throw graph::ConfigurationError(id_ + ": " + error.what());
    }

    graph::Item item(size_t number) const override {
        const std::string name = shards_[number].plan->shard_name(shards_[number].shard);
        return {name, name};
    }

    void receive(graph::Call& call) override { call.emit("shard", shards_[item_of(call)]); }

  private:
    const Params params_;
    const std::string id_;
    std::vector<ShardJob> shards_;
};

const graph::Register node{graph::source<Params, ListShards>(
    {.name = "list_shards",
     .doc = "Lists the shards that an archive is to have.",
     .group = "source",
     .outputs = {graph::port<ShardJob>(graph::Clock::item, "shard", "one message for each")},
     .params = {
         graph::required(graph::param("archive", &Params::archive, "the archive's folder"))}})};

}  // namespace
}  // namespace nodes
