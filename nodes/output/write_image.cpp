// Writes each image to a file of its own, named after the file that it came from.
#include "formats/png_writer.hpp"
#include "formats/tiff_writer.hpp"
#include "nodes/types.hpp"

#include <map>

namespace nodes {
namespace {

namespace fs = std::filesystem;

struct Params {
    fs::path folder = "images";
    std::string within = "run";
    std::string format = "tiff";
    std::string bits = "same";
    std::string compression = "deflate";
};

class WriteImage : public graph::Node {
  public:
    WriteImage(const Params& params, const graph::Setup& setup) : params_(params), setup_(setup) {
        if (params.format == "png" && params.bits == "float")
            throw graph::ConfigurationError(setup.id + ": PNG has no float; use 'format: tiff'");
    }

    void receive(graph::Call& call) override {
        formats::Image image = call.input<formats::Image>("image");
        const fs::path folder =
            params_.within == "run" ? setup_.output(params_.folder) : params_.folder;
        fs::create_directories(folder);
        protect_originals(image, folder);
        if (params_.bits == "8") image.type = formats::SampleType::u8;
        if (params_.bits == "16") image.type = formats::SampleType::u16;
        if (params_.bits == "float") image.type = formats::SampleType::f32;
        const fs::path file = folder / name_of(image, call.stamp().pass);
        if (params_.format == "png")
            formats::write_png(file, image);
        else
            formats::write_tiff(file, image, {.compression = compression()});
    }

  private:
    formats::TiffCompression compression() const {
        if (params_.compression == "lzw") return formats::TiffCompression::lzw;
        if (params_.compression == "zstd") return formats::TiffCompression::zstd;
        if (params_.compression == "none") return formats::TiffCompression::none;
        return formats::TiffCompression::deflate;
    }

    /// Nothing is written to a folder that the image comes from, or to one above it.
    void protect_originals(const formats::Image& image, const fs::path& folder) const {
        if (!fs::exists(image.path)) return;
        const fs::path target = fs::canonical(folder);
        for (fs::path above = fs::canonical(image.path).parent_path();;
             above = above.parent_path()) {
            if (above == target)
                throw graph::ConfigurationError(
                    fmt::format("{}: the originals are in {}: give another folder to write to",
                                setup_.id, target.string()));
            if (above == above.parent_path()) return;
        }
    }

    /// The name of the original; windows of one page, and files of one name from several folders,
    /// are told apart by a number. In a later pass each gets the name that it had.
    std::string name_of(const formats::Image& image, int pass) {
        const std::string origin = image.path + '\n' + std::to_string(image.page);
        occurrence_ = origin == last_origin_ && pass == last_pass_ ? occurrence_ + 1 : 0;
        last_origin_ = origin;
        last_pass_ = pass;

        const std::string stem = fs::path(image.path).stem().string();
        const std::string base = (stem.empty() ? "image" : stem) +
                                 (image.page > 0 ? fmt::format("_page{}", image.page + 1) : "");
        const std::string ending = params_.format == "png" ? ".png" : ".tif";
        const std::string identity = origin + '\n' + std::to_string(occurrence_);
        for (int number = 1;; ++number) {
            std::string name = base;
            if (number > 1) name += fmt::format("_{}", number);
            name += ending;
            if (owners_.try_emplace(name, identity).first->second == identity) return name;
        }
    }

    const Params params_;
    const graph::Setup setup_;
    std::map<std::string, std::string> owners_;  // file name -> the image that has it
    std::string last_origin_;
    int last_pass_ = -1;
    int occurrence_ = 0;
};

using graph::param;
const graph::Register node{graph::ordered_node<Params, WriteImage>(
    {.name = "write_image",
     .doc = "Writes each image to a TIFF or PNG file, never over the originals.",
     .group = "output",
     .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "what to write")},
     .params = {param("folder", &Params::folder, "where the files go"),
                param("within", &Params::within, graph::Choice{{"run", "working_folder"}},
                      "where a relative 'folder' is: in the run's folder, or where the program was "
                      "started"),
                param("format", &Params::format, graph::Choice{{"tiff", "png"}}, "of the files"),
                param("bits", &Params::bits, graph::Choice{{"same", "8", "16", "float"}},
                      "of each pixel; same: as the original had"),
                param("compression", &Params::compression,
                      graph::Choice{{"deflate", "lzw", "zstd", "none"}}, "of TIFF files")}})};

}  // namespace
}  // namespace nodes
