// The index finds the true nearest, is the same bytes however it was built, goes on where a build
// was killed, and refuses every damaged file.
#include "formats/digest.hpp"
#include "formats/file.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/vector_distance.hpp"
#include "formats/vector_index.hpp"
#include "formats/vector_manifest.hpp"
#include "tests/formats/python.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>

namespace {

using formats::FormatError;
using formats::IdRange;
using formats::Metric;
using formats::Neighbour;
using formats::VectorIndex;
using formats::VectorIndexWriter;
using formats::VectorOptions;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Vectors = std::vector<std::vector<float>>;

Vectors make_vectors(size_t count, size_t dimension, unsigned seed = 1) {
    std::mt19937 bits(seed);
    std::normal_distribution<float> normal;
    Vectors vectors(count, std::vector<float>(dimension));
    for (auto& vector : vectors)
        for (float& value : vector) value = normal(bits);
    return vectors;
}

VectorOptions options(size_t dimension, Metric metric = Metric::cosine) {
    return {.dimension = dimension, .metric = metric, .links = 8, .effort = 60, .source = "a test"};
}

void build(const std::filesystem::path& folder, const VectorOptions& options,
           const Vectors& vectors, uint64_t segment_ids, int threads = 1) {
    VectorIndexWriter writer(
        folder, options, {.ids = vectors.size(), .segment_ids = segment_ids, .threads = threads});
    for (uint64_t id = 0; id < vectors.size(); ++id)
        if (!vectors[id].empty()) writer.append(id, vectors[id]);
    writer.finish();
}

double distance(const std::vector<float>& a, const std::vector<float>& b, Metric metric) {
    double product = 0, aa = 0, bb = 0, squares = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i];
        product += x * y;
        aa += x * x;
        bb += y * y;
        squares += (x - y) * (x - y);
    }
    return metric == Metric::cosine ? 1 - product / std::sqrt(aa * bb) : std::sqrt(squares);
}

std::vector<std::pair<double, uint64_t>> nearest(const Vectors& vectors,
                                                 const std::vector<float>& query, size_t k,
                                                 Metric metric) {
    std::vector<std::pair<double, uint64_t>> all;
    for (uint64_t id = 0; id < vectors.size(); ++id)
        all.emplace_back(distance(vectors[id], query, metric), id);
    std::sort(all.begin(), all.end());
    all.resize(std::min(all.size(), k));
    return all;
}

/// Name and digest of every file.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files[entry.path().filename()] = formats::sha256_file(entry.path());
    return files;
}

void flip(const std::filesystem::path& path, uint64_t place) {
    formats::File file(path, O_RDWR);
    std::byte byte{};
    file.read_at(place, {&byte, 1});
    byte ^= std::byte{1};
    file.write_at(place, {&byte, 1});
}

std::string refusal(const std::filesystem::path& folder) {
    try {
        const VectorIndex index(folder);
    } catch (const FormatError& error) {
        return error.what();
    }
    return "";
}

class VectorIndexOf : public testing::TestWithParam<Metric> {};

TEST_P(VectorIndexOf, FindsTheTrueNearestAndTheirDistances) {
    const Scratch folder;
    const auto vectors = make_vectors(2000, 13), queries = make_vectors(50, 13, 2);
    build(folder.path(), options(13, GetParam()), vectors, 700);
    const VectorIndex index(folder.path());
    EXPECT_EQ(index.size(), 2000U);
    EXPECT_EQ(index.options(), options(13, GetParam()));
    size_t hits = 0;
    for (const auto& query : queries) {
        const auto truth = nearest(vectors, query, 10, GetParam());
        const auto found = index.search(query, 10, 100);
        ASSERT_EQ(found.size(), 10U);
        EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
        for (const auto& neighbour : found) {
            EXPECT_NEAR(neighbour.distance, distance(vectors[neighbour.id], query, GetParam()),
                        1e-5);
            hits += std::count_if(truth.begin(), truth.end(),
                                  [&](const auto& t) { return t.second == neighbour.id; });
        }
    }
    EXPECT_GE(hits, 495U);
}

