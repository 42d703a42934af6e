// A frozen synthesis: exact integer convolutions from latents to samples. Any window of its result
// is the crop of the whole, byte for byte, so that a frame can be made in pieces of bounded memory.
#pragma once

#include "models/integer_convolution.hpp"
#include "models/pool.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace models {

/// Rows y .. y + rows and columns x .. x + columns of a grid.
struct Window {
    int64_t y = 0;
    int64_t x = 0;
    int64_t rows = 0;
    int64_t columns = 0;

    int64_t end_y() const { return y + rows; }
    int64_t end_x() const { return x + columns; }
    bool operator==(const Window&) const = default;
};

/// The part of both that is in `within` as well; 0 rows or columns if there is none.
Window intersect(const Window& window, const Window& within);

/// The latents of a frame, or the part of them that a window needs.
struct LatentWindow {
    int64_t frame_rows = 0;  // of the whole frame's latents
    int64_t frame_columns = 0;
    Window held;
    std::span<const int32_t> values;  // channels x held.rows x held.columns
};

/// Integers with a name and dims, as a checkpoint holds them.
struct NamedIntegers {
    std::string name;
    Dims dims;
    std::vector<int32_t> values;
};

class IntegerNetwork {
  public:
    /// Latents are clamped to +-largest_latent. Throws ModelError if the layers do not follow one
    /// another or the sums of one may overflow (check_sums).
    IntegerNetwork(std::vector<IntegerConvolution> layers, int32_t largest_latent,
                   const IntegerKernel& kernel = integer_kernels().front());
    /// Takes what tensors() gave, which may stand among others, checked as above.
    explicit IntegerNetwork(const std::vector<NamedIntegers>& tensors);
    ~IntegerNetwork();

    /// "synthesis.largest_latent", and of each layer "synthesis.0.range" (lowest and largest),
    /// "synthesis.0.weights", ".bias" and ".shift", shaped as IntegerConvolution says.
    std::vector<NamedIntegers> tensors() const;
    /// Of all that tensors() holds: equal digests mean equal samples (64-bit FNV-1a; it tells
    /// models apart, but does not withstand one who forges them).
    uint64_t digest() const;

    const std::vector<IntegerConvolution>& layers() const { return layers_; }
    int32_t largest_latent() const { return largest_latent_; }
    int64_t channels() const { return layers_.back().outputs; }
    int64_t scale() const { return scale_; }  // samples for each latent, along rows and columns

    /// The latents that a window of samples is made from, within frame_rows x frame_columns.
    Window needed(const Window& window, int64_t frame_rows, int64_t frame_columns) const;

    /// The samples of a window of the frame_rows * scale() x frame_columns * scale() samples:
    /// channels() x window.rows x window.columns. Uses all threads of the present arena and a few
    /// MB for each. Safe from several threads at once. Throws ModelError if the window leaves the
    /// frame or needs latents that are not held.
    void run(const LatentWindow& latents, const Window& window, std::span<uint16_t> samples) const;

  private:
    struct Workspace;

    std::vector<Window> levels(const Window& samples) const;
    void run_tile(const LatentWindow& latents, const Window& tile, const Window& window,
                  std::span<uint16_t> samples, Workspace& workspace) const;

    std::vector<IntegerConvolution> layers_;
    int32_t largest_latent_;
    IntegerKernel kernel_;
    int64_t scale_ = 1;
    std::vector<Window> largest_levels_;  // of the largest tile: what a workspace holds
    std::vector<PackedConvolution> packed_;
    mutable Pool<Workspace> workspaces_;
};

}  // namespace models
