// What an archive's tables, plans and sums are refused for when they are whole, by their digests,
// and yet make no sense: each with its words, because a person has to act on them.
#include "formats/archive.hpp"
#include "formats/archive_index.hpp"
#include "formats/archive_table.hpp"
#include "formats/csv.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/hdf5_columns.hpp"
#include "formats/hdf5_file.hpp"
#include "tests/formats/scratch.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace formats {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::byte> bytes_of(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

const std::string some_digest = sha256({});

std::string complaint_of(const std::function<void()>& act) {
    try {
        act();
        return "none";
    } catch (const FormatError& error) {
        return error.what();
    }
}

/// A file that ends in a table, without any HDF5 before it, which our reader never asks.
std::string with_table(const std::string& csv) {
    const auto packed = deflated(bytes_of(csv));
    return std::string(reinterpret_cast<const char*>(packed.data()), packed.size()) +
           fmt::format("latentflow table {:020} {:020} {}\n", 0, packed.size(), sha256(packed));
}

Table table_of_one_entry() {
    ArchiveEntry entry;
    entry.path = "a.tif";
    entry.sha256 = some_digest;
    entry.data = {0, 7, some_digest};
    entry.latents = {7, 1, some_digest};
    return parse_csv(entries_csv({&entry, 1}), "t");
}

struct Field {
    const char *column, *value, *complaint;
};

TEST(ArchiveRefusals, AFieldOfAnEntry) {
    for (const Field& field :
         std::vector<Field>{{"size", "x", "'x' is no number"},
                            {"size", "1x", "'1x' is no number"},
                            {"size", "99999999999999999999", "is no number"},
                            {"sha256", "", "'' is no SHA-256"},
                            {"sha256", "12", "'12' is no SHA-256"},
                            {"digest", "", "is no SHA-256"},
                            {"latents_digest", "12", "is no SHA-256"},
                            {"coding", "gif", "'gif' is no coding"},
                            {"parts", "1 x", "'x' is no number"},
                            {"parts", "3 5", "its parts are not the whole"},
                            {"parts", "18446744073709551615 8", "its parts are not the whole"},
                            {"psnr", "much", "'much' is no number"},
                            {"tags", "270", "'270' is no tag"},
                            {"tags", "x=1", "'x' is no number"},
                            {"tags", "70000=1", "'70000' is no number"},
                            {"tags", "270=\\y41", "is no tag"},
                            {"tags", "270=\\x4", "is no tag"},
                            {"tags", "270=\\xg1", "is no tag"},
                            {"path", "../a", "is no path below a folder"}}) {
        Table table = table_of_one_entry();
        table.rows[0][table.column(field.column)] = field.value;
        const std::string complaint = complaint_of([&] { parse_entries(to_csv(table), "t"); });
        EXPECT_THAT(complaint, HasSubstr(field.complaint)) << field.column << " " << field.value;
        EXPECT_THAT(complaint, HasSubstr("t:2")) << field.column;
    }
    Table upper = table_of_one_entry();
    upper.rows[0][upper.column("sha256")] = std::string(digest_length, 'A');
    EXPECT_THAT(complaint_of([&] { parse_entries(to_csv(upper), "t"); }),
                HasSubstr("is no SHA-256"));
}

TEST(ArchiveRefusals, AColumnOfEntriesThatIsNotThere) {
    const Table whole = table_of_one_entry();
    for (size_t i = 0; i < whole.columns.size(); ++i) {
        Table table = whole;
        table.columns[i] = "other";
        EXPECT_EQ(complaint_of([&] { parse_entries(to_csv(table), "t"); }),
                  "t: there is no column '" + whole.columns[i] + "'");
    }
    Table more = whole;
    more.columns.emplace_back("of_a_later_version");
    more.rows[0].emplace_back("x");
    EXPECT_EQ(parse_entries(to_csv(more), "t").size(), 1U);
}

