// See text_file.hpp.
#include "graph/text_file.hpp"

#include "graph/retried.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace graph {

namespace fs = std::filesystem;

namespace {

/// A file beside the one that it will be renamed to, gone unless it was.
class Temporary {
  public:
    explicit Temporary(const fs::path& file)
        : path_(file.parent_path() / fmt::format(".{}.{}", file.filename().string(), ::getpid())),
          file_(file) {}
    ~Temporary() {
        std::error_code ignored;
        if (!renamed_) fs::remove(path_, ignored);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    void write(const std::string& text) const {
        std::ofstream out(path_, std::ios::binary);
        out << text;
        out.close();
        if (!out) throw std::system_error(errno, std::generic_category(), path_.string());
    }
    void rename() {
        fs::rename(path_, file_);
        renamed_ = true;
    }
    const fs::path& path() const { return path_; }

  private:
    fs::path path_, file_;
    bool renamed_ = false;
};

}  // namespace

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

void replace_file(const fs::path& file, const std::string& text) {
    Temporary temporary(file);
    temporary.write(text);
    temporary.rename();
}

void replace_file_durably(const fs::path& file, const std::string& text) {
    Temporary temporary(file);
    temporary.write(text);
    flush(temporary.path());
    temporary.rename();
    flush(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

void flush(const fs::path& path) {
    const int file = retried([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
    const bool done = file >= 0 && retried([&] { return ::fsync(file); }) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    if (!done && error != EACCES && error != EINVAL)
        throw std::system_error(error, std::generic_category(), path.string());
}

}  // namespace graph
