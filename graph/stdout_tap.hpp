// Takes what is printed to stdout while a picture is drawn on the same terminal, so that it can be
// put above the picture instead of into it. Nodes print as they like.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace graph {

class StdoutTap {
  public:
    /// Called with whole lines, in a thread of its own, and the last time in the destructor.
    using Print = std::function<void(std::string_view)>;

    /// Throws std::system_error.
    explicit StdoutTap(Print print);
    /// stdout is what it was; everything has been printed.
    ~StdoutTap();
    StdoutTap(const StdoutTap&) = delete;
    StdoutTap& operator=(const StdoutTap&) = delete;

    /// Whether stdout and this file are one terminal.
    static bool needed(int file);

  private:
    void read();
    void pass_on(bool all);

    Print print_;
    std::string text_;  // that is not printed yet
    int before_ = -1, pipe_ = -1, stop_ = -1;
    std::thread thread_;
};

}  // namespace graph
