// See text_file.hpp.
#include "graph/text_file.hpp"

#include "graph/retried.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace graph {

namespace fs = std::filesystem;

namespace {

/// A file beside the one that it will be renamed to, gone unless it was. A link that lies in its
/// way is not followed.
class Temporary {
  public:
    explicit Temporary(const fs::path& file)
        : path_(file.parent_path() / fmt::format(".{}.{}", file.filename().string(), ::getpid())),
          file_(file) {
        std::error_code ignored;
        const auto old = fs::status(file, ignored);
        if (fs::exists(old) && !fs::is_regular_file(old) && !fs::is_directory(old))
            throw std::system_error(EINVAL, std::generic_category(),
                                    file.string() + ": cannot replace what is no regular file");
        fs::remove(path_, ignored);  // of a process that had this number before
        constexpr int how = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
        descriptor_ = retried([&] { return ::open(path_.c_str(), how, 0666); });
        if (descriptor_ < 0) fail();
    }
    ~Temporary() {
        close();
        std::error_code ignored;
        if (!renamed_) fs::remove(path_, ignored);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    void write(std::string_view text) const {
        while (!text.empty()) {
            const auto count =
                retried([&] { return ::write(descriptor_, text.data(), text.size()); });
            if (count < 0) fail();
            text.remove_prefix(static_cast<size_t>(count));
        }
    }
    void flush() const {
        if (retried([&] { return ::fsync(descriptor_); }) != 0 && errno != EINVAL) fail();
    }
    void rename() {
        // Some network file systems say only here that the disk is full.
        if (close() != 0 && errno != EINTR) fail();
        fs::rename(path_, file_);
        renamed_ = true;
    }

  private:
    [[noreturn]] void fail() const {
        throw std::system_error(errno, std::generic_category(), "cannot write " + file_.string());
    }
    int close() { return descriptor_ < 0 ? 0 : ::close(std::exchange(descriptor_, -1)); }

    fs::path path_, file_;
    int descriptor_ = -1;
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
    temporary.flush();
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
