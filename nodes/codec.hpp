// A frozen codec and its file: with it alone, streams are made and read for ever. Shared by the
// nodes that freeze, encode and decode.
#pragma once

#include "formats/short_digest.hpp"
#include "models/frozen_codec.hpp"
#include "nodes/types.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nodes {

struct Codec {
    std::shared_ptr<const models::FrozenCodec> frozen;
    std::string name;
    std::string architecture;  // "{type: hyperprior, ...}"
    std::string about;         // what it was trained on, and under which licences
    bool generative = false;   // trained to make up detail: not to be used unawares
    formats::ShortDigest digest{};
};

/// The first bytes of the SHA-256 of all whole numbers that decoding depends on, as the file holds
/// them: of each in order name, 0, dims and values, little-endian, 8 and 4 bytes each. Streams name
/// their model by it (formats/stream.md).
formats::ShortDigest codec_digest(const models::FrozenCodec& codec);

/// As an HDF5 file (formats/checkpoint.hpp); replaces an old one as a whole.
void write_codec(const std::filesystem::path& file, const Codec& codec);
/// `path`: the file, or a run's folder with a codec.h5; a relative one that is not there is also
/// looked for where the program keeps its models. Throws ConfigurationError.
Codec load_codec(const std::filesystem::path& path);
/// The file that load_codec reads.
std::filesystem::path codec_path(const std::filesystem::path& path);
/// Nothing if the path does not lead to the file of a codec, but to a checkpoint or to nothing.
std::optional<Codec> find_codec(const std::filesystem::path& path);

/// Those that streams may be of: the one of a path as above, or all of a folder.
class Codecs {
  public:
    /// Throws ConfigurationError, also if a folder holds none.
    explicit Codecs(const std::filesystem::path& path);

    /// That of a stream, which names it by its digest. If there is one only, it is that one, which
    /// then refuses streams of others. Throws FormatError, beginning with `place`.
    const Codec& of(const formats::ShortDigest& model, const std::string& place) const;

  private:
    std::filesystem::path path_;
    std::vector<Codec> codecs_;
};

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<nodes::Codec> = "codec";
}  // namespace graph
