// Writes codecs.csv: what each codec makes of each image at each setting, one row a stream.
#include "formats/csv.hpp"
#include "nodes/coded_image.hpp"

#include <map>
#include <tuple>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "codecs.csv";
};

class WriteCodecs : public graph::Node {
  public:
    WriteCodecs(const Params& params, const graph::Setup& setup)
        : file_(params.file), setup_(setup) {}

    void receive(graph::Call& call) override {
        for (const StreamScore& score : call.input<CodecScores>("scores").streams) {
            std::string image = score.path;
            if (score.page > 0) image += fmt::format("#{}", score.page + 1);
            StreamScore row = score;
            row.crop.reset();
            rows_.insert_or_assign({score.codec, std::move(image), score.setting}, std::move(row));
        }
    }

    void finish() override { formats::write_csv(setup_.output(file_), table()); }

  private:
    using Key = std::tuple<std::string, std::string, double>;  // codec, image, setting

    formats::Table table() const {
        formats::Table table{{"codec", "setting", "image", "bytes", "bpp", "psnr", "ssim",
                              "ms_ssim", "max_error", "encode_mb_s", "decode_mb_s"},
                             {}};
        using formats::csv_number;
        const size_t folder = common_folder();
        for (const auto& [key, row] : rows_)
            table.rows.push_back(
                {row.codec, csv_number(row.setting), std::get<1>(key).substr(folder),
                 std::to_string(row.bytes), csv_number(row.bits_per_pixel), csv_number(row.psnr),
                 csv_number(row.ssim), csv_number(row.ms_ssim), std::to_string(row.max_error),
                 fmt::format("{:.3f}", row.encode_mb_s), fmt::format("{:.3f}", row.decode_mb_s)});
        return table;
    }

    /// How much of every image's path is the folder that they are all below.
    size_t common_folder() const {
        if (rows_.empty()) return 0;
        std::string common = std::get<1>(rows_.begin()->first);
        for (const auto& [key, row] : rows_) {
            const std::string& image = std::get<1>(key);
            const auto differ =
                std::mismatch(common.begin(), common.end(), image.begin(), image.end());
            common.erase(differ.first, common.end());
        }
        const size_t slash = common.rfind('/');
        return slash == std::string::npos ? 0 : slash + 1;
    }

    const std::filesystem::path file_;
    const graph::Setup setup_;
    std::map<Key, StreamScore> rows_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteCodecs>(
        {.name = "write_codecs",
         .doc = "Writes the scores of codecs to a CSV file, one row for each image and setting.",
         .group = "output",
         .inputs = {graph::many(
             graph::port<CodecScores>(graph::Clock::epoch, "scores", "of any number of codecs"))},
         .params = {graph::param("file", &Params::file,
                                 "the CSV file, in the run's folder if the path is relative")}}))};

}  // namespace
}  // namespace nodes
