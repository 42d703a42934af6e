// Writes a few lines on an archive: how much is in it, in what form, how good, and how it was made.
#include "formats/folder.hpp"
#include "formats/publish.hpp"
#include "nodes/archive.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

namespace nodes {
namespace {

namespace fs = std::filesystem;
using formats::ArchiveEntry;

struct Params {
    fs::path archive;
    fs::path file = "info.txt";
    bool print = true;
};

/// Of figures that are known of some images, and infinite of those without loss.
class Figures {
  public:
    void add(double value) {
        if (!std::isfinite(value)) return;
        ++count_;
        sum_ += value;
        least_ = std::min(least_, value);
        most_ = std::max(most_, value);
    }
    bool any() const { return count_ > 0; }
    double mean() const { return sum_ / static_cast<double>(count_); }
    double least() const { return least_; }
    double most() const { return most_; }

  private:
    uint64_t count_ = 0;
    double sum_ = 0, least_ = INFINITY, most_ = -INFINITY;
};

/// Of the images of one coding, or of all.
struct Total {
    uint64_t images = 0, original = 0, stored = 0, latents = 0, pixels = 0;
    Figures psnr, ssim, error;

    void add(const ArchiveEntry& entry) {
        ++images;
        original += entry.size;
        stored += entry.data.length;
        latents += entry.latents.length;
        pixels += entry.width * entry.height * entry.channels * entry.pages;
        psnr.add(entry.psnr);
        ssim.add(entry.ssim);
        error.add(entry.max_error);
    }

    std::string text(const std::string& name) const {
        std::string line = fmt::format("{}: {} image{}, {} bytes kept in {}", name, images,
                                       images == 1 ? "" : "s", original, stored);
        if (stored > 0)
            line += fmt::format(" ({:.2f} : 1)",
                                static_cast<double>(original) / static_cast<double>(stored));
        if (pixels > 0)
            line += fmt::format(", {:.3f} bits per sample",
                                8 * static_cast<double>(stored) / static_cast<double>(pixels));
        if (psnr.any())
            line += fmt::format(", PSNR {:.2f} dB (least {:.2f})", psnr.mean(), psnr.least());
        if (ssim.any())
            line += fmt::format(", SSIM {:.4f} (least {:.4f})", ssim.mean(), ssim.least());
        if (error.any()) line += fmt::format(", largest error {} grey levels", error.most());
        if (latents > 0) line += fmt::format(", and {} bytes of latents", latents);
        return line + "\n";
    }
};

class WriteInfo : public graph::Node {
  public:
    WriteInfo(const Params& params, const graph::Setup& setup) : params_(params), setup_(setup) {}

    void receive(graph::Call& call) override {
        const auto& image = call.input<StoredImage>("image");
        all_.add(image.entry);
        by_coding_[image.entry.coding].add(image.entry);
        ++by_plan_[formats::shard_place(image.shard).plan];
    }

    void finish() override {
        std::string text = all_.text("all");
        for (const auto& [coding, total] : by_coding_) text += total.text(name(coding));
        for (const auto& [plan, images] : by_plan_) text += about(plan, images);
        text += fmt::format("on disk: {} bytes\n", bytes_on_disk());
        formats::publish_text(setup_.output(params_.file), text);
        if (params_.print) std::cout << text << std::flush;
    }

  private:
    std::string about(int number, uint64_t images) const {
        std::string text =
            fmt::format("plan {}: {} image{}", number, images, images == 1 ? "" : "s");
        try {
            const formats::ArchivePlan plan =
                formats::read_plan_header(formats::plan_file(params_.archive, number));
            text += fmt::format(" of {}{}; settings {}; model {}; made by {}", plan.input,
                                plan.prefix.empty() ? "" : " as " + plan.prefix, plan.settings,
                                plan.model, plan.software);
        } catch (const std::runtime_error& error) {
            text += std::string("; ") + error.what();
        }
        return text + "\n";
    }

    uint64_t bytes_on_disk() const {
        uint64_t bytes = 0;
        for (const auto& entry : formats::list_tree(params_.archive))
            if (entry.is_regular_file()) bytes += entry.file_size();
        return bytes;
    }

    const Params params_;
    const graph::Setup setup_;
    Total all_;
    std::map<formats::Coding, Total> by_coding_;
    std::map<int, uint64_t> by_plan_;  // its images
};

using graph::param;
const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteInfo>(
        {.name = "write_info",
         .doc = "Writes a few lines on what is in an archive and how it was made.",
         .group = "output",
         .inputs = {graph::port<StoredImage>(graph::Clock::item, "image", "of list_archive")},
         .params = {graph::required(param("archive", &Params::archive, "the archive's folder")),
                    param("file", &Params::file,
                          "the text file, in the run's folder if the path is relative"),
                    param("print", &Params::print, "show it on standard output too")}}))};

}  // namespace
}  // namespace nodes
