// See codec_report.hpp.
#include "formats/codec_report.hpp"

#include "formats/png_writer.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace formats {
namespace {

// Colours that the colour-blind tell apart (Okabe & Ito 2008), lighter on dark.
constexpr const char* style = R"(
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --faint: #d8dce2; --soft: #5d6570;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b1478c; --c4: #a67500; --c5: #3e9bd0; --c6: #7a5cc7; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --text: #e6e9ed; --faint: #343a42;
  --soft: #9aa3ae; --c0: #4da3dd; --c1: #ff8a3d; --c2: #35c79a; --c3: #e08bc0; --c4: #e5b640;
  --c5: #8fd0f5; --c6: #b09bf0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; font: 16px/1.5 system-ui, sans-serif;
  background: var(--page); color: var(--text); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
h3 { font-size: 1rem; font-weight: 500; overflow-wrap: anywhere; }
p { max-width: 45rem; color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
.swatch { display: inline-block; width: 1.1rem; height: .25rem; margin-right: .4rem; vertical-align: middle; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--text); }
svg .title { font-weight: 600; font-size: 13px; }
svg .grid { stroke: var(--faint); stroke-width: 1; }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .mark { stroke: none; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.crops { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(44vw, 10rem), 1fr)); gap: .8rem; }
figure { margin: 0; }
figure img { width: 100%; image-rendering: pixelated; display: block; }
figcaption { font-size: .85rem; color: var(--soft); } figcaption b { color: var(--text); }
)";

std::string data_url(const Image& image) {
    const auto png = encode_png(image);
    std::string text(4 * ((png.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(png.data()),
                                     static_cast<int>(png.size()));
    text.resize(static_cast<size_t>(size));
    return "data:image/png;base64," + text;
}

std::string colours(size_t lines) {
    constexpr size_t known = 7;
    std::string text;
    for (size_t i = 0; i < lines; ++i)
        text += fmt::format(
            ".line{0} {{ stroke: var(--c{1}); }} .mark.line{0}, .swatch.line{0} {{ fill: "
            "var(--c{1}); background: var(--c{1}); }}\n",
            i, i % known);
    return text;
}

std::string legend(const CodecReport& report) {
    std::string text = "<ul class=\"legend\">";
    for (size_t i = 0; i < report.rows.size(); ++i)
        text += fmt::format("<li><span class=\"swatch line{}\"></span>{}</li>", i,
                            escape_html(report.rows[i].codec));
    return text + "</ul>\n";
}

std::string table(const CodecReport& report) {
    std::string text = fmt::format(
        "<div class=\"wide\"><table><thead><tr><th>codec</th><th>rate against {}</th>"
        "<th>range covered</th><th>images</th><th>encode MB/s</th><th>decode MB/s</th></tr>"
        "</thead><tbody>\n",
        escape_html(report.anchor));
    for (const auto& row : report.rows)
        text += fmt::format(
            "<tr><td>{}</td><td>{}</td><td>{:.0f} %</td><td>{}</td><td>{:.1f}</td><td>{:.1f}</td>"
            "</tr>\n",
            escape_html(row.codec),
            row.bd_percent ? fmt::format("{:+.1f} %", *row.bd_percent) : "-", 100 * row.coverage,
            row.images, row.encode_mb_s, row.decode_mb_s);
    return text + "</tbody></table></div>\n";
}

std::string plot(const CodecReport& report, const CodecReport::Plot& plot, bool marks) {
    return svg_plot(plot.lines, {plot.title, "bits per pixel", "PSNR (dB)", report.from_rate,
                                 report.to_rate, marks});
}

std::string crops(const CodecReport& report) {
    std::string text;
    for (const auto& image : report.crops) {
        text += "<h3>" + escape_html(image.title) + "</h3><div class=\"crops\">\n";
        for (const auto& crop : image.crops)
            text += fmt::format(
                "<figure><img alt=\"{0}\" src=\"{1}\"><figcaption><b>{0}</b><br>{2}</figcaption>"
                "</figure>\n",
                escape_html(crop.label), data_url(crop.image), escape_html(crop.caption));
        text += "</div>\n";
    }
    return text;
}

}  // namespace

std::string to_html(const CodecReport& report) {
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>Codecs compared</title><style>";
    text +=
        style + colours(report.rows.size()) + "</style></head><body>\n<h1>Codecs compared</h1>\n";
    text += fmt::format(
        "<p>{} images, each whole and at its own resolution. Rate against {}: how many more bytes "
        "a "
        "codec takes at the same PSNR (Bj\u00f8ntegaard), image by image between {} and {} bits "
        "per "
        "pixel of {}, then the mean; \u201crange covered\u201d is the part of that range that the "
        "codec's own streams reach.</p>\n",
        report.images, escape_html(report.anchor), report.from_rate, report.to_rate,
        escape_html(report.anchor));
    text += table(report);
    text +=
        "<h2>Mean of all images</h2>\n<p>PSNR at each rate, averaged over the images; drawn "
        "where every image's streams reach.</p>\n";
    text += legend(report) + plot(report, report.mean, true);
    if (!report.crops.empty())
        text += fmt::format(
                    "<h2>At about {} bits per pixel</h2>\n<p>The busiest part of some "
                    "images, contrast stretched, all alike.</p>\n",
                    report.crop_rate) +
                crops(report);
    text += "<h2>Each image</h2>\n" + legend(report) + "<div class=\"plots\">\n";
    for (const auto& each : report.plots) text += plot(report, each, false);
    return text + "</div>\n</body></html>\n";
}

}  // namespace formats
