// The table at the end of an archive's files: deflated bytes whose SHA-256 is right, to what is
// known of each image.
#include "formats/archive_entry.hpp"
#include "formats/archive_table.hpp"
#include "formats/digest.hpp"
#include "formats/shard.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto bytes = fuzz::bytes_of(data, size);
    fuzz::may_refuse<formats::FormatError>([&] {
        const auto entries = formats::parse_entries(fuzz::text_of(data, size), "a");
        if (formats::entries_csv(formats::parse_entries(formats::entries_csv(entries), "a")) !=
            formats::entries_csv(entries))
            std::abort();
    });
    std::string file(fuzz::text_of(data, size));
    file += fmt::format("latentflow table {:020} {:020} {}\n", 0, size, formats::sha256(bytes));
    const auto path = fuzz::write("a.h5", std::as_bytes(std::span(file)));
    fuzz::may_refuse<formats::FormatError>([&] { formats::read_shard_entries(path); });
    return 0;
}
