// The messages between files, frames and streams.
#pragma once

#include "formats/frame.hpp"
#include "graph/node.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace nodes {

/// A coded frame (formats/stream.hpp).
struct EncodedFrame {
    std::vector<std::byte> bytes;
    std::string path;  // of the file that it was read from: of the frame, or of the stream
};

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<formats::Frame> = "frame";
template <>
inline constexpr const char* port_type<nodes::EncodedFrame> = "stream";
}  // namespace graph
