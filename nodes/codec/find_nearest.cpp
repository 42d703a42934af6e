// Looks for the images of an archive that are most like one: those whose vectors are nearest.
#include "formats/archive.hpp"
#include "formats/error.hpp"
#include "formats/vector_index.hpp"
#include "nodes/archive_listing.hpp"
#include "nodes/image_vector.hpp"

#include <fmt/format.h>

namespace nodes {
namespace {

struct Params : Pooled {
    std::filesystem::path archive;
    int k = 10;
    int effort = static_cast<int>(formats::VectorIndex::default_effort);
};

formats::VectorIndex open(const Params& params, const graph::Setup& setup) {
    const auto fail = [&](const std::string& why) {
        throw graph::ConfigurationError(
            fmt::format("{}: {}; make it with: pipeline run index_archive -p archive={}", setup.id,
                        why, params.archive.string()));
    };
    const auto folder = search_folder(params.archive);
    if (!std::filesystem::exists(folder / "index.h5"))
        fail(params.archive.string() + " has no index to search");
    try {
        formats::VectorIndex index(folder);
        const auto wanted = search_options(params.archive, *search_codec(params.archive), params);
        if (index.options().source != wanted.source)
            fail(fmt::format("{} is of {}, not of {}", folder.string(), index.options().source,
                             wanted.source));
        return index;
    } catch (const formats::FormatError& error) {
        fail(error.what());
        throw;
    }
}

class FindNearest : public graph::Node {
  public:
    FindNearest(const Params& params, const graph::Setup& setup)
        : params_(params), index_(open(params, setup)), listing_(params.archive) {}

    void start(graph::Call& call) override {
        if (index_.size() < listing_.archive().size())
            call.warn(
                fmt::format("{} of {} images are in the index; pipeline run index_archive "
                            "adds those that came later",
                            index_.size(), listing_.archive().size()));
    }

    void receive(graph::Call& call) override {
        const auto& query = call.input<Query>("query");
        Answers answers;
        answers.query = query.frame;
        for (const auto& [id, distance] :
             index_.search(query.values, static_cast<size_t>(params_.k),
                           static_cast<size_t>(params_.effort))) {
            const auto& shard = listing_.archive().shard_of(id);
            const auto number = static_cast<size_t>(&shard - listing_.shards().data());
            Answer& answer = answers.found.emplace_back();
            answer.image.id = id;
            answer.image.entry = listing_.entries(number)->at(id - shard.first);
            answer.image.shard = shard.name;
            answer.distance = static_cast<double>(distance);
        }
        call.emit("answers", std::move(answers));
    }

  private:
    const Params params_;
    const formats::VectorIndex index_;
    const ArchiveListing listing_;
};

using graph::Clock;
using graph::param;
using graph::Range;
const graph::Register node{graph::node<Params, FindNearest>(
    {.name = "find_nearest",
     .doc = "Finds the images of an archive that are most like one.",
     .group = "codec",
     .inputs = {graph::port<Query>(Clock::item, "query", "of pool_frame")},
     .outputs = {graph::port<Answers>(Clock::item, "answers", "the nearest first")},
     .params = with_pooled<Params>(
         {graph::required(param("archive", &Params::archive, "the archive's folder")),
          param("k", &Params::k, Range{1, 10000}, "how many"),
          param("effort", &Params::effort, Range{1, 100000},
                "candidates kept while searching: more find more of the true nearest, and take "
                "longer")})})};

}  // namespace
}  // namespace nodes
