// CSV: what we write is read by Python's csv and by ourselves; what is malformed names its line.
#include "formats/csv.hpp"
#include "formats/error.hpp"
#include "tests/formats/python.hpp"

#include <limits>

#include <gmock/gmock.h>

namespace {

using formats::parse_csv;
using formats::Table;

const Table table{
    {"name", "value, unit", ""},
    {{"plain", "a,b", "say \"hi\""}, {"", "two\nlines", " spaced "}, {"\r", "ü", ","}}};

TEST(Csv, ComesBack) {
    const auto back = parse_csv(to_csv(table), "t.csv");
    EXPECT_EQ(back.columns, table.columns);
    EXPECT_EQ(back.rows, table.rows);
    const Table single{{"a"}, {{""}, {"b"}, {""}}};
    EXPECT_EQ(parse_csv(to_csv(single), "t.csv").rows, single.rows);
}

TEST(Csv, OthersReadIt) {
    const Scratch folder;
    EXPECT_TRUE(write_csv(folder / "t.csv", table));
    python(folder, R"(
import csv
rows = list(csv.reader(open('t.csv', newline='', encoding='utf-8')))
assert rows == [['name', 'value, unit', ''], ['plain', 'a,b', 'say "hi"'], ['', 'two\nlines', ' spaced '], ['\r', 'ü', ',']], rows
csv.writer(open('theirs.csv', 'w', newline='', encoding='utf-8')).writerows(rows)
)");
    EXPECT_EQ(formats::read_csv(folder / "theirs.csv").rows, table.rows);
}

TEST(Csv, ErrorsNameTheLine) {
    const auto error = [](const char* text) -> std::string {
        try {
            parse_csv(text, "t.csv");
        } catch (const formats::FormatError& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_EQ(error("a,b\n1,2\n3\n"), "t.csv:3: 1 fields, but the header has 2");
    EXPECT_EQ(error("a,b\n\"x\ny\",2\n3,4,5\n"), "t.csv:4: 3 fields, but the header has 2");
    EXPECT_EQ(error("a\n\"x\n"), "t.csv:2: a quote is not closed");
    EXPECT_EQ(error("a\n\"x\"y\n"), "t.csv:2: a field goes on after its closing quote");
    EXPECT_EQ(error("a\nx\"y\n"), "t.csv:2: a quote within a field without quotes");
    EXPECT_EQ(error(""), "t.csv:1: empty, but a header was expected");
    EXPECT_THROW(table.column("valeu"), formats::FormatError);
    EXPECT_EQ(table.column(""), 2U);
}

TEST(Csv, NumbersComeBack) {
    for (const double value : {0.1, 1.0 / 3, 1e-300, -5.0, 1e22, 0.0019})
        EXPECT_EQ(std::stod(formats::csv_number(value)), value);
    EXPECT_EQ(formats::csv_number(0.1), "0.1");
    EXPECT_EQ(formats::csv_number(5), "5");
}

}  // namespace
