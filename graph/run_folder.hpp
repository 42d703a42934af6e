// A run's folder: it appears whole, with the first checkpoint in it, and an older run is kept.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace graph {

/// Makes a folder, and those above it, unless it is there. Returns once their names are safe on the
/// disk. Throws std::system_error.
void make_folder(const std::filesystem::path& folder);

/// Throws ConfigurationError, with the process and its host, if a run is going on in a folder.
void refuse_if_going_on(const std::filesystem::path& folder);

class RunFolder {
  public:
    /// A new run's files go to a hidden folder beside `folder` until appear(). Throws
    /// ConfigurationError if the run in `folder` is still going on, here or on a machine that
    /// shares it.
    RunFolder(std::filesystem::path folder, bool resume);
    ~RunFolder();
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    /// Says that this process works in the folder, as long as this object lives. Throws
    /// ConfigurationError if another does: two that resume one run would write over each other.
    void lock();

    /// Where files are written at the moment.
    std::shared_ptr<const std::filesystem::path> path() const { return path_; }
    const std::filesystem::path& final_path() const { return final_; }

    /// Gives the folder its name. A run that is there already moves to NAME.1, NAME.2, ...; returns
    /// where, or an empty path. Throws ConfigurationError if that run is going on.
    std::filesystem::path appear();

    /// Writes a small file whole: temporary name, fsync, rename. Throws std::system_error.
    void write(const std::string& name, const std::string& text) const;

  private:
    int lock_ = -1;  // the folder, open
    std::filesystem::path final_;
    std::shared_ptr<std::filesystem::path> path_;
};

}  // namespace graph
