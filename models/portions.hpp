// A batch cut into portions that run side by side, each on one thread with activations that fit its
// cache. The cut depends on the batch and the network, never on the number of threads, so
// that sums over portions, taken in their order, have the same bits for any number of threads.
#pragma once

#include "models/ranks.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace models {

/// Images first .. first + images of a batch.
struct Portion {
    int64_t index = 0;
    int64_t first = 0;
    int64_t images = 0;
};

/// separable: whether images can go alone, otherwise there is one portion. parameters: how many the
/// networks have, since each portion has gradients of its own.
std::vector<Portion> cut(int64_t images, bool separable, int64_t parameters);
/// Those of them that this rank takes, perhaps none; `first` counts from the start of the whole
/// batch, `index` from this rank's first. What is not separable is cut into one portion a rank.
std::vector<Portion> cut(int64_t images, bool separable, int64_t parameters, const Ranks& ranks);

/// Calls body for each portion: side by side, single-threaded, if separable; otherwise the only one
/// with all threads of the present arena. A waiting thread takes up no other work.
void for_each_portion(const std::vector<Portion>& portions, bool separable,
                      const std::function<void(const Portion&)>& body);

}  // namespace models
