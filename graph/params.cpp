// Reads parameters from YAML values and writes them back, whatever struct they belong to.
#include "graph/params.hpp"

#include <charconv>
#include <cstdlib>
#include <set>

namespace graph {

std::string limits(const Param& param) {
    if (!param.choices.empty()) return fmt::format("one of {}", fmt::join(param.choices, ", "));
    if (!param.range) return "";
    const auto [min, max] = *param.range;
    if (std::isinf(max)) return std::isinf(min) ? "" : fmt::format("at least {}", min);
    if (std::isinf(min)) return fmt::format("at most {}", max);
    return fmt::format("between {} and {}", min, max);
}

namespace detail {

bool parse(const Value& value, bool& into) {
    if (value.kind != Value::Kind::scalar || value.quoted) return false;
    if (value.text != "true" && value.text != "false") return false;
    into = value.text == "true";
    return true;
}

template <class T>
static bool parse_number(const Value& value, T& into) {
    if (value.kind != Value::Kind::scalar || value.quoted || value.text.empty()) return false;
    const char* begin = value.text.data() + (value.text[0] == '+');
    const char* end = value.text.data() + value.text.size();
    const auto result = std::from_chars(begin, end, into);
    return result.ec == std::errc() && result.ptr == end;
}

bool parse(const Value& value, int64_t& into) { return parse_number(value, into); }

bool parse(const Value& value, double& into) {
    return parse_number(value, into) && std::isfinite(into);
}

std::string quote(const std::string& text) {
    // Plain only where no YAML reader could take it for anything else.
    static const std::set<std::string> words = {"true", "false", "null", "yes", "no", "on",
                                                "off",  "y",     "n",    "nan", "inf"};
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool plain =
        !text.empty() && !words.contains(lower) &&
        (std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '/' || text[0] == '_') &&
        text.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            "_-./+") == std::string::npos;
    if (plain) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        if (c == '\n')
            quoted += "\\n";
        else if (c == '\t')
            quoted += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            quoted += fmt::format("\\x{:02X}", c);
        else
            quoted += c;
    }
    return quoted + "\"";
}

namespace {

/// What would be right in place of a scalar; "" if there is no telling.
std::string remedy(const std::string& type, const Value& value) {
    const std::string& text = value.text;
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    Value plain = value;
    plain.quoted = false;
    double number = 0;
    const bool is_number = parse(plain, number);
    if (type == "boolean") {
        if (value.quoted && (text == "true" || text == "false")) return "; write it without quotes";
        for (const char* word : {"true", "yes", "on", "y", "1"})
            if (lower == word) return "; write true";
        for (const char* word : {"false", "no", "off", "n", "0"})
            if (lower == word) return "; write false";
        return "; write true or false";
    }
    if ((type == "integer" || type == "number") && is_number) {
        if (value.quoted) return "; a number is written without quotes";
        if (number != std::floor(number)) return "; write a whole number";
        return std::abs(number) > 9e18 ? "; it is too large"
                                       : fmt::format("; write {:.0f}", number);
    }
    if (type == "integer" || type == "number") {
        const size_t sign = lower.find_first_not_of("+-.");
        const std::string word = sign == std::string::npos ? "" : lower.substr(sign);
        if (word == "nan" || word == "inf" || word == "infinity") return "; it must be finite";
        char* end = nullptr;
        const double nearest = std::strtod(text.c_str(), &end);
        if (!text.empty() && end == text.data() + text.size() && nearest == 0)
            return "; it is too small";
        if (std::isinf(nearest)) return "; it is too large";
        const size_t digits = text.find_first_not_of("0123456789.");
        if (digits != 0 && digits != std::string::npos)
            return fmt::format("; write {}", text.substr(0, digits));
    }
    if (type.starts_with("list of ")) {
        std::string items;
        for (const char c : text)
            if (c != ' ' && c != ',')
                items += c;
            else if (!items.ends_with(", "))
                items += ", ";
        return fmt::format("; write [{}]", items);
    }
    return "";
}

}  // namespace

void add_wrong_type(const Param& param, const std::string& type, const Value& value,
                    Errors& errors) {
    std::string given;
    switch (value.kind) {
        case Value::Kind::null:
            given = ", but it has no value";
            break;
        case Value::Kind::scalar:
            given = fmt::format(", not '{}'{}", value.text, remedy(type, value));
            break;
        case Value::Kind::list:
            given = ", not a list";
            break;
        case Value::Kind::map:
            given = ", not a map";
            break;
    }
    // "integer or auto" says more than "integer".
    const std::string& full = param.type.starts_with(type + " or ") ? param.type : type;
    errors.add(value.place, fmt::format("'{}' must be of type {}{}", param.name, full, given));
}

void check_range(const Param& param, double number, const Value& value, Errors& errors) {
    if (!param.range || (number >= param.range->min && number <= param.range->max)) return;
    errors.add(value.place,
               fmt::format("'{}' must be {}, not {}", param.name, limits(param), value.text));
}

void check_choice(const Param& param, const Value& value, Errors& errors) {
    const auto& choices = param.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), value.text) != choices.end())
        return;
    errors.add(value.place, fmt::format("'{}' must be {}, not '{}'{}", param.name, limits(param),
                                        value.text, did_you_mean(value.text, choices)));
}

}  // namespace detail

void set_params(const std::vector<Param>& params, void* object, const Value& value,
                const std::string& what, Errors& errors) {
    if (value.kind != Value::Kind::map && value.kind != Value::Kind::null)
        return errors.add(value.place,
                          "the options of " + what + " must be a map: {name: value, ...}");
    std::vector<std::string> names;
    names.reserve(params.size());
    for (const auto& param : params) names.push_back(param.name);
    std::set<std::string> given;
    for (const auto& [key, option] : value.entries) {
        auto param = std::find_if(params.begin(), params.end(),
                                  [&name = key.text](const Param& p) { return p.name == name; });
        if (param == params.end()) {
            const std::string meant = key.text.substr(0, key.text.find(':'));
            if (meant != key.text && std::find(names.begin(), names.end(), meant) != names.end()) {
                errors.add(key.place, fmt::format("'{}': put a space after the ':'", key.text));
                given.insert(meant);
                continue;
            }
            std::string remedy = did_you_mean(key.text, names);
            if (remedy.empty() && names.size() <= 12 && !names.empty())
                remedy = fmt::format("; there are {}", fmt::join(names, ", "));
            errors.add(key.place,
                       fmt::format("unknown option '{}' of {}{}", key.text, what, remedy));
            continue;
        }
        given.insert(key.text);
        param->set(*param, object, option, errors);
    }
    for (const auto& param : params)
        if (param.required && !given.contains(param.name))
            errors.add(value.place, fmt::format("option '{}' of {} is missing: {}", param.name,
                                                what, param.doc));
}

std::string dump_params(const std::vector<Param>& params, const void* object) {
    std::string text = "{";
    for (const auto& param : params)
        text += (text.size() > 1 ? ", " : "") + param.name + ": " + param.get(object);
    return text + "}";
}

}  // namespace graph
