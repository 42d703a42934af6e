// The page that a comparison of codecs ends in: one HTML file that needs nothing else, in light and
// dark, on a desk and on a phone. Knows figures and images, not where they come from.
#pragma once

#include "formats/image.hpp"
#include "formats/svg_plot.hpp"

#include <optional>
#include <string>
#include <vector>

namespace formats {

struct CodecReport {
    struct Row {
        std::string codec;
        std::optional<double> bd_percent;  // mean over the images; nothing: the curves do not meet
        double coverage = 0;               // mean, 0 to 1
        size_t images = 0;                 // that the mean is of
        double encode_mb_s = 0, decode_mb_s = 0;
    };
    struct Plot {
        std::string title;
        std::vector<PlotLine> lines;  // one for each of `rows`, in their order
    };
    struct Crop {
        std::string label, caption;
        Image image;
    };
    struct Crops {  // of one image
        std::string title;
        std::vector<Crop> crops;
    };

    std::string anchor;  // the codec that rates are compared with
    double from_rate = 0.03, to_rate = 0.4;
    size_t images = 0;
    std::vector<Row> rows;
    Plot mean;
    std::vector<Plot> plots;  // of each image
    double crop_rate = 0;
    std::vector<Crops> crops;
};

std::string to_html(const CodecReport& report);

}  // namespace formats
