// Makes a plan from a document, step by step; the steps are in planning.hpp.
#include "graph/plan.hpp"

#include "graph/planning.hpp"

#include <set>

namespace graph {

namespace {

Settings read_settings(const Document& document, Errors& errors) {
    Settings settings;
    set_params(settings_params(), &settings, document.run, "run", errors);
    if (document.run.find("out") == nullptr) {
        // The default is no YAML, so its variable is still there.
        const std::string variable = "${name}";
        std::string out = settings.out;
        if (const size_t at = out.find(variable); at != std::string::npos)
            out.replace(at, variable.size(), document.name);
        settings.out = out;
    }
    return settings;
}

}  // namespace

Plan make_plan(const Document& document, Errors& errors) {
    Errors own;
    Plan plan;
    plan.name = document.name;
    plan.resolved = document.resolved;
    plan.settings = read_settings(document, own);
    const Value* out = document.run.find("out");
    plan.out = out != nullptr ? out->place : document.run.place;
    std::vector<Draft> drafts = read_nodes(document.nodes, own);
    link_nodes(drafts, own);
    order_nodes(drafts, own);
    check_flow(drafts, own);
    if (!drafts.empty() || errors.empty()) check_use(drafts, document.nodes.place, own);
    check_tickets(drafts, plan.settings, own);
    for (Draft& draft : drafts) plan.nodes.push_back(std::move(draft.node));

    // What is wrong already, such as an unknown variable, is not reported again as no number.
    std::set<std::string> known;
    for (const auto& error : errors.all())
        if (error.place.file) known.insert(error.place.text());
    for (const auto& error : own.all())
        if (!error.place.file || !known.contains(error.place.text()))
            errors.add(error.place, error.message);
    return plan;
}

}  // namespace graph
