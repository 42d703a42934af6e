// Frames for tests of the nodes that read, write and code them.
#pragma once

#include "nodes/frame.hpp"
#include "tests/nodes/runner.hpp"

#include <fstream>
#include <set>

/// Pages of 8 bits, exact values, and a description.
inline formats::Frame make_frame(const std::string& path, size_t pages = 2) {
    auto page = ramp(64, 64, path);
    for (float& sample : page.samples) sample = std::round(sample * 255) / 255;
    formats::Frame frame{std::vector<formats::Image>(pages, page), {}};
    frame.tags[270] = {std::byte{'h'}, std::byte{'i'}};
    for (size_t i = 0; i < pages; ++i) frame.pages[i].page = static_cast<int>(i);
    return frame;
}

inline std::vector<std::byte> file_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

inline std::set<std::string> names_in(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename());
    return names;
}

/// Runs `body` with another working folder.
template <class Body>
void within(const std::filesystem::path& folder, Body body) {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder);
    body();
    std::filesystem::current_path(before);
}
