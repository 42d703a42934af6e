// See digest.hpp. OpenSSL's, which uses the processor's SHA instructions.
#include "formats/digest.hpp"

#include "formats/error.hpp"
#include "formats/file.hpp"

#include <array>
#include <charconv>
#include <vector>

#include <openssl/evp.h>

namespace formats {

std::string to_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

void from_hex(std::string_view hex, std::span<std::byte> bytes) {
    const auto wrong = [&] { throw FormatError("'" + std::string(hex) + "' is no SHA-256"); };
    if (hex.size() != 2 * bytes.size()) wrong();
    for (size_t i = 0; i < bytes.size(); ++i) {
        const char* const pair = hex.data() + 2 * i;
        unsigned value = 0;
        if (std::from_chars(pair, pair + 2, value, 16).ptr != pair + 2) wrong();
        bytes[i] = static_cast<std::byte>(value);
    }
}

struct Sha256::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1)
        throw FormatError("SHA-256 is not to be had from OpenSSL");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
    if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1)
        throw FormatError("SHA-256 failed in OpenSSL");
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) != 1)
        throw FormatError("SHA-256 failed in OpenSSL");
    return to_hex(std::as_bytes(std::span(digest).first(size)));
}

StoredDigest::StoredDigest(const std::string& hex) {
    if (!hex.empty()) from_hex(hex, bytes_);
}

StoredDigest::operator std::string() const { return to_hex(bytes_); }

std::string sha256(std::span<const std::byte> bytes) {
    Sha256 digest;
    digest.update(bytes);
    return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path, uint64_t from) {
    return sha256_file(File(path), from);
}

std::string sha256_file(const File& file, uint64_t from) {
    Sha256 digest;
    std::vector<std::byte> piece(size_t{1} << 20);
    while (const size_t count = file.read_at(from, piece)) {
        digest.update(std::span(piece).first(count));
        from += count;
    }
    return digest.hex();
}

}  // namespace formats