INSTANTIATE_TEST_SUITE_P(Metrics, VectorIndexOf, testing::Values(Metric::cosine, Metric::l2));

TEST(VectorIndex, IsTheSameBytesForAnyNumberOfThreads) {
    const Scratch one, four;
    const auto vectors = make_vectors(1000, 20);
    build(one.path(), options(20), vectors, 150, 1);
    build(four.path(), options(20), vectors, 150, 4);
    EXPECT_EQ(contents(one.path()), contents(four.path()));
    EXPECT_EQ(contents(one.path()).size(), 8U);
}

TEST(VectorIndex, MeasuresTheSameWithEveryInstructionSet) {
    for (const size_t dimension : {1, 8, 9, 16, 17, 96, 104, 1000}) {
        const size_t size = formats::padded_dimension(dimension);
        auto pair = make_vectors(2, dimension);
        double sum = 0;
        for (size_t i = 0; i < dimension; ++i) {
            const double difference = double{pair[0][i]} - pair[1][i];
            sum += difference * difference;
        }
        for (auto& vector : pair) vector.resize(size);
        const float plain =
            formats::plain_squared_distance()(pair[0].data(), pair[1].data(), &size);
        EXPECT_EQ(plain, formats::squared_distance()(pair[0].data(), pair[1].data(), &size));
        EXPECT_NEAR(plain, sum, 1e-5 * sum);
    }
}

TEST(VectorIndex, GoesOnWhereASegmentIsMissingOrDamaged) {
    const Scratch whole, folder;
    const auto vectors = make_vectors(500, 6);
    build(whole.path(), options(6), vectors, 100);
    build(folder.path(), options(6), vectors, 100);
    const auto first = formats::segment_path(folder.path(), {100, 200});
    const auto second = formats::segment_path(folder.path(), {300, 400});
    std::filesystem::remove(first);
    flip(second, 2000);
    std::filesystem::remove(formats::manifest_path(folder.path()));
    const auto kept =
        std::filesystem::last_write_time(formats::segment_path(folder.path(), {200, 300}));

    VectorIndexWriter writer(folder.path(), options(6), {.ids = 500, .segment_ids = 100});
    EXPECT_THAT(writer.missing(), ElementsAre(IdRange{100, 200}, IdRange{300, 400}));
    EXPECT_THAT(writer.damaged(), ElementsAre(second));
    for (const auto& [from, end] : writer.missing())
        for (uint64_t id = from; id < end; ++id) writer.append(id, vectors[id]);
    writer.finish();
    EXPECT_EQ(contents(folder.path()), contents(whole.path()));
    EXPECT_EQ(std::filesystem::last_write_time(formats::segment_path(folder.path(), {200, 300})),
              kept);
}

TEST(VectorIndex, PassesOverVectorsThatAreThere) {
    const Scratch folder;
    const auto vectors = make_vectors(250, 6);
    build(folder.path(), options(6), vectors, 100);
    const auto before = contents(folder.path());
    build(folder.path(), options(6), vectors, 100);
    EXPECT_EQ(contents(folder.path()), before);
}

TEST(VectorIndex, GrowsAndDropsTheSegmentThatItHasNoNeedOf) {
    const Scratch folder, whole;
    const auto vectors = make_vectors(350, 6);
    build(folder.path(), options(6), {vectors.begin(), vectors.begin() + 150}, 100);
    VectorIndexWriter writer(folder.path(), options(6), {.ids = 350, .segment_ids = 100});
    EXPECT_THAT(writer.missing(),
                ElementsAre(IdRange{100, 200}, IdRange{200, 300}, IdRange{300, 350}));
    EXPECT_EQ(VectorIndex(folder.path()).size(), 150U);  // the old one, until the new is whole
    for (uint64_t id = 100; id < 350; ++id) writer.append(id, vectors[id]);
    writer.finish();
    build(whole.path(), options(6), vectors, 100);
    EXPECT_EQ(contents(folder.path()), contents(whole.path()));
}

