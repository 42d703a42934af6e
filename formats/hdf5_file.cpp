// See hdf5_file.hpp.
#include "formats/hdf5_file.hpp"

#include "formats/digest.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

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

std::string digest_of_rest(const File& file) {
    Sha256 rest;
    std::vector<std::byte> piece(size_t{1} << 20);
    uint64_t at = block_bytes;
    while (const size_t count = file.read_at(at, piece)) {
        rest.update(std::span(piece).first(count));
        at += count;
    }
    return rest.hex();
}

void check_digest(const File& file, const std::string& name) {
    const std::string promised = digest_in(file, name);
    const std::string found = digest_of_rest(file);
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

/// Our files are private until published and never change after: locks would only fail on network
/// file systems that have none.
Handle access_options(Disk& disk) {
    Handle list(call("HDF5", H5Pcreate, H5P_FILE_ACCESS), H5Pclose);
    call("HDF5", H5Pset_libver_bounds, list, H5F_LIBVER_V18, H5F_LIBVER_V110);
    call("HDF5", H5Pset_fclose_degree, list, H5F_CLOSE_SEMI);
    call("HDF5", H5Pset_file_locking, list, false, true);
    disk.choose(list);
    return list;
}

Handle create(const Publication& publication, Disk& disk) {
    const Handle list(call("HDF5", H5Pcreate, H5P_FILE_CREATE), H5Pclose);
    call("HDF5", H5Pset_userblock, list, hsize_t{block_bytes});
    call("HDF5", H5Pset_obj_track_times, list, false);
    const Handle access = access_options(disk);
    return {call(publication.path().string(), H5Fcreate, publication.temporary().c_str(),
                 unsigned{H5F_ACC_TRUNC}, list, access),
            H5Fclose};
}

/// Why a dataset is not to be read, or empty.
std::string complaint(hid_t dataset) {
    constexpr hsize_t free_bytes = hsize_t{64} << 20;
    constexpr double most_ratio = 2000;  // deflate reaches 1030
    constexpr hsize_t most_chunk = hsize_t{1} << 30;
    const std::string place = "dataset";
    const Handle list(call(place, H5Dget_create_plist, dataset), H5Pclose);
    const auto layout = call(place, H5Pget_layout, list);
    if (layout == H5D_VIRTUAL) return "is virtual";
    if (call(place, H5Pget_external_count, list) > 0) return "keeps its data in another file";
    const int filters = call(place, H5Pget_nfilters, list);
    for (int i = 0; i < filters; ++i) {
        unsigned flags = 0, config = 0;
        size_t values = 0;
        const auto filter = call(place, H5Pget_filter2, list, static_cast<unsigned>(i), &flags,
                                 &values, nullptr, size_t{0}, nullptr, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return "uses the unknown filter " + std::to_string(filter);
    }
    const Handle type(call(place, H5Dget_type, dataset), H5Tclose);
    const auto bytes_of = [&](const std::vector<hsize_t>& sizes) {
        uint64_t bytes = H5Tget_size(type);
        for (const hsize_t size : sizes) bytes = product({bytes, size});
        return bytes;
    };
    if (layout == H5D_CHUNKED) {
        std::vector<hsize_t> chunk(H5S_MAX_RANK);
        chunk.resize(call(place, H5Pget_chunk, list, H5S_MAX_RANK, chunk.data()));
        if (bytes_of(chunk) > most_chunk) return "has chunks of more than 1 GiB";
    }
    const uint64_t bytes = bytes_of(dims(dataset));
    const auto stored = static_cast<double>(H5Dget_storage_size(dataset));
    if (bytes > free_bytes && static_cast<double>(bytes) > most_ratio * stored)
        return "is more than 2000 times as large as what is stored of it";
    return "";
}

/// What a visit of all links finds.
struct Inspection {
    std::string wrong;
    int number = 0;  // an errno: of a disk that fails, not of a file that is wrong
};

/// Looks at one link; the visit ends where something is wrong.
herr_t inspect(hid_t group, const char* name, const H5L_info_t* link, void* data) {
    auto& [wrong, number] = *static_cast<Inspection*>(data);
    try {
        constexpr int deepest = 32;
        if (link->type != H5L_TYPE_HARD)
            wrong = "is a link to elsewhere";
        else if (std::count(name, name + std::strlen(name), '/') > deepest)
            wrong = "is in too deep a group";
        else {
            const Handle object(call(name, H5Oopen, group, name, H5P_DEFAULT), H5Oclose);
            if (H5Iget_type(object) == H5I_DATASET) wrong = complaint(object);
        }
        if (!wrong.empty()) wrong = fmt::format("'{}' {}", name, wrong);
    } catch (const IoError& error) {
        number = error.number();
    } catch (const std::exception& error) {  // must not pass through C
        wrong = error.what();
    }
    return wrong.empty() && number == 0 ? 0 : 1;
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
    digest_ = digest_of_rest(written_);
    written_.write_at(0, block_of(digest_));
    return publication_.commit();
}

Reader::Reader(const std::filesystem::path& path) : opened_(path), disk_(opened_, path.string()) {
    const std::string name = path.string();
    check_digest(opened_, name);
    const Handle access = access_options(disk_);
    file_ = Handle(call(name, H5Fopen, name.c_str(), unsigned{H5F_ACC_RDONLY}, access), H5Fclose);
    Inspection found;
    const auto lock = enter();
    const herr_t result = H5Lvisit(file_, H5_INDEX_NAME, H5_ITER_NATIVE, inspect, &found);
    if (found.number != 0) throw IoError(path, "read", found.number);
    if (!found.wrong.empty()) throw FormatError(name + ": refused: " + found.wrong);
    if (result < 0) fail(name);
}

}  // namespace hdf5
}  // namespace formats
