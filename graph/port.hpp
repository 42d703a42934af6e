// What goes into a node and comes out of it: the ports that links connect, and the shapes of images
// and latents that are known before a run.
#pragma once

#include <cstdint>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

namespace graph {

/// How often a port's messages come. `same`: as on the node's first input.
enum class Clock { item, batch, epoch, same };
const char* name(Clock clock);

/// The name that users see for a message type; specialised beside each type: nodes/types.hpp.
template <class T>
inline constexpr const char* port_type = nullptr;

struct Port {
    std::string name;
    std::string doc;
    std::string type;
    std::type_index id;
    Clock clock = Clock::item;
    bool optional = false;  // need not be linked
    bool many = false;      // takes a list of links; their messages come one by one, as they arrive
    int limit = 0;          // how many of an output's messages may be alive at once; 0: no limit
};

template <class T>
Port port(Clock clock, std::string name, std::string doc) {
    static_assert(port_type<T> != nullptr, "give the type a name: specialise graph::port_type");
    return {std::move(name), std::move(doc), port_type<T>, typeid(T), clock};
}
inline Port optional(Port port) {
    port.optional = true;
    return port;
}
inline Port many(Port port) {
    port.many = true;
    return port;
}
/// The node is not fed while `limit` messages of this output are alive.
inline Port limited(int limit, Port port) {
    port.limit = limit;
    return port;
}

/// Channels, height, width (or as the type says); -1 where it is not known before the run. Empty:
/// nothing is known.
using Shape = std::vector<int64_t>;
std::string text(const Shape& shape);  // "1x128x128", "?" for what is not known

}  // namespace graph
