// Writes the table that a comparison of models ends in, as Markdown to a file and to the terminal.
#include "formats/publish.hpp"
#include "nodes/types.hpp"

#include <iostream>
#include <map>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "table.md";
    bool print = true;
};

class WriteTable : public graph::Node {
  public:
    WriteTable(const Params& params, const graph::Setup& setup) : params_(params), setup_(setup) {}

    void receive(graph::Call& call) override {
        for (const Metric& row : call.input<Metrics>("metrics")) {
            Model& model = models_[row.model];
            if (row.metric == "seconds") {
                model.seconds += row.value;
                ++model.epochs;
                continue;
            }
            auto& [epoch, value] = model.last[{row.split, row.metric}];
            if (row.epoch < epoch) continue;
            epoch = row.epoch;
            value = row.value;
        }
    }

    void finish() override {
        const std::string text = table();
        formats::publish_text(setup_.output(params_.file), text);
        if (params_.print) std::cout << text << std::flush;
    }

  private:
    struct Model {
        std::map<std::pair<std::string, std::string>, std::pair<int, double>> last;
        double seconds = 0;
        int epochs = 0;

        std::optional<double> find(const std::string& split, const std::string& metric) const {
            const auto found = last.find({split, metric});
            return found == last.end() ? std::nullopt : std::optional(found->second.second);
        }
    };

    std::string table() const {
        std::string text =
            "| model | train MSE | test MSE | test / train MSE | train PSNR (dB) | test PSNR (dB) "
            "| train SSIM | test SSIM | bits per pixel | coded bits per pixel | seconds per epoch "
            "|\n"
            "|---|---|---|---|---|---|---|---|---|---|---|\n";
        for (const auto& [name, model] : models_) {
            auto cell = [&](std::optional<double> value, int digits) {
                return value ? fmt::format(" {:.{}f} |", *value, digits) : std::string(" |");
            };
            const auto train = model.find("train", "mse"), test = model.find("test", "mse");
            std::optional<double> gap, seconds;
            if (train && test && *train > 0) gap = *test / *train;
            if (model.epochs > 0) seconds = model.seconds / model.epochs;
            text += "| " + name + " |" + cell(train, 5) + cell(test, 5) + cell(gap, 2);
            for (const auto& [metric, digits] : {std::pair("psnr", 2), std::pair("ssim", 3)})
                for (const char* split : {"train", "test"})
                    text += cell(model.find(split, metric), digits);
            for (const char* metric : {"bits_per_pixel", "coded_bits_per_pixel"}) {
                const auto bits = model.find("test", metric);
                text += cell(bits ? bits : model.find("train", metric), 3);
            }
            text += cell(seconds, 2) + "\n";
        }
        return text;
    }

    const Params params_;
    const graph::Setup setup_;
    std::map<std::string, Model> models_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteTable>(
        {.name = "write_table",
         .doc = "Writes a table of the last figures of each model, when the run is complete.",
         .group = "output",
         .inputs = {graph::many(
             graph::port<Metrics>(graph::Clock::epoch, "metrics", "of any number of nodes"))},
         .params = {
             graph::param("file", &Params::file,
                          "the Markdown file, in the run's folder if the path is relative"),
             graph::param("print", &Params::print, "show the table on standard output too")}}))};

}  // namespace
}  // namespace nodes
