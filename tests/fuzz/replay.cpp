// In place of libFuzzer: `fuzz_TARGET FILE_OR_FOLDER...` feeds every file to the target once. It
// ends as the target ends on the first that it does not bear.
#include "tests/fuzz/input.hpp"

#include <iterator>
#include <vector>

namespace {

void feed(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    fmt::print("{}\n", path.string());
    std::fflush(stdout);  // the last one is the culprit
    // A copy of just its size, so that reading beyond it is seen.
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
    int fed = 0;
    for (int i = 1; i < argc; ++i) {
        if (std::filesystem::is_regular_file(argv[i])) {
            feed(argv[i]);
            ++fed;
        } else if (std::filesystem::is_directory(argv[i])) {
            for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
                feed(entry.path());
                ++fed;
            }
        }
    }
    fmt::print("{} inputs\n", fed);
    return fed > 0 ? 0 : 1;
}
