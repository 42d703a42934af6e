// YAML text to values, from yaml-cpp's events: only these give the place of every scalar, and let
// duplicate keys, alias bombs and deep nests be refused before they are built.
#include "graph/yaml.hpp"

#include "graph/document.hpp"
#include "graph/yaml_errors.hpp"

#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace graph {

namespace {

constexpr size_t max_bytes = size_t{1} << 20;
constexpr size_t max_depth = 50;
constexpr size_t max_values = 100'000;

/// Counts columns in characters, where yaml-cpp counts bytes.
class Places {
  public:
    Places(std::string_view text, const std::string& file)
        : text_(text), file_(std::make_shared<const std::string>(file)) {
        for (size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') lines_.push_back(i + 1);
    }

    Place at(const YAML::Mark& mark) {
        if (mark.is_null()) return {file_, 0, 0};
        return at(static_cast<size_t>(mark.line), static_cast<size_t>(mark.column));
    }
    Place at_byte(size_t byte) {
        const auto next = std::upper_bound(lines_.begin(), lines_.end(), byte);
        return at(static_cast<size_t>(next - lines_.begin()) - 1, byte - *(next - 1));
    }
    size_t byte(const YAML::Mark& mark) const {
        return lines_.at(static_cast<size_t>(mark.line)) + static_cast<size_t>(mark.column);
    }
    std::string_view line(int number) const {
        const size_t begin = lines_.at(static_cast<size_t>(number) - 1);
        return text_.substr(begin, text_.find('\n', begin) - begin);
    }

  private:
    Place at(size_t line, size_t column) {
        if (line != line_ || column < column_) {  // go on from the last place: lines may be long
            line_ = line;
            column_ = characters_ = 0;
        }
        const size_t begin = line < lines_.size() ? lines_[line] : text_.size();
        for (; column_ < column; ++column_) {
            const bool inside = begin + column_ < text_.size() &&
                                (static_cast<unsigned char>(text_[begin + column_]) & 0xC0) == 0x80;
            if (!inside) ++characters_;
        }
        return {file_, static_cast<int>(line) + 1, static_cast<int>(characters_) + 1};
    }

    std::string_view text_;
    std::shared_ptr<const std::string> file_;
    std::vector<size_t> lines_ = {0};
    size_t line_ = 0, column_ = 0, characters_ = 0;
};

/// Long texts count as several values: a copy takes as much memory.
size_t count(const Value& value) {
    constexpr size_t bytes_of_one = 100;
    size_t values = 1 + value.text.size() / bytes_of_one;
    for (const auto& item : value.items) values += count(item);
    for (const auto& entry : value.entries) values += count(entry.first) + count(entry.second);
    return values;
}

/// What we do not take, though it is YAML.
struct Refused : YAML::Exception {
    using YAML::Exception::Exception;
};

/// Builds the value as the events come. What makes the rest meaningless is thrown.
class Builder : public YAML::EventHandler {
  public:
    Builder(Places& places, Errors& errors) : places_(places), errors_(errors) {}

    Value take() { return std::move(root_); }
    /// The innermost '{' or '[' that is not closed yet.
    std::optional<YAML::Mark> open_bracket() const {
        if (open_.empty() || !open_.back().flow) return {};
        return open_.back().mark;
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1)
            fail(mark, "a second document ('---'); a file holds one: put it into its own");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Value value = make(Value::Kind::null, mark);
        // Where nothing is written, yaml-cpp gives the place of what comes next.
        if (!open_.empty() && open_.back().key && open_.back().key->place.line != value.place.line)
            value.place = open_.back().key->place;
        add(std::move(value), anchor, mark);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end())
            fail(mark, "an alias within the value that it stands for; write it out");
        spend(count(found->second), mark);
        add(found->second, 0, mark);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        Value value = make(Value::Kind::scalar, mark);
        value.text = text;
        value.quoted = tag == "!";
        refuse(tag, value.place);
        if (!value.quoted && has_typographic_quotes(text))
            errors_.add(value.place,
                        fmt::format("{}: typographic quotes; write \"...\" or nothing", text));
        add(std::move(value), anchor, mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        open(Value::Kind::list, mark, tag, anchor, style);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        open(Value::Kind::map, mark, tag, anchor, style);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

  private:
    struct Open {
        Value value;
        YAML::anchor_t anchor = 0;
        YAML::Mark mark;
        bool flow = false;                // within { } or [ ]
        std::optional<Value> key;         // waits for its value
        std::map<std::string, int> keys;  // and their lines
    };

    [[noreturn]] static void fail(const YAML::Mark& mark, const std::string& message) {
        throw Refused(mark, message);
    }
    void spend(size_t values, const YAML::Mark& mark) {
        values_ += values;
        if (values_ > max_values)
            fail(mark, fmt::format("more than {} values, aliases filled in; this is no pipeline",
                                   max_values));
    }
    void refuse(const std::string& tag, const Place& place) {
        if (tag.size() > 1) errors_.add(place, "the tag '" + tag + "' is not supported; remove it");
    }
    Value make(Value::Kind kind, const YAML::Mark& mark) {
        spend(1, mark);
        Value value;
        value.kind = kind;
        value.place = places_.at(mark);
        return value;
    }
    void open(Value::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
        if (open_.size() == max_depth)
            fail(mark, fmt::format("nested more than {} deep; this is no pipeline", max_depth));
        Open opened;
        opened.value = make(kind, mark);
        opened.anchor = anchor;
        opened.mark = mark;
        opened.flow = style == YAML::EmitterStyle::Flow;
        refuse(tag, opened.value.place);
        open_.push_back(std::move(opened));
    }
    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        add(std::move(closed.value), closed.anchor, closed.mark);
    }
    void add(Value value, YAML::anchor_t anchor, const YAML::Mark& mark) {
        if (anchor != 0) {  // a copy, and one within another's if they are nested
            spend(count(value), mark);
            anchors_[anchor] = value;
        }
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (Open& parent = open_.back(); parent.value.kind == Value::Kind::list) {
            parent.value.items.push_back(std::move(value));
        } else if (!parent.key) {
            if (value.kind != Value::Kind::scalar) fail(mark, "a key must be a name");
            parent.key = std::move(value);
        } else {
            add_entry(parent, std::move(value));
        }
    }
    void add_entry(Open& parent, Value value) {
        const Value key = *std::exchange(parent.key, std::nullopt);
        const auto [first, fresh] = parent.keys.emplace(key.text, key.place.line);
        if (key.text == "<<" && !key.quoted) {
            errors_.add(key.place,
                        "merge keys ('<<') are not supported; write the options out, or use "
                        "'include'");
            // As if they were, so that what is missing now is not reported as well.
            for (auto& entry : value.entries)
                if (!parent.keys.contains(entry.first.text))
                    parent.value.entries.push_back(std::move(entry));
        } else if (!fresh)
            errors_.add(key.place,
                        fmt::format("duplicate key '{}'; it is already on line {}: remove or "
                                    "rename one",
                                    key.text, first->second));
        else
            parent.value.entries.emplace_back(key, std::move(value));
    }

