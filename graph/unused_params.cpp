// See unused_params.hpp.
#include "graph/unused_params.hpp"

#include "graph/include.hpp"
#include "graph/overrides.hpp"
#include "graph/variables.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace graph {

Errors find_unused_params(const std::filesystem::path& file, const Overrides& overrides) {
    Errors ignored;  // reported where the document is read
    Value root = read_pipeline(file, ignored);
    const auto written = variables_in(root);
    for (const auto& text : overrides.sets) apply_override(root, text, ignored);
    const auto left = variables_in(root);

    Errors warnings;
    for (const auto& [key, options] : root.find("params")->entries) {
        const std::string variable = "params." + key.text;
        if (left.contains(variable)) continue;
        const bool replaced = written.contains(variable);
        if (!replaced && key.place.file && *key.place.file == file.string()) {
            warnings.add(key.place,
                         fmt::format("nothing uses the parameter '{0}'; write ${{params.{0}}} "
                                     "where its value should go, or remove it",
                                     key.text));
            continue;
        }
        const auto given = std::ranges::find_if(overrides.params, [&key = key](const auto& one) {
            return one.starts_with(key.text + "=");
        });
        if (given != overrides.params.end())
            warnings.add({std::make_shared<const std::string>("-p " + *given), 0, 0},
                         fmt::format("this changes nothing: {}",
                                     replaced ? "--set replaces what uses the parameter"
                                              : "nothing uses the parameter"));
    }
    return warnings;
}

void warn_of_unused_params(const std::filesystem::path& file, const Overrides& overrides,
                           LogFormat format) {
    const Errors warnings = find_unused_params(file, overrides);
    for (const auto& [place, message] : warnings.all())
        log({.level = "warning", .event = "warning", .message = place.text() + ": " + message},
            format);
}

}  // namespace graph
