// Lines at the bottom of a terminal that are drawn anew in place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graph {

struct TerminalSize {
    int columns = 80, rows = 24;
};

/// How many columns a text takes at most: what is not ASCII counts as two, escapes as none.
int columns_of(const std::string& text);
/// Its beginning that fits, with an end mark if it was cut. A text without escapes.
std::string cut(const std::string& text, int columns);

class Display {
  public:
    explicit Display(int file) : file_(file) {}

    /// Whether lines can be drawn in place: a terminal, and one that understands how.
    bool able() const;
    /// Whether colors are wanted: NO_COLOR is not set.
    static bool colored();
    /// Asked anew each time, since windows change; 80x24 if the terminal does not know.
    TerminalSize size() const;

    /// Replaces what was drawn before. Lines have fewer columns than the terminal.
    void draw(const std::vector<std::string>& lines);
    /// Takes what was drawn away, so that a line can be printed where it stood.
    void erase();
    /// Leaves what was drawn for good.
    void keep() { drawn_.clear(); }
    void put(std::string_view text) const;

  private:
    std::string back() const;

    int file_;
    std::vector<int> drawn_;  // columns of each line
};

}  // namespace graph
