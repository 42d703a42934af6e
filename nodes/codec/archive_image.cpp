// Decides in what form an archive keeps a file: as a stream, if what that decodes to keeps the
// promise; else without loss; and what no codec takes as it is, byte by byte. Nothing is lost that
// was not allowed to be.
#include "formats/error.hpp"
#include "formats/lossless.hpp"
#include "formats/tiff_frame.hpp"
#include "nodes/archive.hpp"
#include "nodes/encoding.hpp"
#include "nodes/fidelity.hpp"
#include "nodes/frame_latents.hpp"
#include "nodes/stage_times.hpp"

#include <limits>

namespace nodes {
namespace {

struct Quality {
    double level = EncodeOptions{}.quality;
    double min_psnr = 0;
    int64_t max_error = 0;
    std::string otherwise = "lossless";
};

struct Params {
    std::filesystem::path model = "data/models/fluorescence.h5";
    std::string keep = "streams";
    Quality quality;
    RateTarget target;
    GreyScale grey;
    int tile_size = EncodeOptions{}.tile_size;
    int effort = 5;
    bool allow_generative = false;
    int64_t max_samples = int64_t{1} << 28;
};

class ArchiveImage : public graph::Node {
  public:
    ArchiveImage(const Params& params, const graph::Setup& setup)
        : params_(params),
          options_{params.quality.level, params.target, params.tile_size, params.grey},
          codec_(load_codec(params.model)),
          setup_(setup) {
        check_encoding(codec_, options_, params.allow_generative, params.model, setup.id);
    }

    void receive(graph::Call& call) override {
        const auto& original = call.input<OriginalImage>("original");
        EncodedImage encoded;
        encoded.image = original.image;
        auto& entry = encoded.entry;
        const auto& planned = original.image.planned();
        entry.path = original.image.job.plan->prefix + planned.path;
        entry.sha256 = planned.sha256;
        entry.size = planned.size;
        const auto frame = times_.measure("decode", [&] { return read(original); });
        if (!frame || !(keep_stream(*frame, encoded) || keep_lossless(*frame, encoded))) {
            entry.coding = formats::Coding::original;
            encoded.data = original.bytes;
        }
        call.emit("encoded", std::move(encoded));
    }

    /// Where the time went, of all threads.
    void finish() override { times_.write(setup_.output("times.csv")); }

  private:
    /// Nothing if it is not to be had as a frame of which a TIFF would show the same.
    std::optional<formats::Frame> read(const OriginalImage& original) const try {
        formats::TiffOptions options;
        options.colour = formats::Colour::exact;
        options.max_samples = static_cast<uint64_t>(params_.max_samples);
        return formats::read_tiff_frame(
            formats::TiffFile(original.image.file, original.bytes, options), options);
    } catch (const formats::FormatError&) {
        return {};
    }

    static void describe(const formats::Frame& frame, formats::ArchiveEntry& entry) {
        const formats::Image& first = frame.pages.front();
        entry.width = static_cast<uint64_t>(first.width);
        entry.height = static_cast<uint64_t>(first.height);
        entry.channels = static_cast<uint64_t>(first.channels);
        entry.pages = frame.pages.size();
        entry.type = formats::short_name(first.type);
        entry.tags = frame.tags;
        // Of what is kept without loss; a stream says otherwise.
        entry.psnr = std::numeric_limits<double>::infinity();
        entry.ssim = 1;
        entry.max_error = 0;
    }

