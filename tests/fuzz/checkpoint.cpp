// Checkpoints, which frozen codecs are too.
#include "formats/checkpoint.hpp"

#include "formats/error.hpp"
#include "tests/fuzz/signed_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto path = fuzz::write_signed("a.h5", data, size);
    fuzz::may_refuse<formats::FormatError>([&] { formats::read_checkpoint(path); });
    return 0;
}
