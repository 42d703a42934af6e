// A parameter that is kept as it was written, to be read later, once it is known what it must be.
#pragma once

#include "graph/params.hpp"

#include <string>
#include <utility>

namespace graph {

template <class S>
Param raw_param(std::string name, Value S::*member, std::string doc) {
    Param p;
    p.name = std::move(name);
    p.type = "any";
    p.doc = std::move(doc);
    p.set = [member](const Param&, void* object, const Value& value, Errors&) {
        static_cast<S*>(object)->*member = value;
    };
    return p;
}

}  // namespace graph
