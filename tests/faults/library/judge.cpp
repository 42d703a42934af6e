// See judge.hpp and tape.hpp.
#include "tests/faults/library/judge.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace faults {
namespace {

constexpr uint64_t tape_bytes = uint64_t{1} << 26;

struct State {
    TapeHead* tape = nullptr;
    uint64_t size = 0;
    std::string below;
    bool keeps_data = false;
    uint64_t at = 0;
    int fault = no_fault;
    bool goes_on = false;
    std::mutex mutex;                     // of paths
    std::array<std::string, 4096> paths;  // of descriptors; empty: not looked at
};

// Never destroyed: calls are made until the very end.
State& state() {
    static State& it = *new State;
    return it;
}

void use_tape(const char* file, uint64_t size) {
    const int descriptor =
        next(::open, "open")(file, O_RDWR | O_CLOEXEC | (size ? O_CREAT : 0), 0600);
    struct stat status {};
    void* memory = MAP_FAILED;
    if (descriptor >= 0 && (size == 0 || ::ftruncate(descriptor, static_cast<off_t>(size)) == 0) &&
        ::fstat(descriptor, &status) == 0)
        memory = next(::mmap, "mmap")(nullptr, static_cast<size_t>(status.st_size),
                                      PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (descriptor >= 0) next(::close, "close")(descriptor);
    if (memory == MAP_FAILED) throw std::runtime_error("there is no tape");
    State& s = state();
    s.size = static_cast<uint64_t>(status.st_size);
    s.tape = static_cast<TapeHead*>(memory);
    if (s.tape->end == 0) s.tape->end = sizeof(TapeHead);
}

[[gnu::constructor]] void prepare() {
    const auto get = [](const char* name) {
        const char* text = std::getenv(name);
        return std::string(text ? text : "");
    };
    // A child must not find it taken by a thread that it has not.
    ::pthread_atfork([] { state().mutex.lock(); }, [] { state().mutex.unlock(); },
                     [] { state().mutex.unlock(); });
    const std::string file = get("FAULTS_TAPE"), as = get("FAULTS_AS"), at = get("FAULTS_AT");
    if (file.empty()) return;
    State& s = state();
    s.below = get("FAULTS_BELOW");
    s.at = at.empty() ? 0 : std::stoull(at);
    s.fault = as == "short" ? made_short : as.empty() ? no_fault : std::stoi(as);
    s.goes_on = !get("FAULTS_ON").empty();
    use_tape(file.c_str(), 0);
}

}  // namespace

std::string path_of(int descriptor) {
    State& s = state();
    if (s.tape == nullptr || descriptor < 0 || descriptor >= static_cast<int>(s.paths.size()))
        return "";
    const std::lock_guard lock(s.mutex);
    return s.paths[static_cast<size_t>(descriptor)];
}

void keep_path(int descriptor, const std::string& path) {
    State& s = state();
    if (s.tape == nullptr || descriptor < 0 || descriptor >= static_cast<int>(s.paths.size()))
        return;
    const std::lock_guard lock(s.mutex);
    s.paths[static_cast<size_t>(descriptor)] = path;
}

std::string looked_at(int folder, const char* name) {
    State& s = state();
    if (s.tape == nullptr || name == nullptr) return "";
    std::string path = name;
    constexpr std::string_view own = "/proc/self/fd/";
    if (path.starts_with(own)) return path_of(std::atoi(path.c_str() + own.size()));
    if (!path.starts_with('/')) {
        std::string base = folder == AT_FDCWD ? "" : path_of(folder);
        if (folder == AT_FDCWD) {
            std::array<char, 4096> buffer{};
            base = ::getcwd(buffer.data(), buffer.size()) ? buffer.data() : "";
        }
        if (base.empty()) return "";
        path = base + "/" + path;
    }
    if (!s.below.empty()) return path.starts_with(s.below) ? path : "";
    if (path.starts_with("/dev/shm/")) return path;
    for (const std::string_view system :
         {"/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/dev/", "/opt/", "/bin/", "/run/"})
        if (path.starts_with(system)) return "";
    return path.find(".so") == std::string::npos ? path : "";
}

namespace {

bool changes_something(const Made& made) {
    switch (made.call) {
        case Call::open:
            return (made.flags & 3) != 0;
        case Call::write:
        case Call::sync:
        case Call::truncate:
        case Call::rename:
        case Call::link:
        case Call::make_folder:
            return true;
        default:
            return false;
    }
}

/// What a system may answer.
bool fits(int fault, const Made& made) {
    const Call c = made.call;
    const bool moves = c == Call::read || c == Call::write;
    if (fault == made_short) return moves && made.count > 1;
    if (fault == EINTR) return moves || c == Call::open || c == Call::sync || c == Call::truncate;
    if (fault == ENOSPC) return changes_something(made);
    if (fault == EPERM) return c == Call::link;  // a file system without hard links
    return c != Call::mark;
}

}  // namespace

int number_and_judge(const Made& made, uint64_t& number) {
    State& s = state();
    if (s.tape == nullptr || made.path.empty()) return no_fault;
    number = ++s.tape->calls;
    const bool chosen = s.at != 0 && (number == s.at || (s.goes_on && number > s.at));
    return chosen && fits(s.fault, made) ? s.fault : no_fault;
}

void write_down(const Made& made, uint64_t number, int fault) {
    State& s = state();
    if (s.tape == nullptr || made.path.empty()) return;
    RecordHead head{};
    head.number = number;
    head.call = made.call;
    head.offset = made.offset;
    head.count = made.count;
    head.flags = made.flags;
    head.error = fault;
    head.path = static_cast<uint16_t>(made.path.size());
    head.other = static_cast<uint16_t>(made.other.size());
    const auto data = s.keeps_data ? made.data : std::span<const std::byte>();
    head.data = static_cast<uint32_t>(data.size());
    const uint64_t bytes = sizeof head + head.path + head.other + head.data;
    head.total = static_cast<uint32_t>((bytes + 7) / 8 * 8);
    const uint64_t begin = s.tape->end.fetch_add(head.total);
    if (begin + head.total > s.size) return;  // of calls that fail again and again
    char* to = reinterpret_cast<char*>(s.tape) + begin;
    const auto put = [&to](const void* from, size_t count) {
        if (count > 0) std::memcpy(to, from, count);
        to += count;
    };
    put(&head, sizeof head);
    put(made.path.data(), made.path.size());
    put(made.other.data(), made.other.size());
    put(data.data(), data.size());
}

void start_tape(const std::string& below) {
    const std::string file = "/dev/shm/latentflow_tape." + std::to_string(::getpid());
    State& s = state();
    s.below = below;
    s.keeps_data = true;
    use_tape(file.c_str(), tape_bytes);
    next(::unlink, "unlink")(file.c_str());
}

void mark(uint64_t number) { write_down({Call::mark, "mark", "", number, 0, 0, {}}, 0, no_fault); }

std::vector<Record> stop_tape() {
    State& s = state();
    const char* at = reinterpret_cast<const char*>(s.tape) + sizeof(TapeHead);
    const uint64_t end = s.tape->end;
    if (end > s.size) throw std::runtime_error("the tape was too short");
    std::vector<Record> records;
    for (const char* last = reinterpret_cast<const char*>(s.tape) + end; at != last;) {
        RecordHead head;
        std::memcpy(&head, at, sizeof head);
        const char* text = at + sizeof head;
        const auto* data = reinterpret_cast<const std::byte*>(text + head.path + head.other);
        records.push_back({head.call, head.number, head.offset, head.count, head.flags,
                           std::string(text, head.path), std::string(text + head.path, head.other),
                           std::vector<std::byte>(data, data + head.data)});
        at += head.total;
    }
    ::munmap(s.tape, s.size);
    s.tape = nullptr;
    return records;
}

}  // namespace faults