    Places& places_;
    Errors& errors_;
    Value root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Value> anchors_;
    size_t values_ = 0;
    int documents_ = 0;
};

}  // namespace

size_t find_bad_byte(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const auto byte = [&](size_t at) -> unsigned {
            return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
        };
        const unsigned first = byte(i);
        const bool control = (first < 0x20 && first != '\t' && first != '\n' && first != '\r');
        size_t length = 1;
        if (first >= 0xC2 && first < 0xE0) length = 2;
        if (first >= 0xE0 && first < 0xF0) length = 3;
        if (first >= 0xF0 && first < 0xF5) length = 4;
        bool good = !control && first != 0x7F && (first < 0x80 || length > 1);
        for (size_t k = 1; k < length; ++k) good = good && (byte(i + k) & 0xC0) == 0x80;
        // Longer than need be, surrogates, beyond U+10FFFF.
        const unsigned second = byte(i + 1);
        good = good && !(first == 0xE0 && second < 0xA0) && !(first == 0xED && second >= 0xA0) &&
               !(first == 0xF0 && second < 0x90) && !(first == 0xF4 && second >= 0x90);
        if (!good) return i;
        i += length;
    }
    return std::string_view::npos;
}

Value parse_yaml(const std::string& given, const std::string& file, Errors& errors) {
    std::string_view text = given;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    Places places(text, file);
    if (text.size() > max_bytes) {
        errors.add(places.at(YAML::Mark::null_mark()),
                   fmt::format("larger than {} KiB; this is no pipeline", max_bytes >> 10));
        return {};
    }
    if (const size_t bad = find_bad_byte(text); bad != std::string_view::npos) {
        errors.add(places.at_byte(bad),
                   fmt::format("the byte 0x{:02X} is not of UTF-8 text; save the file as UTF-8",
                               static_cast<unsigned char>(text[bad])));
        return {};
    }
    if (const auto bad = find_bad_indentation(text)) {
        errors.add(places.at_byte(bad->at), bad->why);
        return {};
    }
    std::istringstream stream{std::string(text)};
    Builder builder(places, errors);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Refused& refused) {
        errors.add(places.at(refused.mark), refused.msg);
        return {};
    } catch (const YAML::Exception& error) {
        const Place place = places.at(error.mark);
        const std::string why = "not valid YAML: " + explain_yaml_error(error.msg);
        const size_t quote = find_open_quote(text);
        const auto bracket = builder.open_bracket();
        if (place.line > 0 && places.line(place.line).find("${") != std::string_view::npos)
            errors.add(place, "within { } and [ ] a variable needs quotes: \"${...}\"");
        else if (quote != std::string_view::npos &&
                 places.at_byte(quote).line <= std::max(place.line, 1))
            errors.add(places.at_byte(quote), "not valid YAML: this quote is not closed");
        else if (bracket && places.at(*bracket).line < place.line)
            errors.add(places.at(*bracket),
                       fmt::format("not valid YAML: this '{}' is not closed, or a ',' is missing "
                                   "before line {}",
                                   text[places.byte(*bracket)], place.line));
        else
            errors.add(place, why);
        return {};
    }
}

}  // namespace graph