    /// False if it breaks the promise, or is larger than the file.
    bool keep_stream(const formats::Frame& frame, EncodedImage& encoded) {
        describe(frame, encoded.entry);
        EncodedStream stream = encode_frame(codec_, frame, options_);
        times_.add("network", stream.network_seconds);
        times_.add("coder", stream.coder_seconds);
        const formats::Stream read = formats::read_stream(stream.bytes, frame.path());
        const Fidelity kept =
            times_.measure("measure", [&] { return fidelity(frame, stream.pixels); });
        const Quality& promise = params_.quality;
        // A psnr that was asked for and that no quality reaches is a promise as well.
        if (stream.bytes.size() >= encoded.entry.size ||
            kept.psnr < std::max(promise.min_psnr, params_.target.psnr) ||
            (promise.max_error > 0 && kept.max_error > static_cast<double>(promise.max_error)))
            return false;
        auto& entry = encoded.entry;
        entry.coding = formats::Coding::stream;
        entry.psnr = kept.psnr;
        entry.ssim = kept.ssim;
        entry.max_error = kept.max_error;
        entry.model = formats::hex(codec_.digest);
        if (params_.keep != "streams")
            encoded.latents = times_.measure("latents", [&] {
                return pack_latents(frame_latents(codec_, read, frame.path()), entry);
            });
        if (params_.keep == "latents")
            entry.coding = formats::Coding::latents;
        else
            encoded.data = std::move(stream.bytes);
        return true;
    }

    /// False if that is not wanted, or larger than the file.
    bool keep_lossless(const formats::Frame& frame, EncodedImage& encoded) {
        if (params_.quality.otherwise != "lossless") return false;
        return times_.measure("lossless", [&] {
            auto coded = formats::encode_lossless(frame, params_.effort);
            if (coded.bytes.size() >= encoded.entry.size) return false;
            const auto back = formats::decode_lossless(coded.bytes, coded.parts, frame.pages[0],
                                                       frame.pages.size(), frame.path());
            for (size_t page = 0; page < frame.pages.size(); ++page)
                if (back.pages[page].samples != frame.pages[page].samples) return false;
            encoded.entry.coding = formats::Coding::jpegxl;
            encoded.entry.parts = std::move(coded.parts);
            encoded.data = std::move(coded.bytes);
            return true;
        });
    }

    const Params params_;
    const EncodeOptions options_;
    const Codec codec_;
    const graph::Setup setup_;
    StageTimes times_;
};

using graph::param;
using graph::Range;
const graph::Register node{[] {
    auto spec = graph::node<Params, ArchiveImage>(
        {.name = "archive_image",
         .doc =
             "Encodes files for an archive: each is decoded again, and kept without loss where it "
             "falls short of what was promised.",
         .group = "codec",
         .inputs = {graph::port<OriginalImage>(graph::Clock::item, "original", "what to keep")},
         .outputs = {graph::port<EncodedImage>(graph::Clock::item, "encoded",
                                               "its bytes, and what is known of it")},
         .params = {
             param("model", &Params::model, "the file of a frozen codec"),
             param(
                 "keep", &Params::keep, graph::Choice{{"streams", "latents", "both"}},
                 "what is kept of images that keep the promise: streams; latents as numbers, which "
                 "are several times as large; or both"),
             graph::group(
                 "quality", &Params::quality,
                 {param("level", &Quality::level, Range{0, 15},
                        "from 0 to one less than the model's qualities, in steps of 1/16"),
                  param("min_psnr", &Quality::min_psnr, Range{0, 200},
                        "dB that every stream reaches, with 255 or the brightest 16-bit sample as "
                        "peak; 0: no matter"),
                  param("max_error", &Quality::max_error, Range{0, 65535},
                        "grey levels that no sample is further off; 0: no matter"),
                  param("otherwise", &Quality::otherwise, graph::Choice{{"lossless", "original"}},
                        "what becomes of images whose stream falls short: JPEG XL without loss, or "
                        "the file as it is")},
                 "how streams are made, and what is promised of them"),
             rate_target_param(&Params::target), grey_scale_param(&Params::grey),
             tile_size_param(&Params::tile_size),
             param("effort", &Params::effort, Range{1, 9},
                   "of JPEG XL without loss: 1 is fast, 9 small"),
             param("allow_generative", &Params::allow_generative,
                   "encode also with a model that makes up detail"),
             param("max_samples", &Params::max_samples, Range{1, 1e12},
                   "keep larger frames (pixels times channels times pages) as they are")}});
    spec.writes = [](const void*) { return std::vector<graph::Written>{{"times.csv"}}; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
