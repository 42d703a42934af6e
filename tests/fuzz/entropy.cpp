// The entropy decoder: tables and payloads as a damaged file may have them. The input is a list of
// whole numbers, as a codec's file has it, and a payload behind it.
#include "models/class_coder.hpp"
#include "models/model.hpp"
#include "tests/fuzz/input.hpp"

#include <algorithm>
#include <cstring>

namespace {

std::vector<int32_t> take(std::span<const std::byte>& bytes) {
    const size_t count = bytes.size() < 2 ? 0
                                          : std::to_integer<size_t>(bytes[0]) |
                                                std::to_integer<size_t>(bytes[1]) << 8;
    bytes = bytes.subspan(std::min<size_t>(bytes.size(), 2));
    std::vector<int32_t> numbers(std::min(count, bytes.size() / 4));
    if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * 4);
    bytes = bytes.subspan(numbers.size() * 4);
    return numbers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto bytes = fuzz::bytes_of(data, size);
    std::vector<models::NamedIntegers> tensors;
    for (const char* name :
         {"coder.sizes", "coder.table_of", "coder.tables", "coder.class_tables"}) {
        auto values = take(bytes);
        std::vector<int64_t> dims{static_cast<int64_t>(values.size())};
        if (name == std::string_view("coder.table_of")) dims.push_back(1);
        tensors.push_back({name, dims, std::move(values)});
    }
    fuzz::may_refuse<models::ModelError>([&] {
        const models::ClassCoder coder(tensors);
        for (const int64_t rows : {1, 4})
            fuzz::may_refuse<models::ModelError>([&] {
                const int64_t columns = rows == 1 ? 1 : 6;
                const auto latents = coder.decode(bytes, rows, columns, 0);
                // What was decoded is decoded from what it is encoded to.
                if (coder.decode(coder.encode(latents, 0), rows, columns, 0).values !=
                    latents.values)
                    std::abort();
            });
    });
    return 0;
}
