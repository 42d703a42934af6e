// See hdf5_trial.hpp.
#include "formats/hdf5_trial.hpp"

#include "formats/confined.hpp"
#include "formats/hdf5_disk.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace formats::hdf5 {

namespace {

constexpr uint64_t mebi = uint64_t{1} << 20;
constexpr uint64_t free_bytes = 64 * mebi;  // that chunks may become, whatever is stored of them
constexpr uint64_t most_ratio = 500;        // beyond that; deflate reaches 1030
constexpr uint64_t most_chunk = 64 * mebi;
constexpr uint64_t piece_bytes = 4 * mebi;
constexpr hsize_t text_rows = 1024;
constexpr int deepest = 32;  // of groups

/// Whether the program reads values of this type: our files hold no others.
bool is_plain(hid_t type) {
    if (call("type", H5Tget_class, type) == H5T_STRING) return true;
    const std::array known{H5T_STD_U8LE,  H5T_STD_I32LE,  H5T_STD_U32LE, H5T_STD_I64LE,
                           H5T_STD_U64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE};
    return std::ranges::any_of(known,
                               [&](hid_t one) { return call("type", H5Tequal, type, one) > 0; });
}

/// Reads a file from one end to the other; throws FormatError with the place in it.
class Trial {
  public:
    Trial(hid_t file, uint64_t file_bytes) : file_(file), file_bytes_(file_bytes) {}

    void run() {
        attributes(file_, "'/'");
        const auto lock = enter();
        if (H5Lvisit(file_, H5_INDEX_NAME, H5_ITER_NATIVE, visit, this) < 0) {
            if (error_) std::rethrow_exception(error_);
            fail("its groups");
        }
    }

  private:
    static herr_t visit(hid_t group, const char* name, const H5L_info_t* link, void* data) {
        auto& self = *static_cast<Trial*>(data);
        try {
            self.look_at(group, name, *link);
            return 0;
        } catch (...) {  // must not pass through C
            self.error_ = std::current_exception();
            return -1;
        }
    }

    void look_at(hid_t group, const char* name, const H5L_info_t& link) {
        place_ = fmt::format("'{}'", name);
        if (link.type != H5L_TYPE_HARD) refuse("is a link to elsewhere");
        if (std::count(name, name + std::strlen(name), '/') > deepest)
            refuse("is in too deep a group");
        const Handle object(call(place_, H5Oopen, group, name, H5P_DEFAULT), H5Oclose);
        const auto kind = call(place_, H5Iget_type, object);
        if (kind == H5I_DATATYPE) return;
        attributes(object, place_);
        if (kind == H5I_DATASET) look_at_dataset(object);
    }

    void look_at_dataset(hid_t dataset) {
        const Handle list(call(place_, H5Dget_create_plist, dataset), H5Pclose);
        const auto layout = call(place_, H5Pget_layout, list);
        if (layout == H5D_VIRTUAL) refuse("is virtual");
        if (call(place_, H5Pget_external_count, list) > 0) refuse("keeps its data in another file");
        check_filters(list);
        const Handle type(call(place_, H5Dget_type, dataset), H5Tclose);
        if (!is_plain(type)) refuse("is of a type that is not read");
        const uint64_t each = H5Tget_size(type);
        const std::vector<hsize_t> size = dims(dataset);
        const uint64_t bytes = bytes_of(each, size);
        const bool chunked = layout == H5D_CHUNKED;
        if (chunked) check_chunk(list, each);
        uint64_t& sum = chunked ? chunked_ : plain_;
        sum = sum + bytes < sum ? UINT64_MAX : sum + bytes;
        const auto stored = static_cast<uint64_t>(call(place_, storage_size, dataset));
        if (!chunked && (stored < bytes || plain_ > file_bytes_))
            refuse("claims to be larger than what is stored");
        if (chunked && chunked_ > free_bytes && chunked_ / most_ratio > file_bytes_)
            refuse(
                fmt::format("makes it more than {} times as large as what is stored", most_ratio));
        if (bytes == 0 || call(place_, extent, dataset) == 0) return;
        const bool text = call(place_, H5Tis_variable_str, type) > 0;
        if (chunked || text)
            read_through(dataset, type, size, text);
        else
            read_ends(dataset, type, size);
    }

    void check_chunk(hid_t list, uint64_t each) const {
        std::vector<hsize_t> chunk(H5S_MAX_RANK);
        chunk.resize(call(place_, H5Pget_chunk, list, H5S_MAX_RANK, chunk.data()));
        if (bytes_of(each, chunk) > most_chunk)
            refuse(fmt::format("has chunks of more than {} MiB", most_chunk / mebi));
    }

