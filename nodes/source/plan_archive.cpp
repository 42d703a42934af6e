// Plans what an archive is to hold, once, and lists those files of it that are still to be done and
// are this process's. Started again, on another machine or twice, it goes on where shards are
// missing.
#include "formats/archive_index.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/folder.hpp"
#include "graph/paths.hpp"
#include "graph/source.hpp"
#include "nodes/archive.hpp"
#include "nodes/archive_planning.hpp"
#include "nodes/codec.hpp"
#include "nodes/process_share.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <mutex>

#include <tbb/parallel_for.h>

namespace nodes {
namespace {

namespace fs = std::filesystem;
using formats::ArchivePlan;
using graph::ConfigurationError;

struct ShardLimits {
    int64_t images = 1000;
    int64_t bytes = int64_t{1} << 28;
};

struct Params : graph::Schedule {
    fs::path path, archive;
    std::string pattern = "*.tif*";
    fs::path model = "data/models/fluorescence.h5";
    std::string settings, prefix;
    bool append = false;
    ShardLimits shards;

    Params() {}  // g++ 12 takes an aggregate's map for uninitialised
};

class PlanArchive : public graph::Source {
  public:
    PlanArchive(const Params& params, const graph::Setup& setup)
        : params_(params), setup_(setup), share_(process_share(environment())) {
        if (!params.prefix.empty() && !formats::is_safe_path(params.prefix))
            fail("prefix '" + params.prefix + "': a folder's name within the archive is needed");
        if (params.shuffle || params.epochs != 1 || !params.split.empty())
            fail(
                "an archive is written once, in the order of its plan: leave out 'epochs', "
                "'split' and 'shuffle'");
    }

    bool may_be_empty() const override { return true; }

    /// Plans, unless there is a plan already; and looks which shards are there and whole.
    bool prepare(graph::Preparation& preparation) override {
        formats::remove_stale_archive_temporaries(params_.archive);
        std::vector<ArchivePlan> plans = formats::read_plans(params_.archive);
        if (found_.empty()) list();
        if (!is_planned(plans)) add_plan(plans, preparation);
        keep_model();
        found_ = std::vector<FoundFile>();  // and their memory
        for (ArchivePlan& plan : plans)
            if (plan.input == input() && plan.prefix == prefix() &&
                plan.settings == params_.settings && plan.model == model_)
                add_missing(std::make_shared<const ArchivePlan>(std::move(plan)));
        prepared_ = true;
        return true;
    }

    size_t list() override {
        if (prepared_) return images_;
        found_ = find();
        model_ = formats::hex(load_codec(params_.model).digest);
        std::vector<ArchivePlan> headers;
        for (int n = 1; fs::exists(formats::plan_file(params_.archive, n)); ++n)
            headers.push_back(formats::read_plan_header(formats::plan_file(params_.archive, n)));
        check_plans(headers);
        return found_.size();
    }

    graph::Item item(size_t number) const override {
        const std::string path = prepared_ ? image(number).planned().path : found_.at(number).path;
        return {path, path};
    }

    void start(graph::Call& call) override {
        if (unplanned_ > 0)
            call.warn(
                fmt::format("{} files of {} are not in the archive's plan: append=true adds "
                            "them",
                            unplanned_, params_.path.string()));
        if (!damaged_.empty())
            call.warn(fmt::format("{} damaged shards are done again, such as {}", damaged_.size(),
                                  damaged_.front()));
    }

    void receive(graph::Call& call) override { call.emit("image", image(item_of(call))); }

    /// What comes now reads the plans itself, where there is room for them once.
    void finish() override {
        missing_.clear();
        cache_.clear();
    }

  private:
    std::string input() const { return fs::weakly_canonical(params_.path).string(); }
    std::string prefix() const { return params_.prefix.empty() ? "" : params_.prefix + "/"; }

    std::vector<FoundFile> find() const {
        try {
            return find_files(params_.path, params_.pattern);
        } catch (const ConfigurationError& error) {
            fail(error.what());
        }
    }

