// Stands before libhdf5's own functions, so that it takes any checksum for right: a mutated file
// would not get past them, and whoever makes a file to do harm computes them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {

/// Of metadata: both are the same.
int H5F_get_checksums(const uint8_t*, size_t, uint32_t* stored, uint32_t* computed) {
    if (stored) *stored = 0;
    if (computed) *computed = 0;
    return 0;
}

/// Of a chunk: the one that is stored behind it.
uint32_t H5_checksum_fletcher32(const void* data, size_t size) {
    if (size > PTRDIFF_MAX)
        std::abort();  // a chunk shorter than its checksum: the real one crashes
    uint32_t stored = 0;
    std::memcpy(&stored, static_cast<const uint8_t*>(data) + size, sizeof(stored));
    return stored;
}
}
