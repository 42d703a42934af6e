// An archive by its tables: the input is the directory of the index, the table of its one shard,
// and the shard's bytes, with a zero between them. "@offset", "@length" and "@digest" in the
// directory are those of the table.
#include "formats/archive.hpp"

#include "formats/archive_table.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "tests/fuzz/input.hpp"

namespace {

constexpr const char* own_shard = "0001-000000-s";

std::string until_zero(std::string_view& text) {
    const size_t end = std::min(text.find('\0'), text.size());
    std::string part(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    if (const size_t at = text.find(from); at != std::string::npos)
        text.replace(at, from.size(), to);
}

std::string deflated(const std::string& text) {
    const auto bytes = formats::deflated(std::as_bytes(std::span(text)));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write(const std::string& name, const std::string& before, const std::string& table) {
    const auto digest = formats::sha256(std::as_bytes(std::span(table)));
    const std::string file =
        before + table +
        fmt::format("latentflow table {:020} {:020} {}\n", before.size(), table.size(), digest);
    fuzz::write(name, std::as_bytes(std::span(file)));
}

/// Of a shard that is not there, but in the directory, the system's refusal is right.
template <class Read>
void may_refuse(const formats::Archive::Shard& shard, Read read) {
    fuzz::may_refuse<formats::FormatError>([&] {
        try {
            read();
        } catch (const formats::IoError&) {
            if (shard.name == own_shard) throw;
        }
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view input = fuzz::text_of(data, size);
    std::string directory = until_zero(input);
    const std::string table = deflated(until_zero(input));
    std::filesystem::create_directories(fuzz::folder() / "shards");
    write(fmt::format("shards/{}.h5", own_shard), std::string(input), table);
    replace(directory, "@offset", "0");
    replace(directory, "@length", std::to_string(table.size()));
    replace(directory, "@digest", formats::sha256(std::as_bytes(std::span(table))));
    write("index.h5", table, deflated(directory));
    fuzz::may_refuse<formats::FormatError>([&] {
        const formats::Archive archive(fuzz::folder());
        for (const auto& shard : archive.shards())
            may_refuse(shard, [&] {
                for (const auto& entry : archive.entries(shard))
                    for (const auto& blob : {entry.data, entry.latents})
                        may_refuse(shard, [&] { archive.read(shard, entry, blob); });
            });
        if (archive.size() > 0) archive.shard_of(archive.size() - 1);
    });
    return 0;
}
