// What was set aside, and why.
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr size_t most_rows = 200;
constexpr size_t longest_text = 2000;  // bytes: a reason may quote a file

std::string cell(const std::string& text) {
    return escape(text.size() > longest_text ? text.substr(0, longest_text) : text);
}

}  // namespace

std::string bad_inputs_part(const Record& record) {
    const auto& inputs = record.status.bad_inputs;
    HtmlTable table{{"file", "node", "reason"}, {}, 3};
    for (const BadInput& bad : inputs) {
        if (table.rows.size() == most_rows) break;
        table.rows.push_back(
            {cell(bad.file), cell(bad.node), "<div class=reason>" + cell(bad.reason) + "</div>"});
    }
    if (inputs.size() > most_rows)
        table.note = fmt::format("The first {} of {}; run.json has them all.", most_rows,
                                 whole_number(inputs.size()));
    return to_html(table);
}

}  // namespace graph::report
