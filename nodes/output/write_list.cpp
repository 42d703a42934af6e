// Writes what an archive says of its images as a table, a row for each as it comes.
#include "formats/csv.hpp"
#include "formats/text_writer.hpp"
#include "graph/log.hpp"
#include "nodes/archive.hpp"

#include <iostream>
#include <optional>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "list.csv";
    bool print = true;
};

/// Nothing if it is not known.
std::string figure(double value) { return std::isnan(value) ? "" : formats::csv_number(value); }

class WriteList : public graph::Node {
  public:
    WriteList(const Params& params, const graph::Setup& setup) : params_(params), setup_(setup) {}

    void receive(graph::Call& call) override {
        const auto& image = call.input<StoredImage>("image");
        const formats::ArchiveEntry& entry = image.entry;
        const auto text = [](uint64_t number) { return std::to_string(number); };
        add({text(image.id), entry.path, name(entry.coding), text(entry.width), text(entry.height),
             text(entry.channels), text(entry.pages), entry.type, text(entry.size),
             text(entry.data.length + entry.latents.length), figure(entry.psnr), figure(entry.ssim),
             figure(entry.max_error)});
    }

    void finish() override {
        begin();
        writer_->commit();
        if (params_.print) std::cout << std::flush;
    }

  private:
    void begin() {
        if (writer_) return;
        writer_.emplace(setup_.output(params_.file));
        add({"id", "path", "coding", "width", "height", "channels", "pages", "type", "size",
             "stored_bytes", "psnr", "ssim", "max_error"});
    }

    void add(const std::vector<std::string>& fields) {
        begin();
        const std::string row = formats::csv_row(fields);
        writer_->add(row);
        if (params_.print) std::cout << graph::printable(row);
    }

    const Params params_;
    const graph::Setup setup_;
    std::optional<formats::TextWriter> writer_;
};

using graph::param;
const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteList>(
        {.name = "write_list",
         .doc = "Writes a table of an archive's images.",
         .group = "output",
         .inputs = {graph::port<StoredImage>(graph::Clock::item, "image", "of list_archive")},
         .params = {param("file", &Params::file,
                          "the CSV file, in the run's folder if the path is relative"),
                    param("print", &Params::print, "show the table on standard output too")}}))};

}  // namespace
}  // namespace nodes
