// See tables.hpp.
#include "nodes/tables.hpp"

#include "graph/refusal.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/stored_tensors.hpp"

namespace nodes {

void write_tables(const std::filesystem::path& file, const Tables& tables) {
    const auto tensors = tables.coder.tensors();
    formats::write_checkpoint(file, {{"model", tables.model}},
                              {{"generative", int64_t{tables.generative}}}, views_of(tensors));
}

Tables read_tables(const std::filesystem::path& file) try {
    formats::Checkpoint checkpoint = formats::read_checkpoint(file);
    const auto generative = checkpoint.numbers.find("generative");
    return {models::LatentCoder(tensors_of(std::move(checkpoint.arrays))), checkpoint.text["model"],
            generative != checkpoint.numbers.end() &&
                generative->second != formats::Number{int64_t{0}}};
} catch (const models::ModelError& error) {
    throw graph::ConfigurationError(file.string() + ": " + error.what());
} catch (const std::runtime_error&) {
    graph::throw_refusal();
}

TablesOption::TablesOption(const std::filesystem::path& file, const graph::Setup& setup)
    : id_(setup.id) {
    if (setup.is_linked("tables") == !file.empty())
        throw graph::ConfigurationError(
            id_ + ": link 'tables' or give the file of 'tables', one of the two");
    if (!file.empty()) stored_ = read_tables(file);
}

const models::LatentCoder& TablesOption::of(const graph::Call& call,
                                            const std::string& model) const {
    const Tables& tables = stored_ ? *stored_ : call.input<Tables>("tables");
    compare(tables.model, model);
    return tables.coder;
}

std::string TablesOption::check_mark(const graph::Setup& setup, const std::string& input) const {
    const auto model_of = [&](const std::string& port) {
        const auto mark = setup.marks.find(port);
        return mark == setup.marks.end() ? "" : parse_mark(mark->second).architecture;
    };
    const std::string own = stored_ ? stored_->model : model_of("tables"), model = model_of(input);
    if (!own.empty() && !model.empty()) compare(own, model);
    return model;
}

void TablesOption::compare(const std::string& own, const std::string& model) const {
    if (own != model)
        throw graph::ConfigurationError(
            fmt::format("{}: the tables are of another model: they were fitted on latents of {}, "
                        "but these are of {}",
                        id_, own, model));
}

graph::Port TablesOption::port() {
    return graph::optional(
        graph::port<Tables>(graph::Clock::epoch, "tables", "fitted on latents of the same model"));
}

}  // namespace nodes
