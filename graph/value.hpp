// A parsed YAML value that remembers where it was written, so that every error has a place.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace graph {

/// Where something was written: a file (or "-p", "--set"), line and column from 1; line 0: no line.
struct Place {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;

    std::string text() const;  // "train.yaml:9:52"
};

struct Value {
    enum class Kind { null, scalar, list, map };
    struct Entry;  // key and value

    Kind kind = Kind::null;
    std::string text;     // of a scalar
    bool quoted = false;  // "7" is a string, 7 is a number
    std::vector<Value> items;
    std::vector<Entry> entries;  // of a map, in the order written
    Place place;

    const Value* find(const std::string& key) const;
    Value* find(const std::string& key);
};

struct Value::Entry {
    Value first, second;

    Entry(Value key, Value value) : first(std::move(key)), second(std::move(value)) {}
};

/// Errors are collected, so that all of a file's are reported at once.
class Errors {
  public:
    struct Error {
        Place place;
        std::string message;
    };

    void add(const Place& place, std::string message) {
        errors_.push_back({place, std::move(message)});
    }
    bool empty() const { return errors_.empty(); }
    size_t size() const { return errors_.size(); }
    const std::vector<Error>& all() const { return errors_; }
    std::string text() const;  // one line each, sorted by place

  private:
    std::vector<Error> errors_;
};

/// The configuration is wrong; what() holds one line per error. Exit code 78.
class ConfigurationError : public std::exception {
  public:
    explicit ConfigurationError(const Errors& errors) : text_(errors.text()) {}
    explicit ConfigurationError(std::string text) : text_(std::move(text)) {}
    const char* what() const noexcept override { return text_.c_str(); }

  private:
    std::string text_;
};

/// "; did you mean 'height'?" if one of the names is near to the one given, else "".
std::string did_you_mean(const std::string& given, const std::vector<std::string>& names);

}  // namespace graph
