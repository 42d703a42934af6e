// A small frozen codec and its file, for the nodes that need one.
#pragma once

#include "nodes/codec.hpp"
#include "nodes/frame.hpp"
#include "tests/models/frozen.hpp"
#include "tests/nodes/runner.hpp"

#include <filesystem>
#include <string>

inline const nodes::Codec& small_codec() {
    static const nodes::Codec codec = [] {
        nodes::Codec made;
        made.frozen = models::small_codec();
        made.name = "small";
        made.architecture = "{type: hyperprior, width: 8, latent_channels: 6, qualities: 3}";
        made.about = "waves";
        made.digest = nodes::codec_digest(*made.frozen);
        return made;
    }();
    return codec;
}

inline std::string codec_file(const Scratch& folder, bool generative = false) {
    nodes::Codec codec = small_codec();
    codec.generative = generative;
    const auto file = folder / (generative ? "generative.h5" : "codec.h5");
    write_codec(file, codec);
    return file.string();
}

/// Pages of waves, in whole grey levels of their type.
inline formats::Frame wave_frame(int width, int height, int channels = 1, int pages = 1,
                                 formats::SampleType type = formats::SampleType::u8) {
    formats::Frame frame;
    const float levels = type == formats::SampleType::u8 ? 255.0F : 65535.0F;
    const float top = type == formats::SampleType::u8 ? 1.0F : 0.1F;
    for (int page = 0; page < pages; ++page) {
        formats::Image& image = frame.pages.emplace_back();
        image.width = width;
        image.height = height;
        image.channels = channels;
        image.type = type;
        image.path = "a.tif";
        image.page = page;
        for (int c = 0; c < channels; ++c)
            for (const float value : models::waves(height, width, page + c).values)
                image.samples.push_back(std::round(value * top * levels) / levels);
    }
    return frame;
}
