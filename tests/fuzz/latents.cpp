// Files of latents: their header, and the rows at both ends.
#include "formats/error.hpp"
#include "formats/latents_file.hpp"
#include "tests/fuzz/signed_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto path = fuzz::write_signed("a.h5", data, size);
    fuzz::may_refuse<formats::FormatError>([&] {
        const formats::LatentsReader reader(path);
        if (reader.size() == 0) return;
        fuzz::may_refuse<formats::FormatError>([&] { reader.read(0, 1); });
        reader.read(reader.size() - 1, 1);
    });
    return 0;
}
