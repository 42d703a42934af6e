// What a plugin and the program that loads it must have in common, as a text that is part of each:
// the declarations they were compiled with, the compiler, and what changes the layout of types. It
// can be read from a file without running any of it.
#pragma once

#include "graph/interface.hpp"  // made by cmake/plugins.cmake

#include <array>
#include <cstddef>
#include <string_view>

namespace graph {

/// What the mark begins with, wherever it is in a file.
inline constexpr std::string_view mark_begin = "built for latentflow ";

/// Ends in a zero byte.
using BuildMark = std::array<char, 128>;

namespace detail {

class MarkText {
  public:
    constexpr MarkText& add(std::string_view text) {
        for (const char c : text) mark_.at(size_++) = c;
        return *this;
    }
    constexpr MarkText& add(int number) {
        if (number >= 10) add(number / 10);
        mark_.at(size_++) = static_cast<char>('0' + number % 10);
        return *this;
    }
    constexpr BuildMark mark() const { return mark_; }

  private:
    BuildMark mark_{};
    size_t size_ = 0;
};

}  // namespace detail

/// "built for latentflow 0.1.0 (interface 1f2e3d4c), g++ 12, libstdc++, release", of the file that
/// calls it.
constexpr BuildMark build_mark() {
    detail::MarkText text;
    text.add(mark_begin).add(interface_version).add(" (interface ").add(interface_digest).add(")");
#if defined(__clang__)
    text.add(", clang ").add(__clang_major__);
#elif defined(__GNUC__)
    text.add(", g++ ").add(__GNUC__);
#endif
#if defined(_LIBCPP_VERSION)
    text.add(", libc++");
#elif !_GLIBCXX_USE_CXX11_ABI
    text.add(", libstdc++ with the old strings");
#else
    text.add(", libstdc++");
#endif
#if defined(_GLIBCXX_DEBUG)
    text.add(" with checks");
#endif
#if defined(__SANITIZE_ADDRESS__)
    text.add(", address sanitizer");
#elif defined(__SANITIZE_THREAD__)
    text.add(", thread sanitizer");
#endif
#if defined(NDEBUG)
    text.add(", release");
#else
    text.add(", debug");
#endif
    return text.mark();
}

}  // namespace graph
