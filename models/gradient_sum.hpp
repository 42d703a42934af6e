// The gradients of one network: of each portion of a batch, and their sum over portions and ranks.
// With several ranks they are cut into pieces, and a piece goes out as soon as the last portion has
// passed it, while backward goes on to the layers before it.
#pragma once

#include "models/network.hpp"
#include "models/portions.hpp"
#include "models/ranks.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <vector>

namespace models {

class GradientSum {
  public:
    GradientSum(const Network& network, std::shared_ptr<Ranks> ranks);

    /// Starts a batch of which this rank has so many portions, perhaps none.
    void begin(size_t portions);
    /// Where a portion's backward puts its gradients.
    Gradients of(const Portion& portion) const;
    /// The sum, after the last backward; waits for the other ranks. Once for each begin().
    std::span<float> total();

  private:
    using Buffer = std::unique_ptr<float[]>;  // not touched before its first use, unlike a vector
    struct Piece {
        size_t begin, end;
        std::atomic<size_t> portions_left{0};
        size_t sum = 0;  // as the ranks know it

        Piece(size_t b, size_t e) : begin(b), end(e) {}
    };
    struct Progress {  // of a portion
        size_t piece = 0;
        Made made;
    };

    void made(Progress& portion, int64_t offset);
    /// Over the portions, into the first.
    void add(size_t begin, size_t end) const;

    size_t size_;
    std::shared_ptr<Ranks> ranks_;
    size_t portions_ = 0;
    std::vector<Buffer> buffers_;                    // one a portion
    std::vector<std::unique_ptr<Piece>> pieces_;     // from the network's end to its start
    std::vector<std::unique_ptr<Progress>> passed_;  // of each portion
};

}  // namespace models
