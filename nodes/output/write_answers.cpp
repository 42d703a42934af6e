// Shows what a search found: a table, joined with what the user knows of the images, and a sheet of
// pictures, the one that was looked for first.
#include "formats/metadata.hpp"
#include "formats/png_writer.hpp"
#include "graph/log.hpp"
#include "nodes/image_vector.hpp"
#include "nodes/restore.hpp"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

namespace nodes {
namespace {

struct Params {
    Params() = default;  // no aggregate: of those g++ 12 says that they may be uninitialised
    std::filesystem::path archive;
    std::filesystem::path file = "answers.csv", sheet = "answers.png";
    std::filesystem::path metadata;
    std::string key;
    int size = 160;
    bool print = true;
};

constexpr int gap = 4;

/// The first page in grey, from its darkest to its brightest, `size` pixels along its longer side.
cv::Mat picture(const formats::Frame& frame, int size) {
    const formats::Image& page = frame.pages.front();
    const cv::Mat whole(page.height, page.width, CV_32F, const_cast<float*>(page.samples.data()));
    const double scale = static_cast<double>(size) / std::max(page.height, page.width);
    const auto side = [&](int length) {
        return std::clamp(static_cast<int>(std::lround(length * scale)), 1, size);
    };
    cv::Mat small;
    cv::resize(whole, small, {side(page.width), side(page.height)}, 0, 0,
               scale < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
    cv::normalize(small, small, 0, 1, cv::NORM_MINMAX);
    return small;
}

class WriteAnswers : public graph::Node {
  public:
    WriteAnswers(const Params& params, const graph::Setup& setup)
        : params_(params), setup_(setup), models_(params.archive) {
        if (!params.metadata.empty()) metadata_.emplace(params.metadata, params.key);
        table_.columns = {"query", "rank", "distance", "id", "path"};
        if (metadata_)
            for (const std::string& column : metadata_->columns()) table_.columns.push_back(column);
    }

    void receive(graph::Call& call) override {
        const auto& answers = call.input<Answers>("answers");
        auto& row = rows_.emplace_back();
        row.push_back(picture(answers.query, params_.size));
        size_t rank = 0;
        for (const Answer& answer : answers.found) {
            add(answers.query.path(), ++rank, answer);
            try {
                row.push_back(picture(restore(answer.image), params_.size));
            } catch (const std::runtime_error& error) {
                row.emplace_back(cv::Mat::zeros(params_.size, params_.size, CV_32F));
                call.warn(error.what());
            }
        }
    }

    void finish() override {
        const std::string text = formats::to_csv(table_);
        formats::publish_text(setup_.output(params_.file), text);
        formats::write_png(setup_.output(params_.sheet), draw());
        if (params_.print) fmt::print("{}", graph::printable(text));
    }

  private:
    void add(const std::string& query, size_t rank, const Answer& answer) {
        const std::string& path = answer.image.entry.path;
        auto& row = table_.rows.emplace_back();
        row = {query, std::to_string(rank), fmt::format("{:.6f}", answer.distance),
               std::to_string(answer.image.id), path};
        if (!metadata_) return;
        const auto known = metadata_->row_of(path);
        for (size_t i = 0; i < metadata_->columns().size(); ++i)
            row.push_back(known ? metadata_->fields(*known)[i] : "");
    }

    formats::Frame restore(StoredImage image) const {
        read_data(params_.archive, image);
        return restore_frame(models_, image, {});
    }

    formats::Image draw() const {
        size_t columns = 1;
        for (const auto& row : rows_) columns = std::max(columns, row.size());
        const int step = params_.size + gap;
        cv::Mat sheet(std::max(1, static_cast<int>(rows_.size()) * step - gap),
                      static_cast<int>(columns) * step - gap, CV_32F, 1.0F);
        for (size_t y = 0; y < rows_.size(); ++y)
            for (size_t x = 0; x < rows_[y].size(); ++x)
                rows_[y][x].copyTo(sheet({static_cast<int>(x) * step, static_cast<int>(y) * step,
                                          rows_[y][x].cols, rows_[y][x].rows}));
        formats::Image image;
        image.width = sheet.cols;
        image.height = sheet.rows;
        image.type = formats::SampleType::u8;
        image.samples.assign(sheet.begin<float>(), sheet.end<float>());
        return image;
    }

    const Params params_;
    const graph::Setup setup_;
    const ArchiveModels models_;
    std::optional<formats::Metadata> metadata_;
    formats::Table table_;
    std::vector<std::vector<cv::Mat>> rows_;  // of each query: it, and what was found
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteAnswers>(
        {.name = "write_answers",
         .doc = "Writes what was found as a table and a sheet of pictures.",
         .group = "output",
         .inputs = {graph::port<Answers>(graph::Clock::item, "answers", "of find_nearest")},
         .params = {
             graph::required(param("archive", &Params::archive, "the archive's folder")),
             param("file", &Params::file,
                   "the CSV file, in the run's folder if the path is relative"),
             param("sheet", &Params::sheet,
                   "the PNG file: a row for each image that was looked for, which is the first"),
             param("metadata", &Params::metadata,
                   "a CSV of what is known of the images, such as well or dose; empty: nothing"),
             param("key", &Params::key,
                   "its column with their paths or names; empty: 'path' or 'file'"),
             param("size", &Params::size, graph::Range{1, 4096},
                   "pixels of a picture's longer side"),
             param("print", &Params::print, "show the table on standard output too")}});
    spec.writes = [](const void* params) {
        const auto& p = *static_cast<const Params*>(params);
        return std::vector<graph::Written>{{p.file}, {p.sheet}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
