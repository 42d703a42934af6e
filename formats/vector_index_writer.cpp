// See vector_index.hpp: the half that builds.
#include "formats/folder.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/vector_index.hpp"
#include "formats/vector_manifest.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace formats {

namespace {

/// What a segment is built from: comparable vectors.
struct Batch {
    IdRange range;
    std::vector<uint64_t> ids;
    std::vector<float> vectors;
};

VectorManifest::Segment build(const VectorOptions& options, const std::filesystem::path& folder,
                              const Batch& batch) {
    VectorGraph graph(options, batch.ids.size());
    for (size_t i = 0; i < batch.ids.size(); ++i)
        graph.add(batch.ids[i],
                  std::span(batch.vectors).subspan(i * options.dimension, options.dimension));
    return {batch.range,
            write_segment(segment_path(folder, batch.range), graph.segment(batch.range))};
}

void check(const BuildOptions& build, const std::string& place) {
    constexpr uint64_t most = 100'000'000;
    if (build.segment_ids < 1 || build.segment_ids > most || build.threads < 1)
        throw FormatError(
            fmt::format("{}: segments of {} ids by {} threads: 1 to {} ids and at "
                        "least one thread are possible",
                        place, build.segment_ids, build.threads, most));
}

std::string text(const VectorOptions& options) {
    return fmt::format("'{}' ({}, dimension {}, {} links, effort {})", options.source,
                       metric_names()[static_cast<size_t>(options.metric)], options.dimension,
                       options.links, options.effort);
}

}  // namespace

struct VectorIndexWriter::State {
    std::filesystem::path folder;
    VectorOptions options;
    BuildOptions build_options;
    std::vector<VectorManifest::Segment> done;
    std::vector<IdRange> missing;
    std::vector<std::filesystem::path> damaged;
    size_t next = 0;             // of missing: where vectors go
    std::optional<Batch> batch;  // the vectors of missing[next] so far
    uint64_t least_id = 0;       // of the next vector
    std::deque<std::future<VectorManifest::Segment>> at_work;  // last: its threads use the others

    State(const std::filesystem::path& f, const VectorOptions& o, const BuildOptions& b)
        : folder(f), options(o), build_options(b) {
        check(options, folder.string());
        check(build_options, folder.string());
        make_folder(folder);
        for (const auto& path : stale_temporaries(folder)) std::filesystem::remove(path);
        examine(manifest_path(folder), [&] { return read_manifest(folder).options; });
        for (uint64_t first = 0; first < b.ids; first += b.segment_ids) {
            const IdRange range{first, std::min(first + b.segment_ids, b.ids)};
            const auto path = segment_path(folder, range);
            if (examine(path, [&] { return read_segment_header(path).options; }))
                done.push_back({range, hdf5_digest(path)});
            else
                missing.push_back(range);
        }
    }

    /// Whether a file is there and whole. Throws FormatError if it belongs to another index.
    template <class Read>
    bool examine(const std::filesystem::path& path, Read read) {
        if (!std::filesystem::exists(path)) return false;
        std::optional<VectorOptions> found;
        try {
            found = read();
        } catch (const FormatError&) {
            damaged.push_back(path);
            return false;
        }
        if (*found == options) return true;
        throw FormatError(
            fmt::format("{}: belongs to an index of {}, not of {}; name another "
                        "folder, or remove this one",
                        path.string(), text(*found), text(options)));
    }

    void wait_for_one() {
        auto oldest = std::move(at_work.front());
        at_work.pop_front();
        done.push_back(oldest.get());
    }

    /// Hands the vectors of missing[next], of which there may be none, to a thread of their own.
    void hand_over() {
        if (at_work.size() == static_cast<size_t>(build_options.threads)) wait_for_one();
        if (!batch) batch = Batch{missing[next], {}, {}};
        at_work.push_back(std::async(std::launch::async, [this, of = std::move(*batch)] {
            return build(options, folder, of);
        }));
        batch.reset();
        ++next;
    }

    void append(uint64_t id, std::span<const float> vector) {
        if (id < least_id || id >= build_options.ids)
            throw FormatError(fmt::format("{}: vector {}, but {} to {} may come now",
                                          folder.string(), id, least_id, build_options.ids - 1));
        least_id = id + 1;
        while (next < missing.size() && id >= missing[next].end) hand_over();
        if (next == missing.size() || id < missing[next].first) return;
        const auto values =
            comparable(vector, options, fmt::format("{}: vector {}", folder.string(), id));
        if (!batch) batch = Batch{missing[next], {}, {}};
        batch->ids.push_back(id);
        batch->vectors.insert(batch->vectors.end(), values.begin(), values.end());
        if (least_id == missing[next].end) hand_over();
    }

    void finish() {
        while (next < missing.size()) hand_over();
        while (!at_work.empty()) wait_for_one();
        std::sort(done.begin(), done.end(),
                  [](const auto& a, const auto& b) { return a.range.first < b.range.first; });
        write_manifest(folder, {options, done});
        std::set<std::filesystem::path> needed;
        for (const auto& segment : done) needed.insert(segment_path(folder, segment.range));
        std::vector<std::filesystem::path> others;
        for (const auto& entry : list_folder(folder))
            if (is_segment(entry.path()) && !needed.contains(entry.path()))
                others.push_back(entry.path());
        for (const auto& path : others) std::filesystem::remove(path);
    }
};

VectorIndexWriter::VectorIndexWriter(const std::filesystem::path& folder,
                                     const VectorOptions& options, const BuildOptions& build)
    : state_(std::make_unique<State>(folder, options, build)) {}

VectorIndexWriter::~VectorIndexWriter() = default;

const std::vector<IdRange>& VectorIndexWriter::missing() const { return state_->missing; }

const std::vector<std::filesystem::path>& VectorIndexWriter::damaged() const {
    return state_->damaged;
}

void VectorIndexWriter::append(uint64_t id, std::span<const float> vector) {
    state_->append(id, vector);
}

void VectorIndexWriter::finish() { state_->finish(); }

}  // namespace formats
