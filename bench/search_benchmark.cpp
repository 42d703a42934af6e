// An index of made-up vectors, built and searched: what bench/search.py drives. A vector depends on
// its id alone, so that it need not be kept, and a build that was killed goes on with the same.
#include "formats/vector_distance.hpp"
#include "formats/vector_index.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <numbers>
#include <set>

#include <CLI/CLI.hpp>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Normally distributed numbers (splitmix64, Box & Muller).
class Normal {
  public:
    explicit Normal(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U) {}

    float operator()() {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return static_cast<float>(radius * std::cos(2 * std::numbers::pi * uniform()));
    }
    uint64_t bits() {
        uint64_t z = state_ += 0x9E3779B97F4A7C15U;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
        z = (z ^ z >> 27) * 0x94D049BB133111EBU;
        return z ^ z >> 31;
    }

  private:
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

    uint64_t state_;
};

struct Options {
    std::string folder, kind = "clusters", metric = "cosine", vectors_file;
    uint64_t ids = 1'000'000, segment_ids = formats::BuildOptions{}.segment_ids;
    size_t dimension = 96, queries = 200, k = 10;
    int links = formats::VectorOptions{}.links, effort = formats::VectorOptions{}.effort;
    int threads = 2;
    std::vector<size_t> search_efforts{formats::VectorIndex::default_effort};

    formats::VectorOptions index() const {
        return {dimension, formats::metric_of(metric), links, effort, "made up: " + kind};
    }
};

/// Makes vectors by id. Queries are of the same kind, with ids that no vector has.
class Vectors {
  public:
    explicit Vectors(const Options& options) : dimension_(options.dimension), kind_(options.kind) {
        Normal normal(7);
        if (kind_ == "file") {
            std::ifstream file(options.vectors_file, std::ios::binary | std::ios::ate);
            table_.resize(static_cast<size_t>(file.tellg()) / sizeof(float));
            file.seekg(0);
            file.read(reinterpret_cast<char*>(table_.data()),
                      static_cast<std::streamsize>(table_.size() * sizeof(float)));
            return;
        }
        table_.resize((kind_ == "clusters" ? clusters : factors) * dimension_);
        for (float& value : table_) value = normal();
    }

    void make(uint64_t id, float* to) const {
        Normal normal(id + 1000);
        if (kind_ == "file") {  // the last rows of the file are the queries
            const size_t row =
                id < query_id ? id : table_.size() / dimension_ - 1 - (id - query_id);
            std::copy_n(table_.data() + row * dimension_, dimension_, to);
        } else if (kind_ == "clusters") {
            const float* centre = table_.data() + normal.bits() % clusters * dimension_;
            for (size_t i = 0; i < dimension_; ++i) to[i] = centre[i] + 0.5F * normal();
        } else {  // few causes, mixed by a network, as pooled features are, and some noise
            float causes[factors];
            for (float& cause : causes) cause = normal();
            for (size_t i = 0; i < dimension_; ++i) {
                float sum = 0;
                for (size_t f = 0; f < factors; ++f) sum += causes[f] * table_[f * dimension_ + i];
                to[i] = std::tanh(0.3F * sum) + 0.05F * normal();
            }
        }
    }

    std::vector<float> query(size_t number) const {
        std::vector<float> vector(dimension_);
        make(query_id + number, vector.data());
        return vector;
    }

  private:
    static constexpr size_t clusters = 1000, factors = 24;
    static constexpr uint64_t query_id = uint64_t{1} << 40;

    size_t dimension_;
    std::string kind_;
    std::vector<float> table_;
};

void build(const Options& options) {
    const auto start = Clock::now();
    const Vectors vectors(options);
    formats::VectorIndexWriter writer(
        options.folder, options.index(),
        {.ids = options.ids, .segment_ids = options.segment_ids, .threads = options.threads});
    std::printf("missing %zu segments, damaged %zu\n", writer.missing().size(),
                writer.damaged().size());
    std::fflush(stdout);
    std::vector<float> vector(options.dimension);
    for (const auto& [first, end] : std::vector(writer.missing()))
        for (uint64_t id = first; id < end; ++id) {
            vectors.make(id, vector.data());
            writer.append(id, vector);
        }
    writer.finish();
    std::printf("built in %.1f s\n", seconds_since(start));
}

void normalise(float* values, size_t count) {
    double squares = 0;
    for (size_t i = 0; i < count; ++i) squares += double{values[i]} * values[i];
    for (size_t i = 0; i < count; ++i)
        values[i] = static_cast<float>(values[i] / std::sqrt(squares));
}

