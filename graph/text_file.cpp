// See text_file.hpp.
#include "graph/text_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace graph {

std::string read_text_file(const std::filesystem::path& file, size_t most) {
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    while (!in.is_open() && errno == EINTR) in.open(file, std::ios::binary);
    std::string text;
    std::array<char, 1 << 16> piece;
    while (in && text.size() < most) {
        in.read(piece.data(),
                static_cast<std::streamsize>(std::min(piece.size(), most - text.size())));
        text.append(piece.data(), static_cast<size_t>(in.gcount()));
    }
    if (!in.is_open() || in.bad())
        throw std::system_error(errno, std::generic_category(), "cannot read " + file.string());
    return text;
}

}  // namespace graph
