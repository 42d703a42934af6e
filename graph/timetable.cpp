// Splits, shuffles and the order of passes.
#include "graph/timetable.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <openssl/evp.h>

namespace graph {

namespace {

std::string sha256(const std::string& text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(digest), size};
}

/// Where each split ends among `groups` groups.
std::vector<size_t> boundaries(const std::vector<std::pair<std::string, double>>& shares,
                               size_t groups, const std::string& source) {
    double sum = 0;
    bool whole = true;
    for (const auto& [name, share] : shares) {
        sum += share;
        whole = whole && share == std::floor(share);
    }
    const bool fractions = sum <= 1 + 1e-9;
    if (!fractions && !whole)
        throw ConfigurationError(
            fmt::format("{}: the split adds up to {}: give shares that add up to at most 1, or "
                        "whole numbers of "
                        "groups",
                        source, sum));
    if (!fractions && sum > static_cast<double>(groups))
        throw ConfigurationError(
            fmt::format("{}: the split asks for {} groups of items, but there are {}; ask for "
                        "fewer, or give shares that add up to at most 1",
                        source, sum, groups));
    std::vector<size_t> ends;
    double end = 0;
    for (const auto& [name, share] : shares) {
        end += share * (fractions ? static_cast<double>(groups) : 1);
        ends.push_back(static_cast<size_t>(std::llround(end)));
    }
    return ends;
}

}  // namespace

Splits undivided(size_t items) {
    Splits all{{"all"}, {std::vector<uint32_t>(items)}};
    std::iota(all.items[0].begin(), all.items[0].end(), 0);
    return all;
}

Splits split_items(const Source& source, size_t items, const Schedule& schedule, int64_t seed,
                   const std::string& place) {
    if (!schedule.split.contains("train"))
        throw ConfigurationError(place + ": the split has no 'train': nothing could be trained on");

    std::vector<std::pair<std::string, double>> shares(schedule.split.begin(),
                                                       schedule.split.end());
    std::stable_partition(shares.begin(), shares.end(),
                          [](const auto& share) { return share.first == "train"; });

    std::map<std::string, std::vector<uint32_t>> groups;
    for (uint32_t i = 0; i < items; ++i) groups[source.item(i).group].push_back(i);
    std::vector<std::pair<std::string, const std::vector<uint32_t>*>> ranked;
    ranked.reserve(groups.size());
    for (const auto& [group, members] : groups)
        ranked.emplace_back(sha256(fmt::format("{}:{}", seed, group)), &members);
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });

    Splits splits;
    size_t next = 0;
    const auto ends = boundaries(shares, ranked.size(), place);
    for (size_t s = 0; s < shares.size(); ++s) {
        splits.names.push_back(shares[s].first);
        auto& members = splits.items.emplace_back();
        for (; next < ends[s]; ++next)
            members.insert(members.end(), ranked[next].second->begin(), ranked[next].second->end());
        std::sort(members.begin(), members.end());
    }
    if (splits.items[0].empty())
        throw ConfigurationError(
            fmt::format("{}: no item falls to the split 'train': there are {} groups of items",
                        place, ranked.size()));
    return splits;
}

std::vector<Pass> timetable(const Splits& splits, const Schedule& schedule, bool evaluate) {
    std::vector<Pass> passes;
    for (int epoch = 0; epoch < schedule.epochs; ++epoch) {
        const bool last = epoch + 1 == schedule.epochs;
        auto add = [&](size_t split, Purpose purpose) {
            const size_t items = splits.items[split].size();
            const int number = static_cast<int>(passes.size());
            if (items > 0)
                passes.push_back({number, epoch, purpose, splits.names[split], items, last});
        };
        add(0, Purpose::train);
        if (!evaluate || (!last && (epoch + 1) % schedule.evaluate_every != 0)) continue;
        for (size_t s = 0; s < splits.names.size(); ++s) add(s, Purpose::evaluate);
    }
    return passes;
}

void end_after(std::vector<Pass>& passes, int epoch) {
    std::erase_if(passes, [&](const Pass& pass) { return pass.epoch > epoch; });
    for (Pass& pass : passes) pass.last_epoch = pass.epoch == epoch;
}

int first_pass(const std::vector<Pass>& passes, const Cursor& cursor) {
    for (const Pass& pass : passes)
        if (pass.epoch > cursor.epoch ||
            (pass.epoch == cursor.epoch && (!cursor.complete || pass.purpose == Purpose::evaluate)))
            return pass.number;
    return static_cast<int>(passes.size());
}

void Source::set_order(Splits splits, const Schedule& schedule, uint64_t seed, std::string id) {
    splits_ = std::move(splits);
    shuffle_ = schedule.shuffle;
    seed_ = seed;
    id_ = std::move(id);
}

size_t Source::item_of(const Pass& pass, uint64_t index) const {
    const auto split = std::find(splits_.names.begin(), splits_.names.end(), pass.split);
    const auto& items = splits_.items.at(static_cast<size_t>(split - splits_.names.begin()));
    if (!shuffle_ || pass.purpose != Purpose::train) return items.at(index);
    const std::lock_guard lock(mutex_);
    auto& order = orders_[pass.number];
    if (order.empty()) {  // Fisher-Yates, anew for each epoch
        std::erase_if(orders_, [&](const auto& old) { return old.first + 16 < pass.number; });
        order = items;
        Stamp stamp;
        stamp.pass = pass.epoch;
        Random random(seed_, id_, stamp);
        for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    }
    return order.at(index);
}

}  // namespace graph
