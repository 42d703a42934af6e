// See class_coder.hpp.
#include "models/class_coder.hpp"

#include "models/integer_tensors.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace models {
namespace {

constexpr int32_t most_reach = 64;  // latents farther out are rare, and looked up one by one
constexpr double unit = 64;         // of costs, in a bit

uint16_t cost(const EntropyTable& table, int32_t value) {
    return static_cast<uint16_t>(std::min(65535.0, std::nearbyint(unit * table.bits(value))));
}

NamedIntegers named(const std::string& name, std::span<const EntropyTable> tables) {
    NamedIntegers integers{name, {}, to_integers(tables)};
    integers.dims = {static_cast<int64_t>(integers.values.size())};
    return integers;
}

ClassCoder::Parts parts_of(const std::vector<NamedIntegers>& tensors) {
    ClassCoder::Parts parts;
    const auto& sizes = find_integers(tensors, "coder.sizes", 1).values;
    if (sizes.size() != 3) throw ModelError("the stored integers 'coder.sizes' are not three");
    parts.channels = sizes[0];
    parts.classes = sizes[1];
    parts.rates = sizes[2];
    parts.tables = tables_of(find_integers(tensors, "coder.tables", 1).values);
    parts.table_of = find_integers(tensors, "coder.table_of", 2).values;
    parts.class_tables = tables_of(find_integers(tensors, "coder.class_tables", 1).values);
    return parts;
}

}  // namespace

ClassCoder::ClassCoder(Parts parts) : parts_(std::move(parts)) {
    const auto& p = parts_;
    const auto within = [](int64_t value, int64_t most) { return value >= 1 && value <= most; };
    if (!within(p.channels, 4096) || !within(p.classes, 4096) || !within(p.rates, 256))
        throw ModelError(fmt::format("a coder of {} channels, {} classes and {} rates", p.channels,
                                     p.classes, p.rates));
    const auto table_count = static_cast<int64_t>(p.tables.size());
    if (static_cast<int64_t>(p.table_of.size()) != p.classes * p.channels ||
        std::ranges::any_of(p.table_of, [&](int32_t i) { return i < 0 || i >= table_count; }))
        throw ModelError("the coder's classes do not fit its tables");
    if (static_cast<int64_t>(p.class_tables.size()) != p.rates * groups * groups)
        throw ModelError("the coder's classes have too few tables, or too many");
    for (const EntropyTable& table : p.class_tables)
        if (table.low() != 0 || static_cast<int64_t>(table.size()) != p.classes + 1)
            throw ModelError("the coder's tables of classes are for others");

    for (const EntropyTable& table : p.tables) {
        const int32_t high = table.low() + static_cast<int32_t>(table.size());
        reach_ = std::min(most_reach, std::max({reach_, std::abs(table.low()), std::abs(high)}));
    }
    const auto span = 2 * static_cast<size_t>(reach_) + 1;
    std::vector<uint16_t> by_table;  // tables x span
    for (const EntropyTable& table : p.tables)
        for (int32_t value = -reach_; value <= reach_; ++value)
            by_table.push_back(cost(table, value));
    for (int64_t c = 0; c < p.channels; ++c)
        for (size_t value = 0; value < span; ++value)
            for (int64_t k = 0; k < p.classes; ++k) {
                const auto i = p.table_of[static_cast<size_t>(k * p.channels + c)];
                costs_.push_back(by_table[static_cast<size_t>(i) * span + value]);
            }
    for (const EntropyTable& table : p.class_tables)
        for (int32_t k = 0; k < p.classes; ++k) class_costs_.push_back(cost(table, k));
}

ClassCoder::ClassCoder(const std::vector<NamedIntegers>& tensors) : ClassCoder(parts_of(tensors)) {}

std::vector<NamedIntegers> ClassCoder::tensors() const {
    return {{"coder.sizes",
             {3},
             {static_cast<int32_t>(parts_.channels), static_cast<int32_t>(parts_.classes),
              static_cast<int32_t>(parts_.rates)}},
            {"coder.table_of", {parts_.classes, parts_.channels}, parts_.table_of},
            named("coder.tables", parts_.tables),
            named("coder.class_tables", parts_.class_tables)};
}

void ClassCoder::check(const TileLatents& latents, int64_t rate) const {
    if (latents.rows < 1 || latents.columns < 1 || rate < 0 || rate >= parts_.rates ||
        static_cast<int64_t>(latents.values.size()) != parts_.channels * latents.places())
        throw ModelError(fmt::format("a tile of {} latents, {} x {} places, at rate {} of {}",
                                     latents.values.size(), latents.rows, latents.columns, rate,
                                     parts_.rates));
}

