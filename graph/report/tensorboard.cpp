// See tensorboard.hpp.
#include "graph/report/tensorboard.hpp"

#include "graph/report/csv_text.hpp"
#include "graph/report/event_file.hpp"
#include "graph/report/record.hpp"
#include "graph/run_folder.hpp"
#include "graph/text_file.hpp"

#include <cctype>
#include <chrono>
#include <map>

namespace graph::report {

namespace fs = std::filesystem;

namespace {

constexpr const char* file_name = "events.out.tfevents.0000000000.latentflow";

/// As the name of a folder, whatever it holds.
std::string folder_name(const std::string& name) {
    std::string safe;
    for (const char c : name)
        safe += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ? c : '_';
    return safe.empty() || safe[0] == '.' ? "_" + safe : safe;
}

void write(const EventFile& events, const fs::path& folder) {
    make_folder(folder);
    replace_file_durably(folder / file_name, events.bytes());
}

/// When each epoch of a model ended: the time at which the figures were written, less the seconds
/// of all later epochs, where they were measured.
class Times {
  public:
    explicit Times(const Record& record) {
        std::error_code error;
        const auto written = fs::last_write_time(record.folder / "metrics.csv", error);
        if (!error)
            end_ = std::chrono::duration<double>(
                       std::chrono::file_clock::to_sys(written).time_since_epoch())
                       .count();
        for (const Curve& curve : record.curves)
            if (curve.metric == "seconds") seconds_[curve.model] = &curve;
    }

    double end() const { return end_; }
    double of(const std::string& model, double epoch) const {
        const auto found = seconds_.find(model);
        if (found == seconds_.end()) return end_;
        double time = end_;
        const auto& points = found->second->points;
        for (auto at = points.rbegin(); at != points.rend() && at->first > epoch; ++at)
            time -= at->second;
        return time;
    }

  private:
    double end_ = 0;
    std::map<std::string, const Curve*> seconds_;
};

void write_run(const Record& record, const fs::path& own) {
    const Times times(record);
    std::map<std::pair<std::string, std::string>, EventFile> files;
    double last = 0;
    for (const Curve& curve : record.curves) {
        EventFile& file = files.try_emplace({curve.model, curve.split}, times.end()).first->second;
        for (const auto& [epoch, value] : curve.points)
            file.add_scalar(curve.metric, static_cast<int64_t>(epoch), times.of(curve.model, epoch),
                            value);
        last = std::max(last, curve.points.back().first);
    }
    for (const auto& [key, file] : files)
        write(file, own / folder_name(key.first) / folder_name(key.second));
    EventFile pictures(times.end());
    const auto drawn = record.files_like(".png");
    for (const auto& file : drawn)
        pictures.add_png(file.stem().string(), static_cast<int64_t>(last), times.end(),
                         read_bytes(file));
    if (!drawn.empty()) write(pictures, own);
}

}  // namespace

void write_tensorboard(const std::vector<fs::path>& runs, const fs::path& folder) {
    const auto labels = labels_of(runs);
    for (size_t i = 0; i < runs.size(); ++i)
        write_run(read_record(runs[i]), folder / folder_name(labels[i]));
}

}  // namespace graph::report
