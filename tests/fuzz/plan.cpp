// Plans of archives.
#include "formats/archive_plan.hpp"
#include "formats/error.hpp"
#include "tests/fuzz/signed_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto path = fuzz::write_signed("a.h5", data, size);
    fuzz::may_refuse<formats::FormatError>([&] {
        const auto plan = formats::read_plan(path);
        for (size_t i = 0; i < plan.shards.size(); ++i)
            formats::shard_place(plan.shard_name(i));  // files_of: check() has seen to it
    });
    return 0;
}
