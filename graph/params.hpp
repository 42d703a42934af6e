// The one declaration of a parameter: name, member, range or choices, doc. The default is the
// member's own initialiser. Validation, `describe`, the schema and the reference all loop over it.
// Models declare their parameters with this header too; it knows nothing of the engine.
#pragma once

#include "graph/value.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

namespace graph {

/// Both ends belong to the range.
struct Range {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
};
struct Choice {
    std::vector<std::string> values;
};

struct Param;

/// One of several kinds of object, chosen by `type:`, such as an optimizer.
struct Alternative {
    std::string name;
    std::string doc;
    std::vector<Param> params;
};

struct Param {
    std::string name;
    std::string type;  // "integer", "number", "boolean", "string", "path", "list of ...", "map of
                       // ...", "object"
    std::string doc;
    std::string fallback;  // the default as YAML text
    bool required = false;
    std::optional<Range> range;
    std::vector<std::string> choices;
    std::vector<Param> fields;                               // of an object
    std::function<std::vector<Alternative>()> alternatives;  // of an object with `type:`
    std::function<void(const Param& self, void* object, const Value&, Errors&)> set;
    std::function<std::string(const void* object)> get;  // the present value as YAML text
};

/// What its values must be: "between 1 and 100", "one of flip, rotate"; "" if anything goes.
std::string limits(const Param& param);

/// Sets the fields of `object` from a map, adding an error for each key or value that is wrong.
/// `what` names the owner in messages: "unknown option 'heigth' of resize; did you mean 'height'?"
void set_params(const std::vector<Param>& params, void* object, const Value& value,
                const std::string& what, Errors& errors);

/// The present values as one YAML flow map, "{width: 128, height: 128}": set_params reads it back.
std::string dump_params(const std::vector<Param>& params, const void* object);

namespace detail {

std::string quote(const std::string& text);  // as a YAML scalar, quoted where YAML needs it
/// "'size' must be of type integer, not 'two'", and what is nearest to right.
void add_wrong_type(const Param&, const std::string& type, const Value&, Errors&);
void check_range(const Param&, double value, const Value&, Errors&);
void check_choice(const Param&, const Value&, Errors&);
bool parse(const Value&, bool&);
bool parse(const Value&, int64_t&);
bool parse(const Value&, double&);

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};

template <class T>
std::string type_name() {
    if constexpr (std::is_same_v<T, bool>)
        return "boolean";
    else if constexpr (std::is_integral_v<T>)
        return "integer";
    else if constexpr (std::is_floating_point_v<T>)
        return "number";
    else if constexpr (std::is_same_v<T, std::filesystem::path>)
        return "path";
    else if constexpr (is_vector<T>::value)
        return "list of " + type_name<typename T::value_type>();
    else if constexpr (is_map<T>::value)
        return "map of " + type_name<typename T::mapped_type>();
    else
        return "string";
}

template <class T>
std::string show(const T& value) {
    if constexpr (std::is_same_v<T, bool>)
        return value ? "true" : "false";
    else if constexpr (std::is_arithmetic_v<T>)
        return fmt::format("{}", value);
    else if constexpr (std::is_same_v<T, std::filesystem::path>)
        return quote(value.string());
    else if constexpr (is_vector<T>::value) {
        std::string text = "[";
        for (const auto& item : value) text += (text.size() > 1 ? ", " : "") + show(item);
        return text + "]";
    } else if constexpr (is_map<T>::value) {
        std::string text = "{";
        for (const auto& [key, item] : value)
            text += (text.size() > 1 ? ", " : "") + quote(key) + ": " + show(item);
        return text + "}";
    } else
        return quote(value);
}

template <class T>
void read(const Param& param, const Value& value, T& into, Errors& errors) {
    auto wrong = [&](const std::string& type) { add_wrong_type(param, type, value, errors); };
    if constexpr (is_vector<T>::value) {
        if (value.kind != Value::Kind::list) return wrong(type_name<T>());
        into.clear();
        for (const auto& item : value.items) read(param, item, into.emplace_back(), errors);
    } else if constexpr (is_map<T>::value) {
        if (value.kind != Value::Kind::map) return wrong(type_name<T>());
        into.clear();
        for (const auto& [key, item] : value.entries) read(param, item, into[key.text], errors);
    } else if constexpr (std::is_arithmetic_v<T>) {
        using Wide = std::conditional_t<std::is_same_v<T, bool>, bool,
                                        std::conditional_t<std::is_integral_v<T>, int64_t, double>>;
        Wide wide{};
        if (!parse(value, wide)) return wrong(type_name<T>());
        if constexpr (!std::is_same_v<T, bool>) {
            Range fits{static_cast<double>(std::numeric_limits<T>::lowest()),
                       static_cast<double>(std::numeric_limits<T>::max())};
            if (!(static_cast<double>(wide) >= fits.min && static_cast<double>(wide) <= fits.max))
                return errors.add(value.place,
                                  fmt::format("'{}' is too large: {}", param.name, value.text));
            check_range(param, static_cast<double>(wide), value, errors);
        }
        into = static_cast<T>(wide);
    } else {
        if (value.kind != Value::Kind::scalar) return wrong(type_name<T>());
        check_choice(param, value, errors);
        into = value.text;
    }
}

}  // namespace detail

template <class S, class T>
Param param(std::string name, T S::*member, std::string doc) {
    Param p;
    p.name = std::move(name);
    p.type = detail::type_name<T>();
    p.doc = std::move(doc);
    p.get = [member](const void* object) {
        return detail::show(static_cast<const S*>(object)->*member);
    };
    p.set = [member](const Param& self, void* object, const Value& value, Errors& errors) {
        detail::read(self, value, static_cast<S*>(object)->*member, errors);
    };
    const S defaults{};
    p.fallback = p.get(&defaults);
    return p;
}

