// What all codec nodes promise: a stream for each setting that decodes to the image, and options
// that change the bytes.
#pragma once

#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

#include <string>
#include <vector>

inline nodes::CodedImage code(const std::string& node, const std::string& options,
                              const formats::Image& image) {
    Runner runner(node, options);
    return runner.map<formats::Image, nodes::CodedImage>("image", image, "coded");
}

inline formats::Image sixteen_bit_ramp() {
    formats::Image image = ramp(40, 30);
    image.type = formats::SampleType::u16;
    return image;
}

inline void expect_a_stream_for_each(const std::vector<double>& settings, const std::string& codec,
                                     const nodes::CodedImage& coded) {
    EXPECT_EQ(coded.codec, codec);
    EXPECT_EQ(coded.original->path, "a.tif");
    ASSERT_EQ(coded.streams.size(), settings.size());
    for (size_t i = 0; i < settings.size(); ++i) {
        EXPECT_EQ(coded.streams[i].setting, settings[i]);
        EXPECT_GT(coded.streams[i].encode_seconds, 0);
        const formats::Image back = coded.decode(coded.streams[i].bytes);
        EXPECT_EQ(back.width, 40);
        EXPECT_EQ(back.height, 30);
        for (size_t k = 0; k < back.samples.size(); ++k)
            ASSERT_NEAR(back.samples[k], coded.original->samples[k], 0.25);
    }
    EXPECT_NE(coded.streams.front().bytes.size(), coded.streams.back().bytes.size());
}

/// The last stream of the one is not the first of the other.
inline void expect_other_bytes(const std::string& node, const std::string& options,
                               const std::string& others) {
    const auto first = code(node, options, ramp(40, 30));
    const auto second = code(node, others, ramp(40, 30));
    EXPECT_NE(first.streams.back().bytes, second.streams.front().bytes);
}
