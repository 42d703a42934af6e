// See webp.hpp.
#include "formats/webp.hpp"

#include "formats/error.hpp"

#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/encode.h>

namespace formats {
namespace {

[[noreturn]] void fail(const std::string& why) { throw FormatError("WebP: " + why); }

struct Picture : WebPPicture {
    Picture() {
        if (!WebPPictureInit(this)) fail("the library is of another version");
    }
    ~Picture() { WebPPictureFree(this); }
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;
};

struct Writer : WebPMemoryWriter {
    Writer() { WebPMemoryWriterInit(this); }
    ~Writer() { WebPMemoryWriterClear(this); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
};

WebPConfig config_of(const WebpOptions& options) {
    WebPConfig config;
    if (!WebPConfigInit(&config)) fail("the library is of another version");
    config.quality = static_cast<float>(options.quality);
    config.method = 6;
    config.sns_strength = options.noise_shaping;
    config.filter_strength = options.filter_strength;
    config.filter_sharpness = options.filter_sharpness;
    if (!WebPValidateConfig(&config)) fail(fmt::format("quality {}", options.quality));
    return config;
}

/// Each value three times: red, green and blue, or one of them.
std::vector<uint8_t> spread(const std::vector<uint8_t>& grey) {
    std::vector<uint8_t> colours;
    colours.reserve(3 * grey.size());
    for (const uint8_t value : grey) colours.insert(colours.end(), 3, value);
    return colours;
}

}  // namespace

std::vector<std::byte> encode_webp(const Image& image, const WebpOptions& options) {
    check_grey(image, "WebP", 8);
    if (image.width > WEBP_MAX_DIMENSION || image.height > WEBP_MAX_DIMENSION)
        fail(fmt::format("{} x {} pixels, but a side has at most {}", image.width, image.height,
                         WEBP_MAX_DIMENSION));
    const WebPConfig config = config_of(options);
    const auto colours = spread(stored_values<uint8_t>(image));
    Picture picture;
    Writer writer;
    picture.width = image.width;
    picture.height = image.height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = static_cast<WebPMemoryWriter*>(&writer);
    if (!WebPPictureImportRGB(&picture, colours.data(), 3 * image.width) ||
        !WebPEncode(&config, &picture))
        fail(fmt::format("the encoder failed, with its error {}",
                         static_cast<int>(picture.error_code)));
    const auto* first = reinterpret_cast<const std::byte*>(writer.mem);
    return {first, first + writer.size};
}

Image decode_webp(std::span<const std::byte> bytes, uint64_t max_pixels) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK)
        fail("the header is damaged or cut short");
    if (features.has_animation || features.has_alpha) fail("animated or transparent");
    check_size("WebP", static_cast<uint64_t>(features.width),
               static_cast<uint64_t>(features.height), max_pixels);
    std::vector<uint8_t> colours(size_t{3} * features.width * features.height);
    if (!WebPDecodeRGBInto(data, bytes.size(), colours.data(), colours.size(), 3 * features.width))
        fail("the stream is damaged or cut short");
    std::vector<uint8_t> grey(colours.size() / 3);
    for (size_t i = 0; i < grey.size(); ++i) grey[i] = colours[3 * i + 1];
    return grey_image<uint8_t>(static_cast<uint64_t>(features.width),
                               static_cast<uint64_t>(features.height), grey);
}

}  // namespace formats