    /// Chunks are decoded and texts looked up: every one may be the one that does harm.
    void read_through(hid_t dataset, hid_t type, const std::vector<hsize_t>& size, bool text) {
        const Handle memory = text ? text_type() : Handle(call(place_, H5Tcopy, type), H5Tclose);
        const uint64_t each = H5Tget_size(memory);
        if (size.empty()) {
            std::vector<std::byte> value(each);
            call(place_, H5Dread, dataset, hid_t{memory}, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                 static_cast<void*>(value.data()));
            if (text) count_and_free(value);
            return;
        }
        std::vector<hsize_t> row = size;
        row[0] = 1;
        const uint64_t row_bytes = bytes_of(each, row);
        if (row_bytes > most_chunk) refuse("has rows that are too large");
        const hsize_t rows = text ? text_rows : std::max<uint64_t>(1, piece_bytes / row_bytes);
        std::vector<std::byte> piece(std::min(rows, size[0]) * row_bytes);
        for (hsize_t first = 0; first < size[0]; first += rows) {
            const hsize_t count = std::min(rows, size[0] - first);
            std::ranges::fill(piece, std::byte{0});
            read_rows(dataset, memory, first, count, piece.data(), place_);
            if (text) count_and_free(piece);
        }
    }

    /// Texts are not compressed: more of them than the file has bytes is one that is shown again.
    void count_and_free(std::span<const std::byte> pointers) {
        for (size_t at = 0; at + sizeof(char*) <= pointers.size(); at += sizeof(char*)) {
            char* text = nullptr;
            std::memcpy(&text, pointers.data() + at, sizeof(text));
            texts_ += text ? std::strlen(text) : 0;
            H5free_memory(text);
        }
        if (texts_ > file_bytes_) refuse("shows the same text again and again");
    }

    /// What lies in the file as it is has nothing to decode: its two ends tell that it is there.
    void read_ends(hid_t dataset, hid_t type, const std::vector<hsize_t>& size) {
        const Handle space(call(place_, H5Dget_space, dataset), H5Sclose);
        const Handle memory(call(place_, H5Screate, H5S_SCALAR), H5Sclose);
        std::vector<std::byte> value(H5Tget_size(type));
        std::vector<hsize_t> first(size.size(), 0), last = size;
        for (hsize_t& one : last) --one;
        for (const auto& place : {first, last}) {
            if (!size.empty())
                call(place_, H5Sselect_elements, space, H5S_SELECT_SET, size_t{1}, place.data());
            call(place_, H5Dread, dataset, type, memory, space, H5P_DEFAULT,
                 static_cast<void*>(value.data()));
        }
    }

    void check_filters(hid_t list) const {
        const int filters = call(place_, H5Pget_nfilters, list);
        for (int i = 0; i < filters; ++i) {
            unsigned flags = 0, config = 0;
            size_t values = 0;
            const auto filter = call(place_, H5Pget_filter2, list, static_cast<unsigned>(i), &flags,
                                     &values, nullptr, size_t{0}, nullptr, &config);
            if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
                filter != H5Z_FILTER_FLETCHER32)
                refuse("uses the unknown filter " + std::to_string(filter));
        }
    }

    static uint64_t bytes_of(uint64_t each, const std::vector<hsize_t>& size) {
        uint64_t bytes = each;
        for (const hsize_t one : size) bytes = product({bytes, one});
        return bytes;
    }
    static int64_t storage_size(hid_t dataset) {
        return static_cast<int64_t>(std::min<uint64_t>(H5Dget_storage_size(dataset), INT64_MAX));
    }
    static hssize_t extent(hid_t dataset) {
        const Handle space(call("dataset", H5Dget_space, dataset), H5Sclose);
        return H5Sget_simple_extent_npoints(space);
    }

    [[noreturn]] void refuse(const std::string& why) const {
        throw FormatError(place_ + " " + why);
    }

    hid_t file_;
    uint64_t file_bytes_;
    std::string place_ = "'/'";
    uint64_t chunked_ = 0, plain_ = 0, texts_ = 0;  // bytes that datasets claim to hold
    std::exception_ptr error_;
};

}  // namespace

void read_through(const File& file) {
    Disk disk(file, "HDF5");
    const Handle opened = open_file(disk, "HDF5");
    Trial(opened, file.size()).run();
}

void try_reading(const File& file, const std::string& name) {
    const uint64_t size = file.size();
    const Confinement limits{.memory = 224 * mebi,
                             .seconds = 0.8 + static_cast<double>(size) / (8 * mebi)};
    const auto lock = enter();  // so that the child finds nobody in libhdf5
    const Ending ending = run_confined(file.descriptor(), limits, enter_forked,
                                       [](const std::string& path) { read_through(File(path)); });
    if (ending.error != 0) throw IoError(name, "be read", ending.error);
    if (!ending.refusal.empty()) throw FormatError(name + ": refused: " + ending.refusal);
    if (!ending.death.empty())
        throw FormatError(
            fmt::format("{}: refused: a process of {} MiB and {:.1f} s that tried to read it ended "
                        "by {}: it is damaged, or made to do harm; take it from a copy",
                        name, limits.memory / mebi, limits.seconds, ending.death));
}

}  // namespace formats::hdf5
