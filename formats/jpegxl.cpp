// See jpegxl.hpp. No parallel runner is given, so that libjxl starts no threads of its own.
#include "formats/jpegxl.hpp"

#include "formats/error.hpp"

#include <memory>
#include <new>

#include <fmt/format.h>
#include <jxl/decode.h>
#include <jxl/encode.h>

namespace formats {
namespace {

struct Destroy {
    void operator()(JxlEncoder* encoder) const { JxlEncoderDestroy(encoder); }
    void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
};

[[noreturn]] void fail(const std::string& why) { throw FormatError("JPEG XL: " + why); }

class Encoder {
  public:
    Encoder() : encoder_(JxlEncoderCreate(nullptr)) {
        if (!encoder_) throw std::bad_alloc();
    }

    std::vector<std::byte> encode(const Image& image, const JpegXlOptions& options) {
        set_header(image, options);
        auto* settings = JxlEncoderFrameSettingsCreate(encoder_.get(), nullptr);
        set(settings, JXL_ENC_FRAME_SETTING_EFFORT, options.effort);
        set(settings, JXL_ENC_FRAME_SETTING_EPF, options.edge_preserving_filter);
        set(settings, JXL_ENC_FRAME_SETTING_GABORISH, options.gaborish);
        if (options.distance > 0)
            check(JxlEncoderSetFrameDistance(settings, static_cast<float>(options.distance)),
                  "distance");
        else
            check(JxlEncoderSetFrameLossless(settings, JXL_TRUE), "wish for no loss");
        if (image.type == SampleType::u8)
            add<uint8_t>(settings, image, JXL_TYPE_UINT8);
        else
            add<uint16_t>(settings, image, JXL_TYPE_UINT16);
        JxlEncoderCloseInput(encoder_.get());
        return output();
    }

  private:
    void check(JxlEncoderStatus status, const char* what) {
        if (status != JXL_ENC_SUCCESS)
            fail(fmt::format("the encoder refused the {}, with its error {}", what,
                             static_cast<int>(JxlEncoderGetError(encoder_.get()))));
    }
    void set(JxlEncoderFrameSettings* settings, JxlEncoderFrameSettingId option, int value) {
        check(JxlEncoderFrameSettingsSetOption(settings, option, value), "settings");
    }

    void set_header(const Image& image, const JpegXlOptions& options) {
        JxlBasicInfo info;
        JxlEncoderInitBasicInfo(&info);
        info.xsize = static_cast<uint32_t>(image.width);
        info.ysize = static_cast<uint32_t>(image.height);
        info.bits_per_sample = static_cast<uint32_t>(bits(image.type));
        info.num_color_channels = 1;
        // Without loss there is no other space of colours to go through.
        info.uses_original_profile =
            options.original_profile || options.distance == 0 ? JXL_TRUE : JXL_FALSE;
        check(JxlEncoderSetBasicInfo(encoder_.get(), &info), "size");
        JxlColorEncoding grey;
        JxlColorEncodingSetToSRGB(&grey, JXL_TRUE);
        check(JxlEncoderSetColorEncoding(encoder_.get(), &grey), "colour space");
    }

    template <class T>
    void add(JxlEncoderFrameSettings* settings, const Image& image, JxlDataType type) {
        const auto values = stored_values<T>(image);
        const JxlPixelFormat format{1, type, JXL_NATIVE_ENDIAN, 0};
        check(JxlEncoderAddImageFrame(settings, &format, values.data(), values.size() * sizeof(T)),
              "pixels");
    }

    std::vector<std::byte> output() {
        std::vector<std::byte> bytes(4096);
        size_t done = 0;
        for (;;) {
            auto* next = reinterpret_cast<uint8_t*>(bytes.data() + done);
            size_t room = bytes.size() - done;
            const auto status = JxlEncoderProcessOutput(encoder_.get(), &next, &room);
            done = bytes.size() - room;
            if (status != JXL_ENC_NEED_MORE_OUTPUT) {
                check(status, "image");
                bytes.resize(done);
                return bytes;
            }
            bytes.resize(2 * bytes.size());
        }
    }

    std::unique_ptr<JxlEncoder, Destroy> encoder_;
};

class Decoder {
  public:
    explicit Decoder(std::span<const std::byte> bytes) : decoder_(JxlDecoderCreate(nullptr)) {
        if (!decoder_) throw std::bad_alloc();
        JxlDecoderSubscribeEvents(decoder_.get(), JXL_DEC_BASIC_INFO | JXL_DEC_FULL_IMAGE);
        JxlDecoderSetInput(decoder_.get(), reinterpret_cast<const uint8_t*>(bytes.data()),
                           bytes.size());
        JxlDecoderCloseInput(decoder_.get());
    }

    Image decode(uint64_t max_pixels) {
        expect(JXL_DEC_BASIC_INFO);
        JxlBasicInfo info{};
        if (JxlDecoderGetBasicInfo(decoder_.get(), &info) != JXL_DEC_SUCCESS)
            fail("the header is damaged");
        check_size("JPEG XL", info.xsize, info.ysize, max_pixels);
        const uint32_t bits = info.exponent_bits_per_sample == 0 ? info.bits_per_sample : 0;
        if (info.num_color_channels != 1 || info.num_extra_channels != 0 || info.have_animation ||
            (bits != 8 && bits != 16))
            fail("only grey still images of 8 or 16 bits are read");
        return bits == 8 ? pixels<uint8_t>(info, JXL_TYPE_UINT8)
                         : pixels<uint16_t>(info, JXL_TYPE_UINT16);
    }

  private:
    void expect(JxlDecoderStatus wanted) {
        const auto status = JxlDecoderProcessInput(decoder_.get());
        if (status == wanted) return;
        fail(status == JXL_DEC_NEED_MORE_INPUT ? "the stream is cut short"
                                               : "the stream is damaged");
    }

    template <class T>
    Image pixels(const JxlBasicInfo& info, JxlDataType type) {
        expect(JXL_DEC_NEED_IMAGE_OUT_BUFFER);
        std::vector<T> values(size_t{info.xsize} * info.ysize);
        const JxlPixelFormat format{1, type, JXL_NATIVE_ENDIAN, 0};
        if (JxlDecoderSetImageOutBuffer(decoder_.get(), &format, values.data(),
                                        values.size() * sizeof(T)) != JXL_DEC_SUCCESS)
            fail("the stream's size changes");
        expect(JXL_DEC_FULL_IMAGE);
        expect(JXL_DEC_SUCCESS);
        return grey_image<T>(info.xsize, info.ysize, values);
    }

    std::unique_ptr<JxlDecoder, Destroy> decoder_;
};

}  // namespace

std::vector<std::byte> encode_jpegxl(const Image& image, const JpegXlOptions& options) {
    check_grey(image, "JPEG XL", 16);
    if (!(options.distance >= 0 && options.distance <= jpegxl_max_distance))
        fail(fmt::format("distance {}, but it is 0 to {}", options.distance, jpegxl_max_distance));
    return Encoder().encode(image, options);
}

Image decode_jpegxl(std::span<const std::byte> bytes, uint64_t max_pixels) {
    return Decoder(bytes).decode(max_pixels);
}

}  // namespace formats