    /// The codec goes into the archive, twice: without it no stream decodes.
    void keep_model() {
        formats::make_folder(params_.archive / "models");
        const fs::path from = codec_path(params_.model);
        for (const std::string& name : {model_, model_ + "_copy"}) {
            const fs::path to = formats::model_file(params_.archive, name);
            if (!fs::exists(to))
                formats::publish_bytes(to, formats::read_file(from), formats::Publish::first_wins);
        }
    }

    /// Whether there is nothing to plan. Throws if what is planned is something else.
    bool is_planned(const std::vector<ArchivePlan>& plans) {
        if (plans.empty()) return false;
        const ArchivePlan* mine = mine_of(plans);
        const PlannedPaths planned(plans);
        unplanned_ = static_cast<size_t>(std::ranges::count_if(
            found_, [&](const FoundFile& file) { return !planned.find(prefix() + file.path); }));
        if (params_.append) return mine && unplanned_ == 0;
        check_plans(plans);
        return true;
    }

    /// The plan that this run goes on with.
    const ArchivePlan* mine_of(const std::vector<ArchivePlan>& plans) const {
        const ArchivePlan* mine = nullptr;
        for (const ArchivePlan& plan : plans)
            if (plan.input == input() && plan.prefix == prefix()) mine = &plan;
        return mine;
    }

    /// Throws if what is planned is something else. Headers are enough.
    void check_plans(const std::vector<ArchivePlan>& plans) const {
        if (plans.empty() || params_.append) return;
        const ArchivePlan* mine = mine_of(plans);
        const std::string archive = params_.archive.string();
        if (!mine)
            fail(
                fmt::format("{} was planned for the images of {}, not of {}: set 'append: true' "
                            "to add these to it, or give another archive",
                            archive, plans.back().input, input()));
        if (mine->settings != params_.settings || mine->model != model_)
            fail(
                fmt::format("{} was planned with {} and model {}, not with {} and model {}: keep "
                            "to these settings, or give another archive",
                            archive, mine->settings, mine->model, params_.settings, model_));
    }

    /// Plans the files that are in no plan yet. Of what another process plans at the same time, the
    /// first is kept as it is, and what is not in it comes after it.
    void add_plan(std::vector<ArchivePlan>& plans, graph::Preparation& preparation) {
        ArchivePlan plan = plan_of_all(preparation);
        while (true) {
            leave_out_known(plan, PlannedPaths(plans), preparation);
            if (plan.files.empty()) return;
            plan.number = static_cast<int>(plans.size()) + 1;
            plan.shards = formats::cut_shards(plan, static_cast<uint64_t>(params_.shards.images),
                                              static_cast<uint64_t>(params_.shards.bytes));
            keep_model();  // before a plan that needs it
            if (formats::write_plan(params_.archive, plan)) break;
            plans = formats::read_plans(params_.archive);
            if (is_planned(plans)) return;
        }
        unplanned_ = 0;
        plans.push_back(formats::read_plan(formats::plan_file(params_.archive, plan.number)));
    }

    /// Without a number and shards.
    ArchivePlan plan_of_all(graph::Preparation& preparation) const {
        ArchivePlan plan;
        plan.input = input();
        plan.prefix = prefix();
        plan.settings = params_.settings;
        plan.model = model_;
        plan.pipeline = setup_.pipeline;
        plan.software = "latentflow " + graph::version();
        plan.files = read_digests(params_.path, found_, preparation);
        return plan;
    }

    /// Adds the files of this process's shards that are not there; damaged ones are set aside.
    void add_missing(const std::shared_ptr<const ArchivePlan>& plan) {
        std::vector<State> states(plan->shards.size(), whole);
        tbb::parallel_for(size_t{0}, plan->shards.size(), [&](size_t i) {
            if (share_.owns(i)) states[i] = state_of(*plan, i);
        });
        for (size_t i = 0; i < plan->shards.size(); ++i) {
            if (states[i] == whole) continue;
            if (states[i] == damaged) damaged_.push_back(plan->shard_name(i));
            missing_.push_back({images_, plan, i});
            images_ += plan->shards[i].count;
        }
    }

