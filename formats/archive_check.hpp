// Whether the files of an archive are those that were written: each by its own signature and by
// SHA256SUMS, and none missing. What is wrong comes with what to do about it.
#pragma once

#include "formats/archive.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace formats {

class ArchiveFiles {
  public:
    /// Never throws because of damage: that is for check() to say.
    explicit ArchiveFiles(const Archive& archive);

    /// Below the archive's folder, "shards/0001-....h5": what is there and what should be.
    const std::vector<std::string>& shards() const { return shards_; }
    /// Index, sums, plans and models.
    const std::vector<std::string>& others() const { return others_; }
    /// Of the index that is searched by, which no image depends on.
    const std::vector<std::string>& search() const { return search_; }
    /// Files that no archive has, outside of the folders of its own. Nothing reads them.
    const std::vector<std::string>& strangers() const { return strangers_; }

    /// Reads a file from one end to the other, also from several threads at once. Throws
    /// FormatError, with the remedy, if it is not as it was written.
    void check(const std::string& name) const;

  private:
    std::string complaint(const std::string& name) const;
    std::string remedy(const std::string& name) const;

    std::filesystem::path folder_;
    std::map<std::string, std::string> sums_;
    std::string sums_complaint_;
    std::vector<std::string> shards_, others_, search_, strangers_;
};

}  // namespace formats
