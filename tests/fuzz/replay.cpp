// In place of libFuzzer: `fuzz_TARGET FILE_OR_FOLDER...` feeds every file to the target once, and
// tells what became of it. It ends as the target ends on the first that it does not bear, and with
// 1 if nothing was read.
#include "tests/fuzz/input.hpp"

#include <iterator>
#include <vector>

namespace {

void feed(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    fmt::print("{}: ", path.string());
    std::fflush(stdout);  // the last one is the culprit
    const fuzz::Outcomes before = fuzz::outcomes();
    // A copy of just its size, so that reading beyond it is seen.
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    const fuzz::Outcomes& now = fuzz::outcomes();
    const size_t refused = now.refused - before.refused;
    fmt::print("{} read, {} refused{}{}\n", now.read - before.read, refused, refused ? ": " : "",
               refused ? now.last : "");
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
    fmt::print("{} inputs, {} read, {} refused\n", fed, fuzz::outcomes().read,
               fuzz::outcomes().refused);
    return fuzz::outcomes().read > 0 ? 0 : 1;
}
