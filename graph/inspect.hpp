// What a pipeline's own tests can ask of a message, and how they can make one. The engine knows no
// images: whoever knows a type registers this beside it, and plugins do so for types of theirs.
#pragma once

#include "graph/node.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

namespace graph {

/// By name: numbers, texts and lists of numbers, as YAML has them.
using Facts = std::map<std::string, Value>;
Value fact(double number);
Value fact(const std::string& text);
Value fact(const std::vector<int64_t>& numbers);

/// How to look at the messages of one type.
struct Inspector {
    std::vector<std::string> names;  // of the facts; none: the messages themselves decide
    std::function<Facts(const Call& call, std::string_view port)> look;
};
std::map<std::type_index, Inspector>& inspectors();

template <class T>
struct Inspect {
    Inspect(std::vector<std::string> names, Facts (*look)(const T&)) {
        inspectors()[typeid(T)] = {
            std::move(names),
            [look](const Call& call, std::string_view port) { return look(call.input<T>(port)); }};
    }
};

/// How to make a message of one type from what a test says of it: options, of which the first
/// stands for all where a test says no more than one text.
struct Feeder {
    std::string type;  // as users see it
    std::vector<Param> params;
    std::function<std::shared_ptr<void>()> make_params;
    std::function<void(const void* params, Call& call, std::string_view port)> feed;
};
std::map<std::type_index, Feeder>& feeders();

template <class T, class P>
struct Feed {
    Feed(std::vector<Param> params, T (*make)(const P&, const Call&)) {
        feeders()[typeid(T)] = {port_type<T>, std::move(params),
                                [] { return std::make_shared<P>(); },
                                [make](const void* given, Call& call, std::string_view port) {
                                    call.emit<T>(port, make(*static_cast<const P*>(given), call));
                                }};
    }
};

}  // namespace graph
