// Makes a plan from a document, step by step; the steps are in planning.hpp.
#include "graph/plan.hpp"

#include "graph/planning.hpp"

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
    std::vector<Draft> drafts = read_nodes(document.nodes, own);
    link_nodes(drafts, own);
    order_nodes(drafts, own);
    check_flow(drafts, own);
    if (!drafts.empty() || errors.empty()) check_use(drafts, document.nodes.place, own);
    check_tickets(drafts, plan.settings, own);
    for (Draft& draft : drafts) plan.nodes.push_back(std::move(draft.node));

    // What is wrong already, such as an unknown variable, is not reported again as no number.
    const auto known = errors.all();
    for (const auto& error : own.all()) {
        const bool repeated =
            std::any_of(known.begin(), known.end(), [&place = error.place](const auto& other) {
                return place.file && place.text() == other.place.text();
            });
        if (!repeated) errors.add(error.place, error.message);
    }
    return plan;
}

}  // namespace graph