    PlannedImage image(size_t number) const {
        const auto& missing =
            *std::prev(std::ranges::upper_bound(missing_, number, {}, &Missing::first));
        PlannedImage image{
            "", {missing.plan, missing.shard, files_of(missing)}, number - missing.first};
        image.file = (params_.path / image.planned().path).string();
        return image;
    }

    struct Missing {
        size_t first;  // of its images, among all that are missing
        std::shared_ptr<const ArchivePlan> plan;
        size_t shard;
    };

    /// Of the shards that were asked for last; images are asked for nearly in order.
    std::shared_ptr<const formats::PlannedFiles> files_of(const Missing& missing) const {
        constexpr size_t kept = 4;
        const std::lock_guard lock(mutex_);
        for (const auto& [first, files] : cache_)
            if (first == missing.first) return files;
        if (cache_.size() == kept) cache_.pop_front();
        cache_.emplace_back(missing.first, std::make_shared<const formats::PlannedFiles>(
                                               missing.plan->files_of(missing.shard)));
        return cache_.back().second;
    }

    enum State : char { whole, missing, damaged };

    /// A damaged shard is set aside. Another process may be doing the same.
    State state_of(const ArchivePlan& plan, size_t shard) const {
        const fs::path file = formats::shard_file(params_.archive, plan.shard_name(shard));
        try {
            if (!fs::exists(file)) return missing;
            formats::check_planned_shard(params_.archive, plan, shard);
            return whole;
        } catch (const formats::FormatError&) {
            fs::path aside = file;
            std::error_code failed;
            fs::rename(file, aside += ".damaged", failed);
            if (failed && failed.value() != ENOENT)
                throw formats::IoError(file, "be set aside", failed.value());
            return damaged;
        } catch (const formats::IoError& error) {
            if (error.number() == ENOENT) return missing;
            throw;
        }
    }

    [[noreturn]] void fail(const std::string& reason) const {
        throw ConfigurationError(setup_.id + ": " + reason);
    }

    const Params params_;
    const graph::Setup setup_;
    const ProcessShare share_;
    std::string model_;
    bool prepared_ = false;
    size_t unplanned_ = 0;              // files that are in no plan
    std::vector<std::string> damaged_;  // shards
    std::vector<FoundFile> found_;      // until it is prepared
    size_t images_ = 0;                 // that are missing
    std::vector<Missing> missing_;      // shards, in their order
    mutable std::mutex mutex_;
    mutable std::deque<std::pair<size_t, std::shared_ptr<const formats::PlannedFiles>>> cache_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::source<Params, PlanArchive>(
        {.name = "plan_archive",
         .doc = "Plans an archive of a folder's files, and lists those whose shards are missing.",
         .group = "source",
         .outputs = {graph::port<PlannedImage>(graph::Clock::item, "image",
                                               "one message for each file that is to be done")},
         .params = {
             graph::required(param("path", &Params::path, "the folder; folders in it too")),
             graph::required(param("archive", &Params::archive, "the archive's folder")),
             param("pattern", &Params::pattern,
                   "which names to take: * and ? stand for any text and any character; upper and "
                   "lower "
                   "case are the same"),
             param("model", &Params::model, "the frozen codec, which is kept in the archive"),
             param("settings", &Params::settings,
                   "how images are encoded, in words; another run with other settings is refused"),
             param("prefix", &Params::prefix, "a folder within the archive to put the files in"),
             param("append", &Params::append,
                   "add the files that are not in the archive yet, by a plan of their own"),
             graph::group(
                 "shards", &Params::shards,
                 {param("images", &ShardLimits::images, graph::Range{1, 1e6},
                        "images of a shard, at most"),
                  param("bytes", &ShardLimits::bytes, graph::Range{1, 1e12},
                        "bytes of the files of a shard, at most, unless it is one; a writer "
                        "has so much in memory")},
                 "how files are cut into shards")}});
    spec.writes = [](const void* params) {
        return std::vector<graph::Written>{
            {static_cast<const Params*>(params)->archive, false, true}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
