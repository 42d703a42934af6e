// SHA-256, by which images, checkpoints and files are known. In hexadecimal, 64 lower-case digits,
// as sha256sum prints it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace formats {

class File;

inline constexpr size_t digest_length = 64;

/// Two lower-case digits a byte.
std::string to_hex(std::span<const std::byte> bytes);
/// Fills `bytes`. Throws FormatError unless there are two digits for each.
void from_hex(std::string_view hex, std::span<std::byte> bytes);

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

/// The 32 bytes of a SHA-256, where there are millions: its digits would take three times as much.
/// It is made of digits, and gives them, wherever those are asked for.
class StoredDigest {
  public:
    StoredDigest() = default;
    /// Throws FormatError unless it is 64 hexadecimal digits; none are 32 zeros.
    StoredDigest(const std::string& hex);
    operator std::string() const;
    friend bool operator==(const StoredDigest&, const StoredDigest&) = default;

  private:
    std::array<std::byte, digest_length / 2> bytes_{};
};

std::string sha256(std::span<const std::byte> bytes);
/// Of a file from byte `from` to its end. Throws IoError.
std::string sha256_file(const std::filesystem::path& path, uint64_t from = 0);
std::string sha256_file(const File& file, uint64_t from = 0);

}  // namespace formats
