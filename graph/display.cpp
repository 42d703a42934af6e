// See display.hpp. The cursor rests below what is drawn; no mode of the terminal is changed, so
// that a run that is killed leaves it as it was.
#include "graph/display.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace graph {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

int columns_of(const std::string& text) {
    int columns = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            while (i < text.size() && text[i] != 'm') ++i;
        } else if (!continues(text[i])) {
            columns += static_cast<unsigned char>(text[i]) < 0x80 ? 1 : 2;
        }
    }
    return columns;
}

std::string cut(const std::string& text, int columns) {
    if (columns <= 0) return "";
    if (columns_of(text) <= columns) return text;
    std::string part;
    int used = 0;
    for (size_t i = 0; i < text.size();) {
        size_t next = i + 1;
        while (next < text.size() && continues(text[next])) ++next;
        const std::string letter = text.substr(i, next - i);
        used += columns_of(letter);
        if (used > columns - 1) break;
        part += letter;
        i = next;
    }
    return part + "~";
}

bool Display::able() const {
    const auto term = variable("TERM");
    return ::isatty(file_) == 1 && !term.empty() && term != "dumb";
}

bool Display::colored() { return variable("NO_COLOR").empty(); }

TerminalSize Display::size() const {
    winsize window{};
    TerminalSize size;
    if (::ioctl(file_, TIOCGWINSZ, &window) == 0) {
        if (window.ws_col > 0) size.columns = window.ws_col;
        if (window.ws_row > 0) size.rows = window.ws_row;
    }
    return size;
}

/// To the first line drawn. A terminal that became narrower has broken long lines in several.
std::string Display::back() const {
    const int columns = size().columns;
    int rows = 0;
    for (const int line : drawn_) rows += std::max(1, (line + columns - 1) / columns);
    return rows > 0 ? fmt::format("\r\x1b[{}A", rows) : "\r";
}

void Display::draw(const std::vector<std::string>& lines) {
    std::string text = back();
    drawn_.clear();
    for (const std::string& line : lines) {
        text += line + "\x1b[K\n";
        drawn_.push_back(columns_of(line));
    }
    put(text + "\x1b[J");
}

void Display::erase() {
    if (drawn_.empty()) return;
    put(back() + "\x1b[J");
    drawn_.clear();
}

void Display::put(std::string_view text) const {
    while (!text.empty()) {
        const ssize_t written = ::write(file_, text.data(), text.size());
        if (written <= 0) return;  // nobody is looking any more
        text.remove_prefix(static_cast<size_t>(written));
    }
}

}  // namespace graph
