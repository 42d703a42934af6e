// Places, errors and the nearest name.
#include "graph/value.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace graph {

std::string Place::text() const {
    if (!file) return "";
    return line > 0 ? fmt::format("{}:{}:{}", *file, line, column) : *file;
}

const Value* Value::find(const std::string& key) const {
    for (const auto& [name, value] : entries)
        if (name.text == key) return &value;
    return nullptr;
}

Value* Value::find(const std::string& key) {
    return const_cast<Value*>(std::as_const(*this).find(key));
}

std::string Errors::text() const {
    auto sorted = errors_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Error& a, const Error& b) {
        return std::tuple(a.place.file ? *a.place.file : "", a.place.line, a.place.column) <
               std::tuple(b.place.file ? *b.place.file : "", b.place.line, b.place.column);
    });
    std::string text;
    for (const auto& error : sorted) {
        const std::string place = error.place.text();
        text += (text.empty() ? "" : "\n") + place + (place.empty() ? "" : ": ") + error.message;
    }
    return text;
}

namespace {

/// Damerau-Levenshtein: edits, with a swap of neighbours as one.
size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (size_t i = 1; i <= a.size(); ++i)
        for (size_t j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min(
                {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

}  // namespace

std::string did_you_mean(const std::string& given, const std::vector<std::string>& names) {
    if (given.size() > 100) return "";
    std::string best;
    size_t least = std::max<size_t>(1, given.size() / 3) + 1;
    for (const auto& name : names) {
        const size_t edits = distance(given, name);
        if (edits < least) {
            least = edits;
            best = name;
        }
    }
    return best.empty() ? "" : "; did you mean '" + best + "'?";
}

}  // namespace graph
