// What a plan of an archive is made from: the files that are there, which of them are planned
// already, and the digests of the rest.
#pragma once

#include "formats/archive_plan.hpp"
#include "graph/source.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace nodes {

/// A file below the input, as the archive calls it.
struct FoundFile {
    std::string path;
    uint64_t size;
};

/// The files of a folder, and of those in it, whose names match; sorted by path. Throws
/// graph::ConfigurationError if there are none, formats::IoError if a folder cannot be read.
std::vector<FoundFile> find_files(const std::filesystem::path& folder, const std::string& pattern);

/// Which paths of an archive its plans have already.
class PlannedPaths {
  public:
    explicit PlannedPaths(const std::vector<formats::ArchivePlan>& plans);

    /// The file of this path in the archive, or null.
    const formats::PlannedFile* find(const std::string& path) const;

  private:
    formats::PlannedFiles files_;  // sorted by their paths in the archive
};

/// Reads each file for its digest, in parallel. What cannot be read is set aside, and left out.
/// Throws graph::Stopped.
formats::PlannedFiles read_digests(const std::filesystem::path& folder,
                                   const std::vector<FoundFile>& found,
                                   graph::Preparation& preparation);

/// Leaves out the files that are planned already; those that are with other content are set aside.
void leave_out_known(formats::ArchivePlan& plan, const PlannedPaths& planned,
                     graph::Preparation& preparation);

}  // namespace nodes
