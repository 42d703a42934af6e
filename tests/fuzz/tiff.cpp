// Images as anybody may send them: in colour, and exactly as an archive keeps them, with their
// tags.
#include "formats/error.hpp"
#include "formats/tiff_frame.hpp"
#include "tests/fuzz/input.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto bytes = fuzz::bytes_of(data, size);
    for (const auto colour : {formats::Colour::keep, formats::Colour::exact})
        fuzz::may_refuse<formats::FormatError>([&] {
            const formats::TiffOptions options{
                .colour = colour, .max_samples = 1 << 20, .free_bytes = 1 << 20};
            const formats::TiffFile file("a.tif", {bytes.begin(), bytes.end()}, options);
            if (colour == formats::Colour::exact) {
                read_tiff_frame(file, options);
                return;
            }
            for (int page = 0; page < std::min(file.pages(), 3); ++page)
                fuzz::may_refuse<formats::FormatError>([&] { file.read(page); });
        });
    return 0;
}