/// For a list or map the range holds for each of its values.
template <class S, class T>
Param param(std::string name, T S::*member, Range range, std::string doc) {
    Param p = param(std::move(name), member, std::move(doc));
    p.range = range;
    return p;
}

template <class S, class T>
Param param(std::string name, T S::*member, Choice choice, std::string doc) {
    Param p = param(std::move(name), member, std::move(doc));
    p.choices = std::move(choice.values);
    return p;
}

/// Has no default: leaving it out is an error.
inline Param required(Param p) {
    p.required = true;
    return p;
}

/// A nested object with parameters of its own: `augment: {flip: both}`.
template <class S, class T>
Param group(std::string name, T S::*member, std::vector<Param> fields, std::string doc) {
    Param p;
    p.name = std::move(name);
    p.type = "object";
    p.doc = std::move(doc);
    p.fields = std::move(fields);
    p.get = [member, fields = p.fields](const void* object) {
        return dump_params(fields, &(static_cast<const S*>(object)->*member));
    };
    p.set = [member](const Param& self, void* object, const Value& value, Errors& errors) {
        set_params(self.fields, &(static_cast<S*>(object)->*member), value, self.name, errors);
    };
    const S defaults{};
    p.fallback = p.get(&defaults);
    return p;
}

/// The kinds of a Base that there are: each a struct that derives from Base, holds its options and
/// registers itself beside its definition, as nodes do.
///
///     struct Adam : Optimizer { float rate = 0.001f; ... };
///     const graph::Kinds<Optimizer>::Add<Adam> adam{"adam", "doc", {param("rate", &Adam::rate,
///     ...)}};
template <class Base>
class Kinds {
  public:
    struct Kind {
        Alternative description;
        std::function<std::shared_ptr<Base>()> make;
    };
    static std::map<std::string, Kind>& all() {
        static std::map<std::string, Kind> kinds;
        return kinds;
    }
    template <class S>
    struct Add {
        Add(const std::string& name, std::string doc, std::vector<Param> params) {
            all()[name] = {{name, std::move(doc), std::move(params)},
                           [] { return std::make_shared<S>(); }};
        }
    };
};

/// One of the kinds of Base, with its options: the value of an object parameter with `type:`.
template <class Base>
class Selected {
  public:
    Selected() = default;
    explicit Selected(std::string type) : type_(std::move(type)) {}

    const std::string& type() const { return type_; }
    std::shared_ptr<const Base> operator->() const { return object(); }
    std::shared_ptr<const Base> object() const {  // the kind's defaults, if no options were set
        return object_ ? object_ : Kinds<Base>::all().at(type_).make();
    }

    /// "{type: adam, rate: 0.005}": what set() reads back.
    std::string text() const {
        auto kind = Kinds<Base>::all().find(type_);
        if (kind == Kinds<Base>::all().end()) return "{type: " + type_ + "}";  // not registered yet
        const auto own = object();
        const std::string fields = dump_params(kind->second.description.params, pointer(own));
        return "{type: " + type_ + (fields == "{}" ? "" : ", ") + fields.substr(1);
    }

    void set(const Value& value, const std::string& what, Errors& errors) {
        std::vector<std::string> names;
        for (const auto& [name, kind] : Kinds<Base>::all()) names.push_back(name);
        Value options = value;
        if (value.kind == Value::Kind::scalar) {  // `optimizer: adam` for `optimizer: {type: adam}`
            type_ = value.text;
            options.kind = Value::Kind::map;
        } else if (const Value* type = value.find("type")) {
            type_ = type->text;
        } else if (value.kind != Value::Kind::map) {
            return errors.add(value.place, "'" + what + "' must be of type object");
        }
        std::erase_if(options.entries,
                      [](const auto& entry) { return entry.first.text == "type"; });
        auto kind = Kinds<Base>::all().find(type_);
        if (kind == Kinds<Base>::all().end()) {
            const Value* type = value.find("type");
            return errors.add(type ? type->place : value.place,
                              fmt::format("unknown {} '{}'; there are {}{}", what, type_,
                                          fmt::join(names, ", "), did_you_mean(type_, names)));
        }
        auto made = kind->second.make();
        set_params(kind->second.description.params, pointer(made), options, what + " " + type_,
                   errors);
        object_ = std::move(made);
    }

  private:
    // Options are members of the derived struct, whose address is that of the most derived object.
    static void* pointer(const std::shared_ptr<Base>& object) {
        return dynamic_cast<void*>(object.get());
    }
    static const void* pointer(const std::shared_ptr<const Base>& object) {
        return dynamic_cast<const void*>(object.get());
    }

    std::string type_;
    std::shared_ptr<const Base> object_;
};

/// An object chosen by `type:`, such as `model: {type: gan, width: 60}`.
template <class S, class Base>
Param kind(std::string name, Selected<Base> S::*member, std::string doc) {
    Param p;
    p.name = std::move(name);
    p.type = "object";
    p.doc = std::move(doc);
    p.alternatives = [] {
        std::vector<Alternative> list;
        for (const auto& [key, kind] : Kinds<Base>::all()) list.push_back(kind.description);
        return list;
    };
    p.get = [member](const void* object) {
        return (static_cast<const S*>(object)->*member).text();
    };
    p.set = [member](const Param& self, void* object, const Value& value, Errors& errors) {
        (static_cast<S*>(object)->*member).set(value, self.name, errors);
    };
    p.fallback = "{type: " + (S{}.*member).type() + "}";
    return p;
}

}  // namespace graph
