// What the fuzz targets share: a reader may refuse its input in so many words, and do nothing else.
// Where files are guarded by a digest, the target makes it right first: a mutated file would not
// get past it, and nothing behind it be tested.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace fuzz {

inline std::span<const std::byte> bytes_of(const uint8_t* data, size_t size) {
    return std::as_bytes(std::span(data, size));
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// How often something was read, and refused, so far: a corpus that is refused tests little.
struct Outcomes {
    size_t read = 0, refused = 0;
    std::string last;  // refusal
};
inline Outcomes& outcomes() {
    static Outcomes all;
    return all;
}

/// Any other error than these leaves the target, and is a find; so is a refusal without a word.
template <class Refusal, class Read>
void may_refuse(Read read) {
    try {
        read();
        ++outcomes().read;
    } catch (const Refusal& refusal) {
        ++outcomes().refused;
        outcomes().last = refusal.what();
        if (outcomes().last.empty()) std::abort();
    }
}

/// A folder for those readers that go by paths: one a process. libFuzzer leaves it behind, so
/// scripts/fuzz gives it a place (TMPDIR), in memory, that it clears itself.
inline const std::filesystem::path& folder() {
    struct Folder {
        std::filesystem::path path =
            std::filesystem::temp_directory_path() / fmt::format("fuzz.{}", ::getpid());
        Folder() { std::filesystem::create_directories(path); }
        ~Folder() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
    };
    static const Folder made;
    return made.path;
}

inline std::filesystem::path write(const std::string& name, std::span<const std::byte> bytes) {
    const auto path = folder() / name;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return path;
}

}  // namespace fuzz
