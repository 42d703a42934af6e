// HDF5 files are read by a child process first (formats/hdf5_trial.hpp). libFuzzer would not know
// what the child runs: here its counters are put into memory that both share.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

// Where clang keeps the counters; not there unless it was told to.
extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern uint8_t __start___sancov_cntrs;
[[gnu::weak, gnu::visibility("hidden")]] extern uint8_t __stop___sancov_cntrs;
}

namespace fuzz {

/// Of whole pages alone: others hold variables as well, which the child must not change.
inline bool share_counters() {
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto first = (reinterpret_cast<uintptr_t>(&__start___sancov_cntrs) + page - 1) & -page;
    const auto last = reinterpret_cast<uintptr_t>(&__stop___sancov_cntrs) & -page;
    if (first >= last) return false;
    auto* const place = reinterpret_cast<void*>(first);  // NOLINT(performance-no-int-to-ptr)
    const std::vector<uint8_t> before(reinterpret_cast<uint8_t*>(first),
                                      reinterpret_cast<uint8_t*>(last));
    if (::mmap(place, before.size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
               -1, 0) != place)
        return false;
    std::memcpy(place, before.data(), before.size());
    return true;
}

}  // namespace fuzz
