// Text of any length, written piece by piece and published as a whole.
#pragma once

#include "formats/file.hpp"
#include "formats/publish.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace formats {

class TextWriter {
  public:
    /// Replaces an old file when it is committed. Throws IoError, as the others do.
    explicit TextWriter(const std::filesystem::path& path);

    void add(std::string_view text);
    /// Without it there is no file.
    void commit();

  private:
    void flush();

    Publication publication_;
    File file_;
    std::string waiting_;
    uint64_t written_ = 0;
};

}  // namespace formats
