// How every output comes into being: written under a temporary name in its own folder, flushed to
// the disk and only then given its name. A reader, a crash or a power cut sees all of it or
// nothing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace formats {

enum class Publish {
    replace,     // the new file takes the place of an old one
    first_wins,  // an old file stays, such as another process's result for the same shard
};

/// Write to temporary(), close it, then commit(). Without commit() the temporary is removed.
class Publication {
  public:
    /// Makes the empty temporary file, so that a missing or read-only folder is known at once.
    /// Throws IoError.
    explicit Publication(std::filesystem::path path, Publish how = Publish::replace);
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    const std::filesystem::path& path() const { return path_; }
    const std::filesystem::path& temporary() const { return temporary_; }

    /// Returns once the file is safe on the disk under its name. False if first_wins and another
    /// was first: its file stays, ours is removed. Throws IoError; then the old file is still
    /// there.
    bool commit();

  private:
    std::filesystem::path path_, temporary_;
    Publish how_;
};

/// Publishes bytes or text as a whole file; the result is that of Publication::commit.
bool publish_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes,
                   Publish how = Publish::replace);
bool publish_text(const std::filesystem::path& path, std::string_view text,
                  Publish how = Publish::replace);

/// Whether a file name is one of Publication's temporaries, whose work is not to be read.
bool is_temporary(const std::filesystem::path& path);

/// Temporaries that killed processes of this machine left in a folder: they may be removed. Those
/// of other machines, which may share the folder, are left out.
std::vector<std::filesystem::path> stale_temporaries(const std::filesystem::path& folder);
/// Removes them, if the folder is there.
void remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace formats
