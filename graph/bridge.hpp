// Which nodes make what an input takes out of what there is: the remedy where two nodes do not fit.
#pragma once

#include "graph/node.hpp"

#include <vector>

namespace graph {

/// What an output gives.
struct Offer {
    std::type_index type;
    Clock clock;
};

/// An input takes a message of its type and clock; a node that is not known yet may have any clock.
bool takes(const Port& input, const Offer& offer);

/// What a node gives whose first input has this clock.
std::vector<Offer> offers_of(const Spec& spec, Clock clock);

using Bridge = std::vector<const Spec*>;

/// The shortest rows of nodes, each fed by what there is and by those before it, of which the last
/// gives what `input` takes. With nothing there, they begin with a source. None: there is no way.
std::vector<Bridge> find_bridges(const std::vector<Offer>& offers, const Port& input);

}  // namespace graph
