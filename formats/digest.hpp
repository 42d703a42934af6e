// SHA-256, by which images, checkpoints and files are known. In hexadecimal, 64 lower-case digits,
// as sha256sum prints it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace formats {

inline constexpr size_t digest_length = 64;

/// For what comes in pieces.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::span<const std::byte> bytes);
    /// Ends it: neither may be called again.
    std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256(std::span<const std::byte> bytes);
/// Of a file from byte `from` to its end. Throws IoError.
std::string sha256_file(const std::filesystem::path& path, uint64_t from = 0);

}  // namespace formats
