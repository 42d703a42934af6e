// Finds the tables and classes of a ClassCoder for latents of training images: those under which
// these take the fewest bits. Places are sorted into classes and tables are fitted to the places of
// each class in turn, as in entropy-constrained vector quantisation (Chou, Lookabaugh and Gray
// 1989), but of distributions.
#pragma once

#include "models/class_coder.hpp"

#include <span>

namespace models {

struct FitClassesOptions {
    int64_t classes = 128;
    int64_t tables = 512;
    int rounds = 24;
    int64_t places = 200'000;  // looked at in each round, spread over all tiles
};

struct FitTile {
    TileLatents latents;
    int64_t rate = 0;
};

/// Throws ModelError if there are no tiles, or they are not all of so many channels.
ClassCoder fit_classes(std::span<const FitTile> tiles, int64_t channels, int64_t rates,
                       const FitClassesOptions& options = {});

}  // namespace models
