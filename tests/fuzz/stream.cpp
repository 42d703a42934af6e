// Streams of coded frames, with the small codec of the golden files. Digests of what was mutated
// are made right first: of the header, of the tiles, and of the model.
#include "formats/error.hpp"
#include "nodes/frame_codec.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/sign_stream.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const nodes::Codec codec = nodes::load_codec(SOURCE_DIR "/tests/golden/small/model.h5");
    std::vector<std::byte> bytes(size);
    std::ranges::copy(fuzz::bytes_of(data, size), bytes.begin());
    fuzz::sign_stream(bytes, codec.digest);
    for (const bool keep : {true, false})
        fuzz::may_refuse<formats::FormatError>([&] {
            decode_frame(codec, bytes, "a.lfs", {.keep_damaged = keep, .max_samples = 1 << 16});
        });
    fuzz::may_refuse<formats::FormatError>([&] {
        decode_frame(codec, bytes, "a.lfs",
                     {.window = nodes::FrameWindow{7, 9, 5, 3}, .max_samples = 1 << 16});
    });
    return 0;
}
