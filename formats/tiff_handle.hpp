// libtiff behind one owner: what it has to say is kept, per handle, instead of printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tiffio.h>

namespace formats {

class TiffHandle {
  public:
    /// Reads from memory, which must outlive the handle; starts before the first directory. libtiff
    /// is refused any single allocation above `max_allocation` bytes. get() is null if it is no
    /// TIFF.
    TiffHandle(std::span<const std::byte> bytes, uint64_t max_allocation);
    /// Writes into memory, which must outlive the handle.
    explicit TiffHandle(std::vector<std::byte>& sink);
    TiffHandle(const TiffHandle&) = delete;
    TiffHandle& operator=(const TiffHandle&) = delete;

    TIFF* get() const { return tiff_.get(); }
    void close() { tiff_.reset(); }  // error() may have more to say afterwards

    /// The first error or warning since the start or since forget(); empty if there was none.
    const std::string& error() const { return error_; }
    const std::string& warning() const { return warning_; }
    void forget();

  private:
    struct Callbacks;
    struct Close {
        void operator()(TIFF* tiff) const { TIFFClose(tiff); }
    };

    std::span<const std::byte> bytes_;  // all there is to read, be it only written now
    std::vector<std::byte>* sink_ = nullptr;
    uint64_t position_ = 0;
    std::string error_, warning_;
    std::unique_ptr<TIFF, Close> tiff_;  // last, so that it may complain while it is closed
};

}  // namespace formats
