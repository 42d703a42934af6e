// Writes metrics.csv, one row a figure. It is published anew each time figures arrive, sorted, so
// that whoever reads it sees a whole table, and the same one for every order of arrival.
#include "formats/csv.hpp"
#include "nodes/types.hpp"

#include <charconv>
#include <map>
#include <set>
#include <tuple>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "metrics.csv";
};

class WriteMetrics : public graph::Node {
  public:
    WriteMetrics(const Params& params, const graph::Setup& setup)
        : file_(params.file), setup_(setup) {}

    void start(graph::Call&) override {
        if (setup_.resuming && std::filesystem::exists(setup_.output(file_))) read();
    }

    void receive(graph::Call& call) override {
        for (const Metric& row : call.input<Metrics>("metrics")) {
            // A resumed run begins at this epoch: what an earlier one found later is void.
            if (arrived_.insert(row.model).second)
                std::erase_if(rows_, [&](const auto& old) {
                    return std::get<1>(old.first) == row.model &&
                           std::get<0>(old.first) > row.epoch;
                });
            rows_[{row.epoch, row.model, row.split, row.metric}] = formats::csv_number(row.value);
        }
        formats::write_csv(setup_.output(file_), table());
    }

  private:
    using Key = std::tuple<int, std::string, std::string, std::string>;

    formats::Table table() const {
        formats::Table table{{"epoch", "model", "split", "metric", "value"}, {}};
        for (const auto& [key, value] : rows_) {
            const auto& [epoch, model, split, metric] = key;
            table.rows.push_back({std::to_string(epoch), model, split, metric, value});
        }
        return table;
    }

    void read() {
        const formats::Table table = formats::read_csv(setup_.output(file_));
        const size_t epoch = table.column("epoch"), model = table.column("model");
        const size_t split = table.column("split"), metric = table.column("metric");
        const size_t value = table.column("value");
        for (const auto& row : table.rows) {
            int number = 0;
            std::from_chars(row[epoch].data(), row[epoch].data() + row[epoch].size(), number);
            rows_[{number, row[model], row[split], row[metric]}] = row[value];
        }
    }

    const std::filesystem::path file_;
    const graph::Setup setup_;
    std::map<Key, std::string> rows_;
    std::set<std::string> arrived_;  // models
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, WriteMetrics>(
        {.name = "write_metrics",
         .doc = "Writes figures to a CSV file: epoch, model, split, metric, value.",
         .group = "output",
         .inputs = {graph::many(
             graph::port<Metrics>(graph::Clock::epoch, "metrics", "of any number of nodes"))},
         .params = {graph::param("file", &Params::file,
                                 "the CSV file, in the run's folder if the path is relative")}}))};

}  // namespace
}  // namespace nodes
