// Writes what was in an archive to a folder, under the paths that it had: frames as TIFF, and what
// is kept as a file as that file. Nothing that is there is written over unless asked for, and the
// folder that was archived never is.
#include "formats/archive_plan.hpp"
#include "formats/file.hpp"
#include "formats/folder.hpp"
#include "formats/tiff_frame.hpp"
#include "graph/log.hpp"
#include "nodes/archive.hpp"
#include "nodes/frame.hpp"
#include "nodes/tiff_options.hpp"

#include <algorithm>
#include <climits>
#include <limits>

#include <fmt/format.h>

namespace nodes {
namespace {

namespace fs = std::filesystem;
using formats::FormatError;
using graph::ConfigurationError;

struct Params : TiffWriting {
    fs::path output;
    fs::path archive;
    bool overwrite = false;
};

bool is_below(const fs::path& path, const fs::path& folder) {
    return std::ranges::mismatch(folder, path).in1 == folder.end();
}

/// With no link on the way, and no '/' at its end, as far as it exists.
fs::path settled(const fs::path& folder) {
    const fs::path path = fs::weakly_canonical(folder);
    return path.has_filename() ? path : path.parent_path();
}

class WriteRestored : public graph::Node {
  public:
    WriteRestored(const Params& params, const graph::Setup& setup)
        : options_(params.options()),
          overwrite_(params.overwrite),
          output_(params.output),
          archive_(params.archive),
          id_(setup.id) {
        if (!overwrite_) options_.publish = formats::Publish::first_wins;
        root_ = settled(output_);
        keep_off(settled(archive_), "the archive is in ");
        for (const auto& [folder, known] : originals()) {
            if (overwrite_ && !known)
                throw ConfigurationError(id_ + ": 'overwrite': " + folder.string() +
                                         " is damaged, so that nobody knows where the originals "
                                         "are: give a folder in which nothing has to be replaced");
            if (known) keep_off(folder, "the originals are in ");
        }
    }

    void start(graph::Call&) override { formats::make_folder(root_); }

    void receive(graph::Call& call) override {
        const auto& image = call.input<RestoredImage>("restored");
        const fs::path file = place(image.entry.path);
        if (!overwrite_ && fs::exists(fs::symlink_status(file))) return compare(file, image);
        const bool written = image.frame
                                 ? formats::write_tiff(file, *image.frame, options_)
                                 : formats::publish_bytes(file, image.original, options_.publish);
        if (!written) compare(file, image);
    }

  private:
    /// The folders that were archived, or a plan that cannot say which.
    std::vector<std::pair<fs::path, bool>> originals() const {
        std::vector<std::pair<fs::path, bool>> folders;
        for (int number = 1; fs::exists(formats::plan_file(archive_, number)); ++number) {
            const fs::path plan = formats::plan_file(archive_, number);
            try {
                folders.emplace_back(settled(formats::read_plan_header(plan).input), true);
            } catch (const std::runtime_error&) {
                folders.emplace_back(plan, false);
            }
        }
        return folders;
    }

    /// Not the folder, nor one that it is in; and not one in it, if files may be replaced there.
    void keep_off(const fs::path& folder, const std::string& why) const {
        if (is_below(folder, root_) || (overwrite_ && is_below(root_, folder)))
            throw ConfigurationError(id_ + ": " + why + folder.string() + ", and " +
                                     root_.string() +
                                     " is not apart from it: give another folder to write to");
    }

    /// Where an image goes; makes the folders on the way, none of which may lead out.
    fs::path place(const std::string& path) const {
        if (!formats::is_safe_path(path))
            throw FormatError("'" + graph::printable(path) +
                              "' is no path below a folder: it is not restored");
        const fs::path below = path;
        // Else it would be an error of the system's, which ends the run: here only this file is
        // left out.
        const bool fits = std::ranges::all_of(
            below, [](const fs::path& part) { return part.native().size() <= NAME_MAX; });
        if (!fits || root_.native().size() + path.size() + 1 >= PATH_MAX)
            throw FormatError(
                fmt::format("'{}...', of {} bytes, is longer than paths and names may "
                            "be here: it is not restored",
                            path.substr(0, 40), path.size()));
        fs::path folder = root_;
        for (const fs::path& part : below.parent_path()) {
            folder /= part;
            if (!fs::exists(fs::symlink_status(folder))) formats::make_folder(folder);
            if (!fs::is_directory(folder))
                throw FormatError(folder.string() + ": is in the way: no folder can be made there");
            if (fs::is_symlink(folder) && !is_below(fs::canonical(folder), root_))
                throw FormatError(folder.string() + ": is a link that leads out of " +
                                  root_.string() + ": nothing is restored through it");
        }
        return folder / below.filename();
    }

    void compare(const fs::path& file, const RestoredImage& image) const {
        if (fs::is_regular_file(fs::symlink_status(file)) && is_same(file, image)) return;
        throw FormatError(file.string() +
                          " is there already, with other content, and was left as it is: give "
                          "another folder, or set 'overwrite: true'");
    }

    static bool is_same(const fs::path& file, const RestoredImage& image) try {
        if (!image.frame) return formats::read_file(file) == image.original;
        formats::TiffOptions all;
        all.colour = formats::Colour::keep;
        all.max_samples = 0;
        for (const formats::Image& page : image.frame->pages)
            all.max_samples += page.samples.size();
        all.max_ratio = std::numeric_limits<double>::max();  // it may be all black
        return same_content(formats::read_tiff_frame(file, all), *image.frame);
    } catch (const FormatError&) {
        return false;
    }

    formats::TiffWriteOptions options_;
    const bool overwrite_;
    const fs::path output_, archive_;
    const std::string id_;
    fs::path root_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::node<Params, WriteRestored>(
        {.name = "write_restored",
         .doc = "Writes an archive's images to a folder, under the paths that they had.",
         .group = "output",
         .inputs = {graph::port<RestoredImage>(graph::Clock::item, "restored", "of restore_image")},
         .params = TiffWriting::params<Params>(
             {graph::required(param("output", &Params::output, "the folder to write to")),
              graph::required(param("archive", &Params::archive,
                                    "the archive's folder, which knows where the originals are")),
              param("overwrite", &Params::overwrite,
                    "replace files that are there with other content; otherwise they are "
                    "left, and their images set aside as bad")})});
    spec.writes = [](const void* params) {
        return std::vector<graph::Written>{
            {static_cast<const Params*>(params)->output, false, true}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
