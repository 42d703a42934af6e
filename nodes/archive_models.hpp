// The frozen codecs of an archive: each is loaded when the first image needs it, from whichever of
// its two files is whole.
#pragma once

#include "nodes/codec.hpp"

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace nodes {

class ArchiveModels {
  public:
    explicit ArchiveModels(std::filesystem::path archive) : archive_(std::move(archive)) {}

    /// From several threads at once. Throws FormatError, which says what is wrong with both files,
    /// and IoError if the disk failed.
    std::shared_ptr<const Codec> of(const formats::ShortDigest& digest) const;

  private:
    struct Loaded {
        std::shared_ptr<const Codec> codec;
        std::string complaint;     // if there is none
        std::exception_ptr error;  // of the disk
    };
    Loaded load(const formats::ShortDigest& digest) const;

    const std::filesystem::path archive_;
    mutable std::mutex mutex_;
    mutable std::map<formats::ShortDigest, Loaded> loaded_;
};

}  // namespace nodes