/// Adds what the latents of one place cost, which lie `step` apart.
void ClassCoder::add_costs(const int32_t* latents, int64_t step, std::span<uint32_t> costs) const {
    const auto classes = static_cast<size_t>(parts_.classes);
    const auto span = 2 * static_cast<size_t>(reach_) + 1;
    for (int64_t c = 0; c < parts_.channels; ++c) {
        const int32_t value = latents[c * step];
        if (value < -reach_ || value > reach_) {
            for (size_t k = 0; k < classes; ++k)
                costs[k] += cost(table(static_cast<int32_t>(k), c), value);
            continue;
        }
        const uint16_t* row =
            &costs_[(static_cast<size_t>(c) * span + static_cast<size_t>(value + reach_)) *
                    classes];
        for (size_t k = 0; k < classes; ++k) costs[k] += row[k];
    }
}

/// The classes to the left and above each stand for the other at an edge; in the corner both are 0.
size_t ClassCoder::class_table(int64_t rate, std::span<const int32_t> classes, int64_t columns,
                               int64_t i) const {
    const bool first_row = i < columns, first_column = i % columns == 0;
    const auto group = [&](int64_t j) {
        return classes[static_cast<size_t>(j)] * groups / parts_.classes;
    };
    int64_t left = 0, above = 0;
    if (!first_row || !first_column) {
        left = group(first_column ? i - columns : i - 1);
        above = first_row ? left : group(i - columns);
    }
    return static_cast<size_t>((rate * groups + left) * groups + above);
}

std::vector<int32_t> ClassCoder::classes(const TileLatents& latents, int64_t rate) const {
    check(latents, rate);
    const auto count = static_cast<size_t>(parts_.classes);
    std::vector<int32_t> chosen(static_cast<size_t>(latents.places()));
    std::vector<uint32_t> costs(count);
    for (int64_t i = 0; i < latents.places(); ++i) {
        const uint16_t* own = &class_costs_[class_table(rate, chosen, latents.columns, i) * count];
        std::copy_n(own, count, costs.begin());
        add_costs(&latents.values[static_cast<size_t>(i)], latents.places(), costs);
        chosen[static_cast<size_t>(i)] =
            static_cast<int32_t>(std::ranges::min_element(costs) - costs.begin());
    }
    return chosen;
}

std::vector<std::byte> ClassCoder::encode(const TileLatents& latents, int64_t rate) const {
    const std::vector<int32_t> chosen = classes(latents, rate);
    RansEncoder encoder;
    for (int64_t i = 0; i < latents.places(); ++i) {
        const int32_t own = chosen[static_cast<size_t>(i)];
        parts_.class_tables[class_table(rate, chosen, latents.columns, i)].encode(own, encoder);
        for (int64_t c = 0; c < parts_.channels; ++c)
            table(own, c).encode(latents.values[static_cast<size_t>(c * latents.places() + i)],
                                 encoder);
    }
    return encoder.finish();
}

double ClassCoder::bits(const TileLatents& latents, int64_t rate) const {
    const std::vector<int32_t> chosen = classes(latents, rate);
    double bits = 0;
    for (int64_t i = 0; i < latents.places(); ++i) {
        const int32_t own = chosen[static_cast<size_t>(i)];
        bits += parts_.class_tables[class_table(rate, chosen, latents.columns, i)].bits(own);
        for (int64_t c = 0; c < parts_.channels; ++c)
            bits +=
                table(own, c).bits(latents.values[static_cast<size_t>(c * latents.places() + i)]);
    }
    return bits;
}

TileLatents ClassCoder::decode(std::span<const std::byte> payload, int64_t rows, int64_t columns,
                               int64_t rate) const {
    TileLatents latents{rows, columns, {}};
    latents.values.resize(static_cast<size_t>(parts_.channels * latents.places()));
    check(latents, rate);
    std::vector<int32_t> classes(static_cast<size_t>(latents.places()));
    RansDecoder decoder(payload);
    for (int64_t i = 0; i < latents.places(); ++i) {
        const int32_t own =
            parts_.class_tables[class_table(rate, classes, columns, i)].decode(decoder);
        if (own < 0 || own >= parts_.classes)
            throw ModelError("the coded latent is damaged: it names a class that there is not");
        classes[static_cast<size_t>(i)] = own;
        for (int64_t c = 0; c < parts_.channels; ++c)
            latents.values[static_cast<size_t>(c * latents.places() + i)] =
                table(own, c).decode(decoder);
    }
    decoder.finish();
    return latents;
}

}  // namespace models
