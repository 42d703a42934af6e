// What formats/ throws: one type for what is wrong with a file, and one derived from it for what
// the operating system refused, because the program answers the second with an exit code of its
// own.
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
class IoError : public FormatError {
  public:
    static constexpr int exit_code = 74;

    /// `action` reads after "cannot": "open", "write". `number` is an errno.
    IoError(const std::filesystem::path& path, const std::string& action, int number)
        : FormatError(path.string() + ": cannot " + action + ": " +
                      std::generic_category().message(number)),
          number_(number) {}

    int number() const { return number_; }

  private:
    int number_;
};

}  // namespace formats
