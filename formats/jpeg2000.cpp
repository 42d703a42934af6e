// See jpeg2000.hpp.
#include "formats/jpeg2000.hpp"

#include "formats/error.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <openjpeg.h>

namespace formats {
namespace {

template <auto destroy>
struct Destroy {
    template <class T>
    void operator()(T* handle) const {
        destroy(handle);
    }
};
using Codec = std::unique_ptr<opj_codec_t, Destroy<opj_destroy_codec>>;
using Stream = std::unique_ptr<opj_stream_t, Destroy<opj_stream_destroy>>;
using Pixels = std::unique_ptr<opj_image_t, Destroy<opj_image_destroy>>;

template <class Handle>
Handle made(typename Handle::pointer pointer) {
    if (!pointer) throw std::bad_alloc();
    return Handle(pointer);
}

/// Bytes that OpenJPEG reads as a file.
struct Source {
    std::span<const std::byte> bytes;
    size_t position = 0;

    static Source& self(void* data) { return *static_cast<Source*>(data); }
    size_t move(int64_t to) {
        position =
            static_cast<size_t>(std::clamp<int64_t>(to, 0, static_cast<int64_t>(bytes.size())));
        return position;
    }
    static size_t read(void* into, size_t size, void* data) {
        Source& source = self(data);
        const auto piece = source.bytes.subspan(source.position);
        if (piece.empty()) return static_cast<size_t>(-1);  // its sign of the end
        size = std::min(size, piece.size());
        std::memcpy(into, piece.data(), size);
        source.position += size;
        return size;
    }
    static int64_t skip(int64_t count, void* data) {
        Source& source = self(data);
        const auto before = static_cast<int64_t>(source.position);
        const auto room = static_cast<int64_t>(source.bytes.size()) - before;
        return static_cast<int64_t>(source.move(before + std::min(count, room))) - before;
    }
    static int seek(int64_t to, void* data) {
        return static_cast<int64_t>(self(data).move(to)) == to ? OPJ_TRUE : OPJ_FALSE;
    }
};

/// Bytes that OpenJPEG writes as a file, going back to fill in lengths.
struct Sink {
    std::vector<std::byte> bytes;
    size_t position = 0;

    static Sink& self(void* data) { return *static_cast<Sink*>(data); }
    static size_t write(void* from, size_t size, void* data) {
        Sink& sink = self(data);
        try {
            if (sink.position + size > sink.bytes.size()) sink.bytes.resize(sink.position + size);
        } catch (const std::bad_alloc&) {  // must not pass through C
            return static_cast<size_t>(-1);
        }
        std::memcpy(sink.bytes.data() + sink.position, from, size);
        sink.position += size;
        return size;
    }
    static int64_t skip(int64_t count, void* data) {
        self(data).position += static_cast<size_t>(count);
        return count;
    }
    static int seek(int64_t to, void* data) {
        self(data).position = static_cast<size_t>(to);
        return OPJ_TRUE;
    }
};

Stream stream_of(Source& source) {
    auto stream = made<Stream>(opj_stream_create(OPJ_J2K_STREAM_CHUNK_SIZE, OPJ_TRUE));
    opj_stream_set_user_data(stream.get(), &source, nullptr);
    opj_stream_set_user_data_length(stream.get(), source.bytes.size());
    opj_stream_set_read_function(stream.get(), Source::read);
    opj_stream_set_skip_function(stream.get(), Source::skip);
    opj_stream_set_seek_function(stream.get(), Source::seek);
    return stream;
}

Stream stream_of(Sink& sink) {
    auto stream = made<Stream>(opj_stream_create(OPJ_J2K_STREAM_CHUNK_SIZE, OPJ_FALSE));
    opj_stream_set_user_data(stream.get(), &sink, nullptr);
    opj_stream_set_write_function(stream.get(), Sink::write);
    opj_stream_set_skip_function(stream.get(), Sink::skip);
    opj_stream_set_seek_function(stream.get(), Sink::seek);
    return stream;
}

/// Keeps the first of the codec's complaints.
void listen(opj_codec_t* codec, std::string& error) {
    const auto keep = [](const char* message, void* into) {
        auto& text = *static_cast<std::string*>(into);
        if (!text.empty()) return;
        text = message;
        while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
            text.pop_back();
    };
    opj_set_error_handler(codec, keep, &error);
}

[[noreturn]] void fail(const std::string& error) {
    throw FormatError("JPEG 2000: " + (error.empty() ? "it cannot be coded" : error));
}

uint32_t number(std::span<const std::byte> bytes, size_t at, size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
    return value;
}

/// Takes out the comment, which OpenJPEG always writes: the segments of the main header follow each
/// other, each a marker and a length, and no offset in a stream refers to them.
void drop_comments(std::vector<std::byte>& bytes) {
    constexpr uint32_t comment = 0xff64, start_of_tile = 0xff90;
    size_t at = 2;  // behind the marker that starts the stream
    while (at + 4 <= bytes.size() && number(bytes, at, 2) != start_of_tile) {
        const size_t size = 2 + number(bytes, at + 2, 2);
        if (number(bytes, at, 2) == comment && at + size <= bytes.size())
            bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at),
                        bytes.begin() + static_cast<ptrdiff_t>(at + size));
        else
            at += size;
    }
}

