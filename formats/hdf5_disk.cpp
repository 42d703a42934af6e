// See hdf5_disk.hpp.
#include "formats/hdf5_disk.hpp"

#include "formats/hdf5.hpp"

#include <algorithm>
#include <cerrno>

namespace formats::hdf5 {

namespace {

/// libhdf5's part of a file comes first: it knows no more of it.
struct OpenFile : H5FD_t {
    explicit OpenFile(Disk& d) : H5FD_t{}, disk(d), end(d.size()) {}

    Disk& disk;
    haddr_t allocated = 0;  // by libhdf5
    haddr_t end;            // of what is in the file
};

OpenFile& of(H5FD_t* file) { return *static_cast<OpenFile*>(file); }
const OpenFile& of(const H5FD_t* file) { return *static_cast<const OpenFile*>(file); }

// None of these may throw: they are called by C.

H5FD_t* open(const char*, unsigned, hid_t access, haddr_t) try {
    const auto* disk = static_cast<Disk* const*>(H5Pget_driver_info(access));
    return disk ? new OpenFile(**disk) : nullptr;
} catch (const std::exception&) {
    return nullptr;
}

herr_t close(H5FD_t* file) {
    delete &of(file);
    return 0;
}

/// As libhdf5's own driver, so that the files are the same.
herr_t query(const H5FD_t*, unsigned long* flags) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

haddr_t allocated(const H5FD_t* file, H5FD_mem_t) { return of(file).allocated; }

herr_t allocate(H5FD_t* file, H5FD_mem_t, haddr_t end) {
    of(file).allocated = end;
    return 0;
}

haddr_t end(const H5FD_t* file, H5FD_mem_t) { return of(file).end; }

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, size_t count, void* into) {
    const int number = of(file).disk.read(at, {static_cast<std::byte*>(into), count});
    if (number == 0) return 0;
    // In the words of libhdf5's own driver, which fail() understands. Where there is no such place,
    // the file is to blame, not the disk.
    if (number != EINVAL)
        H5Epush2(H5E_DEFAULT, __FILE__, "read", __LINE__, H5E_ERR_CLS, H5E_IO, H5E_READERROR,
                 "file read failed: errno = %d", number);
    return -1;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, size_t count, const void* from) {
    of(file).disk.write(at, {static_cast<const std::byte*>(from), count});
    of(file).end = std::max<haddr_t>(of(file).end, at + count);
    return 0;
}

herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
    OpenFile& open = of(file);
    if (open.allocated == open.end) return 0;
    open.disk.resize(open.allocated);
    open.end = open.allocated;
    return 0;
}

const H5FD_class_t& driver() {
    static const H5FD_class_t driver = [] {
        H5FD_class_t d{};
#ifdef H5FD_CLASS_VERSION  // from HDF5 1.14 on
        d.version = H5FD_CLASS_VERSION;
        d.value = static_cast<H5FD_class_value_t>(600);
#endif
        d.name = "latentflow";
        d.maxaddr = INT64_MAX;
        d.fc_degree = H5F_CLOSE_WEAK;
        d.fapl_size = sizeof(Disk*);
        d.open = open;
        d.close = close;
        d.query = query;
        d.get_eoa = allocated;
        d.set_eoa = allocate;
        d.get_eof = end;
        d.read = read;
        d.write = write;
        d.truncate = truncate;
        constexpr H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
        std::copy(std::begin(map), std::end(map), std::begin(d.fl_map));
        return d;
    }();
    return driver;
}

}  // namespace

/// Our files are private until published and never change after: locks would only fail on network
/// file systems that have none.
Handle access_options(Disk& disk) {
    const auto lock = enter();
    static const hid_t id = call("HDF5", H5FDregister, &driver());
    Handle list(call("HDF5", H5Pcreate, H5P_FILE_ACCESS), H5Pclose);
    call("HDF5", H5Pset_libver_bounds, list, H5F_LIBVER_V18, H5F_LIBVER_V110);
    call("HDF5", H5Pset_fclose_degree, list, H5F_CLOSE_SEMI);
    call("HDF5", H5Pset_file_locking, list, false, true);
    const Disk* address = &disk;
    call("HDF5", H5Pset_driver, list, id, static_cast<const void*>(&address));
    return list;
}

Handle open_file(Disk& disk, const std::string& place) {
    const Handle access = access_options(disk);
    return {call(place, H5Fopen, place.c_str(), unsigned{H5F_ACC_RDONLY}, access), H5Fclose};
}

void Disk::check() const {
    if (failed_) throw IoError(*failed_);
}

template <class Work>
void Disk::attempt(Work work) {
    if (failed_) return;
    try {
        work();
    } catch (const IoError& error) {
        failed_ = std::make_unique<const IoError>(name_, "write", error.number());
    }
}

int Disk::read(uint64_t offset, std::span<std::byte> into) try {
    if (failed_) return failed_->number();
    const size_t count = reads_.read_at(offset, into);
    std::fill(into.begin() + static_cast<std::ptrdiff_t>(count), into.end(), std::byte{});
    return 0;
} catch (const IoError& error) {
    return error.number();
}

void Disk::write(uint64_t offset, std::span<const std::byte> bytes) {
    attempt([&] { writes_->write_at(offset, bytes); });
}

void Disk::resize(uint64_t size) {
    attempt([&] { writes_->resize(size); });
}

uint64_t Disk::size() const { return reads_.size(); }

}  // namespace formats::hdf5
