#include "nodes/number_list.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using nodes::parse_numbers;
using nodes::parse_ranges;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(NumberList, ReadsNumbersAndRanges) {
    EXPECT_THAT(parse_ranges("3, 7,10-20", "ids"),
                ElementsAre(std::pair(3, 3), std::pair(7, 7), std::pair(10, 20)));
    EXPECT_THAT(parse_ranges("", "ids"), IsEmpty());
    EXPECT_THAT(parse_numbers("1,2,30,40", 4, "window"), ElementsAre(1, 2, 30, 40));
    EXPECT_THAT(parse_numbers("", 4, "window"), IsEmpty());
}

TEST(NumberList, SaysWhatIsWrong) {
    for (const char* text : {",", "1,", "a", "1--2", "-1", "1-", "99999999999999999999"})
        EXPECT_THAT(error_of([&] { parse_ranges(text, "ids"); }), HasSubstr("is no whole number"))
            << text;
    EXPECT_THAT(error_of([] { parse_ranges("5-3", "ids"); }), HasSubstr("ids: '5-3' ends before"));
    EXPECT_THAT(error_of([] { parse_numbers("1,2", 4, "window"); }),
                HasSubstr("window takes 4 numbers, not 2"));
}

}  // namespace
