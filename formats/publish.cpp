// See publish.hpp. A temporary's name is ".NAME.HOST.PID-COUNT.part": hidden, and it tells whose
// work it is, so that what a killed process left behind can be told from what a living one still
// writes.
#include "formats/publish.hpp"

#include "formats/file.hpp"
#include "formats/folder.hpp"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace formats {

namespace {

constexpr std::string_view suffix = ".part";

std::string host() {
    char name[64 + 1] = {};
    ::gethostname(name, sizeof name - 1);
    std::string text = name;
    for (char& c : text)
        if (c == '.' || c == '/') c = '_';
    return text;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

std::filesystem::path temporary_for(const std::filesystem::path& path) {
    static std::atomic<unsigned> count{0};
    constexpr size_t longest = 150;  // of the 255 bytes that a file name may have
    const std::string name = path.filename().string().substr(0, longest);
    return folder_of(path) / ("." + name + "." + host() + "." + std::to_string(::getpid()) + "-" +
                              std::to_string(count++) + std::string(suffix));
}

struct Owner {
    std::string host;
    pid_t process;
};

/// Who made a temporary, or nothing if it is none.
std::optional<Owner> owner_of(const std::string& name) {
    if (!name.starts_with('.') || !name.ends_with(suffix)) return std::nullopt;
    const std::string stem = name.substr(0, name.size() - suffix.size());
    const size_t dot = stem.rfind('.');
    const size_t before = dot == 0 ? std::string::npos : stem.rfind('.', dot - 1);
    const size_t dash = stem.find('-', dot);
    if (before == std::string::npos || before == 0 || dash == std::string::npos)
        return std::nullopt;
    pid_t process = 0;
    const auto [end, error] = std::from_chars(stem.data() + dot + 1, stem.data() + dash, process);
    if (error != std::errc() || end != stem.data() + dash || process <= 0) return std::nullopt;
    return Owner{stem.substr(before + 1, dot - before - 1), process};
}

/// link(2), for which the first wins. True if ours is the first.
bool link_first(const std::filesystem::path& temporary, const std::filesystem::path& path) {
    if (::link(temporary.c_str(), path.c_str()) == 0) return true;
    if (errno == EEXIST) {
        // NFS may report as failed a link that it made, after a lost answer: the count tells.
        struct stat status {};
        return ::stat(temporary.c_str(), &status) == 0 && status.st_nlink == 2;
    }
    if (errno != EPERM && errno != EOPNOTSUPP) throw IoError(path, "link", errno);
    // A file system without hard links, such as exFAT.
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EEXIST) throw IoError(path, "rename", errno);
    return false;
}

}  // namespace

Publication::Publication(std::filesystem::path path, Publish how)
    : path_(std::move(path)), temporary_(temporary_for(path_)), how_(how) {
    std::error_code ignored;
    const auto old = std::filesystem::status(path_, ignored);
    if (exists(old) && !is_regular_file(old) && !is_directory(old))  // such as /dev/null
        throw IoError(path_, "replace what is no regular file", EINVAL);
    try {
        // What a dead process of the same number left goes. A link that somebody else put there, in
        // a folder to which all may write, is not followed.
        ::unlink(temporary_.c_str());
        const File made(temporary_, O_WRONLY | O_CREAT | O_EXCL);
    } catch (const IoError& error) {
        throw IoError(path_, "write in " + folder_of(path_).string(), error.number());
    }
}

Publication::~Publication() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

bool Publication::commit() {
    File(temporary_, O_RDWR).sync();
    bool ours = true;
    if (how_ == Publish::replace) {
        if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw IoError(path_, "rename", errno);
    } else {
        ours = link_first(temporary_, path_);
        ::unlink(temporary_.c_str());
    }
    temporary_.clear();
    sync_folder(folder_of(path_));
    return ours;
}

bool publish_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes,
                   Publish how) {
    Publication publication(path, how);
    File(publication.temporary(), O_WRONLY).write_at(0, bytes);
    return publication.commit();
}

bool publish_text(const std::filesystem::path& path, std::string_view text, Publish how) {
    return publish_bytes(path, std::as_bytes(std::span(text)), how);
}

bool is_temporary(const std::filesystem::path& path) {
    return owner_of(path.filename().string()).has_value();
}

std::vector<std::filesystem::path> stale_temporaries(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> stale;
    for (const auto& entry : list_folder(folder)) {
        const auto owner = owner_of(entry.path().filename().string());
        if (owner && owner->host == host() && ::kill(owner->process, 0) != 0 && errno == ESRCH)
            stale.push_back(entry.path());
    }
    return stale;
}

void remove_stale_temporaries(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) return;
    // Another process may be doing the same.
    for (const auto& file : stale_temporaries(folder)) ::unlink(file.c_str());
}

}  // namespace formats
