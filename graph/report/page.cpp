// The frame and the style of a report. Colours are variables with a light and a dark value; the
// lines' are told apart by the colour-blind (after Okabe & Ito 2008).
#include "graph/report/html.hpp"

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --page: #fff; --card: #f6f7f9; --text: #1b1f24; --soft: #59616c;
  --faint: #dfe3e8; --link: #0b62a8; --good: #1a7f4b; --wary: #8f5a00; --bad: #b3261e;
  --c0: #0072b2; --c1: #c94f00; --c2: #00805d; --c3: #a83f86; --c4: #8a6100; --c5: #2b7fae;
  --c6: #6d4fc0; --c7: #5b6470; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --card: #1c2026; --text: #e6e9ed;
  --soft: #a3acb8; --faint: #333a43; --link: #7cc0f4; --good: #5fd39a; --wary: #e8b44c;
  --bad: #ff8a80; --c0: #5aaee6; --c1: #ff9248; --c2: #3fcd9f; --c3: #e592c8; --c4: #e5b640;
  --c5: #94d2f2; --c6: #b6a2f5; --c7: #a9b2bd; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
section { margin-top: 2.25rem; border-top: 1px solid var(--faint); min-width: 0; }
h2 { font-size: 1.15rem; margin: 1rem 0 .8rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 2rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 1.4rem 0 .5rem; overflow-wrap: anywhere; }
a { color: var(--link); }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
code, pre { font: .85em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); padding: .9rem 1rem;
  border-radius: .5rem; margin: .6rem 0; }
.columns { columns: 14rem; } .note, .path { color: var(--soft); font-size: .9rem; }
.path { overflow-wrap: anywhere; margin: 0 0 1rem; }
.state { font-weight: 600; } .good { color: var(--good); } .wary { color: var(--wary); }
.bad { color: var(--bad); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 1.2rem 0 0; font-size: .95rem; }
.facts { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem; margin: 1rem 0; }
.facts dt { color: var(--soft); font-size: .85rem; } .facts dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem 1.1rem .35rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--faint); }
th { color: var(--soft); font-weight: 500; white-space: nowrap; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; } th:last-child, td:last-child { padding-right: 0; }
td b { color: var(--good); } td div { overflow-wrap: anywhere; }
.reason { min-width: 9rem; } .file { min-width: 7rem; }
.bar { display: flex; width: 9rem; height: .7rem; margin-top: .4rem; background: var(--card); }
.busy { background: var(--c2); } .starved { background: var(--faint); } .blocked { background: var(--c1); }
.key { display: inline-block; width: .8rem; height: .8rem; margin: 0 .35rem 0 0; vertical-align: -.08rem; }
.key + span { margin-right: 1rem; }
svg { display: block; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--text); }
svg .soft { fill: var(--soft); } svg .name { font-size: 14px; font-weight: 600; }
svg .link { fill: none; stroke-width: 2; } svg .dot { fill: var(--page); stroke: var(--text); stroke-width: 2; }
svg .grid { stroke: var(--faint); } svg .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg .dashed { stroke-dasharray: 5 3; } svg .point { stroke: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
  gap: 1.6rem 2rem; }
figure { margin: 0; min-width: 0; } .charts figure { display: flex; flex-direction: column; }
.charts figure > svg { width: 100%; height: auto; margin-top: auto; }
figcaption { overflow-wrap: anywhere; } .chart-title { font-weight: 600; }
.chart-title span { font-weight: 400; color: var(--soft); font-size: .85rem; margin-left: .4rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0 0 .3rem; padding: 0; list-style: none;
  font-size: .85rem; color: var(--soft); }
.legend svg { display: inline-block; vertical-align: middle; margin-right: .35rem; width: 1.4rem; }
.picture { margin: 1rem 0 1.6rem; } .picture .wide { margin: .4rem 0; }
.picture img { display: block; width: 100%; min-width: 38rem; height: auto; image-rendering: pixelated;
  background: var(--card); } .picture.small img { width: auto; min-width: 0; max-width: 100%; }
details { margin: .6rem 0; } summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--link); }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 30rem) { table { font-size: .86rem; } th, td { padding-right: .75rem; } }
@media print { @page { margin: 14mm; }
  :root { color-scheme: light; --page: #fff; --card: #f6f7f9; --text: #000; --soft: #444; --faint: #ccc;
    --link: #000; --good: #1a7f4b; --wary: #8f5a00; --bad: #b3261e; --c0: #0072b2; --c1: #c94f00;
    --c2: #00805d; --c3: #a83f86; --c4: #8a6100; --c5: #2b7fae; --c6: #6d4fc0; --c7: #5b6470; }
  body { padding: 0; max-width: none; font-size: 10.5pt; } nav { display: none; }
  .wide { overflow: visible; } .picture img { min-width: 0; } figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; } .wide > svg { max-width: 100%; max-height: 20cm; height: auto; break-inside: avoid; }
  .charts, .pair { display: block; orphans: 1; widows: 1; } .charts figure { display: inline-block; width: 48%; margin: 0 1% 1rem 0; }
  .pair section { display: block; }
  .bar, .key, img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; } }
)";

/// Lines and links share the eight colours.
std::string colours() {
    std::string text;
    for (int i = 0; i < 8; ++i)
        text += fmt::format(
            ".line.s{0}, .link.s{0} {{ stroke: var(--c{0}); }} .point.s{0} {{ fill: var(--c{0}); "
            "}}\n",
            i);
    return text;
}

}  // namespace

std::string page(std::string_view title, const std::string& body) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
        "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
        "<link rel=icon href=\"data:,\">\n<title>{}</title>\n<style>{}{}</style>\n</head>\n"
        "<body>\n{}</body>\n</html>\n",
        escape(title), style, colours(), body);
}

}  // namespace graph::report
