// See gradient_sum.hpp. Pieces do not follow the layers' borders: one is whole when backward has
// passed the layer in which it begins.
#include "models/gradient_sum.hpp"

#include "models/in_parallel.hpp"

#include <algorithm>

namespace models {
namespace {

/// Values of a piece: few enough that the first goes out early, and enough that what a message
/// costs besides does not count.
size_t piece_size(size_t all) { return std::clamp<size_t>(all / 8, 1 << 14, 1 << 20); }

}  // namespace

GradientSum::GradientSum(const Network& network, std::shared_ptr<Ranks> ranks)
    : size_(network.values().size()), ranks_(std::move(ranks)) {
    if (ranks_->count() == 1) return;
    const auto kept = [](const Parameter& one) { return !one.trained(); };
    if (std::ranges::any_of(network.parameters(), kept))
        throw ModelError(
            "batch_norm sees whole batches only: train this model in one process, without mpirun");
    for (size_t end = size_; end > 0; end = pieces_.back()->begin)
        pieces_.push_back(std::make_unique<Piece>(end - std::min(end, piece_size(size_)), end));
}

void GradientSum::begin(size_t portions) {
    portions_ = portions;
    const size_t buffers = std::max<size_t>(1, portions);
    while (buffers_.size() < buffers)
        buffers_.push_back(std::make_unique_for_overwrite<float[]>(size_));
    if (portions == 0) std::fill_n(buffers_[0].get(), size_, 0.F);
    for (const auto& piece : pieces_) {
        piece->portions_left = portions;
        piece->sum = ranks_->announce(
            std::span(buffers_[0].get() + piece->begin, piece->end - piece->begin));
    }
    while (!pieces_.empty() && passed_.size() < portions) {
        Progress& progress = *passed_.emplace_back(std::make_unique<Progress>());
        progress.made = [this, &progress](int64_t offset) { made(progress, offset); };
    }
    for (const auto& progress : passed_) progress->piece = 0;
    if (portions == 0)
        for (const auto& piece : pieces_) ranks_->ready(piece->sum);
}

Gradients GradientSum::of(const Portion& portion) const {
    const auto index = static_cast<size_t>(portion.index);
    Gradients gradients;
    gradients.values = buffers_.at(index).get();
    if (!pieces_.empty()) gradients.made = &passed_[index]->made;
    return gradients;
}

void GradientSum::made(Progress& portion, int64_t offset) {
    for (; portion.piece < pieces_.size(); ++portion.piece) {
        Piece& piece = *pieces_[portion.piece];
        if (piece.begin < static_cast<size_t>(offset)) return;
        if (--piece.portions_left > 0) continue;
        add(piece.begin, piece.end);
        ranks_->ready(piece.sum);
    }
}

void GradientSum::add(size_t begin, size_t end) const {
    for (size_t part = 1; part < portions_; ++part)
        for (size_t i = begin; i < end; ++i) buffers_[0][i] += buffers_[part][i];
}

std::span<float> GradientSum::total() {
    if (pieces_.empty()) {
        if (portions_ > 1)
            in_parallel(size_, [this](size_t begin, size_t end) { add(begin, end); });
    } else {
        for (size_t i = 0; i < portions_; ++i) made(*passed_[i], 0);  // of a table, say
        for (const auto& piece : pieces_) ranks_->wait(piece->sum);
    }
    return {buffers_[0].get(), size_};
}

}  // namespace models
