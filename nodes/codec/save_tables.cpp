// Keeps entropy tables in a file, without which no payload can be decoded.
#include "nodes/tables.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path file = "tables.h5";
};

class SaveTables : public graph::Node {
  public:
    SaveTables(const Params& params, const graph::Setup& setup)
        : file_(params.file), setup_(setup) {}

    void receive(graph::Call& call) override {
        write_tables(setup_.output(file_), call.input<Tables>("tables"));
    }

  private:
    const std::filesystem::path file_;
    const graph::Setup setup_;
};

const graph::Register node{graph::writes(
    &Params::file,
    graph::ordered_node<Params, SaveTables>(
        {.name = "save_tables",
         .doc = "Keeps entropy tables, to decode with.",
         .group = "codec",
         .inputs = {graph::port<Tables>(graph::Clock::epoch, "tables",
                                        "those of the last epoch stay")},
         .params = {graph::param("file", &Params::file,
                                 "the HDF5 file, in the run's folder if the path is relative")}}))};

}  // namespace
}  // namespace nodes
