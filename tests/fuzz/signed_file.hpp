// An HDF5 file of ours whose first line is right again, whatever became of the rest. The targets
// read it as the program does: what kills libhdf5 kills the child that tries the file, which is a
// refusal; what the child lets by and the program does not bear is a find.
#pragma once

#include "formats/digest.hpp"
#include "tests/fuzz/child_coverage.hpp"
#include "tests/fuzz/input.hpp"

#include <algorithm>

namespace fuzz {

inline std::filesystem::path write_signed(const std::string& name, const uint8_t* data,
                                          size_t size) {
    [[maybe_unused]] static const bool shared = share_counters();
    constexpr size_t block_bytes = 512;
    std::string file(text_of(data, size));
    file.resize(std::max(size, block_bytes));
    std::fill_n(file.begin(), block_bytes, '\0');
    const auto rest = std::as_bytes(std::span(file)).subspan(block_bytes);
    const std::string line = "latentflow hdf5 sha256 " + formats::sha256(rest) + "\n";
    std::copy(line.begin(), line.end(), file.begin());
    return write(name, std::as_bytes(std::span(file)));
}

}  // namespace fuzz
