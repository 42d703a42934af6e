// See text_writer.hpp.
#include "formats/text_writer.hpp"

namespace formats {

TextWriter::TextWriter(const std::filesystem::path& path)
    : publication_(path), file_(publication_.temporary(), O_WRONLY) {}

void TextWriter::add(std::string_view text) {
    constexpr size_t enough = size_t{1} << 20;
    waiting_ += text;
    if (waiting_.size() >= enough) flush();
}

void TextWriter::flush() {
    file_.write_at(written_, std::as_bytes(std::span(waiting_)));
    written_ += waiting_.size();
    waiting_.clear();
}

void TextWriter::commit() {
    flush();
    publication_.commit();
}

}  // namespace formats
