// Frames to streams and back, with a frozen codec: what the nodes that encode, decode and compare
// share.
#pragma once

#include "formats/stream.hpp"
#include "nodes/codec.hpp"
#include "nodes/frame.hpp"
#include "nodes/grey_scale.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nodes {

/// What an image is to take or to reach; the other is 0.
struct RateTarget {
    double bpp = 0;   // bits for each pixel of the frame, at most; with the header
    double psnr = 0;  // dB, at least
};

struct EncodeOptions {
    double quality = 4;
    RateTarget target = {};  // if given, quality is found for each frame
    int tile_size = 1024;
    GreyScale grey = {};
};

struct EncodedStream {
    std::vector<std::byte> bytes;
    double quality = 0;
    double psnr = 0;  // dB; the peak is 255 or, of 16 bits, the brightest sample
    bool meets_target = true;
    std::vector<uint16_t> pixels;  // what it decodes to: page by page, in it channel by channel
    double network_seconds = 0, coder_seconds = 0;
};

/// The digest of the stream's pixels is of what decode_frame makes of it, on any machine: payloads
/// are decoded again, and whole numbers do the rest. A target that no quality meets gets the
/// nearest. Throws FormatError, beginning with the frame's path, if
/// its samples are not 8 or 16 bits without sign.
EncodedStream encode_frame(const Codec& codec, const formats::Frame& frame,
                           const EncodeOptions& options);

/// A part of a frame, in pixels; of all its planes.
struct FrameWindow {
    uint64_t x = 0, y = 0, width = 0, height = 0;
    bool operator==(const FrameWindow&) const = default;
};

/// Throws FormatError, beginning with `path`, unless it lies within a frame of this size.
void check_window(const FrameWindow& window, uint64_t width, uint64_t height,
                  const std::string& path);

/// A part of one plane that damage may have changed.
struct Damage {
    uint64_t page = 0, channel = 0;
    FrameWindow area;
};

/// "128 x 64 pixels at (0, 1024) of page 1, channel 1".
std::string text(const Damage& damage);

struct DecodeOptions {
    std::optional<FrameWindow> window = {};  // else the whole frame
    bool keep_damaged = false;               // else damage is an error
    uint64_t max_samples = uint64_t{1} << 32;
};

struct DecodedFrame {
    formats::Frame frame;  // paths are those of the stream
    std::vector<Damage> damage;
};

/// Any window is the crop of the whole frame, byte for byte. Throws FormatError, beginning with
/// `path`, if the stream is of another model, damaged, or decodes to other pixels than were encoded
/// (which is only known of whole frames).
DecodedFrame decode_frame(const Codec& codec, std::span<const std::byte> stream,
                          const std::string& path, const DecodeOptions& options);
/// The same of one that is read already, within options.max_samples.
DecodedFrame decode_frame(const Codec& codec, const formats::Stream& stream,
                          const std::string& path, const DecodeOptions& options);

}  // namespace nodes
