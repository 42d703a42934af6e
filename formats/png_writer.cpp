// See png_writer.hpp. libpng reports errors by longjmp, so the function that it may leave that way
// holds nothing that has a destructor.
#include "formats/png_writer.hpp"

#include "formats/error.hpp"

#include <bit>
#include <csetjmp>
#include <new>

#include <fmt/format.h>
#include <png.h>

namespace formats {

namespace {

struct Target {
    std::vector<std::byte> bytes;
    std::string error;
};

void append(png_structp png, png_bytep data, size_t size) {
    auto& bytes = static_cast<Target*>(png_get_io_ptr(png))->bytes;
    const auto* first = reinterpret_cast<const std::byte*>(data);
    bool done = false;
    try {
        bytes.insert(bytes.end(), first, first + size);
        done = true;
    } catch (const std::bad_alloc&) {  // must not pass through C, nor a longjmp leave a handler
    }
    if (!done) png_error(png, "out of memory");
}

void failed(png_structp png, png_const_charp message) {
    static_cast<Target*>(png_get_error_ptr(png))->error = message;
    png_longjmp(png, 1);
}

void warned(png_structp, png_const_charp) {}

/// Its own destructor, because libpng's wants two pointers.
struct Writer {
    explicit Writer(Target& target)
        : png(png_create_write_struct(PNG_LIBPNG_VER_STRING, &target, failed, warned)),
          info(png ? png_create_info_struct(png) : nullptr) {
        if (!info) {
            png_destroy_write_struct(&png, nullptr);
            throw std::bad_alloc();
        }
        png_set_write_fn(png, &target, append, nullptr);
    }
    ~Writer() { png_destroy_write_struct(&png, &info); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    png_structp png;
    png_infop info;
};

bool write(Writer& writer, uint32_t width, uint32_t height, int depth, int colour, png_bytepp rows,
           const std::string& description) {
    if (setjmp(png_jmpbuf(writer.png)) != 0) return false;
    png_set_IHDR(writer.png, writer.info, width, height, depth, colour, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!description.empty()) {
        png_text text{};
        text.compression = PNG_TEXT_COMPRESSION_NONE;
        text.key = const_cast<png_charp>("Description");  // libpng copies both
        text.text = const_cast<png_charp>(description.c_str());
        png_set_text(writer.png, writer.info, &text, 1);
    }
    png_write_info(writer.png, writer.info);
    png_write_image(writer.png, rows);
    png_write_end(writer.png, writer.info);
    return true;
}

/// Channels side by side, most significant byte first.
template <class T>
std::vector<png_byte> interleaved(const Image& image) {
    const size_t pixels = image.samples.size() / image.channels;
    std::vector<png_byte> bytes;
    bytes.reserve(image.samples.size() * sizeof(T));
    for (size_t pixel = 0; pixel < pixels; ++pixel) {
        for (int channel = 0; channel < image.channels; ++channel) {
            const T value = to_stored<T>(image.samples[channel * pixels + pixel]);
            if constexpr (sizeof(T) == 2) bytes.push_back(static_cast<png_byte>(value >> 8));
            bytes.push_back(static_cast<png_byte>(value & 255));
        }
    }
    return bytes;
}

}  // namespace

std::vector<std::byte> encode_png(const Image& image, const std::string& description) {
    check(image, "PNG");
    if (image.channels != 1 && image.channels != 3)
        throw FormatError(
            fmt::format("PNG: {} channels, but grey (1) or RGB (3) are needed", image.channels));
    const bool wide = image.type == SampleType::u16;
    auto bytes = wide ? interleaved<uint16_t>(image) : interleaved<uint8_t>(image);
    std::vector<png_bytep> rows(image.height);
    const size_t row_bytes = bytes.size() / rows.size();
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = bytes.data() + y * row_bytes;

    Target target;
    Writer writer(target);
    if (!write(writer, image.width, image.height, wide ? 16 : 8,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, rows.data(),
               description))
        throw FormatError("PNG: " + target.error);
    return std::move(target.bytes);
}

bool write_png(const std::filesystem::path& path, const Image& image,
               const std::string& description, Publish publish) {
    return publish_bytes(path, encode_png(image, description), publish);
}

}  // namespace formats
