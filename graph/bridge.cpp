// See bridge.hpp. A search by length over rows of nodes; what has been made once is not made again.
#include "graph/bridge.hpp"

#include <algorithm>

namespace graph {

namespace {

constexpr size_t longest = 6;

struct Way {
    Bridge nodes;
    std::vector<Offer> offers;
};

bool has(const std::vector<Offer>& offers, const Offer& offer) {
    return std::any_of(offers.begin(), offers.end(), [&](const Offer& other) {
        return other.type == offer.type && other.clock == offer.clock;
    });
}

const Offer* find_for(const Port& input, const std::vector<Offer>& offers) {
    for (auto offer = offers.rbegin(); offer != offers.rend(); ++offer)
        if (takes(input, *offer)) return &*offer;
    return nullptr;
}

/// Whether all that the node needs is there; `clock` is then that of its first input.
bool is_fed(const Spec& spec, const std::vector<Offer>& offers, Clock& clock) {
    clock = Clock::item;
    bool first = true;
    for (const Port& input : spec.inputs) {
        if (input.optional) continue;
        const Offer* offer = find_for(input, offers);
        if (offer == nullptr) return false;
        if (std::exchange(first, false)) clock = offer->clock;
    }
    return !first || spec.is_source;
}

}  // namespace

bool takes(const Port& input, const Offer& offer) {
    return input.id == offer.type &&
           (input.clock == Clock::same || offer.clock == Clock::same || input.clock == offer.clock);
}

std::vector<Offer> offers_of(const Spec& spec, Clock clock) {
    std::vector<Offer> offers;
    for (const Port& port : spec.outputs)
        offers.push_back({port.id, port.clock == Clock::same ? clock : port.clock});
    return offers;
}

std::vector<Bridge> find_bridges(const std::vector<Offer>& offers, const Port& input) {
    std::vector<Way> rows = {{{}, offers}};
    std::vector<Offer> made = offers;
    for (size_t length = 1; length <= longest && !rows.empty(); ++length) {
        std::vector<Bridge> found;
        std::vector<Way> longer;
        std::vector<Offer> made_now;
        for (const Way& row : rows)
            for (const auto& [name, spec] : registry()) {
                Clock clock{};
                if (spec.is_source != row.offers.empty() || !is_fed(spec, row.offers, clock))
                    continue;
                Way next = row;
                next.nodes.push_back(&spec);
                bool fits = false, is_new = false;
                for (const Offer& offer : offers_of(spec, clock)) {
                    fits = fits || takes(input, offer);
                    if (has(made, offer)) continue;
                    is_new = true;
                    made_now.push_back(offer);
                    next.offers.push_back(offer);
                }
                if (fits) found.push_back(next.nodes);
                if (is_new) longer.push_back(std::move(next));
            }
        if (!found.empty()) return found;
        made.insert(made.end(), made_now.begin(), made_now.end());
        rows = std::move(longer);
    }
    return {};
}

}  // namespace graph