/// The true nearest of each query: every vector is compared, by a plain loop.
std::vector<std::vector<formats::Neighbour>> exact(const Options& options, const Vectors& vectors) {
    const size_t count = options.queries;
    std::vector<float> queries(options.dimension * count), sums(count), vector(options.dimension);
    for (size_t q = 0; q < count; ++q) {
        auto query = vectors.query(q);
        if (options.metric == "cosine") normalise(query.data(), query.size());
        for (size_t i = 0; i < options.dimension; ++i) queries[i * count + q] = query[i];
    }
    std::vector<std::vector<formats::Neighbour>> nearest(count);
    for (uint64_t id = 0; id < options.ids; ++id) {
        vectors.make(id, vector.data());
        if (options.metric == "cosine") normalise(vector.data(), vector.size());
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (size_t i = 0; i < options.dimension; ++i) {
            const float* row = queries.data() + i * count;
            for (size_t q = 0; q < count; ++q)
                sums[q] += (row[q] - vector[i]) * (row[q] - vector[i]);
        }
        for (size_t q = 0; q < count; ++q) {
            auto& heap = nearest[q];
            const formats::Neighbour found{id, sums[q]};
            if (heap.size() == options.k && !(found < heap.front())) continue;
            heap.push_back(found);
            std::push_heap(heap.begin(), heap.end());
            if (heap.size() <= options.k) continue;
            std::pop_heap(heap.begin(), heap.end());
            heap.pop_back();
        }
    }
    return nearest;
}

void search(const Options& options) {
    auto start = Clock::now();
    const formats::VectorIndex index(options.folder);
    std::printf("opened %llu vectors in %.2f s\n", static_cast<unsigned long long>(index.size()),
                seconds_since(start));
    const Vectors vectors(options);
    start = Clock::now();
    const auto truth = exact(options, vectors);
    std::printf("exact search: %.1f ms a query\n",
                1000 * seconds_since(start) / static_cast<double>(options.queries));
    for (const size_t effort : options.search_efforts) {
        std::vector<double> times;
        size_t hits = 0;
        const std::clock_t before = std::clock();
        for (size_t q = 0; q < options.queries; ++q) {
            const auto query = vectors.query(q);
            start = Clock::now();
            const auto found = index.search(query, options.k, effort);
            times.push_back(1000 * seconds_since(start));
            std::set<uint64_t> ids;
            for (const auto& neighbour : truth[q]) ids.insert(neighbour.id);
            for (const auto& neighbour : found) hits += ids.count(neighbour.id);
        }
        const double processor = 1000.0 * static_cast<double>(std::clock() - before) /
                                 CLOCKS_PER_SEC / static_cast<double>(options.queries);
        std::sort(times.begin(), times.end());
        std::printf("effort %zu recall %.4f median %.3f ms p95 %.3f ms, of the processor %.3f\n",
                    effort,
                    static_cast<double>(hits) / static_cast<double>(options.queries * options.k),
                    times[times.size() / 2], times[times.size() * 95 / 100], processor);
    }
}

/// What the choice of instructions is worth.
void distances(const Options& options) {
    const size_t size = formats::padded_dimension(options.dimension), count = 256;
    std::vector<float> values(size * count);
    Normal normal(1);
    for (float& value : values) value = normal();
    const auto time = [&](const char* name, formats::SquaredDistance distance) {
        float sum = 0;
        const auto start = Clock::now();
        constexpr int rounds = 200;
        for (int round = 0; round < rounds; ++round)
            for (size_t a = 0; a < count; ++a)
                sum += distance(&values[a * size], &values[(a + 1) % count * size], &size);
        std::printf("%s %.1f ns a distance (sum %g)\n", name,
                    1e9 * seconds_since(start) / (rounds * double(count)), double{sum});
    };
    time("plain", formats::plain_squared_distance());
    time("chosen", formats::squared_distance());
}

}  // namespace

int main(int argc, char** argv) try {
    Options options;
    CLI::App app("builds and searches an index of made-up vectors");
    app.require_subcommand(1);
    const auto command = [&](const char* name, const char* help, void (*run)(const Options&)) {
        auto* made = app.add_subcommand(name, help);
        made->add_option("folder", options.folder, "of the index");
        made->add_option("--kind", options.kind, "clusters, mixture or file");
        made->add_option("--file", options.vectors_file, "float32 rows, for the kind file");
        made->add_option("--metric", options.metric, "cosine or l2");
        made->add_option("--ids", options.ids, "how many vectors");
        made->add_option("--dimension", options.dimension, "of each");
        made->add_option("--segment", options.segment_ids, "ids of a segment");
        made->add_option("--links", options.links, "neighbours of a vector");
        made->add_option("--effort", options.effort, "of building");
        made->add_option("--threads", options.threads, "of building");
        made->add_option("--queries", options.queries, "how many");
        made->add_option("--search-effort", options.search_efforts, "candidates in each segment");
        made->callback([&options, run] { run(options); });
    };
    command("build", "builds it, or goes on", build);
    command("search", "recall at 10, and time of a query on one thread", search);
    command("distances", "time of one distance", distances);
    CLI11_PARSE(app, argc, argv);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
}
