// What an archive keeps as a frame again, in whatever form it is kept: shared by the nodes that
// restore, search and draw.
#pragma once

#include "nodes/archive.hpp"
#include "nodes/archive_models.hpp"
#include "nodes/frame_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace nodes {

/// Reads an image's data, and its latents if they are all there is or are asked for. Throws
/// FormatError if they are not as they were written.
void read_data(const std::filesystem::path& archive, StoredImage& image, bool latents = false);

struct RestoreOptions {
    std::optional<FrameWindow> window = {};  // else the whole frame
    uint64_t max_samples = uint64_t{1} << 30;
};

/// Of an image whose data was read; what is kept as a file is read as a TIFF. Pixels are those
/// whose digest the archive has. Throws FormatError, beginning with the image's path.
formats::Frame restore_frame(const ArchiveModels& models, const StoredImage& stored,
                             const RestoreOptions& options);

/// The bytes of what is kept as a file. Throws FormatError if its SHA-256 is another.
const std::vector<std::byte>& restore_original(const StoredImage& stored);

/// The stream of what is kept as one or as latents, from which it is made again.
std::vector<std::byte> restore_stream(const ArchiveModels& models, const StoredImage& stored);

}  // namespace nodes
