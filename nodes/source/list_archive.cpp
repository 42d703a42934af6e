// Lists the images of an archive, by its tables alone. What is wrong with the archive is an item
// too, which is set aside and named: no image is left out without a word.
#include "formats/archive_check.hpp"
#include "formats/error.hpp"
#include "graph/source.hpp"
#include "nodes/archive.hpp"
#include "nodes/archive_listing.hpp"
#include "nodes/number_list.hpp"

#include <algorithm>
#include <deque>

#include <fnmatch.h>

namespace nodes {
namespace {

struct Params : graph::Schedule {
    Params() = default;  // no aggregate: of those g++ 12 says that they may be uninitialised
    std::filesystem::path archive;
    std::string match;
    std::string ids;
    bool check_files = false;
    bool strict = true;
};

/// Whether a shard's file is whole: found out once, by whoever asks first.
class ShardCheck {
  public:
    /// What is wrong with it; "" if nothing.
    const std::string& complaint(const formats::ArchiveFiles& files, const std::string& name) {
        const std::lock_guard lock(mutex_);
        if (!complaint_) try {
                files.check(name);
                complaint_ = "";
            } catch (const std::exception& error) {
                complaint_ = error.what();
            }
        return *complaint_;
    }

  private:
    std::mutex mutex_;
    std::optional<std::string> complaint_;
};

class ListArchive : public graph::Source {
  public:
    ListArchive(const Params& params, const graph::Setup& setup)
        : params_(params),
          id_(setup.id),
          ids_(parse_ranges(params.ids, setup.id + ": ids")),
          listing_(params.archive, params.shuffle ? SIZE_MAX : 8) {
        if (params.check_files) files_.emplace(listing_.archive());
    }

    size_t list() override {
        listed_.clear();
        shards_ = std::deque<ShardCheck>(listing_.shards().size());
        images_ = 0;
        for (const auto& [first, last] : ids_)
            if (last >= listing_.archive().size())
                fail(fmt::format("{}: image {} was asked for, but there are {}",
                                 params_.archive.string(), last, listing_.archive().size()));
        const auto& wrong = listing_.archive().complaints();
        if (params_.strict)
            for (uint32_t i = 0; i < wrong.size(); ++i) listed_.push_back({complaint_of_all, i});
        if (files_)
            for (const auto& [names, kind] : {std::pair(&files_->others(), other_file),
                                              std::pair(&files_->search(), search_file)})
                for (uint32_t i = 0; i < names->size(); ++i) listed_.push_back({kind, i});
        for (size_t shard = 0; shard < listing_.shards().size(); ++shard) add_shard(shard);
        if (files_) add_stray_shards();
        if (images_ == 0 && !params_.match.empty())
            fail(fmt::format("no image of {} matches '{}'", params_.archive.string(),
                             params_.match));
        if (listed_.empty()) fail(params_.archive.string() + ": holds no image");
        return listed_.size();
    }

    graph::Item item(size_t number) const override {
        const std::string name = name_of(listed_.at(number));
        return {name, name};
    }

    void start(graph::Call& call) override {
        if (!params_.strict)
            for (const std::string& complaint : listing_.archive().complaints())
                call.warn(complaint);
        if (files_)
            for (const std::string& name : files_->strangers())
                call.warn((params_.archive / name).string() + ": is no file of an archive");
    }

    void receive(graph::Call& call) override {
        const Listed& item = listed_.at(item_of(call));
        if (item.shard == complaint_of_all)
            throw formats::FormatError(listing_.archive().complaints().at(item.index));
        if (item.shard == other_file) return files_->check(files_->others().at(item.index));
        if (item.shard == search_file) return files_->check(files_->search().at(item.index));
        if (item.shard == stray_shard) return files_->check(files_->shards().at(item.index));
        const auto& shard = listing_.shards().at(item.shard);
        if (item.index == whole_shard) {
            const std::string& wrong = check(item.shard);
            if (!wrong.empty()) throw formats::FormatError(wrong);
            return;
        }
        if (const auto lost = lost_.find(item.shard); lost != lost_.end())
            throw formats::FormatError(lost->second);
        StoredImage image;
        image.id = shard.first + item.index;
        image.entry = listing_.entries(item.shard)->at(item.index);
        image.shard = shard.name;
        image.shard_is_whole = files_ && check(item.shard).empty();
        call.emit("image", std::move(image));
    }

  private:
    // In place of a shard's number, and of an image's.
    static constexpr uint32_t complaint_of_all = UINT32_MAX, other_file = UINT32_MAX - 1,
                              search_file = UINT32_MAX - 2, stray_shard = UINT32_MAX - 3;
    static constexpr uint32_t whole_shard = UINT32_MAX;
    struct Listed {
        uint32_t shard, index;
    };

