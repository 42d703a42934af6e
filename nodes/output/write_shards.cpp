// Writes an archive's shards, each whole once its last image has come; a process that works alone
// ends with the index.
#include "formats/archive_index.hpp"
#include "formats/error.hpp"
#include "formats/shard.hpp"
#include "nodes/archive.hpp"
#include "nodes/finalise.hpp"
#include "nodes/process_share.hpp"

#include <utility>

#include <fmt/format.h>
#include <malloc.h>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path archive;
    bool finalise = true;
};

class WriteShards : public graph::Node {
  public:
    WriteShards(const Params& params, const graph::Setup&)
        : params_(params), alone_(process_share(environment()).alone()) {}

    void receive(graph::Call& call) override {
        const auto& encoded = call.input<EncodedImage>("encoded");
        const PlannedImage& image = encoded.image;
        ++received_;
        if (!same(job_, image.job)) begin(image.job);
        // A shard from which an image is missing waits for the next run.
        if (image.index != writer_->size()) return;
        writer_->add(encoded.entry, encoded.data, encoded.latents);
        auto& [images, before, after] = counts_[encoded.entry.coding];
        ++images;
        before += encoded.entry.size;
        after += encoded.data.size() + encoded.latents.size();
        if (writer_->size() == job_.plan->shards[job_.shard].count) publish(call);
    }

    void end(graph::Call& call) override { lost_ = call.pass().items - received_; }

    void finish() override {
        for (const auto& [coding, count] : counts_)
            fmt::print("{} images kept as {}: {:.1f} MB in place of {:.1f}\n", count.images,
                       coding == formats::Coding::jpegxl     ? "JPEG XL without loss"
                       : coding == formats::Coding::original ? "they are"
                                                             : name(coding),
                       static_cast<double>(count.after) / 1e6,
                       static_cast<double>(count.before) / 1e6);
        give_up();
        if (incomplete_.empty() && lost_ > 0) {  // of a shard of which not one image has come
            ++shards_;
            incomplete_.push_back(fmt::format("{} files could not be read", lost_));
        }
        if (!incomplete_.empty()) throw IncompleteError(params_.archive, incomplete_, shards_);
        if (alone_ && params_.finalise) finalise(params_.archive);
    }

  private:
    struct Count {
        uint64_t images = 0, before = 0, after = 0;
    };

    static bool same(const ShardJob& one, const ShardJob& other) {
        return one.plan == other.plan && one.shard == other.shard;
    }

    void begin(const ShardJob& job) {
        give_up();
        job_ = job;
        ++shards_;
        writer_ = std::make_unique<formats::ShardWriter>(formats::ShardHeader{
            job.plan->shards[job.shard].id, job.plan->settings, job.plan->software});
    }

    /// What is left of a shard before the next one begins is one of which an image failed.
    void give_up() {
        if (writer_)
            incomplete_.push_back(fmt::format("shard {}: {} could not be read",
                                              job_.plan->shard_name(job_.shard),
                                              job_.files->at(writer_->size()).path));
        writer_.reset();
    }

    void publish(graph::Call& call) {
        const auto writer = std::move(writer_);
        const ShardJob job = std::exchange(job_, {});
        const auto file = formats::shard_file(params_.archive, job.plan->shard_name(job.shard));
        // Between images of many sizes the allocator keeps more and more: in a run of days, too.
        ::malloc_trim(0);
        if (writer->publish(file)) return;
        try {
            // Another process was first; bytes may differ with its processor, promises may not.
            formats::check_planned_shard(params_.archive, *job.plan, job.shard);
            call.warn(file.string() + ": another process was first; its work stays");
        } catch (const formats::FormatError& error) {
            incomplete_.emplace_back(error.what());
        }
    }

    const Params params_;
    const bool alone_;
    ShardJob job_;
    std::unique_ptr<formats::ShardWriter> writer_;
    std::map<formats::Coding, Count> counts_;
    std::vector<std::string> incomplete_;
    size_t shards_ = 0, received_ = 0, lost_ = 0;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteShards>(
        {.name = "write_shards",
         .doc = "Writes the shards of an archive, one after the other, each whole.",
         .group = "output",
         .inputs = {graph::port<EncodedImage>(graph::Clock::item, "encoded", "what to keep")},
         .params = {graph::required(param("archive", &Params::archive, "the archive's folder")),
                    param("finalise", &Params::finalise,
                          "check all shards and write the index at the end, if no other processes "
                          "work on the archive")}});
    spec.writes = [](const void* params) {
        return std::vector<graph::Written>{
            {static_cast<const Params*>(params)->archive, false, true}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
