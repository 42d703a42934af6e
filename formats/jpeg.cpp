// See jpeg.hpp. libjpeg reports errors by longjmp, so the functions that it may leave that way hold
// nothing that has a destructor.
#include "formats/jpeg.hpp"

#include "formats/error.hpp"

#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it
#include <cstring>
#include <new>

#include <fmt/format.h>
#include <jpeglib.h>

namespace formats {
namespace {

/// libjpeg's way to report; the first member, so that its address is that of the whole.
struct Errors : jpeg_error_mgr {
    std::jmp_buf jump{};
    std::array<char, JMSG_LENGTH_MAX> text{};

    Errors() : jpeg_error_mgr{} {
        jpeg_std_error(this);
        error_exit = [](j_common_ptr jpeg) {
            auto& errors = *static_cast<Errors*>(jpeg->err);
            errors.format_message(jpeg, errors.text.data());
            std::longjmp(errors.jump, 1);
        };
        // A warning is damage that libjpeg would paint over; other levels are chatter.
        emit_message = [](j_common_ptr jpeg, int level) {
            if (level < 0) jpeg->err->error_exit(jpeg);
        };
        output_message = [](j_common_ptr) {};
    }

    /// For our own callbacks.
    [[noreturn]] void give_up(const char* why) {
        std::strncpy(text.data(), why, text.size() - 1);
        std::longjmp(jump, 1);
    }
};

/// Where libjpeg puts what it has made.
struct Sink : jpeg_destination_mgr {
    std::vector<std::byte> bytes;
    std::array<JOCTET, 4096> piece{};

    Sink() : jpeg_destination_mgr{} {
        init_destination = [](j_compress_ptr jpeg) { self(jpeg).begin(); };
        empty_output_buffer = [](j_compress_ptr jpeg) -> boolean {
            if (!self(jpeg).keep(self(jpeg).piece.size())) out_of_memory(jpeg);
            self(jpeg).begin();
            return TRUE;
        };
        term_destination = [](j_compress_ptr jpeg) {
            if (!self(jpeg).keep(self(jpeg).piece.size() - self(jpeg).free_in_buffer))
                out_of_memory(jpeg);
        };
    }

    static Sink& self(j_compress_ptr jpeg) { return *static_cast<Sink*>(jpeg->dest); }
    static void out_of_memory(j_compress_ptr jpeg) {
        static_cast<Errors*>(jpeg->err)->give_up("out of memory");
    }
    void begin() {
        next_output_byte = piece.data();
        free_in_buffer = piece.size();
    }
    bool keep(size_t count) {
        const auto* first = reinterpret_cast<const std::byte*>(piece.data());
        try {
            bytes.insert(bytes.end(), first, first + count);
        } catch (const std::bad_alloc&) {  // must not pass through C
            return false;
        }
        return true;
    }
};

struct Encoder {
    Encoder() { jpeg.err = &errors; }
    ~Encoder() { jpeg_destroy_compress(&jpeg); }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    Errors errors;
    Sink sink;
    jpeg_compress_struct jpeg{};
};

void set_steps(jpeg_compress_struct& jpeg, const JpegOptions& options) {
    std::array<unsigned, DCTSIZE2> flat{};
    flat.fill(16);  // the standard's table starts with it, at the same scale
    if (options.flat_steps)
        jpeg_add_quant_table(&jpeg, 0, flat.data(), jpeg_quality_scaling(options.quality), FALSE);
    else
        jpeg_set_quality(&jpeg, options.quality, FALSE);
}

bool encode(Encoder& encoder, int width, int height, const uint8_t* pixels,
            const JpegOptions& options) {
    jpeg_compress_struct& jpeg = encoder.jpeg;
    if (setjmp(encoder.errors.jump) != 0) return false;
    jpeg_create_compress(&jpeg);
    jpeg.dest = &encoder.sink;
    jpeg.image_width = static_cast<JDIMENSION>(width);
    jpeg.image_height = static_cast<JDIMENSION>(height);
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg.write_JFIF_header = FALSE;
    jpeg.optimize_coding = TRUE;
    set_steps(jpeg, options);
    if (options.progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        auto* row = const_cast<JSAMPROW>(pixels + size_t{jpeg.next_scanline} * width);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    return true;
}

struct Decoder {
    Decoder() {
        jpeg.err = &errors;
        progress.progress_monitor = [](j_common_ptr common) {
            // Thousands of empty scans cost little to send and much to decode.
            constexpr int most = 100;
            const auto* jpeg = reinterpret_cast<j_decompress_ptr>(common);
            if (jpeg->input_scan_number > most)
                static_cast<Errors*>(common->err)->give_up("more than 100 scans");
        };
    }
    ~Decoder() { jpeg_destroy_decompress(&jpeg); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    Errors errors;
    jpeg_progress_mgr progress{};
    jpeg_decompress_struct jpeg{};
};

bool read_header(Decoder& decoder, const std::byte* bytes, size_t size) {
    jpeg_decompress_struct& jpeg = decoder.jpeg;
    if (setjmp(decoder.errors.jump) != 0) return false;
    jpeg_create_decompress(&jpeg);
    jpeg.progress = &decoder.progress;
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes), size);
    jpeg_read_header(&jpeg, TRUE);
    return true;
}

bool decode(Decoder& decoder, uint8_t* pixels) {
    jpeg_decompress_struct& jpeg = decoder.jpeg;
    if (setjmp(decoder.errors.jump) != 0) return false;
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = pixels + size_t{jpeg.output_scanline} * jpeg.output_width;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    return true;
}

[[noreturn]] void fail(const Errors& errors) {
    throw FormatError(fmt::format("JPEG: {}", errors.text.data()));
}

}  // namespace

std::vector<std::byte> encode_jpeg(const Image& image, const JpegOptions& options) {
    check_grey(image, "JPEG", 8);
    const auto pixels = stored_values<uint8_t>(image);
    Encoder encoder;
    if (!encode(encoder, image.width, image.height, pixels.data(), options)) fail(encoder.errors);
    return std::move(encoder.sink.bytes);
}

Image decode_jpeg(std::span<const std::byte> bytes, uint64_t max_pixels) {
    Decoder decoder;
    if (!read_header(decoder, bytes.data(), bytes.size())) fail(decoder.errors);
    const jpeg_decompress_struct& jpeg = decoder.jpeg;
    if (jpeg.num_components != 1)
        throw FormatError(
            fmt::format("JPEG: {} channels, but only grey is read", jpeg.num_components));
    check_size("JPEG", jpeg.image_width, jpeg.image_height, max_pixels);
    std::vector<uint8_t> pixels(size_t{jpeg.image_width} * jpeg.image_height);
    if (!decode(decoder, pixels.data())) fail(decoder.errors);
    return grey_image<uint8_t>(jpeg.image_width, jpeg.image_height, pixels);
}

}  // namespace formats