/// The size in the header, which comes first in any codestream, before OpenJPEG takes memory for
/// it: a header of a hundred bytes can ask for the state of 65535 tiles, or 16384 components.
void check_header(std::span<const std::byte> bytes, uint64_t max_pixels) {
    constexpr size_t header = 47;
    if (bytes.size() < header || number(bytes, 0, 4) != 0xff4fff51)
        throw FormatError("JPEG 2000: this is no codestream, or less than its header");
    const auto side = [&](size_t end, size_t start) {
        const uint64_t to = number(bytes, end, 4), from = number(bytes, start, 4);
        return to > from ? to - from : 0;
    };
    const uint64_t width = side(8, 16), height = side(12, 20);
    check_size("JPEG 2000", width, height, max_pixels);
    const uint64_t tile_width = number(bytes, 24, 4), tile_height = number(bytes, 28, 4);
    constexpr uint64_t most_tiles = 1024;
    if (tile_width == 0 || tile_height == 0 ||
        (width / tile_width + 2) * (height / tile_height + 2) > most_tiles)
        throw FormatError("JPEG 2000: too many tiles");
    const uint32_t components = number(bytes, 40, 2), precision = number(bytes, 42, 1) + 1;
    if (components != 1 || number(bytes, 43, 2) != 0x0101 || (precision != 8 && precision != 16))
        throw FormatError(
            fmt::format("JPEG 2000: {} components of {} bits, but only grey of 8 or 16 is read",
                        components, precision));
}

Pixels pixels_of(const Image& image) {
    opj_image_cmptparm_t component{};
    component.dx = component.dy = 1;
    component.w = static_cast<OPJ_UINT32>(image.width);
    component.h = static_cast<OPJ_UINT32>(image.height);
    component.prec = static_cast<OPJ_UINT32>(bits(image.type));
    auto pixels = made<Pixels>(opj_image_create(1, &component, OPJ_CLRSPC_GRAY));
    pixels->x1 = component.w;
    pixels->y1 = component.h;
    const bool wide = image.type == SampleType::u16;
    std::transform(image.samples.begin(), image.samples.end(), pixels->comps[0].data,
                   [wide](float sample) -> OPJ_INT32 {
                       return wide ? to_stored<uint16_t>(sample) : to_stored<uint8_t>(sample);
                   });
    return pixels;
}

opj_cparameters_t parameters_of(const Image& image, const Jpeg2000Options& options) {
    opj_cparameters_t parameters;
    opj_set_default_encoder_parameters(&parameters);
    parameters.irreversible = 1;
    parameters.tcp_numlayers = 1;
    parameters.cp_comment = const_cast<char*>("");  // copied; null is for a line about OpenJPEG
    const int shorter = std::min(image.width, image.height);
    int levels = 0;
    while (levels < options.levels && shorter >> (levels + 1) > 0) ++levels;
    parameters.numresolution = levels + 1;
    if (options.target == Jpeg2000Options::Target::psnr) {
        parameters.cp_fixed_quality = 1;
        parameters.tcp_distoratio[0] = static_cast<float>(options.value);
    } else {
        parameters.cp_disto_alloc = 1;
        parameters.tcp_rates[0] = static_cast<float>(bits(image.type) / options.value);
    }
    return parameters;
}

template <class T>
Image image_of(const opj_image_comp_t& component) {
    std::vector<T> values(size_t{component.w} * component.h);
    std::transform(component.data, component.data + values.size(), values.begin(),
                   [](OPJ_INT32 value) {
                       constexpr int most = std::numeric_limits<T>::max();
                       return static_cast<T>(std::clamp(value, 0, most));
                   });
    return grey_image<T>(component.w, component.h, values);
}

}  // namespace

std::vector<std::byte> encode_jpeg2000(const Image& image, const Jpeg2000Options& options) {
    check_grey(image, "JPEG 2000", 16);
    if (!(options.value > 0)) throw FormatError("JPEG 2000: the target must be above 0");
    const Pixels pixels = pixels_of(image);
    auto parameters = parameters_of(image, options);
    const auto codec = made<Codec>(opj_create_compress(OPJ_CODEC_J2K));
    std::string error;
    listen(codec.get(), error);
    Sink sink;
    {
        const Stream stream = stream_of(sink);
        if (!opj_setup_encoder(codec.get(), &parameters, pixels.get()) ||
            !opj_start_compress(codec.get(), pixels.get(), stream.get()) ||
            !opj_encode(codec.get(), stream.get()) || !opj_end_compress(codec.get(), stream.get()))
            fail(error);
    }
    drop_comments(sink.bytes);
    return std::move(sink.bytes);
}

Image decode_jpeg2000(std::span<const std::byte> bytes, uint64_t max_pixels) {
    check_header(bytes, max_pixels);
    const auto codec = made<Codec>(opj_create_decompress(OPJ_CODEC_J2K));
    std::string error;
    listen(codec.get(), error);
    Source source{bytes};
    const Stream stream = stream_of(source);
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    opj_image_t* read = nullptr;
    if (!opj_setup_decoder(codec.get(), &parameters) ||
        !opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE) ||
        !opj_read_header(stream.get(), codec.get(), &read))
        fail(error);
    const Pixels pixels(read);
    if (!opj_decode(codec.get(), stream.get(), pixels.get()) ||
        !opj_end_decompress(codec.get(), stream.get()))
        fail(error);
    const opj_image_comp_t& component = pixels->comps[0];
    if (!component.data) fail("there are no pixels");
    return component.prec == 8 ? image_of<uint8_t>(component) : image_of<uint16_t>(component);
}

}  // namespace formats
