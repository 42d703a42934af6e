// The options of nodes that read and write TIFF files, declared once.
#pragma once

#include "formats/tiff_reader.hpp"
#include "formats/tiff_writer.hpp"
#include "graph/params.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nodes {

struct TiffReading {
    std::string colour = "refuse";
    int64_t max_samples = int64_t{1} << 28;
    double max_ratio = 1000;
    int max_pages = 1000;

    formats::TiffOptions options() const;

    /// Of a node whose parameters P derive from these, behind its own.
    template <class P>
    static std::vector<graph::Param> params(std::vector<graph::Param> own = {}) {
        using graph::param;
        const auto add = [&own](graph::Param p) { own.push_back(std::move(p)); };
        add(param("colour", static_cast<std::string P::*>(&TiffReading::colour),
                  graph::Choice{{"refuse", "luminance", "keep"}},
                  "what to do with colour: refuse the file, make it grey, or keep the channels"));
        add(param("max_samples", static_cast<int64_t P::*>(&TiffReading::max_samples),
                  graph::Range{1, 1e12},
                  "refuse larger pages (pixels times channels); of a frame, all pages together"));
        add(param("max_ratio", static_cast<double P::*>(&TiffReading::max_ratio),
                  graph::Range{1, 1e9},
                  "refuse large pages that decode to more bytes than so many per stored byte"));
        add(param("max_pages", static_cast<int P::*>(&TiffReading::max_pages),
                  graph::Range{1, 65535}, "refuse files of more pages"));
        return own;
    }
};

struct TiffWriting {
    std::string compression = "deflate";

    formats::TiffWriteOptions options() const;

    /// Of a node whose parameters P derive from these, behind its own.
    template <class P>
    static std::vector<graph::Param> params(std::vector<graph::Param> own = {}) {
        own.push_back(graph::param("compression",
                                   static_cast<std::string P::*>(&TiffWriting::compression),
                                   graph::Choice{{"deflate", "lzw", "zstd", "none"}},
                                   "of TIFF files; none of them changes a pixel"));
        return own;
    }
};

}  // namespace nodes