    std::string name_of(const Listed& item) const {
        switch (item.shard) {
            case complaint_of_all:
                return listing_.archive().complaints().at(item.index);
            case other_file:
                return files_->others().at(item.index);
            case search_file:
                return files_->search().at(item.index);
            case stray_shard:
                return files_->shards().at(item.index);
            default:
                break;
        }
        if (item.index == whole_shard) return file_of(item.shard);
        try {
            if (!lost_.contains(item.shard))
                return listing_.entries(item.shard)->at(item.index).path;
        } catch (const std::exception&) {
            // Damaged since it was listed: as one that was damaged before.
        }
        const auto paths = listing_.planned_paths(item.shard);
        return paths ? (*paths)[item.index] : listing_.unknown_path(item.shard, item.index);
    }

    void add_shard(size_t shard) {
        const auto& one = listing_.shards()[shard];
        const auto number = static_cast<uint32_t>(shard);
        if (files_) listed_.push_back({number, whole_shard});
        const auto asked = [&](uint64_t id) {
            return ids_.empty() || std::ranges::any_of(ids_, [&](const auto& range) {
                       return range.first <= id && id <= range.second;
                   });
        };
        const auto matches = [&](const std::string& path) {
            return params_.match.empty() || ::fnmatch(params_.match.c_str(), path.c_str(), 0) == 0;
        };
        const bool any =
            ids_.empty() || std::ranges::any_of(ids_, [&](const auto& range) {
                return range.first < one.first + one.images && range.second >= one.first;
            });
        if (!any) return;
        ArchiveListing::Entries entries;
        std::optional<std::vector<std::string>> paths;
        try {
            entries = listing_.entries(shard);
        } catch (const std::exception& error) {
            lost_[number] = std::string(error.what()) + "; its images are lost here";
            paths = listing_.planned_paths(shard);
        }
        for (uint32_t i = 0; i < one.images; ++i) {
            const std::string path = entries ? (*entries)[i].path
                                     : paths ? (*paths)[i]
                                             : listing_.unknown_path(shard, i);
            // Of an image that nobody knows it may well be asked.
            if (!asked(one.first + i) || !(matches(path) || (!entries && !paths))) continue;
            listed_.push_back({number, i});
            ++images_;
        }
    }

    /// Those that are in the folder or in SHA256SUMS, and in no plan.
    void add_stray_shards() {
        std::vector<std::string> known;
        for (size_t shard = 0; shard < listing_.shards().size(); ++shard)
            known.push_back(file_of(shard));
        std::ranges::sort(known);
        const auto& all = files_->shards();
        for (size_t i = 0; i < all.size(); ++i)
            if (!std::ranges::binary_search(known, all[i]))
                listed_.push_back({stray_shard, static_cast<uint32_t>(i)});
    }

    std::string file_of(size_t shard) const {
        return "shards/" + listing_.shards()[shard].name + ".h5";
    }
    const std::string& check(uint32_t shard) {
        return shards_[shard].complaint(*files_, file_of(shard));
    }

    [[noreturn]] void fail(const std::string& reason) const {
        throw graph::ConfigurationError(id_ + ": " + reason);
    }

    const Params params_;
    const std::string id_;
    const std::vector<std::pair<uint64_t, uint64_t>> ids_;
    const ArchiveListing listing_;
    std::optional<formats::ArchiveFiles> files_;
    std::deque<ShardCheck> shards_;
    std::map<uint32_t, std::string> lost_;  // shard -> why its tables cannot be read
    std::vector<Listed> listed_;
    size_t images_ = 0;
};

using graph::param;
const graph::Register node{graph::source<Params, ListArchive>(
    {.name = "list_archive",
     .doc = "Lists the images of an archive; what is wrong with it is named.",
     .group = "source",
     .outputs = {graph::port<StoredImage>(graph::Clock::item, "image",
                                          "what the archive says of it, without its data")},
     .params = {
         graph::required(param("archive", &Params::archive, "the archive's folder")),
         param("match", &Params::match,
               "which images, by their paths in the archive: * stands for any text, also across "
               "folders, and ? for any character; empty: all"),
         param("ids", &Params::ids, "which images, by their numbers: 3,7,10-20; empty: all"),
         param("check_files", &Params::check_files,
               "also read every file of the archive from one end to the other, and compare its "
               "SHA-256"),
         param("strict", &Params::strict,
               "an index or a plan that is damaged or missing is a bad input, though the images "
               "are found without it; otherwise it is a warning")}})};

}  // namespace
}  // namespace nodes