TEST(VectorIndex, LeavesOutIdsWithoutAVector) {
    const Scratch folder;
    auto vectors = make_vectors(400, 6);
    for (size_t id = 90; id < 310; ++id) vectors[id].clear();  // two segments have none at all
    build(folder.path(), options(6), vectors, 100);
    const VectorIndex index(folder.path());
    EXPECT_EQ(index.size(), 180U);
    EXPECT_EQ(index.search(vectors[350], 1).at(0).id, 350U);
    EXPECT_THAT(
        VectorIndexWriter(folder.path(), options(6), {.ids = 400, .segment_ids = 100}).missing(),
        IsEmpty());
}

TEST(VectorIndex, RefusesToMixOptions) {
    const Scratch folder;
    const auto vectors = make_vectors(150, 6);
    build(folder.path(), options(6), vectors, 100);
    const auto refused = [&](const VectorOptions& other) {
        try {
            const VectorIndexWriter writer(folder.path(), other, {.ids = 150, .segment_ids = 100});
        } catch (const FormatError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    auto other = options(6);
    other.source = "another test";
    EXPECT_THAT(refused(other), HasSubstr("'another test'"));
    EXPECT_NE(refused(options(6, Metric::l2)), "");
    EXPECT_NE(refused(options(7)), "");
    EXPECT_EQ(refused(options(6)), "");
    std::filesystem::remove(formats::manifest_path(folder.path()));
    EXPECT_NE(refused(other), "");
}

TEST(VectorIndex, SaysWhatIsWrongWithAVector) {
    const Scratch folder;
    VectorIndexWriter writer(folder.path(), options(3), {.ids = 10, .segment_ids = 10});
    writer.append(2, std::vector<float>{1, 2, 3});
    const auto refused = [&](uint64_t id, const std::vector<float>& vector) {
        EXPECT_THROW(writer.append(id, vector), FormatError) << id;
    };
    refused(2, {1, 2, 3});   // not ascending
    refused(10, {1, 2, 3});  // beyond the last
    refused(3, {1, 2});
    refused(4, {1, 2, NAN});
    refused(5, {1, INFINITY, 2});
    writer.append(6, std::vector<float>{3, 2, 1});
    writer.finish();
    const VectorIndex index(folder.path());
    EXPECT_EQ(index.size(), 2U);
    EXPECT_THROW(index.search(std::vector<float>{1, 2}, 1), FormatError);
    EXPECT_THROW(index.search(std::vector<float>{1, 2, NAN}, 1), FormatError);
}

TEST(VectorIndex, RefusesOptionsThatMakeNoSense) {
    const Scratch folder;
    const auto make = [&](const VectorOptions& o, const formats::BuildOptions& b) {
        const VectorIndexWriter writer(folder / "new", o, b);
    };
    auto few = options(3);
    few.links = 1;
    EXPECT_THROW(make(options(0), {.ids = 1}), FormatError);
    EXPECT_THROW(make(few, {.ids = 1}), FormatError);
    EXPECT_THROW(make(options(3), {.ids = 1, .segment_ids = 0}), FormatError);
    EXPECT_THROW(make(options(3), {.ids = 1, .threads = 0}), FormatError);
    EXPECT_FALSE(std::filesystem::exists(folder / "new"));
}

TEST(VectorIndex, GivesAllWhenThereAreNoMore) {
    const Scratch folder;
    const auto vectors = make_vectors(25, 4);
    build(folder.path(), options(4), vectors, 10);
    const VectorIndex index(folder.path());
    EXPECT_THAT(index.search(vectors[3], 0), IsEmpty());
    const auto found = index.search(vectors[3], 1000);
    EXPECT_EQ(found.size(), 25U);
    EXPECT_EQ(found[0].id, 3U);
    EXPECT_NEAR(found[0].distance, 0, 1e-6);
}

TEST(VectorIndex, MayBeEmpty) {
    const Scratch folder;
    build(folder.path(), options(4), {}, 10);
    const VectorIndex index(folder.path());
    EXPECT_EQ(index.size(), 0U);
    EXPECT_THAT(index.search(std::vector<float>(4, 1), 10), IsEmpty());
}

TEST(VectorIndex, OrdersEquallyNearOnesById) {
    const Scratch folder;
    build(folder.path(), options(4), Vectors(30, {1, 2, 3, 4}), 10);
    std::vector<uint64_t> ids;
    for (const auto& neighbour : VectorIndex(folder.path()).search({{2.F, 4.F, 6.F, 8.F}}, 12))
        ids.push_back(neighbour.id);
    EXPECT_THAT(ids, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(VectorIndex, FindsTheOthersAmongManyEqualOnes) {
    const Scratch folder;
    auto vectors = make_vectors(3000, 8);
    for (size_t id = 0; id < vectors.size(); ++id)
        if (id % 3 > 0) vectors[id] = std::vector<float>(8, 0);  // blank images
    build(folder.path(), options(8), vectors, 1500);
    const VectorIndex index(folder.path());
    EXPECT_EQ(index.size(), 3000U);
    size_t found = 0;
    for (size_t id = 0; id < 3000; id += 30) found += index.search(vectors[id], 1).at(0).id == id;
    EXPECT_GE(found, 99U);
    std::vector<uint64_t> blank;
    for (const auto& neighbour : index.search(vectors[1], 5)) blank.push_back(neighbour.id);
    EXPECT_THAT(blank, ElementsAre(1, 2, 4, 5, 7));
}

TEST(VectorIndex, TakesZeroVectors) {
    const Scratch folder;
    build(folder.path(), options(2), {{0, 0}, {1, 0}, {0, 3}}, 10);
    const VectorIndex index(folder.path());
    EXPECT_THAT(index.search({{5.F, 0.F}}, 3),
                ElementsAre(Neighbour{1, 0}, Neighbour{0, 1}, Neighbour{2, 1}));
    EXPECT_THAT(index.search({{0.F, -0.F}}, 3),
                ElementsAre(Neighbour{0, 0}, Neighbour{1, 1}, Neighbour{2, 1}));
}

TEST(VectorIndex, IsSearchedByManyThreadsAtOnce) {
    const Scratch folder;
    const auto vectors = make_vectors(600, 8);
    build(folder.path(), options(8), vectors, 200);
    const VectorIndex index(folder.path());
    std::vector<std::vector<std::vector<Neighbour>>> found(4);
    std::vector<std::thread> threads;
    for (auto& answers : found)
        threads.emplace_back([&] {
            for (size_t i = 0; i < 100; ++i) answers.push_back(index.search(vectors[i], 5));
        });
    for (auto& thread : threads) thread.join();
    for (const auto& answers : found) EXPECT_EQ(answers, found[0]);
}

/// Flips every byte, and cuts at many places.
template <class Read>
void expect_damage_refused(const std::filesystem::path& path, Read read) {
    for (uint64_t place = 0; place < std::filesystem::file_size(path); ++place) {
        flip(path, place);
        ASSERT_THROW(read(), FormatError) << path << ", byte " << place;
        flip(path, place);
    }
    ASSERT_NO_THROW(read());
    const auto bytes = formats::read_file(path);
    for (size_t cut = 0; cut < bytes.size(); cut += 97) {
        formats::publish_bytes(path, std::span(bytes).first(cut));
        ASSERT_THROW(read(), FormatError) << path << ", " << cut << " bytes";
    }
}

TEST(VectorIndex, RefusesEveryFlippedByteAndEveryCut) {
    const Scratch folder;
    build(folder.path(), options(2), make_vectors(12, 2), 12);
    const auto segment = formats::segment_path(folder.path(), {0, 12});
    expect_damage_refused(segment, [&] { formats::read_segment(segment); });
    EXPECT_THAT(refusal(folder.path()), HasSubstr(segment.string()));
    const auto manifest = formats::manifest_path(folder.path());
    expect_damage_refused(manifest, [&] { formats::read_manifest(folder.path()); });
    EXPECT_THAT(refusal(folder.path()), HasSubstr(manifest.string()));
}

TEST(VectorIndex, RefusesSegmentsThatAreMissingOrOfAnotherIndex) {
    const Scratch folder, other;
    build(folder.path(), options(4), make_vectors(20, 4), 10);
    build(other.path(), options(4), make_vectors(20, 4, 2), 10);
    const auto path = formats::segment_path(folder.path(), {10, 20});
    std::filesystem::copy_file(formats::segment_path(other.path(), {10, 20}), path,
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(refusal(folder.path()), HasSubstr("of another index"));
    std::filesystem::remove(path);
    EXPECT_THAT(refusal(folder.path()), HasSubstr("missing; build the index again"));
    EXPECT_THAT(refusal(folder / "none"), HasSubstr("not there"));
}

/// Files whose digest is right, but by which a search would go astray.
TEST(VectorSegment, RefusesGraphsThatLeadOutOfThemselves) {
    const Scratch folder;
    formats::VectorGraph graph(options(4), 300);
    const auto vectors = make_vectors(300, 4);
    for (uint64_t id = 0; id < 300; ++id) graph.add(id, vectors[id]);
    const auto whole = graph.segment({0, 300});
    ASSERT_FALSE(whole.upper_links.empty());
    const auto path = folder / "segment.h5";
    const auto refused = [&](auto damage) {
        auto segment = whole;
        damage(segment);
        formats::write_segment(path, segment);
        EXPECT_THROW(formats::read_segment(path), FormatError);
    };
    formats::write_segment(path, whole);
    EXPECT_EQ(formats::read_segment(path).links, whole.links);
    refused([](auto& s) { s.links[0] = 17; });
    refused([](auto& s) { s.links[1] = 300; });
    refused([](auto& s) { s.upper_links[1] = 4'000'000'000; });
    refused([](auto& s) {  // a vector that is in layer 0 only
        const auto low = std::find(s.levels.begin(), s.levels.end(), 0) - s.levels.begin();
        s.upper_links[0] = 1;
        s.upper_links[1] = static_cast<uint32_t>(low);
    });
    refused([](auto& s) { s.entry = 300; });
    refused([](auto& s) { s.levels[5] += 40; });
    refused([](auto& s) { s.ids[5] = s.ids[4]; });
    refused([](auto& s) { s.header.range.end = 299; });
    refused([](auto& s) { s.item_vectors[5] = 6; });
    refused([](auto& s) { s.item_vectors.back() = 0; });
    refused([](auto& s) { s.levels.pop_back(); });
    refused([](auto& s) { s.vectors.resize(s.vectors.size() - 4); });
    refused([](auto& s) { s.header.options.links = 9; });
}

TEST(VectorSegment, ComesBackAsTheSameGraph) {
    const auto vectors = make_vectors(300, 5);
    formats::VectorGraph graph(options(5), 300);
    for (uint64_t id = 0; id < 300; ++id) graph.add(10 * id, vectors[id]);
    const auto kept = graph.segment({0, 3000});
    const formats::VectorGraph back(kept);
    const auto again = back.segment({0, 3000});
    EXPECT_EQ(again.ids, kept.ids);
    EXPECT_EQ(again.vectors, kept.vectors);
    EXPECT_EQ(again.links, kept.links);
    EXPECT_EQ(again.upper_links, kept.upper_links);
    std::vector<Neighbour> here, there;
    graph.search(vectors[7], 5, 20, here);
    back.search(vectors[7], 5, 20, there);
    EXPECT_EQ(here, there);
    EXPECT_EQ(here.size(), 20U);
}

}  // namespace
