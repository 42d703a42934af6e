// See tiff_handle.hpp.
#include "formats/tiff_handle.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace formats {

/// What libtiff calls back.
struct TiffHandle::Callbacks {
    static TiffHandle& self(void* handle) { return *static_cast<TiffHandle*>(handle); }

    static tmsize_t read(thandle_t handle, void* into, tmsize_t size) {
        TiffHandle& tiff = self(handle);
        if (size <= 0 || tiff.position_ >= tiff.bytes_.size()) return 0;
        const auto rest = tiff.bytes_.subspan(tiff.position_);
        const auto piece = rest.first(std::min(rest.size(), static_cast<size_t>(size)));
        std::memcpy(into, piece.data(), piece.size());
        tiff.position_ += piece.size();
        return static_cast<tmsize_t>(piece.size());
    }

    static tmsize_t write(thandle_t handle, void* from, tmsize_t size) {
        TiffHandle& tiff = self(handle);
        if (!tiff.sink_ || size <= 0) return 0;
        const uint64_t end = tiff.position_ + static_cast<uint64_t>(size);
        try {
            if (end > tiff.sink_->size()) tiff.sink_->resize(end);
        } catch (const std::bad_alloc&) {  // must not pass through C
            return 0;
        }
        std::memcpy(tiff.sink_->data() + tiff.position_, from, static_cast<size_t>(size));
        tiff.bytes_ = *tiff.sink_;
        tiff.position_ = end;
        return size;
    }

    static toff_t seek(thandle_t handle, toff_t offset, int whence) {
        TiffHandle& tiff = self(handle);
        const uint64_t from = whence == SEEK_SET   ? 0
                              : whence == SEEK_CUR ? tiff.position_
                                                   : tiff.bytes_.size();
        return tiff.position_ = from + offset;
    }

    static int close(thandle_t) { return 0; }
    static toff_t size(thandle_t handle) { return self(handle).bytes_.size(); }

    static int error(TIFF*, void* handle, const char* module, const char* format,
                     std::va_list arguments) {
        return keep(self(handle).error_, module, format, arguments);
    }
    static int warning(TIFF*, void* handle, const char* module, const char* format,
                       std::va_list arguments) {
        return keep(self(handle).warning_, module, format, arguments);
    }

    /// The first message alone: a hostile file can cause millions.
    static int keep(std::string& into, const char* module, const char* format,
                    std::va_list arguments) try {
        if (into.empty()) {
            std::array<char, 512> text{};
            std::vsnprintf(text.data(), text.size(), format, arguments);
            into = std::string(module ? module : "libtiff") + ": " + text.data();
            std::replace(into.begin(), into.end(), '\n', ' ');
        }
        return 1;                      // dealt with: not to be printed
    } catch (const std::bad_alloc&) {  // must not pass through C
        return 1;
    }

    using Options = std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)>;

    static Options options(TiffHandle* handle, uint64_t max_allocation) {
        // What libtiff says outside of any handle is not printed either.
        [[maybe_unused]] static const auto once =
            std::pair(TIFFSetErrorHandler(nullptr), TIFFSetWarningHandler(nullptr));
        Options options(TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
        if (!options) throw std::bad_alloc();
        constexpr uint64_t most = std::numeric_limits<tmsize_t>::max();
        TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(),
                                            static_cast<tmsize_t>(std::min(max_allocation, most)));
        TIFFOpenOptionsSetErrorHandlerExtR(options.get(), error, handle);
        TIFFOpenOptionsSetWarningHandlerExtR(options.get(), warning, handle);
        return options;
    }
};

// Modes: h reads no directory yet, m maps no memory (libtiff has read beyond mappings before),
// l writes little-endian on every machine.
TiffHandle::TiffHandle(std::span<const std::byte> bytes, uint64_t max_allocation)
    : bytes_(bytes),
      tiff_(TIFFClientOpenExt("TIFF", "rhm", this, Callbacks::read, Callbacks::write,
                              Callbacks::seek, Callbacks::close, Callbacks::size, nullptr, nullptr,
                              Callbacks::options(this, max_allocation).get())) {}

TiffHandle::TiffHandle(std::vector<std::byte>& sink)
    : sink_(&sink),
      tiff_(TIFFClientOpenExt("TIFF", "wlm", this, Callbacks::read, Callbacks::write,
                              Callbacks::seek, Callbacks::close, Callbacks::size, nullptr, nullptr,
                              Callbacks::options(this, UINT64_MAX).get())) {}

void TiffHandle::forget() {
    error_.clear();
    warning_.clear();
}

}  // namespace formats