TEST(ArchiveRefusals, TheLineThatSaysWhereATableIs) {
    const Scratch scratch;
    const std::string good = with_table("a\n1\n");
    const size_t line = good.size() - 124;
    const auto complaint = [&](const std::string& text) {
        publish_text(scratch / "t", text);
        return complaint_of([&] { read_table(File(scratch / "t"), "t"); });
    };
    const auto with = [&](size_t at, const std::string& text) {
        return std::string(good).replace(line + at, text.size(), text);
    };
    EXPECT_EQ(complaint(good), "none");
    EXPECT_THAT(complaint(""), HasSubstr("it does not end in a table"));
    EXPECT_THAT(complaint(good.substr(line + 1)), HasSubstr("it does not end in a table"));
    EXPECT_THAT(complaint(with(0, "L")), HasSubstr("it does not end in a table"));
    const size_t offset = 17, length = 38;  // formats/archive.md
    EXPECT_THAT(complaint(with(offset, "x")), HasSubstr("does not say where its table is"));
    EXPECT_THAT(complaint(with(offset, "9")), HasSubstr("does not say where its table is"));
    EXPECT_THAT(complaint(with(length, "9")), HasSubstr("does not say where its table is"));
    EXPECT_THAT(complaint(with(length + 30, "-")), HasSubstr("has another SHA-256"));
}

/// An archive whose index is a directory of these rows alone.
class WithDirectory {
  public:
    explicit WithDirectory(const std::vector<std::vector<std::string>>& rows,
                           std::vector<std::string> columns = {"name", "sha256", "first", "images",
                                                               "offset", "length", "digest"}) {
        fs::create_directories(scratch_ / "shards");
        publish_text(scratch_ / "index.h5", with_table(to_csv({std::move(columns), rows})));
    }

    Archive open() const { return Archive(scratch_.path()); }
    fs::path operator/(const std::string& name) const { return scratch_ / name; }

  private:
    Scratch scratch_;
};

std::vector<std::string> row(const std::string& name, const std::string& first = "0",
                             const std::string& images = "2") {
    return {name, some_digest, first, images, "0", "0", ""};
}

TEST(ArchiveRefusals, ADirectory) {
    const std::string name = "0001-000000-0123456789abcdef";
    EXPECT_EQ(WithDirectory({row(name)}).open().size(), 2U);
    for (const auto& [rows, complaint] :
         std::vector<std::pair<std::vector<std::vector<std::string>>, const char*>>{
             {{row("../" + name)}, "its directory makes no sense"},
             {{row(name, "1")}, "its directory makes no sense"},
             {{row(name), row(name, "3")}, "its directory makes no sense"},
             {{row(name, "x")}, "'x' is no number"},
             {{row(name, "0", "2y")}, "'2y' is no number"},
             {{row(name, "0", "")}, "'' is no number"}}) {
        const WithDirectory archive(rows);
        EXPECT_THAT(archive.open().complaints().at(0), HasSubstr(complaint));
        EXPECT_EQ(archive.open().size(), 0U) << complaint;
    }
    const WithDirectory columns({{name}}, {"name"});
    EXPECT_THAT(columns.open().complaints().at(0), HasSubstr("column"));
}

TEST(ArchiveRefusals, AShardOfOtherImagesThanTheDirectorySays) {
    const std::string name = "0001-000000-0123456789abcdef";
    const WithDirectory archive({row(name, "0", "2")});
    publish_text(archive / ("shards/" + name + ".h5"), with_table(to_csv(table_of_one_entry())));
    const Archive opened = archive.open();
    EXPECT_THAT(complaint_of([&] { (void)opened.entries(opened.shards().at(0)); }),
                HasSubstr("1 images, but there should be 2"));
    EXPECT_THAT(complaint_of([&] { (void)opened.shard_of(2); }),
                HasSubstr("image 2 was asked for, but there are 2"));
    ArchiveEntry entry;
    entry.path = "a.tif";
    const auto read = [&](const Blob& blob) {
        return complaint_of([&] { opened.read(opened.shards()[0], entry, blob); });
    };
    for (const Blob& beyond :
         {Blob{0, 1 << 20, ""}, Blob{1 << 20, 1, some_digest}, Blob{UINT64_MAX, 1, some_digest}})
        EXPECT_THAT(read(beyond), HasSubstr("the file is shorter than it was"));
    EXPECT_THAT(read({0, 1, some_digest}), HasSubstr("another SHA-256"));
}

TEST(ArchiveRefusals, GoingByShardsAloneOneThatIsNoneIsNamed) {
    const Scratch scratch;
    const std::string name = "0001-000000-0123456789abcdef";
    fs::create_directories(scratch / "shards");
    publish_text(scratch / ("shards/" + name + ".h5"), with_table(to_csv(table_of_one_entry())));
    publish_text(scratch / "shards/0001-000001-0123456789abcdef.h5", "no table");
    publish_text(scratch / "shards/readme.txt", "not a shard");
    const Archive archive(scratch.path());
    EXPECT_EQ(archive.size(), 1U);
    EXPECT_THAT(archive.complaints(), ElementsAre(HasSubstr("index.h5"), HasSubstr("is missing"),
                                                  HasSubstr("does not end in a table")));
}

