// The messages between files, frames and streams.
#pragma once

#include "formats/frame.hpp"
#include "graph/node.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace nodes {

/// A coded frame (formats/stream.hpp).
struct EncodedFrame {
    std::vector<std::byte> bytes;
    std::string path;  // of the file that it was read from: of the frame, or of the stream
};

/// Whether a file of one is as good as a file of the other.
inline bool same_content(const formats::Frame& one, const formats::Frame& other) {
    return one.tags == other.tags &&
           std::ranges::equal(one.pages, other.pages, [](const auto& a, const auto& b) {
               return a.type == b.type && a.width == b.width && a.height == b.height &&
                      a.channels == b.channels && a.samples == b.samples;
           });
}

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<formats::Frame> = "frame";
template <>
inline constexpr const char* port_type<nodes::EncodedFrame> = "stream";
}  // namespace graph
