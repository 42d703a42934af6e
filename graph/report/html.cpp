// See html.hpp.
#include "graph/report/html.hpp"

#include "graph/yaml.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace graph::report {

std::string escape(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    while (!text.empty()) {
        const size_t good = std::min(find_bad_byte(text), text.size());
        for (const char c : text.substr(0, good)) switch (c) {
                case '&':
                    escaped += "&amp;";
                    break;
                case '<':
                    escaped += "&lt;";
                    break;
                case '>':
                    escaped += "&gt;";
                    break;
                case '"':
                    escaped += "&quot;";
                    break;
                case '\'':
                    escaped += "&#39;";
                    break;
                default:
                    escaped += c;
            }
        if (good == text.size()) break;
        escaped += "\uFFFD";
        text.remove_prefix(good + 1);
    }
    return escaped;
}

std::string relative_url(std::string_view path) {
    std::string url = "./";  // so that no ':' makes a scheme of it
    for (const char c : path)
        if (std::isalnum(static_cast<unsigned char>(c)) ||
            std::string_view("-._~/").find(c) != std::string_view::npos)
            url += c;
        else
            url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return url;
}

std::string data_url(std::string_view type, std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<size_t>(size));
    return fmt::format("data:{};base64,{}", type, text);
}

std::string short_number(double value) { return fmt::format("{:.4g}", value); }

std::string whole_number(uint64_t value) {
    std::string text = std::to_string(value);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

std::string duration(double seconds) {
    if (seconds < 60) return fmt::format("{:.{}f} s", seconds, seconds < 10 ? 2 : 1);
    const auto whole = static_cast<int64_t>(std::llround(seconds));
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string byte_size(uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    double size = static_cast<double>(bytes);
    size_t unit = 0;
    constexpr std::array units = {"B", "kB", "MB", "GB", "TB"};
    while (size >= 999.5 && unit + 1 < units.size()) size /= 1000, ++unit;
    return fmt::format("{:.3g} {}", size, units[unit]);
}

std::string to_html(const HtmlTable& table) {
    if (table.rows.empty()) return {};
    const auto cells = [&](const std::vector<std::string>& row, const char* tag) {
        std::string text = "<tr>";
        for (size_t i = 0; i < row.size(); ++i)
            text += fmt::format("<{}{}>{}</{}>", tag, i < table.text_columns ? "" : " class=number",
                                row[i], tag);
        return text + "</tr>\n";
    };
    std::string text = "<div class=wide tabindex=0><table><thead>" + cells(table.columns, "th") +
                       "</thead><tbody>\n";
    for (const auto& row : table.rows) text += cells(row, "td");
    text += "</tbody></table></div>\n";
    if (!table.note.empty()) text += "<p class=note>" + table.note + "</p>\n";
    return text;
}

HtmlTable without_empty_columns(HtmlTable table) {
    for (size_t i = table.columns.size(); i-- > table.text_columns;) {
        const auto at = static_cast<long>(i);
        if (!std::all_of(table.rows.begin(), table.rows.end(),
                         [&](const auto& row) { return row[i].empty(); }))
            continue;
        table.columns.erase(table.columns.begin() + at);
        for (auto& row : table.rows) row.erase(row.begin() + at);
    }
    return table;
}

std::string to_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
    std::string text;
    for (const auto& [name, value] : facts)
        if (!value.empty()) text += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
    return text.empty() ? text : "<dl class=facts>" + text + "</dl>\n";
}

std::string section(std::string_view id, std::string_view title, const std::string& body) {
    if (body.empty()) return {};
    return fmt::format("<section id={}>\n<h2>{}</h2>\n{}</section>\n", id, title, body);
}

std::string folded(const std::string& title, const std::string& body, bool open) {
    return fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", open ? " open" : "",
                       title, body);
}

}  // namespace graph::report
