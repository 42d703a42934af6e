// See hdf5_file.hpp.
#include "formats/hdf5_file.hpp"

#include "formats/digest.hpp"
#include "formats/hdf5_trial.hpp"

#include <array>
#include <cstring>

namespace formats {

namespace {

constexpr size_t block_bytes = 512;
constexpr std::string_view magic = "latentflow hdf5 sha256 ";
using Block = std::array<std::byte, block_bytes>;

Block block_of(const std::string& digest) {
    Block block{};
    const std::string line = std::string(magic) + digest + "\n";
    std::memcpy(block.data(), line.data(), line.size());
    return block;
}

std::string digest_in(const File& file, const std::string& name) {
    Block block{};
    const size_t count = file.read_at(0, block);
    const std::string text(reinterpret_cast<const char*>(block.data()), count);
    std::string digest = text.starts_with(magic) ? text.substr(magic.size(), digest_length) : "";
    if (count < block_bytes || digest.size() < digest_length || block != block_of(digest))
        throw FormatError(
            name + ": its first line holds no SHA-256: damaged, or not written by latentflow");
    return digest;
}

[[noreturn]] void throw_damaged(const std::string& name, const std::string& found,
                                const std::string& promised) {
    throw FormatError(name + ": damaged: its SHA-256 is " + found + ", but its first line says " +
                      promised + "; take it from a copy");
}

void check_digest(const File& file, const std::string& name) {
    const std::string promised = digest_in(file, name);
    const std::string found = sha256_file(file, block_bytes);
    if (found != promised) throw_damaged(name, found, promised);
}

}  // namespace

std::string hdf5_digest(const std::filesystem::path& path) {
    return digest_in(File(path), path.string());
}

std::string check_signed_file(const std::filesystem::path& path) {
    const File file(path);
    const std::string promised = digest_in(file, path.string());
    Sha256 all, rest;
    std::vector<std::byte> piece(size_t{1} << 20);
    uint64_t at = 0;
    while (const size_t count = file.read_at(at, piece)) {
        const std::span<const std::byte> read = std::span(piece).first(count);
        all.update(read);
        rest.update(at == 0 ? read.subspan(block_bytes) : read);
        at += count;
    }
    const std::string found = rest.hex();
    if (found != promised) throw_damaged(path.string(), found, promised);
    return all.hex();
}

namespace hdf5 {

namespace {

Handle create(const Publication& publication, Disk& disk) {
    const Handle list(call("HDF5", H5Pcreate, H5P_FILE_CREATE), H5Pclose);
    call("HDF5", H5Pset_userblock, list, hsize_t{block_bytes});
    call("HDF5", H5Pset_obj_track_times, list, false);
    const Handle access = access_options(disk);
    return {call(publication.path().string(), H5Fcreate, publication.temporary().c_str(),
                 unsigned{H5F_ACC_TRUNC}, list, access),
            H5Fclose};
}

}  // namespace

Writer::Writer(const std::filesystem::path& path, Publish how)
    : publication_(path, how),
      written_(publication_.temporary(), O_RDWR),
      disk_(written_, path.string()),
      failed_before_(failed_closes()),
      file_(create(publication_, disk_)) {}

void Writer::close() {
    if (file_ < 0) return;
    const std::string name = publication_.path().string();
    call(name, H5Fclose, file_.release());
    disk_.check();
    if (failed_closes() != failed_before_)
        throw FormatError(name +
                          ": libhdf5 could not finish all that was put into it; memory may "
                          "have run out");
}

uint64_t Writer::append(std::span<const std::byte> bytes) {
    close();
    const uint64_t end = written_.size();
    written_.write_at(end, bytes);
    return end;
}

bool Writer::commit() {
    close();
    digest_ = sha256_file(written_, block_bytes);
    written_.write_at(0, block_of(digest_));
    return publication_.commit();
}

Reader::Reader(const std::filesystem::path& path) : opened_(path), disk_(opened_, path.string()) {
    const std::string name = path.string();
    check_digest(opened_, name);
    try_reading(opened_, name);
    file_ = open_file(disk_, name);
}

}  // namespace hdf5
}  // namespace formats
