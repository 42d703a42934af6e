// Latents of many images in one HDF5 file that any client reads: written a batch at a time in
// bounded memory, read a range of rows at a time.
//
// Layout (see hdf5.hpp for the first 512 bytes); every dimension is a dimension scale:
//   /            attributes: format = "latentflow latents", version = 1, model (text),
//                bits_per_pixel (nominal), checkpoint (digest of the checkpoint that encoded them,
//                or ""), generative (1: the model makes up detail; 0 or absent: it does not)
//   /latents     (image, channel, y, x), float32; or uint8 symbols: value = centres[symbol]
//   /centres     (symbol), float32, only if the latents are quantised
//   /path /split variable-length UTF-8 per image; /sha256 64 characters, of the image's file
//   /page /height /width  int32 per image, in pixels of the original
//   /image /channel /y /x  the scales: 0, 1, 2, ...
#pragma once

#include "formats/publish.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace formats {

inline const std::string latents_format = "latentflow latents";
inline constexpr int64_t latents_version = 1;

struct LatentsHeader {
    int channels = 0;  // of the latent of one image
    int height = 0;
    int width = 0;
    std::vector<float> centres;  // ascending, at most 256; empty: any float
    std::string model;           // the resolved model
    double bits_per_pixel = 0;   // nominal, before entropy coding
    std::string checkpoint;      // hdf5_digest of the checkpoint, or empty
    bool generative = false;     // the model makes up detail

    size_t values() const { return static_cast<size_t>(channels) * height * width; }
};

/// The image that a row belongs to.
struct LatentSource {
    std::string path;
    std::string sha256;
    int page = 0;
    std::string split;
    int height = 0;  // of the original, in pixels
    int width = 0;
};

struct LatentRows {
    std::vector<LatentSource> sources;
    std::vector<float> values;  // sources.size() x channels x height x width
};

class LatentsWriter {
  public:
    /// Throws FormatError if the header makes no sense, IoError if the file cannot be made.
    LatentsWriter(const std::filesystem::path& path, LatentsHeader header,
                  Publish how = Publish::replace);
    ~LatentsWriter();
    LatentsWriter(const LatentsWriter&) = delete;
    LatentsWriter& operator=(const LatentsWriter&) = delete;

    /// Values as in LatentRows. Throws FormatError if one is not finite or, with centres, none of
    /// them.
    void append(std::span<const LatentSource> sources, std::span<const float> values);
    uint64_t size() const;  // rows so far

    /// Publishes it. False if first_wins and another was first. Without it nothing remains.
    bool commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class LatentsReader {
  public:
    /// Throws FormatError if the file is damaged or holds no latents.
    explicit LatentsReader(const std::filesystem::path& path);
    ~LatentsReader();
    LatentsReader(const LatentsReader&) = delete;
    LatentsReader& operator=(const LatentsReader&) = delete;

    const LatentsHeader& header() const;
    uint64_t size() const;  // rows

    /// Rows [first, first + count), symbols turned into their centres. Throws FormatError if they
    /// are not all there.
    LatentRows read(uint64_t first, uint64_t count) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace formats
