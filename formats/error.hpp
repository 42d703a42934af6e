// What formats/ throws: one type for what is wrong with a file, and one for what the operating
// system refused, because the program answers the second with an exit code of its own.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace formats {

/// what() is one line: the file, the place in it, what is wrong and, where there is one, the
/// remedy.
class FormatError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The operating system refused, such as a full disk; the program ends with exit code 74.
class IoError : public std::system_error {
  public:
    /// `action` reads after "cannot": "open", "write". `number` is an errno.
    IoError(const std::filesystem::path& path, const std::string& action, int number)
        : std::system_error(number, std::generic_category(), path.string() + ": cannot " + action) {
    }

    int number() const { return code().value(); }
};

}  // namespace formats
