// YAML text to values: places, and every way to be wrong, each one line.
#include "graph/document.hpp"
#include "graph/random.hpp"
#include "graph/yaml.hpp"
#include "tests/spent.hpp"

#include <gmock/gmock.h>

namespace {

using namespace graph;
using ::testing::HasSubstr;

std::string faults(const std::string& text) {
    Errors errors;
    parse_yaml(text, "f", errors);
    return errors.text();
}
Value parse(const std::string& text) {
    Errors errors;
    Value value = parse_yaml(text, "f", errors);
    EXPECT_EQ(errors.text(), "");
    return value;
}

TEST(Yaml, KeepsThePlaceOfEverything) {
    const Value root = parse("a: 1\nb:\n  - x\n  - {c: 'y'}\nd:\n");
    EXPECT_EQ(root.find("a")->place.text(), "f:1:4");
    EXPECT_EQ(root.find("b")->items[0].place.text(), "f:3:5");
    EXPECT_EQ(root.find("b")->items[1].find("c")->place.text(), "f:4:9");
    EXPECT_TRUE(root.find("b")->items[1].find("c")->quoted);
    EXPECT_FALSE(root.find("a")->quoted);
    EXPECT_EQ(root.find("d")->kind, Value::Kind::null);
    EXPECT_EQ(root.find("d")->place.text(), "f:5:1");
}

TEST(Yaml, CountsCharactersNotBytes) {
    EXPECT_EQ(parse("{µm: [ä, ö]}").find("µm")->items[1].place.text(), "f:1:10");
}

TEST(Yaml, TakesAByteOrderMarkAndWindowsLines) {
    const Value root = parse(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 2\r\n");
    EXPECT_EQ(root.find("a")->place.text(), "f:1:4");
    EXPECT_EQ(root.find("b")->text, "2");
}

TEST(Yaml, TakesEmptyText) {
    EXPECT_EQ(parse("").kind, Value::Kind::null);
    EXPECT_EQ(parse("# nothing\n").kind, Value::Kind::null);
}

TEST(Yaml, FillsInAliases) {
    const Value root = parse("a: &x {size: 8}\nb: *x\n");
    EXPECT_EQ(root.find("b")->find("size")->text, "8");
    EXPECT_EQ(root.find("b")->find("size")->place.text(), "f:1:14");
}

TEST(Yaml, ReportsWhatIsWrongInOneLine) {
    EXPECT_EQ(faults("a: 1\nb: 2\na: 3\n"),
              "f:3:1: duplicate key 'a'; it is already on line 1: remove or rename one");
    EXPECT_EQ(faults("a: {<<: {b: 1}}"),
              "f:1:5: merge keys ('<<') are not supported; write the options out, or use "
              "'include'");
    EXPECT_EQ(faults("a: &x [*x]"),
              "f:1:8: an alias within the value that it stands for; write it out");
    EXPECT_THAT(faults("a: *x"), HasSubstr("f:1:4: not valid YAML: "));
    EXPECT_EQ(faults("a:\n\tb: 1\n"), "f:2:1: a tab in the indentation; use spaces");
    EXPECT_EQ(faults("a: 1\n---\nb: 1\n"),
              "f:2:1: a second document ('---'); a file holds one: put it into its own");
    EXPECT_EQ(faults("? [a, b]\n: c\n"), "f:1:3: a key must be a name");
    EXPECT_EQ(faults("a: !!int 3"),
              "f:1:4: the tag 'tag:yaml.org,2002:int' is not supported; remove it");
    EXPECT_EQ(faults(std::string("a: b\0c", 6)),
              "f:1:5: the byte 0x00 is not of UTF-8 text; save the file as UTF-8");
    EXPECT_EQ(faults("a: caf\xE9\n"),
              "f:1:7: the byte 0xE9 is not of UTF-8 text; save the file as UTF-8");
    EXPECT_EQ(faults(std::string(10'000'000, 'x')), "f: larger than 1024 KiB; this is no pipeline");
    EXPECT_THAT(faults("a: {path: ${params.data}}"),
                HasSubstr("within { } and [ ] a variable needs quotes: \"${...}\""));
    EXPECT_EQ(faults("a: [1, 2\nb: 1\n"),
              "f:1:4: not valid YAML: this '[' is not closed, or a ',' is missing before line 2");
    EXPECT_EQ(faults("a: {b: \"c}\nd: 1\n"), "f:1:8: not valid YAML: this quote is not closed");
    EXPECT_EQ(faults("a:\n\xC2\xA0 b: 1\n"),
              "f:2:1: a no-break space in the indentation; use plain spaces");
    EXPECT_EQ(faults("a: “b”"), "f:1:4: “b”: typographic quotes; write \"...\" or nothing");
}

TEST(Yaml, RefusesDepthAndBombs) {
    EXPECT_THAT(faults(std::string(100'000, '[')),
                HasSubstr(": nested more than 50 deep; this is no pipeline"));
    EXPECT_THAT(faults(std::string(100'000, '{')), HasSubstr(": nested more than 50 deep"));
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int k = 1; k < 10; ++k) bomb += ", " + before;
        bomb += "]\n";
    }
    EXPECT_THAT(faults(bomb), HasSubstr("more than 100000 values, aliases filled in"));
}

// Small texts that become huge: in under a second and 256 MB, as hostile images are.
TEST(Yaml, BombsTakeLittle) {
    const auto repeat = [](const std::string& text, size_t count) {
        std::string all;
        while (count-- > 0) all += text;
        return all;
    };
    const std::string long_text(500'000, 'x');
    for (const std::string& bomb : {
             "a: &a [x]\nb: [" + repeat("[*a,*a],", 80'000) + "]\n",
             "a: &a " + long_text + "\nb: [" + repeat("*a,", 90'000) + "]\n",
             "a: {? &a " + long_text + " : 1}\nb: [" + repeat("*a,", 90'000) + "]\n",
             "a: " + repeat("&a [", 49) + repeat("x,", 99'000) + repeat("]", 49) + "\n",
         }) {
        const Spent spent = spent_by([&] { return faults(bomb); });
        EXPECT_THAT(spent.said, HasSubstr("more than 100000 values, aliases filled in"))
            << bomb.substr(0, 30);
        EXPECT_LT(spent.seconds, most_seconds);
        EXPECT_LT(spent.bytes, uint64_t{256} << 20);
    }
}

TEST(Yaml, SurvivesJunk) {
    Random random(1);
    const std::string alphabet = "ab:-[]{}&*!|>'\"%@`?,# \n\t$0.\xC3\xA9\xFF";
    for (int round = 0; round < 3000; ++round) {
        std::string junk;
        for (uint64_t n = random.below(80); n > 0; --n)
            junk += alphabet[random.below(alphabet.size())];
        Errors errors;
        const Value value = parse_yaml(junk, "f", errors);
        for (const auto& error : errors.all())
            EXPECT_EQ(error.message.find('\n'), std::string::npos) << junk;
        if (errors.empty()) write_yaml(value);
    }
}

TEST(Yaml, WritesWhatItReads) {
    for (const std::string text :
         {"7", "'7'", "true", "'true'", "No", "~", "1e-3", "\"a\\n\\t\\x01\\\\\\\"\"", "'$$x'",
          "[a, [], {}, {b: c}]", "{'x y': '#', 'null': 'a: b', z: '- q'}", "''", "µm", "0x10",
          "'a, b]'", "' lead'"}) {
        const Value first = parse(text);
        std::string written = write_yaml(first);
        for (size_t at = 0; (at = written.find("$$", at)) != std::string::npos; ++at)
            written.erase(at, 1);
        EXPECT_EQ(write_yaml(parse(written)), write_yaml(first)) << text;
        EXPECT_EQ(parse(written).text, first.text);
    }
    EXPECT_EQ(write_yaml(parse("'7'")), "\"7\"");
    EXPECT_EQ(write_yaml(parse("7")), "7");
    EXPECT_EQ(write_yaml(parse("a$b")), "\"a$$b\"");
}

TEST(Yaml, FindsBadBytes) {
    EXPECT_EQ(find_bad_byte("aä€😀\t\r\n"), std::string::npos);
    for (const std::string bad : {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                  "\x80", "\xE2\x82", "\x7F"})
        EXPECT_EQ(find_bad_byte("a" + bad), 1U);
}

}  // namespace