TEST(ArchiveRefusals, Sums) {
    const Scratch scratch;
    const std::string line = some_digest + "  index.h5\n";
    const auto complaint = [&](const std::string& text) {
        publish_text(scratch / "SHA256SUMS", text);
        return complaint_of([&] { read_sums(scratch.path()); });
    };
    EXPECT_EQ(complaint(line + line), "none");
    for (const std::string& bad :
         std::vector<std::string>{line + "x\n", line + some_digest + "  index.h5",
                                  line + some_digest + "\n", line + some_digest + " *index.h5\n"})
        EXPECT_THAT(complaint(bad), HasSubstr("SHA256SUMS:2: damaged: no digest and file"));
}

/// A signed file of attributes and columns that somebody else made.
void write_signed(const fs::path& path, const std::string& format,
                  const std::function<void(hid_t)>& fill) {
    fs::create_directories(path.parent_path());
    hdf5::Writer writer(path, Publish::replace);
    hdf5::write_attribute(writer.file(), "format", format);
    hdf5::write_attribute(writer.file(), "version", int64_t{1});
    fill(writer.file());
    writer.commit();
}

using Numbers = std::vector<uint64_t>;
using Texts = std::vector<std::string>;

struct PlanColumns {
    Texts paths{"a", "b"};
    Numbers sizes{1, 2};
    Texts digests{some_digest, some_digest};
    Numbers firsts{0}, counts{2};
    Texts ids{some_digest};
};

std::string plan_complaint(const PlanColumns& columns) {
    const Scratch scratch;
    write_signed(plan_file(scratch.path(), 1), "latentflow plan", [&](hid_t file) {
        hdf5::write_attribute(file, "number", int64_t{1});
        for (const char* text : {"input", "prefix", "settings", "model", "pipeline", "software"})
            hdf5::write_attribute(file, text, std::string("x"));
        const auto path = [&](size_t row) -> const std::string& { return columns.paths[row]; };
        hdf5::write_texts(file, "path", columns.paths.size(), path);
        hdf5::write_column(file, "size", columns.sizes, "byte");
        const auto digest = [&](size_t row) -> const std::string& { return columns.digests[row]; };
        hdf5::write_texts(file, "sha256", columns.digests.size(), digest, digest_length);
        hdf5::write_column(file, "shard_first", columns.firsts);
        hdf5::write_column(file, "shard_count", columns.counts);
        hdf5::write_column(file, "shard_id", columns.ids, digest_length);
    });
    return complaint_of([&] { read_plan(plan_file(scratch.path(), 1)); });
}

TEST(ArchiveRefusals, APlan) {
    EXPECT_EQ(plan_complaint({}), "none");
    const auto refused = [](auto change, const char* complaint) {
        PlanColumns columns;
        change(columns);
        EXPECT_THAT(plan_complaint(columns), HasSubstr(complaint));
    };
    const char* lengths = "its columns are not of one length";
    refused([](PlanColumns& c) { c.sizes.push_back(3); }, lengths);
    refused([](PlanColumns& c) { c.digests.pop_back(); }, lengths);
    refused([](PlanColumns& c) { c.counts.push_back(1); }, lengths);
    refused([](PlanColumns& c) { c.ids.push_back(some_digest); }, lengths);
    const char* fit = "its shards do not fit its files";
    refused([](PlanColumns& c) { c.firsts = {1}; }, fit);
    refused([](PlanColumns& c) { c.counts = {0}; }, fit);
    refused([](PlanColumns& c) { c.counts = {3}; }, fit);
    refused([](PlanColumns& c) { c.counts = {1}; }, "not every file is in a shard");
}

TEST(ArchiveRefusals, PlansAfterOneThatIsMissing) {
    const Scratch scratch;
    write_signed(plan_file(scratch.path(), 2), "latentflow plan", [](hid_t) {});
    publish_text(scratch / "plans/notes.txt", "not a plan");
    EXPECT_THAT(complaint_of([&] { read_plans(scratch.path()); }),
                HasSubstr("0001.h5 is missing, and plans after it are there"));
    EXPECT_TRUE(read_plans(scratch / "none").empty());
}

}  // namespace
}  // namespace formats
