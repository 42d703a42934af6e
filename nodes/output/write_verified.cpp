// Writes what came of verifying an archive: a table of its images, and, if there are originals to
// compare with, which of them may be deleted and which are to be kept. It deletes nothing.
#include "formats/archive_check.hpp"
#include "formats/csv.hpp"
#include "formats/error.hpp"
#include "formats/folder.hpp"
#include "formats/text_writer.hpp"
#include "graph/log.hpp"
#include "nodes/archive.hpp"
#include "nodes/archive_listing.hpp"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <unordered_map>

namespace nodes {
namespace {

namespace fs = std::filesystem;

struct Params {
    fs::path archive;
    fs::path against;
    bool print = true;
};

const char* name(VerifiedImage::Original original) {
    using enum VerifiedImage::Original;
    switch (original) {
        case unknown:
            return "unknown";
        case same:
            return "same";
        case changed:
            return "changed";
        case missing:
            return "missing";
    }
    return "";
}

class WriteVerified : public graph::Node {
  public:
    WriteVerified(const Params& params, const graph::Setup& setup)
        : params_(params), setup_(setup) {}

    void receive(graph::Call& call) override {
        const auto& image = call.input<VerifiedImage>("verified");
        if (image.id >= found_.size()) found_.resize(image.id + 1);
        found_[image.id] = {true, image.shard_is_whole, image.original};
    }

    void finish() override {
        const ArchiveListing listing(params_.archive);
        not_intact_ = complaint(listing.archive());
        write_table(listing);
        std::string text =
            fmt::format("{} of {} images are verified\n", verified_, listing.archive().size());
        if (!params_.against.empty()) text += write_originals();
        if (params_.print) std::cout << graph::printable(text) << std::flush;
    }

  private:
    struct Found {
        bool verified = false, shard_is_whole = false;
        VerifiedImage::Original original = VerifiedImage::Original::unknown;
    };

    /// Why no original may be deleted yet; "" if the archive is finalised and what all images
    /// depend on is whole. Throws IoError.
    static std::string complaint(const formats::Archive& archive) {
        if (!archive.complaints().empty()) return archive.complaints().front();
        const formats::ArchiveFiles files(archive);
        for (const std::string& file : files.others()) try {
                files.check(file);
            } catch (const formats::FormatError& error) {
                return error.what();
            }
        return "";
    }

    /// Why an original is to be kept; "" if it need not.
    std::string reason_to_keep(const Found& found) const {
        using enum VerifiedImage::Original;
        if (!found.verified) return "its stored form is not verified";
        if (found.original == changed) return "changed since it was archived";
        if (found.original != same) return "nobody knows which image it is";
        if (!found.shard_is_whole) return "the shard that it is in is damaged";
        return not_intact_.empty() ? "" : "the archive is not whole";
    }

    void write_table(const ArchiveListing& listing) {
        const bool against = !params_.against.empty();
        const ArchiveOrigins origins(params_.archive);
        formats::TextWriter csv(setup_.output("verified.csv"));
        csv.add(formats::csv_row({"id", "path", "coding", "state", "original", "may_be_deleted"}));
        for (size_t shard = 0; shard < listing.shards().size(); ++shard) {
            const auto& one = listing.shards()[shard];
            ArchiveListing::Entries entries;
            std::optional<std::vector<std::string>> paths;
            try {
                entries = listing.entries(shard);
            } catch (const formats::IoError& error) {
                if (error.number() != ENOENT) throw;
            } catch (const formats::FormatError&) {  // damaged, which is as good as not there
            }
            if (!entries) paths = listing.planned_paths(shard);
            for (size_t i = 0; i < one.images; ++i) {
                const std::string path = entries ? (*entries)[i].path
                                         : paths ? (*paths)[i]
                                                 : listing.unknown_path(shard, i);
                const uint64_t id = one.first + i;
                const Found found = id < found_.size() ? found_[id] : Found{};
                const std::string keep = reason_to_keep(found);
                verified_ += found.verified ? 1 : 0;
                csv.add(formats::csv_row(
                    {std::to_string(id), path, entries ? name((*entries)[i].coding) : "",
                     found.verified ? "verified" : "not verified",
                     against && found.verified ? nodes::name(found.original) : "",
                     !against       ? ""
                     : keep.empty() ? "yes"
                                    : "no"}));
                if (!against) continue;
                const auto original = origins.path(one.name, path);
                if (!original) continue;
                // Two plans may have had files of one path: either makes it safe to delete.
                const auto [known, is_new] = keep_.try_emplace(*original, keep);
                if (keep.empty() && !is_new) known->second.clear();
            }
        }
        csv.commit();
    }

    /// What of the originals' folder may go and what is to stay; a line on it.
    std::string write_originals() {
        const fs::path folder = fs::canonical(params_.against);
        std::vector<std::string> files;
        for (const auto& entry : formats::list_tree(folder))
            if (!entry.is_directory() || entry.is_symlink())
                files.push_back(entry.path().lexically_relative(folder).generic_string());
        std::ranges::sort(files);
        // Names may hold any byte but 0.
        formats::TextWriter deletable(setup_.output("deletable.txt"));
        formats::TextWriter kept(setup_.output("kept.csv"));
        kept.add(formats::csv_row({"path", "reason"}));
        uint64_t may_go = 0;
        for (const std::string& file : files) {
            const auto known = keep_.find(file);
            if (known != keep_.end() && known->second.empty()) {
                ++may_go;
                deletable.add((folder / file).string() + '\0');
            } else {
                kept.add(formats::csv_row(
                    {file, known == keep_.end() ? "not in the archive" : known->second}));
            }
        }
        deletable.commit();
        kept.commit();
        std::string text = fmt::format(
            "{} of {} files in {} may be deleted: deletable.txt names them, each ended by a NUL "
            "(xargs -0); kept.csv names the others, and why\n",
            may_go, files.size(), params_.against.string());
        if (!not_intact_.empty()) text += "none may be deleted yet: " + not_intact_ + "\n";
        return text;
    }

    const Params params_;
    const graph::Setup setup_;
    std::vector<Found> found_;                           // by id
    std::unordered_map<std::string, std::string> keep_;  // original -> why it is to be kept
    std::string not_intact_;
    uint64_t verified_ = 0;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteVerified>(
        {.name = "write_verified",
         .doc = "Writes which images of an archive are whole, and which originals may be deleted.",
         .group = "output",
         .inputs = {graph::port<VerifiedImage>(graph::Clock::item, "verified",
                                               "of compare_original")},
         .params = {graph::required(param("archive", &Params::archive, "the archive's folder")),
                    param("against", &Params::against,
                          "the originals' folder, as of compare_original; empty: none"),
                    param("print", &Params::print, "show the summary on standard output too")}});
    spec.writes = [](const void* params) {
        std::vector<graph::Written> files{{"verified.csv"}};
        if (!static_cast<const Params*>(params)->against.empty())
            files.insert(files.end(), {{"deletable.txt"}, {"kept.csv"}});
        return files;
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
